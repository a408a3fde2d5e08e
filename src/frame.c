/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pixelformat.h"

#include <detect/error.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SIDE 65536
#define MAX_STRIDE (1 << 24) /* bytes */

#define PLANAR(format, sx, sy, u, v)                        \
  {                                                         \
#format, DET_PACKING_PLANAR, 3, 3, FALSE, sx, sy, 1, 0, \
    {                                                       \
      0, u, v                                               \
    }                                                       \
  }
#define SEMIPLANAR(format, sx, sy, u, v)                        \
  {                                                             \
#format, DET_PACKING_SEMIPLANAR, 2, 3, FALSE, sx, sy, 1, 0, \
    {                                                           \
      0, u, v                                                   \
    }                                                           \
  }
#define RGB24(format, r, g, b)                       \
  {                                                  \
#format, DET_PACKING_24, 1, 3, TRUE, 0, 0, 1, 0, \
    {                                                \
      r, g, b                                        \
    }                                                \
  }
#define RGB32(format, r, g, b)                       \
  {                                                  \
#format, DET_PACKING_32, 1, 3, TRUE, 0, 0, 1, 0, \
    {                                                \
      r, g, b                                        \
    }                                                \
  }

static const DetPixelLayout layouts[DET_N_PIXEL_FORMATS] = {
  [DET_PIXEL_FORMAT_I420] = PLANAR (I420, 1, 1, 1, 2),
  [DET_PIXEL_FORMAT_YV12] = PLANAR (YV12, 1, 1, 2, 1),
  [DET_PIXEL_FORMAT_NV12] = SEMIPLANAR (NV12, 1, 1, 0, 1),
  [DET_PIXEL_FORMAT_NV21] = SEMIPLANAR (NV21, 1, 1, 1, 0),
  [DET_PIXEL_FORMAT_NV16] = SEMIPLANAR (NV16, 1, 0, 0, 1),
  [DET_PIXEL_FORMAT_YUY2] = { "YUY2", DET_PACKING_YUY2, 1, 3, FALSE, 1, 0, 1, 0,
      { 0 } },
  [DET_PIXEL_FORMAT_UYVY] = { "UYVY", DET_PACKING_UYVY, 1, 3, FALSE, 1, 0, 1, 0,
      { 0 } },
  [DET_PIXEL_FORMAT_Y42B] = PLANAR (Y42B, 1, 0, 1, 2),
  [DET_PIXEL_FORMAT_Y444] = PLANAR (Y444, 0, 0, 1, 2),
  [DET_PIXEL_FORMAT_GRAY8] = { "GRAY8", DET_PACKING_PLANAR, 1, 1, FALSE, 0, 0,
      1, 0, { 0 } },
  [DET_PIXEL_FORMAT_RGB] = RGB24 (RGB, 0, 1, 2),
  [DET_PIXEL_FORMAT_BGR] = RGB24 (BGR, 2, 1, 0),
  [DET_PIXEL_FORMAT_RGBX] = RGB32 (RGBx, 0, 1, 2),
  [DET_PIXEL_FORMAT_BGRX] = RGB32 (BGRx, 2, 1, 0),
  [DET_PIXEL_FORMAT_XRGB] = RGB32 (xRGB, 1, 2, 3),
  [DET_PIXEL_FORMAT_XBGR] = RGB32 (xBGR, 3, 2, 1),
  [DET_PIXEL_FORMAT_RGBA] = RGB32 (RGBA, 0, 1, 2),
  [DET_PIXEL_FORMAT_BGRA] = RGB32 (BGRA, 2, 1, 0),
  [DET_PIXEL_FORMAT_ARGB] = RGB32 (ARGB, 1, 2, 3),
  [DET_PIXEL_FORMAT_ABGR] = RGB32 (ABGR, 3, 2, 1),
  [DET_PIXEL_FORMAT_I420_10LE] = { "I420_10LE", DET_PACKING_PLANAR, 3, 3, FALSE,
      1, 1, 2, 16384, { 0, 1, 2 } },
  [DET_PIXEL_FORMAT_P010_10LE] = { "P010_10LE", DET_PACKING_SEMIPLANAR, 2, 3,
      FALSE, 1, 1, 2, 256, { 0, 0, 1 } },
};

const DetPixelLayout *
det_pixel_layout (DetPixelFormat format)
{
  if ((int) format <= DET_PIXEL_FORMAT_UNKNOWN ||
      (int) format >= DET_N_PIXEL_FORMATS)
    return NULL;
  return &layouts[format];
}

gsize
det_pixel_row_bytes (const DetPixelLayout *layout, int plane, int width)
{
  gsize w = (gsize) width;
  gsize sub = (gsize) (width + (1 << layout->shift_x) - 1) >> layout->shift_x;
  gsize size = (gsize) layout->sample_size;

  switch (layout->packing) {
    case DET_PACKING_NONE:
      return 0;
    case DET_PACKING_PLANAR:
      return (plane == 0 ? w : sub) * size;
    case DET_PACKING_SEMIPLANAR:
      return (plane == 0 ? w : 2 * sub) * size;
    case DET_PACKING_YUY2:
    case DET_PACKING_UYVY:
      return 4 * sub;
    case DET_PACKING_24:
      return 3 * w;
    case DET_PACKING_32:
      return 4 * w;
  }
  g_return_val_if_reached (0);
}

