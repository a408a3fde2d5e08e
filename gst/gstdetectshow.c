/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetectprivate.h"

#include "framemap.h"
#include "gstdetectannounce.h"

#define GST_CAT_DEFAULT gst_detect_debug

/* A result that is getting old fades, over the second half of max-age. */
static guint
get_fading (const GstDetect *self, GstClockTime age)
{
  GstClockTime half = self->settings.max_age / 2;

  if (!GST_CLOCK_TIME_IS_VALID (age) || age <= half)
    return 0;
  return (guint) gst_util_uint64_scale (MIN (age - half, half), 255,
      MAX (half, 1));
}

static void
paint (GstDetect *self, GstBuffer *buffer, const GstDetectMeta *meta)
{
  GstVideoFormat format = GST_VIDEO_INFO_FORMAT (&self->info);
  GstVideoFrame frame;

  if (meta->n_objects == 0)
    return;
  if (!gst_overlay_painter_can_paint (format) ||
      !gst_detect_frame_map (&frame, &self->info, buffer, GST_MAP_READWRITE)) {
    if (!self->warned_unpaintable)
      GST_ELEMENT_WARNING (self, STREAM, FORMAT,
          ("Nothing can be drawn on %s frames; put videoconvert before detect",
              gst_video_format_to_string (format)),
          (NULL));
    self->warned_unpaintable = TRUE;
    return;
  }
  GstOverlayStyle style = self->settings.style;
  style.fading = get_fading (self, meta->age_time);
  gst_overlay_painter_paint (self->painter, &frame, &style, meta->objects,
      meta->n_objects);
  gst_video_frame_unmap (&frame);
}

static gboolean
may_show (const GstDetect *self, const GstDetectWaiting *frame)
{
  return frame->is_new ||
      (self->result.detections && self->settings.enabled &&
          gst_detect_result_is_fresh (&self->result, self->settings.max_age,
              GST_BUFFER_PTS (frame->buffer)));
}

void
gst_detect_show (GstDetect *self, const GstDetectWaiting *frame)
{
  GstBuffer *buffer = frame->buffer;

  if (!may_show (self, frame))
    return;

  guint age = (guint) (frame->number - self->result.frame_number);
  const GstDetectMeta *meta =
      gst_detect_result_attach (&self->result, buffer, age);

  if (frame->is_new)
    gst_detect_announce (GST_ELEMENT (self), meta,
        self->settings.post_messages);
  if (self->settings.overlay)
    paint (self, buffer, meta);
}
