/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_ROWCOLOR_H
#define DET_ROWCOLOR_H

#include <detect/frame.h>
#include <glib.h>

/* Colours of rows of samples: Y'CbCr or grey of either range -> R'G'B' of full range. */

/* Weights of Y, U and V in R, G and B, in 1/16384 for Y and 1/8192 for the others. */
typedef struct
{
  gint16 black;
  gint16 y;
  gint16 red_v;
  gint16 green_u;
  gint16 green_v;
  gint16 blue_u;
} DetYuvMatrix;

typedef struct
{
  DetYuvMatrix matrix;
  guint8 expand[256]; /* grey -> full range */
} DetRowColor;

void det_row_color_init (DetRowColor *color, DetColorMatrix matrix,
    gboolean full_range);

void det_row_color_to_rgb (const DetRowColor *color, const guint8 *const yuv[3],
    guint8 *const rgb[3], int n);

/* Grey -> full range; in and out may be the same. */
void det_row_color_expand (const DetRowColor *color, const guint8 *in,
    guint8 *out, int n);

void det_row_color_luma (const guint8 *const rgb[3], guint8 *luma, int n);

#endif
