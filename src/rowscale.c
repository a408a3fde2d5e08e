/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rowscale.h"

#include <libyuv.h>
#include <math.h>

/* libyuv's 16.16 positions end here. */
#define LIBYUV_MAX_WIDTH 32767

/* Position of a target sample among the samples of a plane that has 1 / 2^shift as
 * many as the picture, as index and fraction of steps. */
static int
locate (int i, int source, int shift, int target, int steps, int *fraction)
{
  int n = (source + (1 << shift) - 1) >> shift;
  double ratio = (double) source / target / (1 << shift);
  double position = CLAMP ((i + 0.5) * ratio - 0.5, 0.0, (double) (n - 1));
  int index = (int) position;
  int rounded = (int) lrint ((position - index) * steps);

  if (rounded == steps) {
    index++;
    rounded = 0;
  }
  *fraction = rounded;
  return MIN (index, n - 1);
}

DetRowBlend *
det_row_blend_new (int source, int shift, int target)
{
  DetRowBlend *rows = g_new (DetRowBlend, target);

  for (int i = 0; i < target; i++)
    rows[i].first = locate (i, source, shift, target, 256, &rows[i].weight);
  return rows;
}

void
det_row_scale_init (DetRowScale *scale, int source, int shift, int target)
{
  int n = (source + (1 << shift) - 1) >> shift;

  *scale = (DetRowScale){ .source = n, .target = target };
  /* Scaling up, libyuv lays corners on corners, which would shift boxes; and an odd
   * width has half a chroma sample more than the picture. */
  if (n == target && shift == 0)
    return;
  if (target < n && n <= LIBYUV_MAX_WIDTH && source == n << shift)
    return;
  scale->first = g_new (gint32, target);
  scale->weight = g_new (guint8, target);
  for (int i = 0; i < target; i++) {
    int weight;

    scale->first[i] = locate (i, source, shift, target, 128, &weight);
    scale->weight[i] = (guint8) weight;
  }
}

void
det_row_scale_clear (DetRowScale *scale)
{
  g_clear_pointer (&scale->first, g_free);
  g_clear_pointer (&scale->weight, g_free);
}

gboolean
det_row_scale_is_identity (const DetRowScale *scale)
{
  return scale->source == scale->target && !scale->first;
}

static void
scale_by_table (const DetRowScale *scale, const guint8 *source, guint8 *target)
{
  int last = scale->source - 1;

  for (int i = 0; i < scale->target; i++) {
    int first = scale->first[i];
    int weight = scale->weight[i];
    int next = first < last ? first + 1 : last;

    target[i] = (guint8) ((source[first] * (128 - weight) +
                              source[next] * weight + 64) >>
                          7);
  }
}

void
det_row_scale_run (
    const DetRowScale *scale, const guint8 *source, guint8 *target)
{
  if (scale->first)
    scale_by_table (scale, source, target);
  else
    ScalePlane (source, scale->source, scale->source, 1, target, scale->target,
        scale->target, 1, kFilterLinear);
}
