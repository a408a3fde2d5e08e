/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "annotate.h"

#include "../../gst/overlaypainter.h"
#include "framejson.h"
#include "jpeg.h"

#define QUALITY 92

static void
describe (const DetFrame *frame, GstVideoInfo *info)
{
  gst_video_info_set_format (info,
      gst_video_format_from_string (det_pixel_format_name (frame->format)),
      (guint) frame->width, (guint) frame->height);
  info->stride[0] = frame->stride[0];
  info->size = (gsize) frame->stride[0] * frame->height;
}

static void
paint (const GstVideoInfo *info, GstBuffer *buffer, const GstDetectMeta *meta,
    const DetOptions *options)
{
  g_autoptr (GstOverlayPainter) painter = gst_overlay_painter_new ();
  const GstOverlayStyle style = {
    .labels = det_options_get_boolean (options, DET_OPT_OVERLAY_LABELS),
    .line_width = (gint) det_options_get_int (options, DET_OPT_LINE_WIDTH),
    .font = det_options_get_string (options, DET_OPT_FONT),
  };
  GstVideoFrame frame;

  if (!gst_video_frame_map (&frame, info, buffer, GST_MAP_READWRITE))
    return;
  gst_overlay_painter_paint (painter, &frame, &style, meta->objects,
      meta->n_objects);
  gst_video_frame_unmap (&frame);
}

GBytes *
annotate (Picture *picture, const DetModel *model, DetDetections *found,
    const DetOptions *options, GError **error)
{
  GstVideoInfo info;

  describe (&picture->frame, &info);
  g_autoptr (GstBuffer) buffer = gst_buffer_new_wrapped_full (0,
      picture->pixels, info.size, 0, info.size, NULL, NULL);
  paint (&info, buffer, frame_attach (buffer, model, found), options);
  return jpeg_encode (&picture->frame, QUALITY, error);
}
