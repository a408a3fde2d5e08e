/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "overlaybitmap.h"

#include <string.h>

struct _GstOverlayBitmap
{
  GstVideoInfo info;
  GstBuffer *buffer;
  GstVideoFrame frame; /* of the buffer, mapped for reading */
};

gboolean
gst_overlay_bitmap_supports (GstVideoFormat format)
{
  const GstVideoFormatInfo *info = gst_video_format_get_info (format);
  const GstVideoFormatFlags other = GST_VIDEO_FORMAT_FLAG_COMPLEX |
      GST_VIDEO_FORMAT_FLAG_PALETTE | GST_VIDEO_FORMAT_FLAG_TILED;

  if (format == GST_VIDEO_FORMAT_UNKNOWN ||
      format == GST_VIDEO_FORMAT_ENCODED || !info ||
      (GST_VIDEO_FORMAT_INFO_FLAGS (info) & other) || !info->pack_func ||
      !info->unpack_func)
    return FALSE;
  for (guint c = 0; c < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (info); c++) {
    if (GST_VIDEO_FORMAT_INFO_PSTRIDE (info, c) < 1)
      return FALSE;
  }
  return TRUE;
}

void
gst_overlay_bitmap_get_grid (const GstVideoInfo *info, gint *grid_x,
    gint *grid_y)
{
  const GstVideoFormatInfo *format = info->finfo;
  guint x = 0;
  guint y = 0;

  for (guint c = 0; c < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format); c++) {
    x = MAX (x, GST_VIDEO_FORMAT_INFO_W_SUB (format, c));
    y = MAX (y, GST_VIDEO_FORMAT_INFO_H_SUB (format, c));
  }
  *grid_x = 1 << x;
  *grid_y = 1 << y;
}

static void
describe (const GstVideoInfo *like, gint width, gint height,
    GstVideoInfo *bitmap, GstVideoInfo *pixels)
{
  gst_video_info_set_format (bitmap, GST_VIDEO_INFO_FORMAT (like),
      (guint) width, (guint) height);
  bitmap->colorimetry = like->colorimetry;
  bitmap->chroma_site = like->chroma_site;
  gst_video_info_set_format (pixels,
      G_BYTE_ORDER == G_LITTLE_ENDIAN ? GST_VIDEO_FORMAT_BGRx
                                      : GST_VIDEO_FORMAT_xRGB,
      (guint) width, (guint) height);
}

static gboolean
convert (GstOverlayBitmap *bitmap, GstVideoInfo *pixels_info,
    const guint8 *pixels, gint stride)
{
  GstVideoConverter *converter =
      gst_video_converter_new (pixels_info, &bitmap->info, NULL);
  gint height = GST_VIDEO_INFO_HEIGHT (pixels_info);
  GstVideoFrame from;
  GstVideoFrame to;

  if (!converter)
    return FALSE;
  pixels_info->stride[0] = stride;
  pixels_info->size = (gsize) stride * (gsize) height;
  g_autoptr (GstBuffer) wrapped =
      gst_buffer_new_wrapped_full (GST_MEMORY_FLAG_READONLY, (gpointer) pixels,
          pixels_info->size, 0, pixels_info->size, NULL, NULL);
  gboolean ok = gst_video_frame_map (&from, pixels_info, wrapped, GST_MAP_READ);
  if (ok) {
    ok =
        gst_video_frame_map (&to, &bitmap->info, bitmap->buffer, GST_MAP_WRITE);
    if (ok) {
      gst_video_converter_frame (converter, &from, &to);
      gst_video_frame_unmap (&to);
    }
    gst_video_frame_unmap (&from);
  }
  gst_video_converter_free (converter);
  return ok;
}

GstOverlayBitmap *
gst_overlay_bitmap_new (const GstVideoInfo *info, gint width, gint height,
    const guint8 *pixels, gint stride)
{
  GstOverlayBitmap *bitmap = g_new0 (GstOverlayBitmap, 1);
  GstVideoInfo pixels_info;

  describe (info, width, height, &bitmap->info, &pixels_info);
  bitmap->buffer = gst_buffer_new_allocate (NULL, bitmap->info.size, NULL);
  if (bitmap->buffer && convert (bitmap, &pixels_info, pixels, stride) &&
      gst_video_frame_map (&bitmap->frame, &bitmap->info, bitmap->buffer,
          GST_MAP_READ))
    return bitmap;
  gst_clear_buffer (&bitmap->buffer);
  g_free (bitmap);
  return NULL;
}

void
gst_overlay_bitmap_free (GstOverlayBitmap *bitmap)
{
  if (!bitmap)
    return;
  gst_video_frame_unmap (&bitmap->frame);
  gst_buffer_unref (bitmap->buffer);
  g_free (bitmap);
}

