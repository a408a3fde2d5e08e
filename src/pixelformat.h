/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_PIXELFORMAT_H
#define DET_PIXELFORMAT_H

#include <detect/frame.h>

/* How a format's samples lie in its planes. */
typedef enum
{
  DET_PACKING_NONE,
  DET_PACKING_PLANAR,     /* a plane a channel */
  DET_PACKING_SEMIPLANAR, /* Y, and U and V alternating */
  DET_PACKING_YUY2,       /* Y U Y V */
  DET_PACKING_UYVY,       /* U Y V Y */
  DET_PACKING_24,         /* three bytes a pixel */
  DET_PACKING_32          /* four bytes a pixel */
} DetPacking;

typedef struct
{
  const char *name;
  DetPacking packing;
  int n_planes;
  int n_channels; /* 1 grey, 3 YUV or RGB */
  gboolean is_rgb;
  int shift_x; /* chroma has 1 / 2^shift as many columns */
  int shift_y;
  int sample_size; /* bytes */
  int to_8bit;     /* 16-bit sample × this / 65536 = 8-bit sample */
  int channel_at
      [3]; /* R G B: byte in the pixel; Y U V: plane, or place of U and
                        V in the pair */
} DetPixelLayout;

/* NULL for an unknown format. */
const DetPixelLayout *det_pixel_layout (DetPixelFormat format);

/* Bytes of a row, and rows, of a plane. */
gsize det_pixel_row_bytes (const DetPixelLayout *layout, int plane, int width);
int det_pixel_rows (const DetPixelLayout *layout, int plane, int height);

#endif
