/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rowscale.h"

#include "rowloop.h"
#include <math.h>
#include <string.h>

#define ONE 2048 /* weight of a whole sample */

DetBlend *
det_blend_new (int source, int shift, int target, int step)
{
  int n = (target + step - 1) / step;
  DetBlend *blends = g_new (DetBlend, n);
  int last = ((source + (1 << shift) - 1) >> shift) - 1;
  double ratio = (double) source / target / (1 << shift);

  for (int i = 0; i < n; i++) {
    float position = (float) ((i + 0.5) * step * ratio - 0.5);
    int first = (int) floorf (position);
    int weight = (int) lrintf ((position - (float) first) * ONE);

    blends[i] = (DetBlend){
      .first = CLAMP (first, 0, last),
      .second = CLAMP (first + 1, 0, last),
      .weight = weight,
    };
  }
  return blends;
}

/* Of columns, OpenCV leaves nothing to blend at the borders; of rows it does. */
static gboolean
is_picking (DetBlend *columns, int n)
{
  gboolean picking = TRUE;

  for (int i = 0; i < n; i++) {
    if (columns[i].first == columns[i].second)
      columns[i].weight = 0;
    picking &= columns[i].weight == 0;
  }
  return picking;
}

void
det_row_scale_init (DetRowScale *scale, int source, int shift, int target,
    int channels)
{
  g_autofree DetBlend *columns = det_blend_new (source, shift, target, 1);
  int samples = (source + (1 << shift) - 1) >> shift;

  gint32 *first = g_new (gint32, target);

  *scale = (DetRowScale){
    .source = samples,
    .target = target,
    .channels = channels,
    .weight = g_new (gint16, (gsize) target * (gsize) channels),
    .is_picking = is_picking (columns, target),
  };
  scale->is_identity = scale->is_picking && samples == target;
  for (int i = 0; i < target; i++) {
    int weight = columns[i].weight;

    first[i] = columns[i].first;
    /* Two samples are always read, and nothing comes after the last: there it is
     * the second. */
    if (!scale->is_picking && first[i] == samples - 1) {
      first[i]--;
      weight = ONE;
    }
    first[i] *= channels;
    for (int c = 0; c < channels; c++)
      scale->weight[i * channels + c] = (gint16) weight;
  }
  det_row_gather_init (&scale->gather, first, target,
      scale->is_picking ? channels : 2 * channels,
      channels == 2 && !scale->is_picking, samples * channels);
}

void
det_row_scale_clear (DetRowScale *scale)
{
  det_row_gather_clear (&scale->gather);
  g_clear_pointer (&scale->weight, g_free);
}

/* Pairs of neighbours -> what lies between them: (a × (2048 - w) + b × w) / 16, to
 * the digit, without leaving 16 bits, so that the compiler's vectors are full. A
 * weight of half a sample and more is one whole step from a to b and, once it has
 * wrapped, a negative rest. */
DET_ROW_LOOP static void
mix_pairs (const gint16 *restrict weight, gint16 *restrict out, int n)
{
  for (int i = 0; i < n; i++) {
    guint16 pair = GUINT16_FROM_LE ((guint16) out[i]);
    gint16 a = (gint16) (pair & 255);
    gint16 step = (gint16) (((pair >> 8) - a) * 128);
    gint16 whole = (gint16) (weight[i] >= ONE / 2 ? step : 0);
    gint16 rest = (gint16) (weight[i] * 32);

    out[i] = (gint16) (a * 128 + whole + ((step * rest) >> 16));
  }
}

DET_ROW_LOOP static void
widen (const guint8 *restrict samples, gint16 *restrict out, int n)
{
  for (int i = 0; i < n; i++)
    out[i] = (gint16) (samples[i] * 128);
}

void
det_row_scale_columns (const DetRowScale *scale, const guint8 *row, gint16 *out)
{
  int n = scale->target * scale->channels;

  if (scale->is_picking) {
    guint8 *samples = (guint8 *) (out + n);

    det_row_gather_run (&scale->gather, row, samples);
    widen (samples, out, n);
  } else {
    det_row_gather_run (&scale->gather, row, out);
    mix_pairs (scale->weight, out, n);
  }
}

void
det_row_scale_pick (const DetRowScale *scale, const guint8 *row, guint8 *out)
{
  det_row_gather_run (&scale->gather, row, out);
}

/* In 16 bits, as mix_pairs (). */
DET_ROW_LOOP static void
blend_rows (const gint16 *restrict a, const gint16 *restrict b, gint16 before,
    gint16 after, guint8 *restrict out, int n)
{
  for (int i = 0; i < n; i++) {
    gint16 sum = (gint16) (((a[i] * before) >> 16) + ((b[i] * after) >> 16));

    out[i] = (guint8) ((gint16) (sum + 2) >> 2);
  }
}

void
det_row_blend (const gint16 *a, const gint16 *b, int weight, guint8 *out, int n)
{
  blend_rows (a, b, (gint16) (ONE - weight), (gint16) weight, out, n);
}