gint
gst_overlay_bitmap_get_width (const GstOverlayBitmap *bitmap)
{
  return GST_VIDEO_INFO_WIDTH (&bitmap->info);
}

gint
gst_overlay_bitmap_get_height (const GstOverlayBitmap *bitmap)
{
  return GST_VIDEO_INFO_HEIGHT (&bitmap->info);
}

/* A plane, measured in its own samples. */
typedef struct
{
  gint component; /* the one that tells its subsampling */
  gint step;      /* bytes a sample */
} Plane;

static Plane
get_plane (const GstVideoFormatInfo *format, guint plane)
{
  gint components[GST_VIDEO_MAX_COMPONENTS];

  gst_video_format_info_component (format, plane, components);
  return (Plane){
    .component = components[0],
    .step = GST_VIDEO_FORMAT_INFO_PSTRIDE (format, components[0]),
  };
}

static gint
columns (const GstVideoFormatInfo *format, const Plane *plane, gint width)
{
  return GST_VIDEO_FORMAT_INFO_SCALE_WIDTH (format, plane->component, width);
}

static gint
rows (const GstVideoFormatInfo *format, const Plane *plane, gint height)
{
  return GST_VIDEO_FORMAT_INFO_SCALE_HEIGHT (format, plane->component, height);
}

static guint8 *
locate (GstVideoFrame *frame, guint i, const Plane *plane, gint x, gint y)
{
  const GstVideoFormatInfo *format = frame->info.finfo;

  return (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame, i) +
      (gssize) rows (format, plane, y) *
      GST_VIDEO_FRAME_PLANE_STRIDE (frame, i) +
      (gssize) columns (format, plane, x) * plane->step;
}

/* ---- blending ---- */

/* Samples as they lie in memory. */
typedef enum
{
  SAMPLES_BYTES,
  SAMPLES_WORDS_LE,
  SAMPLES_WORDS_BE,
  SAMPLES_OTHER, /* several in a word: they cannot be mixed where they lie */
} Samples;

/* Whether there are two bytes for each sample of a plane. */
static gboolean
has_words (const GstVideoFormatInfo *format, guint plane)
{
  gint step = 0;
  gint n = 0;

  for (guint c = 0; c < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format); c++) {
    if (GST_VIDEO_FORMAT_INFO_PLANE (format, c) != plane)
      continue;
    step = MAX (step, GST_VIDEO_FORMAT_INFO_PSTRIDE (format, c));
    n++;
  }
  return step >= 2 * n;
}

static Samples
get_samples (const GstVideoFormatInfo *format)
{
  gboolean are_bytes = TRUE;
  gboolean are_words =
      !(GST_VIDEO_FORMAT_INFO_FLAGS (format) & GST_VIDEO_FORMAT_FLAG_COMPLEX);

  for (guint c = 0; c < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format); c++) {
    guint depth = GST_VIDEO_FORMAT_INFO_DEPTH (format, c);

    are_bytes = are_bytes && depth == 8;
    are_words = are_words && depth > 8 &&
        has_words (format, GST_VIDEO_FORMAT_INFO_PLANE (format, c));
  }
  if (are_bytes)
    return SAMPLES_BYTES;
  if (!are_words)
    return SAMPLES_OTHER;
  /* The formats' flags leave some out. */
  gboolean is_le = g_str_has_suffix (format->name, "LE") ||
      format->format == GST_VIDEO_FORMAT_v216;
  gboolean is_be = g_str_has_suffix (format->name, "BE");
  gboolean is_native_be = G_BYTE_ORDER == G_BIG_ENDIAN && !is_le;
  return is_be || is_native_be ? SAMPLES_WORDS_BE : SAMPLES_WORDS_LE;
}

static guint
mix (guint below, guint above, guint opacity)
{
  return (below * (GST_OVERLAY_OPAQUE - opacity) + above * opacity +
             GST_OVERLAY_OPAQUE / 2) /
      GST_OVERLAY_OPAQUE;
}

static void
blend (guint8 *target, const guint8 *source, gsize bytes, guint opacity,
    Samples samples)
{
  switch (samples) {
    case SAMPLES_BYTES:
      for (gsize i = 0; i < bytes; i++)
        target[i] = (guint8) mix (target[i], source[i], opacity);
      break;
    case SAMPLES_WORDS_LE:
      for (gsize i = 0; i + 1 < bytes; i += 2)
        GST_WRITE_UINT16_LE (target + i,
            (guint16) mix (GST_READ_UINT16_LE (target + i),
                GST_READ_UINT16_LE (source + i), opacity));
      break;
    case SAMPLES_WORDS_BE:
      for (gsize i = 0; i + 1 < bytes; i += 2)
        GST_WRITE_UINT16_BE (target + i,
            (guint16) mix (GST_READ_UINT16_BE (target + i),
                GST_READ_UINT16_BE (source + i), opacity));
      break;
    case SAMPLES_OTHER:
      if (opacity > GST_OVERLAY_OPAQUE / 2)
        memcpy (target, source, bytes);
      break;
  }
}

