/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "head.h"

#include <math.h>

static int
cells (int side, int stride)
{
  return (side + stride - 1) / stride;
}

int
det_grid_count (int width, int height, const int *strides, int n_strides)
{
  int n = 0;

  for (int i = 0; i < n_strides; i++)
    n += cells (width, strides[i]) * cells (height, strides[i]);
  return n;
}

DetGridCell *
det_grid_new (int width, int height, const int *strides, int n_strides)
{
  int n = det_grid_count (width, height, strides, n_strides);
  DetGridCell *grid = g_new (DetGridCell, MAX (n, 1));
  DetGridCell *cell = grid;

  for (int i = 0; i < n_strides; i++) {
    for (int y = 0; y < cells (height, strides[i]); y++) {
      for (int x = 0; x < cells (width, strides[i]); x++)
        *cell++ = (DetGridCell){ (float) x, (float) y, (float) strides[i] };
    }
  }
  return grid;
}

float
det_sigmoid (float x)
{
  return 1.0f / (1.0f + expf (-x));
}

int
det_argmax (const float *values, int n, gsize step, float *best)
{
  int index = 0;

  *best = -INFINITY;
  for (int i = 0; i < n; i++) {
    float value = values[(gsize) i * step];

    if (value > *best) {
      *best = value;
      index = i;
    }
  }
  return index;
}

void
det_head_set_landmarks (DetCandidate *candidate, const DetGridCell *cell,
    const float *points, int n)
{
  candidate->n_landmarks = n;
  for (int i = 0; i < n; i++) {
    candidate->landmarks[i].x = (cell->x + points[2 * i]) * cell->stride;
    candidate->landmarks[i].y = (cell->y + points[2 * i + 1]) * cell->stride;
  }
}

gint64
det_head_count_rows (const DetTensor *output)
{
  return output->n_dims >= 2 && det_tensor_n_elements (output) > 0
      ? output->dims[output->n_dims - 2]
      : 0;
}

DetModelBox
det_box_from_center (float cx, float cy, float w, float h)
{
  return (DetModelBox){ cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2 };
}
