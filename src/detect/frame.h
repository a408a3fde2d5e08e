/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DETECT_FRAME_H
#define DETECT_FRAME_H

#include <detect/export.h>
#include <glib.h>

DET_BEGIN_DECLS

#define DET_FRAME_MAX_PLANES 3

/**
 * DetPixelFormat:
 *
 * The pixel formats that are read without any conversion. Names and memory
 * layouts are those of GStreamer's raw video formats.
 */
typedef enum
{
  DET_PIXEL_FORMAT_UNKNOWN,
  DET_PIXEL_FORMAT_I420,
  DET_PIXEL_FORMAT_YV12,
  DET_PIXEL_FORMAT_NV12,
  DET_PIXEL_FORMAT_NV21,
  DET_PIXEL_FORMAT_NV16,
  DET_PIXEL_FORMAT_YUY2,
  DET_PIXEL_FORMAT_UYVY,
  DET_PIXEL_FORMAT_Y42B,
  DET_PIXEL_FORMAT_Y444,
  DET_PIXEL_FORMAT_GRAY8,
  DET_PIXEL_FORMAT_RGB,
  DET_PIXEL_FORMAT_BGR,
  DET_PIXEL_FORMAT_RGBX,
  DET_PIXEL_FORMAT_BGRX,
  DET_PIXEL_FORMAT_XRGB,
  DET_PIXEL_FORMAT_XBGR,
  DET_PIXEL_FORMAT_RGBA,
  DET_PIXEL_FORMAT_BGRA,
  DET_PIXEL_FORMAT_ARGB,
  DET_PIXEL_FORMAT_ABGR,
  DET_PIXEL_FORMAT_I420_10LE,
  DET_PIXEL_FORMAT_P010_10LE,
  DET_N_PIXEL_FORMATS
} DetPixelFormat;

/**
 * DetColorMatrix:
 *
 * Which luma coefficients the YUV samples were made with.
 */
typedef enum
{
  DET_COLOR_MATRIX_BT601,
  DET_COLOR_MATRIX_BT709,
  DET_COLOR_MATRIX_BT2020,
} DetColorMatrix;

/**
 * DetFrame:
 * @format: pixel format
 * @width: width of the picture in memory, in pixels
 * @height: height of the picture in memory, in pixels
 * @plane: first byte of each plane, in GStreamer's plane order (YV12's second
 *     plane is V)
 * @stride: bytes from one row to the next, per plane; may be negative
 * @matrix: luma coefficients; ignored for RGB formats
 * @full_range: %TRUE when luma spans 0..255 instead of 16..235
 * @source_width: width boxes refer to; 0 means @width
 * @source_height: height boxes refer to; 0 means @height
 *
 * A borrowed view of someone's pixels. The memory stays the caller's and is
 * only read, and only during the call the view is passed to. A picture may be
 * handed in already scaled down: then @source_width and @source_height say what
 * size it had, and boxes come out in that size.
 */
typedef struct
{
  DetPixelFormat format;
  int width;
  int height;
  const guint8 *plane[DET_FRAME_MAX_PLANES];
  int stride[DET_FRAME_MAX_PLANES];
  DetColorMatrix matrix;
  gboolean full_range;
  int source_width;
  int source_height;
} DetFrame;

/**
 * det_pixel_format_from_name:
 * @name: a format name as in video/x-raw caps, such as "NV12"
 *
 * Returns: the format, or %DET_PIXEL_FORMAT_UNKNOWN
 */
DetPixelFormat det_pixel_format_from_name (const char *name);

/**
 * det_pixel_format_name:
 * @format: a pixel format
 *
 * Returns: (transfer none): the name as in video/x-raw caps
 */
const char *det_pixel_format_name (DetPixelFormat format);

/**
 * det_pixel_format_n_planes:
 * @format: a pixel format
 *
 * Returns: how many planes a frame of @format has, 0 for an unknown one
 */
int det_pixel_format_n_planes (DetPixelFormat format);

/**
 * det_frame_init_packed:
 * @frame: (out): the view to fill
 * @format: a pixel format with one plane
 * @width: width in pixels
 * @height: height in pixels
 * @stride: bytes from one row to the next
 * @pixels: (transfer none): the first byte of the first row
 *
 * Describes a picture of one plane, for instance OpenCV's 8-bit BGR.
 */
void det_frame_init_packed (DetFrame *frame, DetPixelFormat format, int width,
    int height, int stride, const void *pixels);

/**
 * det_frame_init_buffer:
 * @frame: (out): the view to fill
 * @format: a pixel format
 * @width: width in pixels
 * @height: height in pixels
 * @stride: bytes from one row of the first plane to the next, or 0 when no plane
 *     has gaps between its rows
 * @pixels: (transfer none): the first byte
 * @size: how many bytes there are
 * @error: return location for an error
 *
 * Describes a picture whose planes follow each other in one piece of memory, and
 * checks that @size bytes hold it. With a @stride, planes of chroma have it in
 * proportion. What GStreamer lays out otherwise has its own offsets and strides;
 * fill #DetFrame with those.
 *
 * Returns: %FALSE with %DET_ERROR_FRAME
 */
gboolean
det_frame_init_buffer (DetFrame *frame, DetPixelFormat format, int width,
    int height, int stride, const void *pixels, gsize size, GError **error);

/**
 * det_frame_check:
 * @frame: a view
 * @error: return location for an error
 *
 * Checks that format, size, planes and strides are possible. That the memory
 * is as large as they say is the caller's word.
 */
gboolean det_frame_check (const DetFrame *frame, GError **error);

DET_END_DECLS

#endif
