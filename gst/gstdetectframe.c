/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetectframe.h"

#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (gst_detect_debug);
#define GST_CAT_DEFAULT gst_detect_debug

void
gst_detect_frame_reader_init (GstDetectFrameReader *reader,
    const GstVideoInfo *info)
{
  memset (reader, 0, sizeof *reader);
  reader->info = *info;
  reader->format = det_pixel_format_from_name (
      gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (info)));
}

void
gst_detect_frame_reader_clear (GstDetectFrameReader *reader)
{
  gst_detect_frame_reader_release (reader);
  g_clear_pointer (&reader->converter, gst_video_converter_free);
  gst_clear_buffer (&reader->converted);
}

GstVideoRectangle
gst_detect_frame_get_crop (const GstVideoFrame *frame)
{
  gint width = GST_VIDEO_FRAME_WIDTH (frame);
  gint height = GST_VIDEO_FRAME_HEIGHT (frame);
  const GstVideoCropMeta *crop = gst_buffer_get_video_crop_meta (frame->buffer);
  GstVideoRectangle whole = { 0, 0, width, height };

  if (!crop || crop->x >= (guint) width || crop->y >= (guint) height ||
      crop->width == 0 || crop->height == 0)
    return whole;
  return (GstVideoRectangle){
    .x = (gint) crop->x,
    .y = (gint) crop->y,
    .w = (gint) MIN (crop->width, (guint) width - crop->x),
    .h = (gint) MIN (crop->height, (guint) height - crop->y),
  };
}

static DetColorMatrix
get_matrix (const GstVideoInfo *info)
{
  switch (info->colorimetry.matrix) {
    case GST_VIDEO_COLOR_MATRIX_BT709:
    case GST_VIDEO_COLOR_MATRIX_SMPTE240M: /* the nearest one that is read */
      return DET_COLOR_MATRIX_BT709;
    case GST_VIDEO_COLOR_MATRIX_BT2020:
      return DET_COLOR_MATRIX_BT2020;
    case GST_VIDEO_COLOR_MATRIX_UNKNOWN:
    case GST_VIDEO_COLOR_MATRIX_RGB:
    case GST_VIDEO_COLOR_MATRIX_FCC:
    case GST_VIDEO_COLOR_MATRIX_BT601:
      break;
  }
  return DET_COLOR_MATRIX_BT601;
}

/* Offset of a pixel in a plane, in whole samples of that plane. Formats that pack
 * two pixels (YUY2) are cut at even columns. */
static gssize
plane_offset (const GstVideoFrame *frame, guint plane, gint x, gint y)
{
  const GstVideoFormatInfo *format = frame->info.finfo;
  gint component[GST_VIDEO_MAX_COMPONENTS];

  gst_video_format_info_component (format, plane, component);
  gint c = component[0];
  if (GST_VIDEO_FORMAT_INFO_N_PLANES (format) == 1) {
    /* Of a packed format, the component with the widest step rules. */
    for (guint i = 0; i < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format); i++) {
      if (GST_VIDEO_FORMAT_INFO_W_SUB (format, i) >
          GST_VIDEO_FORMAT_INFO_W_SUB (format, c))
        c = (gint) i;
    }
  }
  gssize column = (gssize) (x >> GST_VIDEO_FORMAT_INFO_W_SUB (format, c));
  gssize row = (gssize) (y >> GST_VIDEO_FORMAT_INFO_H_SUB (format, c));
  return row * GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane) +
      column * GST_VIDEO_FORMAT_INFO_PSTRIDE (format, c);
}

static void
describe (const GstVideoFrame *frame, DetPixelFormat format,
    const GstVideoRectangle *crop, DetFrame *view)
{
  const GstVideoInfo *info = &frame->info;

  *view = (DetFrame){
    .format = format,
    .width = crop->w,
    .height = crop->h,
    .matrix = get_matrix (info),
    .full_range = info->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255,
  };
  for (guint i = 0; i < GST_VIDEO_FRAME_N_PLANES (frame); i++) {
    view->plane[i] = (const guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame, i) +
        plane_offset (frame, i, crop->x, crop->y);
    view->stride[i] = GST_VIDEO_FRAME_PLANE_STRIDE (frame, i);
  }
}

