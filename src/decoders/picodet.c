/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gfl.h"
#include "headmatch.h"

/* PicoDet (PaddleDetection, configs/picodet): picodet_*_coco.yml for the
 * normalisation (RGB, ImageNet's), keep_ratio false, score_threshold and
 * nms_threshold; cells' centres are (i + 0.5) × stride (pico_head.py). */
static const int strides[] = { 8, 16, 32, 64 };

static DetMatch
match (const DetModelInfo *info, GString *why)
{
  int roles[2 * DET_GFL_MAX_LEVELS];
  DetMatch match =
      det_gfl_match_pairs (info, strides, G_N_ELEMENTS (strides), roles, why);

  if (match == DET_MATCH_SHAPE && det_match_has_input (info, "image"))
    return DET_MATCH_SURE;
  return match;
}

static gboolean
bind (DetHead *head, const DetModelInfo *info, GError **error)
{
  return det_gfl_bind_pairs (head, info, strides, G_N_ELEMENTS (strides), 0.5f,
      error);
}

const DetDecoder det_decoder_picodet = {
  .name = "picodet",
  .help =
      "PicoDet: scores [1,n,C] and distances [1,n,4*bins] at strides 8, 16, "
      "32, 64",
  .input = { .order = DET_ORDER_RGB,
      .mean = { 123.675f, 116.28f, 103.53f },
      .scale = { 1 / 58.395f, 1 / 57.12f, 1 / 57.375f },
      .resize = DET_RESIZE_STRETCH },
  .usual_size = 320,
  .threshold = 0.5f,
  .iou_threshold = 0.6f,
  .match = match,
  .bind = bind,
  .decode = det_gfl_decode,
};
