/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "slate.h"

#include "parts.h"

#include <gst/app/app.h>

#define WAIT (2 * GST_SECOND)
#define BLACK                                   \
  "videotestsrc num-buffers=1 pattern=black ! " \
  "video/x-raw,format=I420,width=640,height=360"
#define TEXT                                                \
  "videoconvert ! textoverlay name=text valignment=bottom " \
  "shaded-background=true wrap-mode=word-char ! videoconvert"

static GstElement *
painter_new (GstSample *last)
{
  const char *text = parts_has ("textoverlay") ? TEXT : "identity";
  g_autofree char *description =
      g_strdup_printf ("%s ! %s ! appsink name=sink sync=false",
          last ? "appsrc name=source format=time" : BLACK, text);
  GstElement *bin = parts_parse (description, NULL);
  GstElement *pipeline;

  if (!bin)
    return NULL;
  pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  gst_bin_add (GST_BIN (pipeline), bin);
  return pipeline;
}

/* The caps that came in also go out, or encoders would have to start anew. */
static void
feed (GstElement *source, GstElement *sink, GstSample *last)
{
  g_object_set (sink, "caps", gst_sample_get_caps (last), NULL);
  gst_app_src_push_sample (GST_APP_SRC (source), last);
  gst_app_src_end_of_stream (GST_APP_SRC (source));
}

GstSample *
slate_new (GstSample *last, const char *text)
{
  g_autoptr (GstElement) painter = painter_new (last);
  GstSample *slate = NULL;

  if (painter) {
    g_autoptr (GstElement)
        source = gst_bin_get_by_name (GST_BIN (painter), "source");
    g_autoptr (GstElement)
        sink = gst_bin_get_by_name (GST_BIN (painter), "sink");
    g_autoptr (GstElement)
        overlay = gst_bin_get_by_name (GST_BIN (painter), "text");

    if (overlay) {
      /* The text is markup to it. */
      g_autofree char *escaped = g_markup_escape_text (text, -1);

      g_object_set (overlay, "text", escaped, NULL);
    }
    if (source)
      feed (source, sink, last);
    gst_element_set_state (painter, GST_STATE_PLAYING);
    slate = gst_app_sink_try_pull_sample (GST_APP_SINK (sink), WAIT);
    gst_element_set_state (painter, GST_STATE_NULL);
  }
  return slate || !last ? slate : gst_sample_ref (last);
}
