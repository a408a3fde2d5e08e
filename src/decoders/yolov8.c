/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "headmatch.h"
#include "rowloop.h"
#include "yolo.h"
#include <math.h>

/* YOLOv8, v9, v11, v12 (Ultralytics): [1,4+C,N] of cx cy w h in input pixels and
 * class scores, no objectness; masks, key points or an angle may follow. Letterbox
 * of ultralytics/data/augment.py, conf and iou of cfg/default.yaml (predict:
 * 0.25, 0.7). Some exports have the same rows untransposed. */

#define BLOCK 256 /* rows whose running best stays in the cache */

static DetMatch
match (const DetModelInfo *info, GString *why)
{
  DetYoloShape shape;
  DetMatch match = det_yolo_match (info, 4, TRUE, &shape, why);

  if (match >= DET_MATCH_SHAPE)
    return DET_MATCH_SURE; /* cells as the last dim is this family's alone */
  return match;
}

static gboolean
bind_shape (DetHead *head, const DetModelInfo *info, gboolean is_transposed,
    GError **error)
{
  g_autoptr (GString) why = g_string_new (NULL);
  DetYoloShape shape;

  if (det_yolo_match (info, 4, is_transposed, &shape, why) < DET_MATCH_SHAPE)
    return det_match_refuse (info, why->str, error);
  det_yolo_bind (head, &shape);
  return TRUE;
}

static gboolean
bind (DetHead *head, const DetModelInfo *info, GError **error)
{
  return bind_shape (head, info, TRUE, error);
}

static void
add_keypoints (const DetYoloShape *shape, const float *first, gint64 step,
    DetCandidate *candidate)
{
  int n = MIN (shape->n_keypoints, DET_MAX_LANDMARKS);

  candidate->n_landmarks = n;
  for (int i = 0; i < n; i++) {
    const float *point =
        first + (shape->keypoint_at + i * shape->keypoint_size) * step;

    candidate->landmarks[i] = (DetModelPoint){ point[0], point[step] };
  }
}

/* first: the row's cx; step: floats from one of its columns to the next. */
static void
add_row (const DetYoloShape *shape, const float *first, gint64 step,
    float score, int class_id, DetCandidates *out)
{
  DetCandidate *candidate = det_candidates_add (out,
      det_box_from_center (first[0], first[step], first[2 * step],
          first[3 * step]),
      score, class_id);

  add_keypoints (shape, first, step, candidate);
}

/* Most of the time of a frame that the engine does not take goes here. */
DET_ROW_LOOP static void
keep_better (const float *restrict scores, int class_id, float *restrict best,
    int *restrict best_id, int n)
{
  for (int i = 0; i < n; i++) {
    gboolean better = scores[i] > best[i];

    best[i] = better ? scores[i] : best[i];
    best_id[i] = better ? class_id : best_id[i];
  }
}

static void
decode (const DetHead *head, const DetTensor *outputs, float threshold,
    DetCandidates *out)
{
  const DetYoloShape *shape = head->grid;
  const float *data = outputs[shape->output].data;
  float best[BLOCK];
  int class_id[BLOCK];

  for (gint64 start = 0; start < shape->rows; start += BLOCK) {
    int n = (int) MIN (BLOCK, shape->rows - start);

    for (int i = 0; i < n; i++) {
      best[i] = threshold;
      class_id[i] = -1;
    }
    for (int c = 0; c < head->n_classes; c++)
      keep_better (data + (4 + c) * shape->rows + start, c, best, class_id, n);
    for (int i = 0; i < n; i++) {
      if (class_id[i] >= 0)
        add_row (shape, data + start + i, shape->rows, best[i], class_id[i],
            out);
    }
  }
}

#define ULTRALYTICS_INPUT                                                    \
  {                                                                          \
    .order = DET_ORDER_RGB, .scale = { 1 / 255.0f, 1 / 255.0f, 1 / 255.0f }, \
    .pad = 114, .resize = DET_RESIZE_LETTERBOX                               \
  }

const DetDecoder det_decoder_yolov8 = {
  .name = "yolov8",
  .help = "YOLOv8, v9, v11, v12: [1,4+C,N], no objectness",
  .input = ULTRALYTICS_INPUT,
  .usual_size = 640,
  .threshold = 0.25f,
  .iou_threshold = 0.7f,
  .match = match,
  .bind = bind,
  .check = det_yolo_check_decoded,
  .decode = decode,
};

/* ---- untransposed ---- */

static DetMatch
match_rows (const DetModelInfo *info, GString *why)
{
  DetYoloShape shape;
  DetMatch match = det_yolo_match (info, 4, FALSE, &shape, why);

  /* Without names, one column more or less cannot be told from objectness, and
   * the form with objectness is the common one. */
  if (match == DET_MATCH_SHAPE) {
    g_string_append (why, "names in the metadata, or decoder= to say so");
    return DET_MATCH_NO;
  }
  return match;
}

static gboolean
bind_rows (DetHead *head, const DetModelInfo *info, GError **error)
{
  return bind_shape (head, info, FALSE, error);
}

static void
decode_rows (const DetHead *head, const DetTensor *outputs, float threshold,
    DetCandidates *out)
{
  const DetYoloShape *shape = head->grid;
  const float *row = outputs[shape->output].data;

  for (gint64 i = 0; i < shape->rows; i++, row += shape->columns) {
    float best;
    int class_id = det_argmax (row + 4, head->n_classes, 1, &best);

    if (best > threshold)
      add_row (shape, row, 1, best, class_id, out);
  }
}

const DetDecoder det_decoder_yolov8_rows = {
  .name = "yolov8-rows",
  .help = "YOLOv8 family untransposed: [1,N,4+C], no objectness",
  .input = ULTRALYTICS_INPUT,
  .usual_size = 640,
  .threshold = 0.25f,
  .iou_threshold = 0.7f,
  .match = match_rows,
  .bind = bind_rows,
  .check = det_yolo_check_decoded,
  .decode = decode_rows,
};
