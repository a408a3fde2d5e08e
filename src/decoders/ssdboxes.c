/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "head.h"
#include "headmatch.h"

/* SSD with its boxes decoded and its scores through softmax in the graph (qfgaohao/
 * pytorch-ssd, vision/ssd/ssd.py: is_test): scores [1,N,C] with background as
 * class 0, boxes [1,N,4] as fractions x0 y0 x1 y1. vision/ssd/config: RGB, (pixel
 * - 127) / 128, stretched to 300, IoU 0.45. Background is not counted. */

enum
{
  SCORES,
  BOXES
};

static gboolean
find_roles (const DetModelInfo *info, int *roles)
{
  static const char *const names[] = { "scores", "boxes" };

  if (info->outputs->len != 2)
    return FALSE;
  for (int i = 0; i < 2; i++) {
    roles[i] = det_match_output_named (info, names[i]);
    if (roles[i] < 0)
      return FALSE;
  }
  return TRUE;
}

static gboolean
get_shape (const DetModelInfo *info, const int *roles, gint64 scores[2])
{
  gint64 boxes[2];

  return det_match_squeeze (det_model_info_output (info, (guint) roles[SCORES]),
             2, scores) &&
      det_match_squeeze (det_model_info_output (info, (guint) roles[BOXES]), 2,
          boxes) &&
      boxes[1] == 4 && boxes[0] == scores[0] && scores[0] > 0 &&
      scores[0] < G_MAXINT && scores[1] >= 2 && scores[1] < G_MAXINT16;
}

static DetMatch
match (const DetModelInfo *info, GString *why)
{
  gint64 scores[2];
  int roles[2];

  if (find_roles (info, roles)) {
    if (det_model_info_is_open (info))
      return DET_MATCH_UNSURE;
    if (get_shape (info, roles, scores))
      return DET_MATCH_SHAPE; /* UltraFace is surer of its own */
  }
  g_string_append (why, "scores [1,N,C] and boxes [1,N,4]");
  return DET_MATCH_NO;
}

static gboolean
bind (DetHead *head, const DetModelInfo *info, GError **error)
{
  gint64 scores[2];

  if (!find_roles (info, head->role) || !get_shape (info, head->role, scores))
    return det_match_refuse (info, "outputs scores [1,N,C] and boxes [1,N,4]",
        error);
  head->n_rows = (int) scores[0];
  head->n_classes = (int) scores[1] - 1;
  return TRUE;
}

static void
decode (const DetHead *head, const DetTensor *outputs, float threshold,
    DetCandidates *out)
{
  const float *scores = outputs[head->role[SCORES]].data;
  const float *box = outputs[head->role[BOXES]].data;
  float width = (float) head->input_width;
  float height = (float) head->input_height;

  for (int i = 0; i < head->n_rows; i++, box += 4) {
    float best;
    int class_id = det_argmax (scores + 1, head->n_classes, 1, &best);

    scores += head->n_classes + 1;
    if (best > threshold)
      det_candidates_add (out,
          (DetModelBox){ box[0] * width, box[1] * height, box[2] * width,
              box[3] * height },
          best, class_id);
  }
}

const DetDecoder det_decoder_ssd_boxes = {
  .name = "ssd-boxes",
  .help = "SSD with scores [1,N,C] and boxes [1,N,4] as fractions",
  .input = { .order = DET_ORDER_RGB,
      .mean = { 127, 127, 127 },
      .scale = { 1 / 128.0f, 1 / 128.0f, 1 / 128.0f },
      .resize = DET_RESIZE_STRETCH },
  .usual_size = 300,
  .threshold = 0.5f,
  .iou_threshold = 0.45f,
  .match = match,
  .bind = bind,
  .decode = decode,
};
