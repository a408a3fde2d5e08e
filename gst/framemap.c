/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "framemap.h"

/* ---- what a plane takes ---- */

/* Rows and bytes a row of what is read or written; bytes of 0: nobody can say. */
static void
measure_plane (const GstVideoInfo *info, guint plane, gint *rows, gint *bytes)
{
  const GstVideoFormatInfo *format = info->finfo;

  *rows = *bytes = 0;
  for (guint c = 0; c < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format); c++) {
    gint width = GST_VIDEO_FORMAT_INFO_SCALE_WIDTH (format, c, info->width);

    if (GST_VIDEO_FORMAT_INFO_PLANE (format, c) != plane)
      continue;
    *rows = MAX (*rows,
        GST_VIDEO_FORMAT_INFO_SCALE_HEIGHT (format, c, info->height));
    *bytes = MAX (*bytes, width * GST_VIDEO_FORMAT_INFO_PSTRIDE (format, c));
  }
  if (GST_VIDEO_FORMAT_INFO_HAS_PALETTE (format) && plane == 1) {
    *rows = 1;
    *bytes = 256 * 4;
  }
}

/* Of formats that pack pixels in some way of their own, what GStreamer gives a row is
 * what it takes. */
static gint
get_usual_stride (const GstVideoInfo *info, guint plane)
{
  GstVideoInfo usual;

  if (!gst_video_info_set_format (&usual, GST_VIDEO_INFO_FORMAT (info),
          (guint) info->width, (guint) info->height))
    return G_MAXINT;
  return usual.stride[plane];
}

/* Tiles are laid out as GStreamer does, or not at all. */
static gboolean
has_usual_tiles (const GstVideoFrame *frame)
{
  const GstVideoInfo *info = &frame->info;
  GstVideoInfo usual;
  gboolean ok = gst_video_info_set_format (&usual, GST_VIDEO_INFO_FORMAT (info),
      (guint) info->width, (guint) info->height);

  for (guint i = 0; ok && i < GST_VIDEO_INFO_N_PLANES (info); i++) {
    gsize end = i + 1 < GST_VIDEO_INFO_N_PLANES (info) ? usual.offset[i + 1]
                                                       : usual.size;
    const guint8 *data = frame->data[i];

    ok = info->stride[i] == usual.stride[i] &&
        end - usual.offset[i] <=
            frame->map[i].size - (gsize) (data - frame->map[i].data);
  }
  return ok;
}

/* ---- what is there ---- */

static gboolean
plane_fits (const GstVideoFrame *frame, guint plane)
{
  const GstMapInfo *map = &frame->map[plane];
  gint64 stride = frame->info.stride[plane];
  gint64 first = (const guint8 *) frame->data[plane] - map->data;
  gint rows;
  gint bytes;

  measure_plane (&frame->info, plane, &rows, &bytes);
  if (bytes == 0)
    bytes = get_usual_stride (&frame->info, plane);
  if (rows > 1 && ABS (stride) < bytes)
    return FALSE; /* rows lie over each other */
  gint64 last = first + stride * (rows - 1);
  return MIN (first, last) >= 0 &&
      MAX (first, last) + bytes <= (gint64) map->size;
}

static gboolean
frame_fits (const GstVideoFrame *frame)
{
  if (!frame->meta)
    return TRUE; /* it was asked whether there are enough bytes */
  if (!frame->map[0].data)
    return TRUE; /* a memory with a way of its own */
  if (GST_VIDEO_FORMAT_INFO_IS_TILED (frame->info.finfo))
    return has_usual_tiles (frame);
  for (guint i = 0; i < GST_VIDEO_FRAME_N_PLANES (frame); i++) {
    if (!plane_fits (frame, i))
      return FALSE;
  }
  return TRUE;
}

static gboolean
map_fitting (GstVideoFrame *frame, const GstVideoInfo *info, GstBuffer *buffer,
    GstMapFlags flags)
{
  if (!gst_video_frame_map (frame, info, buffer,
          flags | (GstMapFlags) GST_VIDEO_FRAME_MAP_FLAG_NO_REF))
    return FALSE;
  if (frame_fits (frame))
    return TRUE;
  gst_video_frame_unmap (frame);
  return FALSE;
}

/* Of a writable buffer, whose memories then are one. */
static gboolean
merge_memories (GstBuffer *buffer, GstMapFlags flags)
{
  GstMapInfo map;

  if (gst_buffer_n_memory (buffer) < 2 || !gst_buffer_is_writable (buffer) ||
      !gst_buffer_map (buffer, &map, flags))
    return FALSE;
  gst_buffer_unmap (buffer, &map);
  return TRUE;
}

/* The picture may be larger than its caps say: it is padded. */
static gboolean
is_described_as (const GstVideoMeta *meta, const GstVideoInfo *info)
{
  return meta->format == GST_VIDEO_INFO_FORMAT (info) &&
      meta->n_planes == GST_VIDEO_INFO_N_PLANES (info) &&
      meta->width >= (guint) GST_VIDEO_INFO_WIDTH (info) &&
      meta->height >= (guint) GST_VIDEO_INFO_HEIGHT (info) &&
      meta->width <= G_MAXINT && meta->height <= G_MAXINT;
}

gboolean
gst_detect_frame_map (GstVideoFrame *frame, const GstVideoInfo *info,
    GstBuffer *buffer, GstMapFlags flags)
{
  const GstVideoMeta *meta = gst_buffer_get_video_meta (buffer);

  if (meta && !is_described_as (meta, info))
    return FALSE;
  return map_fitting (frame, info, buffer, flags) ||
      (meta && merge_memories (buffer, flags) &&
          map_fitting (frame, info, buffer, flags));
}
