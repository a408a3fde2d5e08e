/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* minimal VIDEO: prints a line for every object that is found in a video.
 *
 * cc minimal.c $(pkg-config --cflags --libs gstreamer-1.0)
 */

#include <gst/gst.h>

static void
print_objects (GstElement *detect, const GstStructure *detections,
    gpointer data)
{
  const GValue *objects = gst_structure_get_value (detections, "objects");

  for (guint i = 0; i < gst_value_array_get_size (objects); i++) {
    const GstStructure *object =
        gst_value_get_structure (gst_value_array_get_value (objects, i));
    gdouble score = 0;

    gst_structure_get_double (object, "score", &score);
    g_print ("%s %.2f\n", gst_structure_get_string (object, "label"), score);
  }
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  gst_init (&argc, &argv);
  if (argc != 2) {
    g_printerr ("Usage: %s VIDEO\n", argv[0]);
    return 2;
  }
  g_autoptr (GstElement)
      pipeline = gst_parse_launch ("filesrc name=file ! decodebin ! detect "
                                   "name=detect ! fakesink",
          &error);
  if (!pipeline) {
    g_printerr ("%s\n", error->message);
    return 1;
  }
  g_autoptr (GstElement)
      detect = gst_bin_get_by_name (GST_BIN (pipeline), "detect");
  g_autoptr (GstElement)
      file = gst_bin_get_by_name (GST_BIN (pipeline), "file");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);

  g_object_set (file, "location", argv[1], NULL);
  g_signal_connect (detect, "detections", G_CALLBACK (print_objects), NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus,
      GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (message, &error, NULL);
    g_printerr ("%s: %s\n", argv[1], error->message);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return error ? 1 : 0;
}
