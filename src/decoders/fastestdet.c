/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "head.h"
#include "headmatch.h"
#include <math.h>

/* FastestDet (dog-qiuqiu/FastestDet): utils/tool.py handle_preds and
 * example/onnx-runtime/runtime.py. One map [1,5+C,H,W] of a single stride:
 * objectness (sigmoid in the graph), x y w h (raw), classes (softmax in the
 * graph). score = obj^0.6 × cls^0.4; centre = (cell + tanh (xy)) / size; size =
 * sigmoid (wh). BGR 0..1, stretched. */

#define STRIDE 16

enum
{
  OBJECTNESS,
  X,
  Y,
  W,
  H,
  FIRST_CLASS
};

static gboolean
get_map (const DetModelInfo *info, gint64 dims[3])
{
  return info->outputs->len == 1 &&
      det_match_squeeze (det_model_info_output (info, 0), 3, dims) &&
      det_model_info_output (info, 0)->n_dims == 4;
}

static DetMatch
match (const DetModelInfo *info, GString *why)
{
  gint64 dims[3];
  int width = 0;
  int height = 0;

  if (get_map (info, dims)) {
    if (det_model_info_is_open (info))
      return DET_MATCH_UNSURE;
    det_match_input_size (info, &width, &height);
    if (dims[0] > FIRST_CLASS && width % STRIDE == 0 && height % STRIDE == 0 &&
        dims[1] == height / STRIDE && dims[2] == width / STRIDE)
      return DET_MATCH_SHAPE;
  }
  g_string_append (why, "one output [1,5+C,height/16,width/16]");
  return DET_MATCH_NO;
}

static gboolean
bind (DetHead *head, const DetModelInfo *info, GError **error)
{
  gint64 dims[3];

  if (!get_map (info, dims) || dims[0] <= FIRST_CLASS || dims[1] < 1 ||
      dims[2] < 1 || dims[0] > G_MAXINT16 || dims[1] > G_MAXINT16 ||
      dims[2] > G_MAXINT16)
    return det_match_refuse (info, "one output [1,5+C,rows,columns]", error);

  int *size = g_new (int, 2);
  size[0] = (int) dims[2];
  size[1] = (int) dims[1];
  head->grid = size;
  head->n_classes = (int) dims[0] - FIRST_CLASS;
  head->n_rows = size[0] * size[1];
  return TRUE;
}

static void
add_cell (const DetHead *head, const float *cell, int column, int row,
    float score, int class_id, DetCandidates *out)
{
  const int *size = head->grid;
  gsize plane = (gsize) head->n_rows;
  float width = (float) head->input_width;
  float height = (float) head->input_height;
  float cx = ((float) column + tanhf (cell[X * plane])) / (float) size[0];
  float cy = ((float) row + tanhf (cell[Y * plane])) / (float) size[1];

  det_candidates_add (out,
      det_box_from_center (cx * width, cy * height,
          det_sigmoid (cell[W * plane]) * width,
          det_sigmoid (cell[H * plane]) * height),
      score, class_id);
}

static void
decode (const DetHead *head, const DetTensor *outputs, float threshold,
    DetCandidates *out)
{
  const int *size = head->grid;
  const float *map = outputs[0].data;
  gsize plane = (gsize) head->n_rows;

  for (int row = 0; row < size[1]; row++) {
    for (int column = 0; column < size[0]; column++) {
      const float *cell = map + row * size[0] + column;
      float best;

      /* score <= obj^0.6, so most cells are done here. */
      if (!(powf (cell[OBJECTNESS], 0.6f) > threshold))
        continue;
      int class_id = det_argmax (cell + FIRST_CLASS * plane, head->n_classes,
          plane, &best);
      float score = powf (cell[OBJECTNESS], 0.6f) * powf (best, 0.4f);
      if (score > threshold)
        add_cell (head, cell, column, row, score, class_id, out);
    }
  }
}

const DetDecoder det_decoder_fastestdet = {
  .name = "fastestdet",
  .help = "FastestDet: one map [1,5+C,height/16,width/16]",
  .input = { .order = DET_ORDER_BGR,
      .scale = { 1 / 255.0f, 1 / 255.0f, 1 / 255.0f },
      .resize = DET_RESIZE_STRETCH },
  .usual_size = 352,
  .threshold = 0.65f, /* example/onnx-runtime/runtime.py */
  .iou_threshold = 0.45f,
  .match = match,
  .bind = bind,
  .decode = decode,
};