/* ---- painting ---- */

void
gst_overlay_bitmap_locate (GstVideoFrame *frame, gint x,
    gpointer data[GST_VIDEO_MAX_PLANES])
{
  for (guint i = 0; i < GST_VIDEO_FRAME_N_PLANES (frame); i++) {
    Plane plane = get_plane (frame->info.finfo, i);

    data[i] = locate (frame, i, &plane, x, 0);
  }
}

void
gst_overlay_bitmap_blit (const GstOverlayBitmap *bitmap, GstVideoFrame *frame,
    gint x, gint y, guint opacity)
{
  Samples samples = get_samples (frame->info.finfo);
  const GstVideoFormatInfo *format = frame->info.finfo;
  const GstVideoFrame *from = &bitmap->frame;
  gint width = MIN (gst_overlay_bitmap_get_width (bitmap),
      GST_VIDEO_FRAME_WIDTH (frame) - x);
  gint height = MIN (gst_overlay_bitmap_get_height (bitmap),
      GST_VIDEO_FRAME_HEIGHT (frame) - y);

  if (x < 0 || y < 0 || width < 1 || height < 1)
    return;
  for (guint i = 0; i < GST_VIDEO_FRAME_N_PLANES (frame); i++) {
    Plane plane = get_plane (format, i);
    gsize bytes = (gsize) columns (format, &plane, width) * (gsize) plane.step;
    const guint8 *source = GST_VIDEO_FRAME_PLANE_DATA (from, i);
    guint8 *target = locate (frame, i, &plane, x, y);

    for (gint n = rows (format, &plane, height); n > 0; n--) {
      if (opacity >= GST_OVERLAY_OPAQUE)
        memcpy (target, source, bytes);
      else
        blend (target, source, bytes, opacity, samples);
      target += GST_VIDEO_FRAME_PLANE_STRIDE (frame, i);
      source += GST_VIDEO_FRAME_PLANE_STRIDE (from, i);
    }
  }
}

/* Repeats the first unit bytes of target up to bytes. */
static void
repeat (guint8 *target, gsize unit, gsize bytes)
{
  for (gsize done = unit; done < bytes;) {
    gsize n = MIN (done, bytes - done);

    memcpy (target + done, target, n);
    done += n;
  }
}

static void
fill_rows (guint8 *row, gint stride, gint n, const guint8 *source, gsize unit,
    gsize bytes)
{
  const guint8 *first = row;

  memcpy (row, source, MIN (unit, bytes));
  repeat (row, unit, bytes);
  while (--n > 0) {
    row += stride;
    memcpy (row, first, bytes);
  }
}

static void
blend_rows (guint8 *row, gint stride, gint n, const guint8 *source, gsize unit,
    gsize bytes, guint opacity, Samples samples)
{
  for (; n > 0; n--, row += stride) {
    for (gsize x = 0; x < bytes; x += unit)
      blend (row + x, source, MIN (unit, bytes - x), opacity, samples);
  }
}

void
gst_overlay_bitmap_fill (const GstOverlayBitmap *bitmap, GstVideoFrame *frame,
    const GstVideoRectangle *area, guint opacity)
{
  const GstVideoFormatInfo *format = frame->info.finfo;
  Samples samples = get_samples (format);
  gint grid_x;
  gint grid_y;

  gst_overlay_bitmap_get_grid (&frame->info, &grid_x, &grid_y);
  for (guint i = 0; i < GST_VIDEO_FRAME_N_PLANES (frame); i++) {
    Plane plane = get_plane (format, i);
    gsize unit = (gsize) columns (format, &plane, grid_x) * (gsize) plane.step;
    gsize bytes =
        (gsize) columns (format, &plane, area->w) * (gsize) plane.step;
    const guint8 *source = GST_VIDEO_FRAME_PLANE_DATA (&bitmap->frame, i);
    guint8 *target = locate (frame, i, &plane, area->x, area->y);
    gint stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, i);
    gint n = rows (format, &plane, area->h);

    if (opacity >= GST_OVERLAY_OPAQUE)
      fill_rows (target, stride, n, source, unit, bytes);
    else
      blend_rows (target, stride, n, source, unit, bytes, opacity, samples);
  }
}
