/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "head.h"
#include "headmatch.h"

/* Caffe's DetectionOutput layer, also where OpenCV's importer makes one of a
 * TensorFlow SSD: [1,1,N,7] of picture, class, score, x0 y0 x1 y1 as fractions; in
 * order, NMS done in the graph; class 0 is background and not counted. The one model of this form
 * that everybody has is OpenCV's face detector: BGR, mean 104 177 123, stretched
 * (opencv/samples/dnn/models.yml, opencv_fd). */

enum
{
  PICTURE,
  CLASS,
  SCORE,
  X0,
  Y0,
  X1,
  Y1,
  N_COLUMNS
};

static gboolean
get_rows (const DetModelInfo *info, gint64 dims[2])
{
  return info->outputs->len == 1 &&
      det_model_info_output (info, 0)->n_dims == 4 &&
      det_match_squeeze (det_model_info_output (info, 0), 2, dims) &&
      dims[1] == N_COLUMNS;
}

static DetMatch
match (const DetModelInfo *info, GString *why)
{
  gint64 dims[2];

  if (get_rows (info, dims))
    return DET_MATCH_SURE;
  if (info->outputs->len == 0 || det_model_info_output (info, 0)->n_dims < 0)
    return DET_MATCH_UNSURE;
  g_string_append (why, "one output [1,1,N,7]");
  return DET_MATCH_NO;
}

static gboolean
bind (DetHead *head, const DetModelInfo *info, GError **error)
{
  gint64 dims[2];

  if (!get_rows (info, dims))
    return det_match_refuse (info, "one output [1,1,N,7]", error);
  head->n_classes = 1;
  head->classes_are_open = TRUE;
  head->n_rows = 0; /* as many as there are */
  return TRUE;
}

static void
decode (const DetHead *head, const DetTensor *outputs, float threshold,
    DetCandidates *out)
{
  const float *row = outputs[0].data;
  gint64 n = det_head_count_rows (&outputs[0]);
  float width = (float) head->input_width;
  float height = (float) head->input_height;

  for (gint64 i = 0; i < n; i++, row += N_COLUMNS) {
    if (row[PICTURE] == 0 && row[SCORE] > threshold && row[CLASS] >= 1 &&
        row[CLASS] < (float) G_MAXINT16)
      det_candidates_add (out,
          (DetModelBox){ row[X0] * width, row[Y0] * height, row[X1] * width,
              row[Y1] * height },
          row[SCORE], (int) (row[CLASS] - 0.5f));
  }
}

static const char *const labels[] = { "face", NULL };

const DetDecoder det_decoder_ssd = {
  .name = "ssd",
  .help =
      "SSD with DetectionOutput: [1,1,N,7] as picture class score x0 y0 x1 y1",
  .input = { .order = DET_ORDER_BGR,
      .mean = { 104, 177, 123 },
      .scale = { 1, 1, 1 },
      .resize = DET_RESIZE_STRETCH },
  .usual_size = 300,
  .threshold = 0.5f,
  .iou_threshold = 1,
  .labels = labels,
  .match = match,
  .bind = bind,
  .decode = decode,
};
