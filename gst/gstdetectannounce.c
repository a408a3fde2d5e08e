/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetectannounce.h"

static guint detections_signal;

void
gst_detect_announce_install (GstElementClass *klass)
{
  /**
   * GstDetect::detections:
   * @detect: the element
   * @detections: (transfer none): what was found, as the element message
   *     `detections` carries it
   *
   * Emitted for every inference, in the thread that pushes its frame on, before it moves
   * on: the video waits for the handler.
   */
  detections_signal = g_signal_new ("detections", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
      GST_TYPE_STRUCTURE | G_SIGNAL_TYPE_STATIC_SCOPE);
}

void
gst_detect_announce (GstElement *element, const GstDetectMeta *meta,
    gboolean post_message)
{
  gboolean is_heard =
      g_signal_has_handler_pending (element, detections_signal, 0, FALSE);

  if (!is_heard && !post_message)
    return;

  g_autoptr (GstStructure) detections = gst_detect_meta_to_structure (meta);
  if (is_heard)
    g_signal_emit (element, detections_signal, 0, detections);
  if (post_message)
    gst_element_post_message (element,
        gst_message_new_element (GST_OBJECT (element),
            g_steal_pointer (&detections)));
}
