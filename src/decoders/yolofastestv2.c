/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "head.h"
#include "headmatch.h"

/* Yolo-FastestV2 (dog-qiuqiu/Yolo-FastestV2, utils/utils.py handel_preds and
 * sample/ncnn): a map [1,h,w,12+3+C] per stride 16 and 32; a cell has three
 * anchors' box values and objectness (sigmoid in the graph) and one set of class
 * scores (softmax in the graph). centre = (2 v - 0.5 + cell) × stride, size = (2
 * v)² × anchor. Anchors of data/coco.data; BGR 0..1, stretched; thresholds of
 * test.py. */

#define N_ANCHORS 3
#define FIRST_OBJECTNESS (4 * N_ANCHORS)
#define FIRST_CLASS (FIRST_OBJECTNESS + N_ANCHORS)

static const int strides[] = { 16, 32 };
static const float anchors[][N_ANCHORS][2] = {
  { { 12.64f, 19.39f }, { 37.88f, 51.48f }, { 55.71f, 138.31f } },
  { { 126.91f, 78.23f }, { 131.57f, 214.55f }, { 279.92f, 258.87f } },
};

static gboolean
find_roles (const DetModelInfo *info, int width, int height, int *roles,
    gint64 *columns)
{
  *columns = 0;
  if (info->outputs->len != G_N_ELEMENTS (strides))
    return FALSE;
  for (gsize level = 0; level < G_N_ELEMENTS (strides); level++) {
    roles[level] = -1;
    for (guint i = 0; i < info->outputs->len; i++) {
      const DetTensorInfo *output = det_model_info_output (info, i);

      if (output->n_dims == 4 && output->dims[0] != 0 &&
          output->dims[1] == height / strides[level] &&
          output->dims[2] == width / strides[level] &&
          output->dims[3] > FIRST_CLASS &&
          (*columns == 0 || *columns == output->dims[3])) {
        roles[level] = (int) i;
        *columns = output->dims[3];
      }
    }
    if (roles[level] < 0)
      return FALSE;
  }
  return *columns < G_MAXINT16;
}

static DetMatch
match (const DetModelInfo *info, GString *why)
{
  int roles[G_N_ELEMENTS (strides)];
  gint64 columns;
  int width = 0;
  int height = 0;

  if (det_match_input_size (info, &width, &height) &&
      find_roles (info, width, height, roles, &columns))
    return DET_MATCH_SURE;
  g_string_append (why, "maps [1,h,w,15+C] at strides 16 and 32");
  return DET_MATCH_NO;
}

static gboolean
bind (DetHead *head, const DetModelInfo *info, GError **error)
{
  gint64 columns;

  if (!find_roles (info, head->input_width, head->input_height, head->role,
          &columns))
    return det_match_refuse (info, "maps [1,h,w,15+C] at strides 16 and 32",
        error);
  head->n_classes = (int) columns - FIRST_CLASS;
  for (gsize level = 0; level < G_N_ELEMENTS (strides); level++)
    head->n_rows += (head->input_width / strides[level]) *
        (head->input_height / strides[level]);
  return TRUE;
}

static void
add_anchor (const float *cell, int anchor, int level, int column, int row,
    float score, int class_id, DetCandidates *out)
{
  const float *v = cell + 4 * anchor;
  const float *size = anchors[level][anchor];
  float stride = (float) strides[level];

  det_candidates_add (out,
      det_box_from_center ((2 * v[0] - 0.5f + (float) column) * stride,
          (2 * v[1] - 0.5f + (float) row) * stride, 4 * v[2] * v[2] * size[0],
          4 * v[3] * v[3] * size[1]),
      score, class_id);
}

static void
decode_cell (const DetHead *head, const float *cell, int level, int column,
    int row, float threshold, DetCandidates *out)
{
  float best;
  int class_id = det_argmax (cell + FIRST_CLASS, head->n_classes, 1, &best);

  for (int anchor = 0; anchor < N_ANCHORS; anchor++) {
    float score = cell[FIRST_OBJECTNESS + anchor] * best;

    if (score > threshold)
      add_anchor (cell, anchor, level, column, row, score, class_id, out);
  }
}

static void
decode (const DetHead *head, const DetTensor *outputs, float threshold,
    DetCandidates *out)
{
  for (int level = 0; level < (int) G_N_ELEMENTS (strides); level++) {
    const float *cell = outputs[head->role[level]].data;
    int columns = head->input_width / strides[level];
    int rows = head->input_height / strides[level];

    for (int i = 0; i < columns * rows; i++) {
      decode_cell (head, cell, level, i % columns, i / columns, threshold, out);
      cell += FIRST_CLASS + head->n_classes;
    }
  }
}

const DetDecoder det_decoder_yolo_fastestv2 = {
  .name = "yolo-fastestv2",
  .help = "Yolo-FastestV2: maps [1,h,w,15+C] at strides 16 and 32",
  .input = { .order = DET_ORDER_BGR,
      .scale = { 1 / 255.0f, 1 / 255.0f, 1 / 255.0f },
      .resize = DET_RESIZE_STRETCH },
  .usual_size = 352,
  .threshold = 0.3f,
  .iou_threshold = 0.4f,
  .match = match,
  .bind = bind,
  .decode = decode,
};
