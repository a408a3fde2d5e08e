/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rowunpack.h"

#include <libyuv.h>

static void
unpack_24 (const DetPixelLayout *layout, const guint8 *row, int width,
    guint8 *const *to)
{
  const int *at = layout->channel_at;
  guint8 *bytes[3];

  /* The rest of a row is done here: for it, libyuv 1904 writes beyond its own
   * memory. */
  int whole = width / 32 * 32;

  for (int c = 0; c < 3; c++)
    bytes[at[c]] = to[c];
  if (whole > 0)
    SplitRGBPlane (row, 0, bytes[0], 0, bytes[1], 0, bytes[2], 0, whole, 1);
  for (int x = whole; x < width; x++) {
    for (int c = 0; c < 3; c++)
      bytes[c][x] = row[3 * x + c];
  }
}

static void
unpack_32 (const DetPixelLayout *layout, const guint8 *row, int width,
    guint8 *const *to, guint8 *spare)
{
  const int *at = layout->channel_at;

  /* SplitARGBPlane's names are those of a little-endian word: B G R A in memory.
   * What stands in the place that is nobody's is thrown away. */
  guint8 *bytes[4] = { spare, spare, spare, spare };
  for (int c = 0; c < 3; c++)
    bytes[at[c]] = to[c];
  SplitARGBPlane (row, 0, bytes[2], 0, bytes[1], 0, bytes[0], 0, bytes[3], 0,
      width, 1);
}

void
det_row_unpack (const DetPixelLayout *layout, int plane, const guint8 *row,
    int width, guint8 *const *to, guint8 *spare)
{
  switch (layout->packing) {
    case DET_PACKING_NONE:
      break;
    case DET_PACKING_PLANAR:
    case DET_PACKING_SEMIPLANAR:
      Convert16To8Plane ((const uint16_t *) (const void *) row, 0, to[0], 0,
          layout->to_8bit,
          (int) (det_pixel_row_bytes (layout, plane, width) / 2), 1);
      break;
    case DET_PACKING_YUY2:
      YUY2ToI422 (row, 0, to[0], 0, to[1], 0, to[2], 0, width, 1);
      break;
    case DET_PACKING_UYVY:
      UYVYToI422 (row, 0, to[0], 0, to[1], 0, to[2], 0, width, 1);
      break;
    case DET_PACKING_24:
      unpack_24 (layout, row, width, to);
      break;
    case DET_PACKING_32:
      unpack_32 (layout, row, width, to, spare);
      break;
  }
}
