/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* read-detections WAY VIDEO: prints what `detect` finds, in one of four ways.
 *
 * signal   the element calls a function, in its streaming thread
 * bus      it posts messages, read in the main loop
 * probe    its buffers are looked at where they pass, in the streaming thread
 * appsink  its buffers are pulled, in a thread of one's own
 *
 * cc read-detections.c $(pkg-config --cflags --libs gstdetect-1.0 gstreamer-app-1.0)
 */

#include <gst/app/gstappsink.h>
#include <gst/detect/gstdetection.h>
#include <gst/gst.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
print_object (guint64 pts, const gchar *label, gdouble score, gdouble x0,
    gdouble y0, gdouble x1, gdouble y1)
{
  printf ("%.3f %s %.3f %.1f,%.1f,%.1f,%.1f\n", (gdouble) pts / GST_SECOND,
      label ? label : "object", score, x0, y0, x1, y1);
}

/* ---- by signal and by bus: a structure says it all ---- */

static void
print_structure (const GstStructure *detections)
{
  const GValue *objects = gst_structure_get_value (detections, "objects");
  guint64 pts = GST_CLOCK_TIME_NONE;

  gst_structure_get_uint64 (detections, "pts", &pts);
  for (guint i = 0; i < gst_value_array_get_size (objects); i++) {
    const GstStructure *object =
        gst_value_get_structure (gst_value_array_get_value (objects, i));
    gdouble score;
    gdouble x0;
    gdouble y0;
    gdouble x1;
    gdouble y1;

    if (gst_structure_get (object, "score", G_TYPE_DOUBLE, &score, "x0",
            G_TYPE_DOUBLE, &x0, "y0", G_TYPE_DOUBLE, &y0, "x1", G_TYPE_DOUBLE,
            &x1, "y1", G_TYPE_DOUBLE, &y1, NULL))
      print_object (pts, gst_structure_get_string (object, "label"), score, x0,
          y0, x1, y1);
  }
}

static void
on_detections (GstElement *detect, const GstStructure *detections,
    gpointer data)
{
  print_structure (detections);
}

/* ---- by probe and by appsink: buffers carry it ---- */

static void
print_buffer (GstBuffer *buffer)
{
  GList *detections = gst_buffer_get_detections (buffer);

  for (GList *item = detections; item; item = item->next) {
    const GstDetection *each = item->data;

    print_object (each->pts, each->label, each->score, each->x0, each->y0,
        each->x1, each->y1);
  }
  g_list_free_full (detections, (GDestroyNotify) gst_detection_free);
}

static GstPadProbeReturn
on_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  print_buffer (GST_PAD_PROBE_INFO_BUFFER (info));
  return GST_PAD_PROBE_OK;
}

static gpointer
pull (gpointer sink)
{
  GstSample *sample;

  while ((sample = gst_app_sink_pull_sample (sink))) {
    print_buffer (gst_sample_get_buffer (sample));
    gst_sample_unref (sample);
  }
  gst_object_unref (sink);
  return NULL; /* end of stream, or stopped */
}

/* ---- the program ---- */

typedef enum
{
  WAY_SIGNAL,
  WAY_BUS,
  WAY_PROBE,
  WAY_APPSINK,
  N_WAYS,
} Way;

static Way
find_way (const gchar *word)
{
  static const gchar *const words[N_WAYS] = { "signal", "bus", "probe",
    "appsink" };
  gint way = 0;

  while (way < N_WAYS && g_strcmp0 (words[way], word) != 0)
    way++;
  return (Way) way;
}

static void
connect_reader (GstElement *pipeline, Way way)
{
  g_autoptr (GstElement)
      detect = gst_bin_get_by_name (GST_BIN (pipeline), "detect");

  switch (way) {
    case WAY_SIGNAL:
      g_signal_connect (detect, "detections", G_CALLBACK (on_detections), NULL);
      break;
    case WAY_BUS:
      g_object_set (detect, "post-messages", TRUE, NULL);
      break;
    case WAY_PROBE: {
      g_autoptr (GstPad) pad = gst_element_get_static_pad (detect, "src");
      gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, NULL, NULL);
      break;
    }
    case WAY_APPSINK:
    case N_WAYS:
      break;
  }
}

/* A sink gives samples once it has been started. */
static GThread *
start (GstElement *pipeline, Way way)
{
  g_autoptr (GstElement)
      sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  return way == WAY_APPSINK
      ? g_thread_new ("pull", pull, g_steal_pointer (&sink))
      : NULL;
}

/* Reads the bus until the end; FALSE: there was an error, which is printed. */
static gboolean
read_bus (GstElement *pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  gboolean ok = TRUE;
  gboolean at_end = FALSE;

  while (!at_end) {
    g_autoptr (GstMessage)
        message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
            GST_MESSAGE_ELEMENT | GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

    if (gst_message_has_name (message, "detections"))
      print_structure (gst_message_get_structure (message));
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
      g_autoptr (GError) error = NULL;

      gst_message_parse_error (message, &error, NULL);
      fprintf (stderr, "%s\n", error->message);
      ok = FALSE;
    }
    at_end = GST_MESSAGE_TYPE (message) != GST_MESSAGE_ELEMENT;
  }
  return ok;
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  Way way = argc == 3 ? find_way (argv[1]) : N_WAYS;
  if (way == N_WAYS) {
    fprintf (stderr, "Usage: %s signal|bus|probe|appsink VIDEO\n", argv[0]);
    return 2;
  }

  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (way == WAY_APPSINK
          ? "filesrc name=file ! decodebin ! detect name=detect ! "
            "appsink name=sink sync=false max-buffers=4"
          : "filesrc name=file ! decodebin ! detect name=detect ! "
            "fakesink name=sink",
      &error);
  if (!pipeline) {
    fprintf (stderr, "%s\n", error->message);
    return 1;
  }
  g_autoptr (GstElement)
      file = gst_bin_get_by_name (GST_BIN (pipeline), "file");
  g_object_set (file, "location", argv[2], NULL);

  connect_reader (pipeline, way);
  GThread *thread = start (pipeline, way);
  gboolean ok = read_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  if (thread)
    g_thread_join (thread);
  return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