int
det_pixel_rows (const DetPixelLayout *layout, int plane, int height)
{
  return plane == 0 ? height
                    : (height + (1 << layout->shift_y) - 1) >> layout->shift_y;
}

DetPixelFormat
det_pixel_format_from_name (const char *name)
{
  for (int i = DET_PIXEL_FORMAT_UNKNOWN + 1; i < DET_N_PIXEL_FORMATS; i++) {
    if (g_strcmp0 (layouts[i].name, name) == 0)
      return (DetPixelFormat) i;
  }
  return DET_PIXEL_FORMAT_UNKNOWN;
}

const char *
det_pixel_format_name (DetPixelFormat format)
{
  const DetPixelLayout *layout = det_pixel_layout (format);

  return layout ? layout->name : "unknown";
}

int
det_pixel_format_n_planes (DetPixelFormat format)
{
  const DetPixelLayout *layout = det_pixel_layout (format);

  return layout ? layout->n_planes : 0;
}

void
det_frame_init_packed (DetFrame *frame, DetPixelFormat format, int width,
    int height, int stride, const void *pixels)
{
  *frame = (DetFrame){
    .format = format,
    .width = width,
    .height = height,
    .plane = { pixels },
    .stride = { stride },
  };
}

static gboolean
fail (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
fail (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error_literal (error, DET_ERROR, DET_ERROR_FRAME, message);
  return FALSE;
}

gboolean
det_frame_check (const DetFrame *frame, GError **error)
{
  const DetPixelLayout *layout = det_pixel_layout (frame->format);

  if (!layout)
    return fail (error,
        "pixel format %d is not known; convert the frame to one of "
        "DetPixelFormat",
        (int) frame->format);
  if (frame->width < 1 || frame->height < 1 || frame->width > MAX_SIDE ||
      frame->height > MAX_SIDE)
    return fail (error, "a frame of %dx%d pixels; expected sides from 1 to %d",
        frame->width, frame->height, MAX_SIDE);
  if (frame->source_width < 0 || frame->source_height < 0 ||
      frame->source_width > MAX_SIDE || frame->source_height > MAX_SIDE)
    return fail (error,
        "a source size of %dx%d pixels; expected sides from 1 to %d, or 0 for "
        "the frame's own",
        frame->source_width, frame->source_height, MAX_SIDE);
  if (!layout->is_rgb && (guint) frame->matrix > DET_COLOR_MATRIX_BT2020)
    return fail (error,
        "colour matrix %d of the %s frame is not known; expected one of "
        "DetColorMatrix",
        (int) frame->matrix, layout->name);
  for (int i = 0; i < layout->n_planes; i++) {
    gsize bytes = det_pixel_row_bytes (layout, i, frame->width);

    if (!frame->plane[i])
      return fail (error, "plane %d of the %s frame is NULL", i, layout->name);
    if ((gsize) llabs (frame->stride[i]) < bytes &&
        det_pixel_rows (layout, i, frame->height) > 1)
      return fail (error,
          "plane %d of the %s frame has a stride of %d bytes, and its rows are "
          "%" G_GSIZE_FORMAT " long",
          i, layout->name, frame->stride[i], bytes);
  }
  return TRUE;
}

static int
plane_stride (const DetPixelLayout *layout, int plane, int width, int stride)
{
  if (stride == 0)
    return (int) det_pixel_row_bytes (layout, plane, width);
  return plane == 0
      ? stride
      : (int) det_pixel_row_bytes (layout, plane, stride / layout->sample_size);
}

gboolean
det_frame_init_buffer (DetFrame *frame, DetPixelFormat format, int width,
    int height, int stride, const void *pixels, gsize size, GError **error)
{
  const DetPixelLayout *layout = det_pixel_layout (format);
  gsize offset = 0;
  gsize end = 0;

  det_frame_init_packed (frame, format, width, height, stride, pixels);
  if (!layout || width < 1 || height < 1 || width > MAX_SIDE ||
      height > MAX_SIDE || !pixels)
    return det_frame_check (frame, error);
  if (stride < 0 || stride > MAX_STRIDE)
    return fail (error, "a stride of %d bytes; expected 0 to %d", stride,
        MAX_STRIDE);

  for (int i = 0; i < layout->n_planes; i++) {
    gsize rows = (gsize) det_pixel_rows (layout, i, height);

    frame->stride[i] = plane_stride (layout, i, width, stride);
    frame->plane[i] = pixels;
    /* With a single row, whose stride is anything, not the last plane's. */
    end = MAX (end,
        offset + (rows - 1) * (gsize) frame->stride[i] +
            det_pixel_row_bytes (layout, i, width));
    if (end <= size)
      frame->plane[i] += offset;
    offset += rows * (gsize) frame->stride[i];
  }
  if (!det_frame_check (frame, error))
    return FALSE;
  return end <= size ||
      fail (error,
          "a %s frame of %dx%d pixels takes %" G_GSIZE_FORMAT
          " bytes, and %" G_GSIZE_FORMAT " are there",
          layout->name, width, height, end, size);
}
