/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gfl.h"
#include "headmatch.h"

/* NanoDet (RangiLyu/nanodet): config/legacy_v0.x_configs/nanodet-m*.yml for
 * the normalisation (BGR), keep_ratio false; a cell's centre is (i + 0.5) ×
 * stride. */
static const int strides[] = { 8, 16, 32 };

static DetMatch
match (const DetModelInfo *info, GString *why)
{
  int roles[2 * DET_GFL_MAX_LEVELS];

  return det_gfl_match_pairs (info, strides, G_N_ELEMENTS (strides), roles,
      why);
}

static gboolean
bind (DetHead *head, const DetModelInfo *info, GError **error)
{
  return det_gfl_bind_pairs (head, info, strides, G_N_ELEMENTS (strides), 0.5f,
      error);
}

#define NANODET_INPUT                                               \
  {                                                                 \
    .order = DET_ORDER_BGR, .mean = { 103.53f, 116.28f, 123.675f }, \
    .scale = { 1 / 57.375f, 1 / 57.12f, 1 / 58.395f },              \
    .resize = DET_RESIZE_STRETCH                                    \
  }

const DetDecoder det_decoder_nanodet = {
  .name = "nanodet",
  .help =
      "NanoDet: scores [1,n,C] and distances [1,n,4*bins] at strides 8, 16, "
      "32",
  .input = NANODET_INPUT,
  .usual_size = 416,
  .threshold = 0.35f,    /* tools/export: score_thr of the demos */
  .iou_threshold = 0.6f, /* nanodet/model/head/gfl_head.py: multiclass_nms */
  .match = match,
  .bind = bind,
  .decode = det_gfl_decode,
};

/* NanoDet-Plus: all levels in one output; cells' centres are i × stride
 * (nanodet_plus_head.py, get_single_level_center_priors); 8 bins. */
static const int plus_strides[] = { 8, 16, 32, 64 };
enum
{
  PLUS_BINS = 8
};

static DetMatch
plus_match (const DetModelInfo *info, GString *why)
{
  return det_gfl_match_joined (info, plus_strides, G_N_ELEMENTS (plus_strides),
      PLUS_BINS, why);
}

static gboolean
plus_bind (DetHead *head, const DetModelInfo *info, GError **error)
{
  return det_gfl_bind_joined (head, info, plus_strides,
      G_N_ELEMENTS (plus_strides), PLUS_BINS, 0.0f, error);
}

const DetDecoder det_decoder_nanodet_plus = {
  .name = "nanodet-plus",
  .help = "NanoDet-Plus: one output [1,N,C+32] over strides 8, 16, 32, 64",
  .input = NANODET_INPUT,
  .usual_size = 416,
  .threshold = 0.35f,
  .iou_threshold = 0.6f,
  .match = plus_match,
  .bind = plus_bind,
  .decode = det_gfl_decode,
};