static gboolean
make_converter (GstDetectFrameReader *reader, const GstVideoFrame *frame,
    const GstVideoRectangle *crop, gint width, gint height)
{
  GstStructure *config = gst_structure_new ("converter",
      GST_VIDEO_CONVERTER_OPT_RESAMPLER_METHOD, GST_TYPE_VIDEO_RESAMPLER_METHOD,
      GST_VIDEO_RESAMPLER_METHOD_LINEAR, GST_VIDEO_CONVERTER_OPT_RESAMPLER_TAPS,
      G_TYPE_UINT, 2, GST_VIDEO_CONVERTER_OPT_SRC_X, G_TYPE_INT, crop->x,
      GST_VIDEO_CONVERTER_OPT_SRC_Y, G_TYPE_INT, crop->y,
      GST_VIDEO_CONVERTER_OPT_SRC_WIDTH, G_TYPE_INT, crop->w,
      GST_VIDEO_CONVERTER_OPT_SRC_HEIGHT, G_TYPE_INT, crop->h, NULL);

  g_clear_pointer (&reader->converter, gst_video_converter_free);
  gst_clear_buffer (&reader->converted);
  reader->converted_crop = *crop;
  gst_video_info_set_format (&reader->converted_info, GST_VIDEO_FORMAT_RGBx,
      width, height);
  /* The converter insists that these agree; they change nothing here. */
  reader->converted_info.fps_n = GST_VIDEO_INFO_FPS_N (&frame->info);
  reader->converted_info.fps_d = GST_VIDEO_INFO_FPS_D (&frame->info);
  reader->converted_info.interlace_mode =
      GST_VIDEO_INFO_INTERLACE_MODE (&frame->info);
  reader->converter =
      gst_video_converter_new (&frame->info, &reader->converted_info, config);
  if (!reader->converter)
    return FALSE;
  reader->converted = gst_buffer_new_allocate (NULL,
      GST_VIDEO_INFO_SIZE (&reader->converted_info), NULL);
  GST_INFO ("%s is read through GstVideoConverter at %dx%d: slower",
      gst_video_format_to_string (GST_VIDEO_FRAME_FORMAT (frame)), width,
      height);
  return reader->converted != NULL;
}

/* Never larger than the frame itself: scaling up is the core's job. */
static gboolean
convert (GstDetectFrameReader *reader, DetSession *session,
    GstVideoFrame *frame, const GstVideoRectangle *crop)
{
  gint width;
  gint height;

  det_session_get_picture_size (session, crop->w, crop->h, &width, &height);
  width = MIN (width, crop->w);
  height = MIN (height, crop->h);
  if (!reader->converter ||
      memcmp (crop, &reader->converted_crop, sizeof *crop) != 0 ||
      width != GST_VIDEO_INFO_WIDTH (&reader->converted_info) ||
      height != GST_VIDEO_INFO_HEIGHT (&reader->converted_info)) {
    if (!make_converter (reader, frame, crop, width, height))
      return FALSE;
  }
  if (!gst_video_frame_map (&reader->mapped, &reader->converted_info,
          reader->converted, GST_MAP_WRITE))
    return FALSE;
  reader->is_mapped = TRUE;
  gst_video_converter_frame (reader->converter, frame, &reader->mapped);
  return TRUE;
}

gboolean
gst_detect_frame_reader_get (GstDetectFrameReader *reader, DetSession *session,
    GstVideoFrame *frame, const GstVideoRectangle *area, DetFrame *view,
    GError **error)
{
  GstVideoRectangle whole = { 0 };

  if (reader->format != DET_PIXEL_FORMAT_UNKNOWN) {
    describe (frame, reader->format, area, view);
    return TRUE;
  }
  if (!convert (reader, session, frame, area)) {
    g_set_error (error, DET_ERROR, DET_ERROR_FRAME,
        "frames of format %s cannot be read; put videoconvert before detect",
        gst_video_format_to_string (GST_VIDEO_FRAME_FORMAT (frame)));
    return FALSE;
  }
  whole.w = GST_VIDEO_INFO_WIDTH (&reader->converted_info);
  whole.h = GST_VIDEO_INFO_HEIGHT (&reader->converted_info);
  describe (&reader->mapped, DET_PIXEL_FORMAT_RGBX, &whole, view);
  view->source_width = area->w;
  view->source_height = area->h;
  return TRUE;
}

void
gst_detect_frame_reader_release (GstDetectFrameReader *reader)
{
  if (!reader->is_mapped)
    return;
  gst_video_frame_unmap (&reader->mapped);
  reader->is_mapped = FALSE;
}
