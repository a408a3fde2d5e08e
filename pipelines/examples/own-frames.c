/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* own-frames WIDTH HEIGHT FRAMES: finds objects in pictures that a program makes
 * itself, and gets them back with what was found.
 *
 * cc own-frames.c $(pkg-config --cflags --libs gstdetect-1.0 gstreamer-app-1.0)
 *
 * appsrc takes the pixels as they are: detect scales and converts what its model
 * wants, and the frames that leave are those that came in. */

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/detect/gstdetection.h>
#include <gst/gst.h>
#include <stdlib.h>

#define FPS 25

/* ---- in: a grey ramp that moves ---- */

static GstBuffer *
frame_new (gsize width, gsize height, guint number)
{
  gsize size = width * height * 3; /* rows of RGB follow one another */
  guint8 *pixels = g_malloc (size);
  GstBuffer *buffer;

  for (gsize i = 0; i < size; i++)
    pixels[i] = (guint8) (i / 3 % width + number);
  /* The buffer frees the pixels when nobody needs them any more. */
  buffer = gst_buffer_new_wrapped (pixels, size);
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale_int (number, GST_SECOND, FPS);
  GST_BUFFER_DURATION (buffer) = GST_SECOND / FPS;
  return buffer;
}

static void
set_format (GstAppSrc *source, int width, int height)
{
  g_autoptr (GstCaps) caps = gst_caps_new_simple ("video/x-raw", "format",
      G_TYPE_STRING, "RGB", "width", G_TYPE_INT, width, "height", G_TYPE_INT,
      height, "framerate", GST_TYPE_FRACTION, FPS, 1, NULL);

  gst_app_src_set_caps (source, caps);
}

/* In a thread of its own, since appsrc makes it wait while its queue is full. */
typedef struct
{
  GstAppSrc *source;
  int width;
  int height;
  guint n_frames;
} Feed;

static gpointer
feed_frames (gpointer data)
{
  const Feed *feed = data;

  for (guint i = 0; i < feed->n_frames; i++) {
    /* Anything but OK says that the pipeline is about to stop. */
    if (gst_app_src_push_buffer (feed->source,
            frame_new ((gsize) feed->width, (gsize) feed->height, i)) !=
        GST_FLOW_OK)
      break;
  }
  gst_app_src_end_of_stream (feed->source);
  return NULL;
}

/* ---- on the way: a probe, in the thread that pushes the frame on ---- */

static GstPadProbeReturn
count_looked_at (GstPad *pad, GstPadProbeInfo *info, gpointer counter)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);

  /* A frame that was looked at carries the meta also when nothing was found. */
  if (gst_buffer_get_detect_meta (buffer))
    (*(guint *) counter)++;
  return GST_PAD_PROBE_OK;
}

/* ---- out ---- */

static guint
take_frames (GstAppSink *sink)
{
  guint n_frames = 0;
  GstSample *sample;

  /* NULL: the end of the stream, or an error, which the bus has. */
  while ((sample = gst_app_sink_pull_sample (sink))) {
    GList *found = gst_buffer_get_detections (gst_sample_get_buffer (sample));

    for (GList *item = found; item; item = item->next) {
      const GstDetection *object = item->data;

      g_print ("frame %u: %s\n", n_frames, object->label);
    }
    g_list_free_full (found, (GDestroyNotify) gst_detection_free);
    gst_sample_unref (sample);
    n_frames++;
  }
  return n_frames;
}

static int
conclude (GstElement *pipeline, guint n_frames, guint n_looked_at)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage)
      message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  g_print ("%u frames, %u looked at\n", n_frames, n_looked_at);
  if (!message)
    return 0;
  gst_message_parse_error (message, &error, NULL);
  g_printerr ("%s\n", error->message);
  return 1;
}

static int
run (GstElement *pipeline, Feed *feed)
{
  g_autoptr (GstElement)
      source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  g_autoptr (GstElement)
      detect = gst_bin_get_by_name (GST_BIN (pipeline), "detect");
  g_autoptr (GstElement)
      sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (detect, "src");
  guint n_looked_at = 0;

  feed->source = GST_APP_SRC (source);
  set_format (feed->source, feed->width, feed->height);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, count_looked_at,
      &n_looked_at, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);

  GThread *feeder = g_thread_new ("feeder", feed_frames, feed);
  guint n_frames = take_frames (GST_APP_SINK (sink));
  /* Stopped first, so that the feeder waits for nothing. */
  int status = conclude (pipeline, n_frames, n_looked_at);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_thread_join (feeder);
  return status;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  Feed feed = { 0 };

  gst_init (&argc, &argv);
  if (argc == 4) {
    feed.width = (gint) g_ascii_strtoll (argv[1], NULL, 10);
    feed.height = (gint) g_ascii_strtoll (argv[2], NULL, 10);
    feed.n_frames = (guint) g_ascii_strtoull (argv[3], NULL, 10);
  }
  /* Rows of RGB have no padding only where that is so. */
  if (feed.width < 1 || feed.height < 1 || feed.width % 4 != 0) {
    g_printerr ("Usage: %s WIDTH HEIGHT FRAMES, WIDTH a multiple of 4\n",
        argv[0]);
    return 2;
  }
  g_autoptr (GstElement)
      pipeline = gst_parse_launch ("appsrc name=source format=time block=true "
                                   "max-buffers=4 "
                                   "! detect name=detect ! appsink name=sink "
                                   "sync=false max-buffers=4",
          &error);
  if (pipeline)
    return run (pipeline, &feed);
  g_printerr ("%s\n", error->message);
  return 1;
}
