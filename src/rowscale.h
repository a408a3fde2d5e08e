/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_ROWSCALE_H
#define DET_ROWSCALE_H

#include "rowgather.h"
#include <glib.h>

/* Bilinear scaling a row at a time, in the very arithmetic of OpenCV's
 * INTER_LINEAR for 8 bits (modules/imgproc/src/resize.cpp: 11-bit weights, columns
 * first, then rows): detectors are trained on it, and a level or half a pixel off
 * is seen in their scores. libyuv's scalers keep 7 bits of position, round twice,
 * and lay corners on corners when they enlarge, so they are not used here. */

/* Between which two source samples a target sample lies. */
typedef struct
{
  int first;
  int second; /* the one after it, or at a border the same */
  int weight; /* of the second, in 1/2048; 0: first alone */
} DetBlend;

/* An entry per target sample, or per step of them for the middle of those. A plane
 * with half the samples (shift 1) is sampled where the luma sample lies. */
DetBlend *det_blend_new (int source, int shift, int target, int step);

/* Channels: 1, or 2 that alternate, which are scaled as they lie. */
typedef struct
{
  int source; /* samples of a channel */
  int target;
  int channels;
  DetRowGather gather; /* of samples, or of pairs of neighbours */
  gint16 *weight;      /* per byte of the target row */
  gboolean is_identity;
  gboolean is_picking; /* all weights are 0 */
} DetRowScale;

void det_row_scale_init (DetRowScale *scale, int source, int shift, int target,
    int channels);
void det_row_scale_clear (DetRowScale *scale);

/* A source row at the target's width, in 1/128 levels. out has room for half as many
 * samples again, which are of no use afterwards. */
void det_row_scale_columns (const DetRowScale *scale, const guint8 *row,
    gint16 *out);

/* For scales that only pick: the same, in levels. */
void
det_row_scale_pick (const DetRowScale *scale, const guint8 *row, guint8 *out);

/* Between two such rows; weight is b's, in 1/2048. */
void det_row_blend (const gint16 *a, const gint16 *b, int weight, guint8 *out,
    int n);

#endif
