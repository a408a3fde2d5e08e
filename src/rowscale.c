/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rowscale.h"

#include "rowloop.h"
#include <math.h>
#include <string.h>

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
  g_autofree DetBlend *columns = det_blend_new (source, shift, target);
  int samples = (source + (1 << shift) - 1) >> shift;

  *scale = (DetRowScale){
    .source = samples,
    .target = target,
    .channels = channels,
    .first = g_new (gint32, target),
    .weight = g_new (gint16, (gsize) target * (gsize) channels),
    .is_picking = is_picking (columns, target),
  };
  scale->is_identity = scale->is_picking && samples == target;
  for (int i = 0; i < target; i++) {
    int first = columns[i].first;
    int weight = columns[i].weight;

    /* Two samples are always read, and nothing comes after the last: there it is
     * the second. */
    if (!scale->is_picking && first == samples - 1) {
      first--;
      weight = ONE;
    }
    scale->first[i] = first * channels;
    for (int c = 0; c < channels; c++)
      scale->weight[i * channels + c] = (gint16) weight;
  }
}

void
det_row_scale_clear (DetRowScale *scale)
{
  g_clear_pointer (&scale->first, g_free);
  g_clear_pointer (&scale->weight, g_free);
}

/* size: bytes that lie together. The compiler must know it. */
static inline void
gather (const DetRowScale *scale, const guint8 *row, void *out, gsize size)
{
  const gint32 *first = scale->first;
  guint8 *to = out;
  gsize n = (gsize) scale->target;

#pragma GCC unroll 8
  for (gsize i = 0; i < n; i++)
    memcpy (to + i * size, row + first[i], size);
}

/* a0 b0 a1 b1 -> a0 a1 b0 b1, in any byte order. */
DET_ROW_LOOP static void
sort_channels (gint16 *out, int n)
{
  for (int i = 0; i < n; i++) {
    guint32 four;

    memcpy (&four, out, 4);
    four = (four & 0xff0000ff) | (four << 8 & 0x00ff0000) |
        (four >> 8 & 0x0000ff00);
    memcpy (out, &four, 4);
    out += 2;
  }
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
    gint16 whole = weight[i] >= ONE / 2 ? step : 0;
    gint16 rest = (gint16) (weight[i] * 32);

    out[i] = (gint16) (a * 128 + whole + ((step * rest) >> 16));
  }
}

static void
widen_pick (const DetRowScale *scale, const guint8 *row, gint16 *out)
{
  for (int i = 0; i < scale->target; i++) {
    for (int c = 0; c < scale->channels; c++)
      *out++ = (gint16) (row[scale->first[i] + c] * 128);
  }
}

void
det_row_scale_columns (const DetRowScale *scale, const guint8 *row, gint16 *out)
{
  if (scale->is_picking) {
    widen_pick (scale, row, out);
    return;
  }
  if (scale->channels == 1) {
    gather (scale, row, out, 2);
  } else {
    gather (scale, row, out, 4);
    sort_channels (out, scale->target);
  }
  mix_pairs (scale->weight, out, scale->target * scale->channels);
}

void
det_row_scale_pick (const DetRowScale *scale, const guint8 *row, guint8 *out)
{
  if (scale->channels == 1)
    gather (scale, row, out, 1);
  else
    gather (scale, row, out, 2);
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
