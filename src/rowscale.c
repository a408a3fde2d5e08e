/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rowscale.h"

#include <math.h>

#define ONE 2048 /* weight of a whole sample */

DetBlend *
det_blend_new (int source, int shift, int target)
{
  DetBlend *blends = g_new (DetBlend, target);
  int last = ((source + (1 << shift) - 1) >> shift) - 1;
  double ratio = (double) source / target / (1 << shift);

  for (int i = 0; i < target; i++) {
    float position = (float) ((i + 0.5) * ratio - 0.5);
    int first = (int) floorf (position);
    int weight = (int) lrintf ((position - (float) first) * ONE);

    if (first < 0)
      first = weight = 0;
    if (first >= last) {
      first = last;
      weight = 0;
    }
    blends[i] = (DetBlend){ first, weight };
  }
  return blends;
}

void
det_row_scale_init (DetRowScale *scale, int source, int shift, int target)
{
  *scale = (DetRowScale){
    .source = (source + (1 << shift) - 1) >> shift,
    .target = target,
    .columns = det_blend_new (source, shift, target),
    .is_picking = TRUE,
  };
  for (int i = 0; i < target; i++)
    scale->is_picking &= scale->columns[i].weight == 0;
  scale->is_identity = scale->is_picking && scale->source == target;
}

void
det_row_scale_clear (DetRowScale *scale)
{
  g_clear_pointer (&scale->columns, g_free);
}

void
det_row_scale_columns (const DetRowScale *scale, const guint8 *row, gint16 *out)
{
  for (int i = 0; i < scale->target; i++) {
    const DetBlend *column = &scale->columns[i];
    const guint8 *at = row + column->first;
    int next = at[column->weight > 0]; /* there may be none after the last */

    out[i] = (gint16) (((at[0] << 11) + (next - at[0]) * column->weight) >> 4);
  }
}

void
det_row_scale_pick (const DetRowScale *scale, const guint8 *row, guint8 *out)
{
  for (int i = 0; i < scale->target; i++)
    out[i] = row[scale->columns[i].first];
}

/* In 16 bits, so that the compiler's vectors are full. */
void
det_row_blend (const gint16 *restrict a, const gint16 *restrict b, int weight,
    guint8 *restrict out, int n)
{
  gint16 after = (gint16) weight;
  gint16 before = (gint16) (ONE - weight);

  for (int i = 0; i < n; i++) {
    gint16 sum = (gint16) (((a[i] * before) >> 16) + ((b[i] * after) >> 16));

    out[i] = (guint8) ((gint16) (sum + 2) >> 2);
  }
}
