/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "head.h"
#include "headmatch.h"

/* UltraFace (Linzaer/Ultra-Light-Fast-Generic-Face-Detector-1MB): scores [1,N,2]
 * of background and face, boxes [1,N,4] as fractions x0 y0 x1 y1, priors decoded
 * in the graph. caffe/ultra_face_caffe_inference.py: (pixel - 127) / 128, RGB,
 * stretched; run_video_face_detect.py: threshold 0.7; box_utils: IoU 0.3. N is 3,
 * 2, 2 and 3 boxes a cell at strides 8, 16, 32, 64. */

enum
{
  SCORES,
  BOXES
};

static gint64
count_priors (const DetModelInfo *info)
{
  static const int strides[] = { 8, 16, 32, 64 };
  static const int boxes[] = { 3, 2, 2, 3 };
  int width = 0;
  int height = 0;
  gint64 n = 0;

  if (!det_match_input_size (info, &width, &height))
    return -1;
  for (gsize i = 0; i < G_N_ELEMENTS (strides); i++)
    n += boxes[i] * det_grid_count (width, height, &strides[i], 1);
  return n;
}

static gboolean
find_roles (const DetModelInfo *info, gint64 n, int *roles)
{
  if (info->outputs->len != 2)
    return FALSE;
  roles[SCORES] = det_match_matrix (info, 0, n, 2);
  roles[BOXES] = det_match_matrix (info, 0, n, 4);
  return roles[SCORES] >= 0 && roles[BOXES] >= 0;
}

static DetMatch
match (const DetModelInfo *info, GString *why)
{
  int roles[2];
  gint64 n = count_priors (info);

  if (info->outputs->len == 2 && det_model_info_is_open (info))
    return DET_MATCH_UNSURE;
  if (n > 0 && find_roles (info, n, roles))
    return DET_MATCH_SURE;
  g_string_append_printf (why,
      "scores [1,%" G_GINT64_FORMAT ",2] and boxes [1,%" G_GINT64_FORMAT ",4]",
      n, n);
  return DET_MATCH_NO;
}

static gboolean
bind (DetHead *head, const DetModelInfo *info, GError **error)
{
  gint64 dims[2];

  if (!find_roles (info, DET_ANY_DIM, head->role))
    return det_match_refuse (info, "scores [1,N,2] and boxes [1,N,4]", error);
  det_match_squeeze (det_model_info_output (info, (guint) head->role[SCORES]),
      2, dims);
  head->n_rows = (int) dims[0];
  det_match_squeeze (det_model_info_output (info, (guint) head->role[BOXES]), 2,
      dims);
  if (head->n_rows != dims[0] || head->n_rows < 1)
    return det_match_refuse (info, "scores [1,N,2] and boxes [1,N,4]", error);
  head->n_classes = 1;
  return TRUE;
}

static void
decode (const DetHead *head, const DetTensor *outputs, float threshold,
    DetCandidates *out)
{
  const float *scores = outputs[head->role[SCORES]].data;
  const float *boxes = outputs[head->role[BOXES]].data;
  float width = (float) head->input_width;
  float height = (float) head->input_height;

  for (int i = 0; i < head->n_rows; i++, scores += 2, boxes += 4) {
    if (scores[1] > threshold)
      det_candidates_add (out,
          (DetModelBox){ boxes[0] * width, boxes[1] * height, boxes[2] * width,
              boxes[3] * height },
          scores[1], 0);
  }
}

static const char *const labels[] = { "face", NULL };

const DetDecoder det_decoder_ultraface = {
  .name = "ultraface",
  .help = "UltraFace: scores [1,N,2] and boxes [1,N,4] as fractions",
  .input = { .order = DET_ORDER_RGB,
      .mean = { 127, 127, 127 },
      .scale = { 1 / 128.0f, 1 / 128.0f, 1 / 128.0f },
      .resize = DET_RESIZE_STRETCH },
  .usual_size = 320,
  .threshold = 0.7f,
  .iou_threshold = 0.3f,
  .labels = labels,
  .match = match,
  .bind = bind,
  .decode = decode,
};
