/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_HEAD_H
#define DET_HEAD_H

#include "decoder.h"
#include <glib.h>

/* What several decoders share. */

/* One cell of an anchor-free grid. */
typedef struct
{
  float x; /* column */
  float y; /* row */
  float stride;
} DetGridCell;

/* Cells of the levels of an input of width x height, level by level, row by row,
 * as YOLO's exports concatenate them. Levels' sizes are rounded up. */
int det_grid_count (int width, int height, const int *strides, int n_strides);
DetGridCell *
det_grid_new (int width, int height, const int *strides, int n_strides);

float det_sigmoid (float x);

/* Index of the greatest of n values step floats apart; NaN never wins. */
int det_argmax (const float *values, int n, gsize step, float *best);

/* Landmarks x, y, x, y, … in units of the cell's stride, from its corner. */
void det_head_set_landmarks (DetCandidate *candidate, const DetGridCell *cell,
    const float *points, int n);

/* Rows of an output [..., rows, columns] that are there: none where a dim is 0. For
 * outputs whose rows are known only when the network has run. */
gint64 det_head_count_rows (const DetTensor *output);

DetModelBox det_box_from_center (float cx, float cy, float w, float h);

#endif
