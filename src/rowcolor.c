/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rowcolor.h"

#include "rowloop.h"
#include <math.h>

/* R' = Y' + 2 (1 - Kr) Pr, B' = Y' + 2 (1 - Kb) Pb, and Y' is the sum of its parts:
 * ITU-R BT.601, BT.709 and BT.2020, with their Kr and Kb. */
static void
fill_matrix (DetYuvMatrix *matrix, DetColorMatrix colors, gboolean full_range)
{
  static const double weights[][2] = {
    [DET_COLOR_MATRIX_BT601] = { 0.299, 0.114 },
    [DET_COLOR_MATRIX_BT709] = { 0.2126, 0.0722 },
    [DET_COLOR_MATRIX_BT2020] = { 0.2627, 0.0593 },
  };
  double kr = weights[colors][0];
  double kb = weights[colors][1];
  double kg = 1 - kr - kb;
  double chroma = (full_range ? 1 : 255.0 / 224) * 8192;
  double red = 2 * (1 - kr) * chroma;
  double blue = 2 * (1 - kb) * chroma;

  *matrix = (DetYuvMatrix){
    .black = full_range ? 0 : 16,
    .y = (gint16) lrint ((full_range ? 1 : 255.0 / 219) * 16384),
    .red_v = (gint16) lrint (red),
    .green_u = (gint16) lrint (-blue * kb / kg),
    .green_v = (gint16) lrint (-red * kr / kg),
    .blue_u = (gint16) lrint (blue),
  };
}

void
det_row_color_init (DetRowColor *color, DetColorMatrix matrix,
    gboolean full_range)
{
  fill_matrix (&color->matrix, matrix, full_range);
  for (int i = 0; i < 256; i++) {
    int full = ((i - 16) * 255 + 109) / 219;

    color->expand[i] = (guint8) (full_range ? i : CLAMP (full, 0, 255));
  }
}

static inline gint16
multiply (gint16 a, gint16 b)
{
  return (gint16) ((a * b) >> 16);
}

static inline guint8
to_level (gint16 value)
{
  return (guint8) (CLAMP (value, 0, (256 << 5) - 1) >> 5);
}

/* Not libyuv's I444ToARGBMatrix: its weights have 6 bits and end at 2, and blue's
 * is larger in limited range, so that BT.709's blue would be off by up to 12 levels
 * and BT.2020's by 15. In 16 bits with 5 below the point, so that the compiler's
 * vectors are full. */
DET_ROW_LOOP static void
yuv_to_rgb (const DetYuvMatrix *matrix, const guint8 *const yuv[3],
    guint8 *restrict red, guint8 *restrict green, guint8 *restrict blue, int n)
{
  const DetYuvMatrix m = *matrix;
  const guint8 *restrict luma = yuv[0];
  const guint8 *restrict cb = yuv[1];
  const guint8 *restrict cr = yuv[2];

  for (int x = 0; x < n; x++) {
    gint16 y = (gint16) ((luma[x] - m.black) * 128);
    gint16 u = (gint16) ((cb[x] - 128) * 256);
    gint16 v = (gint16) ((cr[x] - 128) * 256);
    gint16 grey = (gint16) (multiply (y, m.y) + 16); /* + 1/2, to round */

    red[x] = to_level ((gint16) (grey + multiply (v, m.red_v)));
    green[x] = to_level ((gint16) (grey + multiply (u, m.green_u) +
        multiply (v, m.green_v)));
    blue[x] = to_level ((gint16) (grey + multiply (u, m.blue_u)));
  }
}

void
det_row_color_to_rgb (const DetRowColor *color, const guint8 *const yuv[3],
    guint8 *const rgb[3], int n)
{
  yuv_to_rgb (&color->matrix, yuv, rgb[0], rgb[1], rgb[2], n);
}

void
det_row_color_expand (const DetRowColor *color, const guint8 *in, guint8 *out,
    int n)
{
  for (int x = 0; x < n; x++)
    out[x] = color->expand[in[x]];
}

void
det_row_color_luma (const guint8 *const rgb[3], guint8 *luma, int n)
{
  /* BT.601's weights in 1/256. */
  for (int x = 0; x < n; x++)
    luma[x] =
        (guint8) ((77 * rgb[0][x] + 150 * rgb[1][x] + 29 * rgb[2][x] + 128) >>
            8);
}
