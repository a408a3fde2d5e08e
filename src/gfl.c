/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gfl.h"

#include "head.h"
#include "headmatch.h"
#include <math.h>
#include <string.h>

typedef struct
{
  int scores; /* output index */
  int distances;
  int n_cells;
} Level;

typedef struct
{
  int n_levels;
  Level levels[DET_GFL_MAX_LEVELS];
  int bins;
  gsize scores_step; /* floats from one row to the next */
  gsize distances_step;
  gsize distances_offset; /* of the first distance in its row */
  float center;           /* of a cell, in cells: 0.5, or 0 */
  DetGridCell *cells;     /* in the same block of memory */
} Gfl;

/* ---- matching ---- */

static gint64
level_cells (const DetModelInfo *info, int stride)
{
  int width;
  int height;

  if (!det_match_input_size (info, &width, &height))
    return 0;
  return det_grid_count (width, height, &stride, 1);
}

static gboolean
is_distances (gint64 columns, gint64 other)
{
  /* Of the two, the distances are those that come as four equal groups; scores
   * stand first where both would do. */
  return columns % 4 == 0 && columns >= 8 && columns != other;
}

static gboolean
assign_roles (const DetModelInfo *info, int first, int second, int *roles)
{
  gint64 a[2];
  gint64 b[2];

  det_match_squeeze (det_model_info_output (info, (guint) first), 2, a);
  det_match_squeeze (det_model_info_output (info, (guint) second), 2, b);
  gboolean second_fits = is_distances (b[1], a[1]) || a[1] == b[1];
  gboolean first_fits = is_distances (a[1], b[1]);
  if (!first_fits && !second_fits)
    return FALSE;
  /* 4 × 8 bins is what both families are published with. */
  gboolean swap = first_fits && (!second_fits || a[1] == 32);
  roles[0] = swap ? second : first;
  roles[1] = swap ? first : second;
  return TRUE;
}

static gboolean
find_pairs (const DetModelInfo *info, const int *strides, int n_strides,
    int *roles)
{
  for (int i = 0; i < n_strides; i++) {
    gint64 cells = level_cells (info, strides[i]);
    int first = cells > 0 ? det_match_matrix (info, 0, cells, DET_ANY_DIM) : -1;
    int second = first >= 0
        ? det_match_matrix (info, first + 1, cells, DET_ANY_DIM)
        : -1;

    if (second < 0 || !assign_roles (info, first, second, roles + i * 2))
      return FALSE;
  }
  return TRUE;
}

static gint64
columns_of (const DetModelInfo *info, int output)
{
  gint64 dims[2] = { 0, 0 };

  det_match_squeeze (det_model_info_output (info, (guint) output), 2, dims);
  return dims[1];
}

static gboolean
agree_on_columns (const DetModelInfo *info, const int *roles, int n_strides)
{
  for (int i = 1; i < n_strides; i++) {
    for (int r = 0; r < 2; r++) {
      if (columns_of (info, roles[i * 2 + r]) != columns_of (info, roles[r]))
        return FALSE;
    }
  }
  return TRUE;
}

DetMatch
det_gfl_match_pairs (const DetModelInfo *info, const int *strides,
    int n_strides, int *roles, GString *why)
{
  if (info->outputs->len == (guint) n_strides * 2 &&
      det_model_info_is_open (info))
    return DET_MATCH_UNSURE;
  if (info->outputs->len == (guint) n_strides * 2 &&
      find_pairs (info, strides, n_strides, roles) &&
      agree_on_columns (info, roles, n_strides))
    return DET_MATCH_SHAPE;
  g_string_append_printf (why,
      "%d pairs of scores and distances with the cells of the levels as rows",
      n_strides);
  return DET_MATCH_NO;
}

static gint64
all_cells (const DetModelInfo *info, const int *strides, int n_strides)
{
  gint64 n = 0;

  for (int i = 0; i < n_strides; i++)
    n += level_cells (info, strides[i]);
  return n;
}

DetMatch
det_gfl_match_joined (const DetModelInfo *info, const int *strides,
    int n_strides, gint64 bins, GString *why)
{
  gint64 n = all_cells (info, strides, n_strides);

  if (info->outputs->len == 1) {
    if (det_model_info_is_open (info))
      return DET_MATCH_UNSURE;
    if (n > 0 && det_match_matrix (info, 0, n, DET_ANY_DIM) == 0 &&
        columns_of (info, 0) > 4 * bins)
      return DET_MATCH_SHAPE;
  }
  g_string_append_printf (why, "one output [1,%" G_GINT64_FORMAT ",classes+%d]",
      n, (int) (4 * bins));
  return DET_MATCH_NO;
}

/* ---- binding ---- */

