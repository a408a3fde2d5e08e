/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "headmatch.h"
#include "yolo.h"
#include <detect/error.h>
#include <math.h>

/* YOLOX (Megvii-BaseDetection/YOLOX): tools/export_onnx.py leaves the boxes raw,
 * yolox/utils/demo_utils.py demo_postprocess decodes them: centre = (xy + cell) ×
 * stride, size = exp (wh) × stride; scores are sigmoids already. preproc in
 * yolox/data/data_augment.py: BGR 0..255, picture top left, int() of its size, 114
 * around it. Thresholds of demo/ONNXRuntime/onnx_inference.py and tools/demo.py. */

typedef struct
{
  DetYoloShape shape; /* first, as det_yolo_*() want it */
  DetGridCell cells[];
} Yolox;

static const int strides[] = { 8, 16, 32, 64 };

static DetMatch
match (const DetModelInfo *info, GString *why)
{
  DetYoloShape shape;
  DetMatch match = det_yolo_match (info, 5, FALSE, &shape, why);

  if (match < DET_MATCH_SHAPE)
    return match;
  /* There is no YOLOX of four levels. */
  if (shape.n_anchors == 1 && shape.n_levels == 3) {
    switch (det_model_info_output (info, (guint) shape.output)->arithmetic) {
      case DET_ARITHMETIC_NONE:
        return match;
      case DET_ARITHMETIC_UNKNOWN:
        return DET_MATCH_SHAPE;
      case DET_ARITHMETIC_SOME:
        break;
    }
  }
  g_string_append (why, "one raw box a cell");
  return DET_MATCH_NO;
}

static gboolean
bind (DetHead *head, const DetModelInfo *info, GError **error)
{
  if (!det_yolo_bind_objectness (head, info, error))
    return FALSE;

  g_autofree DetYoloShape *shape = head->grid;
  g_autofree DetGridCell *cells = det_grid_new (head->input_width,
      head->input_height, strides, shape->n_levels);
  Yolox *yolox =
      g_malloc (sizeof (Yolox) + sizeof (DetGridCell) * (gsize) shape->rows);

  head->grid = yolox;
  yolox->shape = *shape;
  if (shape->n_anchors != 1)
    return det_match_refuse (info, "one box a cell", error);
  for (gint64 i = 0; i < shape->rows; i++)
    yolox->cells[i] = cells[i];
  return TRUE;
}

static gboolean
check (const DetHead *head, const DetTensor *outputs, GError **error)
{
  if (det_yolo_looks_raw (head, outputs))
    return TRUE;
  g_set_error_literal (error, DET_ERROR, DET_ERROR_UNRECOGNISED,
      "the boxes are decoded already: use decoder=yolox-decoded for a YOLOX "
      "model, decoder=yolov5 for another");
  return FALSE;
}

static void
decode (const DetHead *head, const DetTensor *outputs, float threshold,
    DetCandidates *out)
{
  const Yolox *yolox = head->grid;
  const float *row = outputs[yolox->shape.output].data;

  for (gint64 i = 0; i < yolox->shape.rows; i++, row += yolox->shape.columns) {
    const DetGridCell *cell = &yolox->cells[i];
    float best;

    if (!(row[4] > threshold)) /* the score cannot be higher */
      continue;
    int class_id = det_argmax (row + 5, head->n_classes, 1, &best);
    float score = row[4] * best;
    if (score > threshold)
      det_candidates_add (out,
          det_box_from_center ((row[0] + cell->x) * cell->stride,
              (row[1] + cell->y) * cell->stride, expf (row[2]) * cell->stride,
              expf (row[3]) * cell->stride),
          score, class_id);
  }
}

#define YOLOX_INPUT                                              \
  {                                                              \
    .order = DET_ORDER_BGR, .scale = { 1, 1, 1 }, .pad = 114,    \
    .resize = DET_RESIZE_TOP_LEFT, .rounding = DET_ROUND_NEAREST \
  }

const DetDecoder det_decoder_yolox = {
  .name = "yolox",
  .help = "YOLOX with raw boxes: [1,N,5+C]",
  .input = YOLOX_INPUT,
  .usual_size = 640,
  .threshold = 0.3f,
  .iou_threshold = 0.45f,
  .match = match,
  .bind = bind,
  .check = check,
  .decode = decode,
};

/* Exported with decode_in_inference: nothing in the file tells it from YOLOv6, so it
 * has to be asked for. */
static DetMatch
match_decoded (const DetModelInfo *info, GString *why)
{
  g_string_append (why, "to be asked for by name");
  return DET_MATCH_NO;
}

const DetDecoder det_decoder_yolox_decoded = {
  .name = "yolox-decoded",
  .help = "YOLOX exported with decode_in_inference: [1,N,5+C]; never chosen by "
          "itself",
  .input = YOLOX_INPUT,
  .usual_size = 640,
  .threshold = 0.3f,
  .iou_threshold = 0.45f,
  .match = match_decoded,
  .bind = det_yolo_bind_objectness,
  .check = det_yolo_check_decoded,
  .decode = det_yolo_decode_objectness,
};
