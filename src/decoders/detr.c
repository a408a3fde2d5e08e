/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "head.h"
#include "headmatch.h"
#include <math.h>

/* The DETR family (RT-DETR, D-FINE, DEIM). Exported with its postprocessor:
 * labels [1,N], boxes [1,N,4] as x0 y0 x1 y1 scaled by orig_target_sizes, scores
 * [1,N]; the model's own size is fed there, so boxes are input pixels. Exported
 * raw: logits [1,N,C], boxes [1,N,4] as fractions cx cy w h; score = sigmoid of
 * the best logit (rtdetr_postprocessor.py, use_focal_loss). RGB 0..1, stretched,
 * no mean (tools/deployment and tools/inference of the three). */

#define USUAL_CLASSES 80

enum
{
  LABELS,
  BOXES,
  SCORES,
  N_ROLES
};

/* ---- labels, boxes, scores ---- */

static gboolean
find_roles (const DetModelInfo *info, int *roles)
{
  static const char *const names[N_ROLES] = { "labels", "boxes", "scores" };

  if (info->outputs->len != N_ROLES)
    return FALSE;
  for (int i = 0; i < N_ROLES; i++) {
    roles[i] = det_match_output_named (info, names[i]);
    if (roles[i] < 0)
      return FALSE;
  }
  return TRUE;
}

static DetMatch
match (const DetModelInfo *info, GString *why)
{
  int roles[N_ROLES];

  if (find_roles (info, roles)) {
    const DetTensorInfo *boxes =
        det_model_info_output (info, (guint) roles[BOXES]);

    if (boxes->n_dims < 0)
      return DET_MATCH_UNSURE;
    if (boxes->n_dims == 3 && (boxes->dims[2] == 4 || boxes->dims[2] == -1))
      return DET_MATCH_SURE;
  }
  g_string_append (why, "outputs labels [1,N], boxes [1,N,4], scores [1,N]");
  return DET_MATCH_NO;
}

static gboolean
bind (DetHead *head, const DetModelInfo *info, GError **error)
{
  static const char expected[] =
      "outputs labels [1,N], boxes [1,N,4] and scores [1,N]";
  gint64 n[N_ROLES];
  gint64 dims[2];

  if (!find_roles (info, head->role))
    return det_match_refuse (info, expected, error);
  for (int i = 0; i < N_ROLES; i++) {
    const DetTensorInfo *output =
        det_model_info_output (info, (guint) head->role[i]);

    if (!det_match_squeeze (output, i == BOXES ? 2 : 1, dims) ||
        (i == BOXES && dims[1] != 4))
      return det_match_refuse (info, expected, error);
    n[i] = dims[0];
  }
  if (n[LABELS] != n[BOXES] || n[SCORES] != n[BOXES] || n[BOXES] < 1 ||
      n[BOXES] > G_MAXINT16)
    return det_match_refuse (info, expected, error);
  head->n_rows = (int) n[BOXES];
  head->n_classes = USUAL_CLASSES;
  head->classes_are_open = TRUE;
  return TRUE;
}

static void
decode (const DetHead *head, const DetTensor *outputs, float threshold,
    DetCandidates *out)
{
  const float *labels = outputs[head->role[LABELS]].data;
  const float *box = outputs[head->role[BOXES]].data;
  const float *scores = outputs[head->role[SCORES]].data;

  for (int i = 0; i < head->n_rows; i++, box += 4) {
    if (scores[i] > threshold && labels[i] >= 0 &&
        labels[i] < (float) G_MAXINT16)
      det_candidates_add (out, (DetModelBox){ box[0], box[1], box[2], box[3] },
          scores[i], (int) (labels[i] + 0.5f));
  }
}

#define DETR_INPUT                                                           \
  {                                                                          \
    .order = DET_ORDER_RGB, .scale = { 1 / 255.0f, 1 / 255.0f, 1 / 255.0f }, \
    .resize = DET_RESIZE_STRETCH                                             \
  }

const DetDecoder det_decoder_detr = {
  .name = "detr",
  .help =
      "RT-DETR, D-FINE, DEIM with their postprocessor: labels, boxes, scores",
  .input = DETR_INPUT,
  .usual_size = 640,
  .threshold = 0.4f, /* D-FINE's and DEIM's tools/inference: thrh */
  .iou_threshold = 1,
  .match = match,
  .bind = bind,
  .decode = decode,
};

/* ---- logits, boxes ---- */

static gboolean
find_raw (const DetModelInfo *info, int *roles)
{
  static const char *const logits[] = { "logits", "pred_logits" };
  static const char *const boxes[] = { "pred_boxes", "boxes" };

  if (info->outputs->len != 2)
    return FALSE;
  for (int i = 0; i < 2; i++) {
    roles[LABELS] = det_match_output_named (info, logits[i]);
    if (roles[LABELS] >= 0)
      break;
  }
  for (int i = 0; i < 2; i++) {
    roles[BOXES] = det_match_output_named (info, boxes[i]);
    if (roles[BOXES] >= 0)
      break;
  }
  return roles[LABELS] >= 0 && roles[BOXES] >= 0;
}

static DetMatch
match_raw (const DetModelInfo *info, GString *why)
{
  int roles[N_ROLES];

  if (find_raw (info, roles)) {
    if (det_model_info_is_open (info))
      return DET_MATCH_UNSURE;
    if (det_match_matrix (info, roles[BOXES], DET_ANY_DIM, 4) == roles[BOXES])
      return DET_MATCH_SURE;
  }
  g_string_append (why, "outputs logits [1,N,C] and pred_boxes [1,N,4]");
  return DET_MATCH_NO;
}

static gboolean
bind_raw (DetHead *head, const DetModelInfo *info, GError **error)
{
  static const char expected[] =
      "outputs logits [1,N,C] and pred_boxes [1,N,4]";
  gint64 logits[2];
  gint64 boxes[2];

  if (!find_raw (info, head->role) ||
      !det_match_squeeze (det_model_info_output (info,
                              (guint) head->role[LABELS]),
          2, logits) ||
      !det_match_squeeze (det_model_info_output (info,
                              (guint) head->role[BOXES]),
          2, boxes) ||
      boxes[1] != 4 || logits[0] != boxes[0] || boxes[0] < 1 ||
      boxes[0] > G_MAXINT16 || logits[1] < 1 || logits[1] > G_MAXINT16)
    return det_match_refuse (info, expected, error);
  head->n_rows = (int) boxes[0];
  head->n_classes = (int) logits[1];
  return TRUE;
}

static void
decode_raw (const DetHead *head, const DetTensor *outputs, float threshold,
    DetCandidates *out)
{
  const float *logits = outputs[head->role[LABELS]].data;
  const float *box = outputs[head->role[BOXES]].data;
  float width = (float) head->input_width;
  float height = (float) head->input_height;

  for (int i = 0; i < head->n_rows; i++, box += 4) {
    float best;
    int class_id = det_argmax (logits, head->n_classes, 1, &best);
    float score = det_sigmoid (best);

    logits += head->n_classes;
    if (score > threshold)
      det_candidates_add (out,
          det_box_from_center (box[0] * width, box[1] * height, box[2] * width,
              box[3] * height),
          score, class_id);
  }
}

const DetDecoder det_decoder_detr_raw = {
  .name = "detr-raw",
  .help =
      "DETR family without postprocessor: logits [1,N,C], pred_boxes [1,N,4]",
  .input = DETR_INPUT,
  .usual_size = 640,
  .threshold = 0.4f,
  .iou_threshold = 1,
  .match = match_raw,
  .bind = bind_raw,
  .decode = decode_raw,
};