static Gfl *
gfl_new (const DetHead *head, const int *strides, int n_strides)
{
  int n = det_grid_count (head->input_width, head->input_height, strides,
      n_strides);
  g_autofree DetGridCell *cells =
      det_grid_new (head->input_width, head->input_height, strides, n_strides);
  Gfl *gfl = g_malloc0 (sizeof (Gfl) + sizeof (DetGridCell) * (gsize) n);

  gfl->cells = (DetGridCell *) (gfl + 1);
  memcpy (gfl->cells, cells, sizeof (DetGridCell) * (gsize) n);
  gfl->n_levels = n_strides;
  for (int i = 0; i < n_strides; i++)
    gfl->levels[i].n_cells =
        det_grid_count (head->input_width, head->input_height, &strides[i], 1);
  return gfl;
}

gboolean
det_gfl_bind_pairs (DetHead *head, const DetModelInfo *info, const int *strides,
    int n_strides, float center, GError **error)
{
  g_autoptr (GString) why = g_string_new (NULL);

  if (det_gfl_match_pairs (info, strides, n_strides, head->role, why) <
      DET_MATCH_SHAPE)
    return det_match_refuse (info, why->str, error);

  Gfl *gfl = gfl_new (head, strides, n_strides);
  for (int i = 0; i < n_strides; i++) {
    gfl->levels[i].scores = head->role[i * 2];
    gfl->levels[i].distances = head->role[i * 2 + 1];
    head->n_rows += gfl->levels[i].n_cells;
  }
  head->n_classes = (int) columns_of (info, head->role[0]);
  gfl->distances_step = (gsize) columns_of (info, head->role[1]);
  gfl->scores_step = (gsize) head->n_classes;
  gfl->bins = (int) gfl->distances_step / 4;
  gfl->center = center;
  head->grid = gfl;
  return TRUE;
}

gboolean
det_gfl_bind_joined (DetHead *head, const DetModelInfo *info,
    const int *strides, int n_strides, gint64 bins, float center,
    GError **error)
{
  g_autoptr (GString) why = g_string_new (NULL);

  if (det_gfl_match_joined (info, strides, n_strides, bins, why) <
      DET_MATCH_SHAPE)
    return det_match_refuse (info, why->str, error);

  Gfl *gfl = gfl_new (head, strides, n_strides);
  head->n_classes = (int) (columns_of (info, 0) - 4 * bins);
  gfl->scores_step = gfl->distances_step = (gsize) columns_of (info, 0);
  gfl->distances_offset = (gsize) head->n_classes;
  gfl->bins = (int) bins;
  gfl->center = center;
  /* One output holds all levels, so all are one run of rows. */
  gfl->n_levels = 1;
  gfl->levels[0].n_cells = det_grid_count (head->input_width,
      head->input_height, strides, n_strides);
  head->n_rows = gfl->levels[0].n_cells;
  head->grid = gfl;
  return TRUE;
}

/* ---- decoding ---- */

/* Expectation of softmax (logits) over 0 … bins-1. */
static float
expect (const float *logits, int bins)
{
  float max = -INFINITY;
  float sum = 0;
  float weighted = 0;

  for (int i = 0; i < bins; i++)
    max = MAX (max, logits[i]);
  for (int i = 0; i < bins; i++) {
    float weight = expf (logits[i] - max);

    sum += weight;
    weighted += weight * (float) i;
  }
  return weighted / sum;
}

static void
add_cell (const Gfl *gfl, const DetGridCell *cell, const float *distances,
    float score, int class_id, DetCandidates *out)
{
  float cx = (cell->x + gfl->center) * cell->stride;
  float cy = (cell->y + gfl->center) * cell->stride;
  DetModelBox box = {
    .x0 = cx - expect (distances, gfl->bins) * cell->stride,
    .y0 = cy - expect (distances + gfl->bins, gfl->bins) * cell->stride,
    .x1 = cx + expect (distances + 2 * gfl->bins, gfl->bins) * cell->stride,
    .y1 = cy + expect (distances + 3 * gfl->bins, gfl->bins) * cell->stride,
  };

  det_candidates_add (out, box, score, class_id);
}

void
det_gfl_decode (const DetHead *head, const DetTensor *outputs, float threshold,
    DetCandidates *out)
{
  const Gfl *gfl = head->grid;
  const DetGridCell *cell = gfl->cells;

  for (int i = 0; i < gfl->n_levels; i++) {
    const Level *level = &gfl->levels[i];
    const float *scores = outputs[level->scores].data;
    const float *distances =
        (const float *) outputs[level->distances].data + gfl->distances_offset;

    for (int row = 0; row < level->n_cells; row++, cell++) {
      float score;
      int class_id = det_argmax (scores, head->n_classes, 1, &score);

      if (score > threshold)
        add_cell (gfl, cell, distances, score, class_id, out);
      scores += gfl->scores_step;
      distances += gfl->distances_step;
    }
  }
}
