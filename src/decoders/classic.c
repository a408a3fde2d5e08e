/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "head.h"
#include "headmatch.h"

/* Detectors that need no network: rows of x0 y0 x1 y1 in input pixels, score,
 * class. They take grey pictures of any size; larger ones are scaled down to
 * usual_size, which bounds the time they take. */

enum
{
  X0,
  Y0,
  X1,
  Y1,
  SCORE,
  CLASS,
  N_COLUMNS
};

static DetMatch
match (const DetModelInfo *info, GString *why)
{
  if (info->kind == DET_FILE_PEOPLE || info->kind == DET_FILE_CASCADE)
    return DET_MATCH_SURE;
  g_string_append (why, "a cascade, or no model");
  return DET_MATCH_NO;
}

static gboolean
bind (DetHead *head, const DetModelInfo *info, GError **error)
{
  gint64 dims[2];

  if (info->outputs->len != 1 ||
      !det_match_squeeze (det_model_info_output (info, 0), 2, dims) ||
      dims[1] != N_COLUMNS)
    return det_match_refuse (info, "one output [N,6]", error);
  head->n_classes = 1;
  head->n_rows = 0; /* as many as there are */
  return TRUE;
}

static void
decode (const DetHead *head, const DetTensor *outputs, float threshold,
    DetCandidates *out)
{
  const float *row = outputs[0].data;
  gint64 n = det_head_count_rows (&outputs[0]);

  for (gint64 i = 0; i < n; i++, row += N_COLUMNS) {
    if (row[SCORE] > threshold)
      det_candidates_add (out,
          (DetModelBox){ row[X0], row[Y0], row[X1], row[Y1] }, row[SCORE], 0);
  }
}

const DetDecoder det_decoder_classic = {
  .name = "classic",
  .help = "OpenCV's HOG people detector and Haar or LBP cascades",
  .input = { .dtype = DET_DTYPE_UINT8,
      .layout = DET_LAYOUT_NHWC,
      .order = DET_ORDER_GRAY,
      .scale = { 1, 1, 1 },
      .resize = DET_RESIZE_FIT },
  .usual_size = 800,
  .threshold = 0.5f,
  .iou_threshold = 0.4f,
  .match = match,
  .bind = bind,
  .decode = decode,
};
