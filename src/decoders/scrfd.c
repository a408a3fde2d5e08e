/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "head.h"
#include "headmatch.h"

/* SCRFD (InsightFace, detection/scrfd and python-package/insightface/model_zoo/
 * scrfd.py): per stride 8, 16, 32 scores [N,1] (sigmoid in the graph), distances
 * [N,4] and, mostly, points [N,10], two anchors a cell, all in units of the stride
 * from the cell's corner. RGB, (pixel - 127.5) / 128, picture top left with 0
 * around it; thresholds 0.5 and 0.4. */

#define N_POINTS 5
#define N_ANCHORS 2

enum
{
  SCORE,
  BBOX,
  KPS,
  N_KINDS
};

static const gint64 columns[N_KINDS] = { 1, 4, 2 * N_POINTS };
static const int strides[] = { 8, 16, 32 };

#define N_LEVELS ((int) G_N_ELEMENTS (strides))

/* roles: level × N_KINDS + kind; -1 for points that are not there. */
static gboolean
find_roles (const DetModelInfo *info, int width, int height, int *roles)
{
  int n_kinds = (int) info->outputs->len / N_LEVELS;

  if ((int) info->outputs->len != n_kinds * N_LEVELS || n_kinds < 2 ||
      n_kinds > N_KINDS)
    return FALSE;
  for (int level = 0; level < N_LEVELS; level++) {
    gint64 rows =
        N_ANCHORS * det_grid_count (width, height, &strides[level], 1);

    for (int kind = 0; kind < N_KINDS; kind++) {
      int *role = &roles[level * N_KINDS + kind];

      *role = det_match_matrix (info, 0, rows, columns[kind]);
      if (*role < 0 && kind < n_kinds)
        return FALSE;
    }
  }
  return TRUE;
}

static DetMatch
match (const DetModelInfo *info, GString *why)
{
  int roles[N_LEVELS * N_KINDS];
  int width = 0;
  int height = 0;

  if (det_match_input_size (info, &width, &height)) {
    if (find_roles (info, width, height, roles))
      return DET_MATCH_SURE;
    if ((info->outputs->len == 9 || info->outputs->len == 6) &&
        (det_model_info_is_open (info) || width < 1))
      return DET_MATCH_UNSURE;
  }
  g_string_append (why, "scores, boxes and points of two anchors a cell");
  return DET_MATCH_NO;
}

static gboolean
bind (DetHead *head, const DetModelInfo *info, GError **error)
{
  if (!find_roles (info, head->input_width, head->input_height, head->role))
    return det_match_refuse (info,
        "scores [N,1], boxes [N,4], points [N,10] per level", error);
  head->n_classes = 1;
  head->n_rows = N_ANCHORS *
      det_grid_count (head->input_width, head->input_height, strides, N_LEVELS);
  head->grid =
      det_grid_new (head->input_width, head->input_height, strides, N_LEVELS);
  return TRUE;
}

static void
add_face (const DetGridCell *cell, const float *box, const float *points,
    float score, DetCandidates *out)
{
  float s = cell->stride;
  DetModelBox face = { (cell->x - box[0]) * s, (cell->y - box[1]) * s,
    (cell->x + box[2]) * s, (cell->y + box[3]) * s };
  DetCandidate *candidate = det_candidates_add (out, face, score, 0);

  if (points)
    det_head_set_landmarks (candidate, cell, points, N_POINTS);
}

static void
decode (const DetHead *head, const DetTensor *outputs, float threshold,
    DetCandidates *out)
{
  const DetGridCell *cell = head->grid;

  for (int level = 0; level < N_LEVELS; level++) {
    const int *role = head->role + level * N_KINDS;
    const float *scores = outputs[role[SCORE]].data;
    const float *boxes = outputs[role[BBOX]].data;
    const float *points =
        role[KPS] >= 0 ? (const float *) outputs[role[KPS]].data : NULL;
    int n = N_ANCHORS *
        det_grid_count (head->input_width, head->input_height, &strides[level],
            1);

    for (int i = 0; i < n; i++) {
      if (scores[i] > threshold)
        add_face (&cell[i / N_ANCHORS], boxes + 4 * i,
            points ? points + 2 * N_POINTS * i : NULL, scores[i], out);
    }
    cell += n / N_ANCHORS;
  }
}

static const char *const labels[] = { "face", NULL };

const DetDecoder det_decoder_scrfd = {
  .name = "scrfd",
  .help = "SCRFD faces, with five landmarks: scores, boxes, points per level",
  .input = { .order = DET_ORDER_RGB,
      .mean = { 127.5f, 127.5f, 127.5f },
      .scale = { 1 / 128.0f, 1 / 128.0f, 1 / 128.0f },
      .resize = DET_RESIZE_TOP_LEFT,
      .rounding = DET_ROUND_DOWN },
  .usual_size = 640,
  .threshold = 0.5f,
  .iou_threshold = 0.4f,
  .labels = labels,
  .match = match,
  .bind = bind,
  .decode = decode,
};
