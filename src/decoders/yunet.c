/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "head.h"
#include "headmatch.h"
#include <math.h>

/* YuNet (OpenCV zoo, face_detection_yunet; libfacedetection): twelve outputs
 * cls_S [1,n,1], obj_S [1,n,1], bbox_S [1,n,4], kps_S [1,n,10] for S = 8, 16, 32,
 * as opencv/modules/objdetect/src/face_detect.cpp reads them: score =
 * sqrt (cls × obj), centre = (cell + dxy) × S, size = exp (dwh) × S, points =
 * (cell + dxy) × S. BGR 0..255, padded right and below with 0. */

#define N_POINTS 5

enum
{
  CLS,
  OBJ,
  BBOX,
  KPS,
  N_KINDS
};

static const char *const kinds[N_KINDS] = { "cls", "obj", "bbox", "kps" };
static const gint64 columns[N_KINDS] = { 1, 1, 4, 2 * N_POINTS };
static const int strides[] = { 8, 16, 32 };

#define N_LEVELS ((int) G_N_ELEMENTS (strides))

static gboolean
find_roles (const DetModelInfo *info, int width, int height, int *roles)
{
  for (int level = 0; level < N_LEVELS; level++) {
    gint64 n = det_grid_count (width, height, &strides[level], 1);

    for (int kind = 0; kind < N_KINDS; kind++) {
      g_autofree char *name =
          g_strdup_printf ("%s_%d", kinds[kind], strides[level]);
      int output = det_match_output_named (info, name);

      if (output < 0 ||
          det_match_matrix (info, output, n, columns[kind]) != output)
        return FALSE;
      roles[level * N_KINDS + kind] = output;
    }
  }
  return TRUE;
}

static DetMatch
match (const DetModelInfo *info, GString *why)
{
  int roles[N_KINDS * N_LEVELS];
  int width = 0;
  int height = 0;

  if (det_match_output_named (info, "cls_8") >= 0 &&
      det_match_output_named (info, "kps_32") >= 0 &&
      det_model_info_is_open (info))
    return DET_MATCH_UNSURE;
  if (det_match_input_size (info, &width, &height) &&
      find_roles (info, width, height, roles))
    return DET_MATCH_SURE;
  g_string_append (why, "outputs cls_8 … kps_32");
  return DET_MATCH_NO;
}

static gboolean
bind (DetHead *head, const DetModelInfo *info, GError **error)
{
  if (!find_roles (info, head->input_width, head->input_height, head->role))
    return det_match_refuse (info,
        "outputs cls_S, obj_S, bbox_S, kps_S for S of 8, 16, 32", error);
  head->n_classes = 1;
  head->n_rows =
      det_grid_count (head->input_width, head->input_height, strides, N_LEVELS);
  head->grid =
      det_grid_new (head->input_width, head->input_height, strides, N_LEVELS);
  return TRUE;
}

static void
add_face (const DetGridCell *cell, const float *box, const float *points,
    float score, DetCandidates *out)
{
  float s = cell->stride;
  DetCandidate *face = det_candidates_add (out,
      det_box_from_center ((cell->x + box[0]) * s, (cell->y + box[1]) * s,
          expf (box[2]) * s, expf (box[3]) * s),
      score, 0);

  det_head_set_landmarks (face, cell, points, N_POINTS);
}

static void
decode (const DetHead *head, const DetTensor *outputs, float threshold,
    DetCandidates *out)
{
  const DetGridCell *cell = head->grid;

  for (int level = 0; level < N_LEVELS; level++) {
    const int *role = head->role + level * N_KINDS;
    const float *cls = outputs[role[CLS]].data;
    const float *obj = outputs[role[OBJ]].data;
    const float *bbox = outputs[role[BBOX]].data;
    const float *kps = outputs[role[KPS]].data;
    int n = det_grid_count (head->input_width, head->input_height,
        &strides[level], 1);

    for (int i = 0; i < n; i++, cell++) {
      float score =
          sqrtf (CLAMP (cls[i], 0.0f, 1.0f) * CLAMP (obj[i], 0.0f, 1.0f));

      if (score > threshold)
        add_face (cell, bbox + 4 * i, kps + 2 * N_POINTS * i, score, out);
    }
  }
}

static const char *const labels[] = { "face", NULL };

const DetDecoder det_decoder_yunet = {
  .name = "yunet",
  .help = "YuNet faces with five landmarks: cls_S, obj_S, bbox_S, kps_S",
  .input = { .order = DET_ORDER_BGR,
      .scale = { 1, 1, 1 },
      .resize = DET_RESIZE_TOP_LEFT,
      .rounding = DET_ROUND_NEAREST },
  .usual_size = 640,
  .threshold = 0.6f, /* FaceDetectorYN's samples use 0.6 … 0.9 */
  .iou_threshold = 0.3f,
  .labels = labels,
  .match = match,
  .bind = bind,
  .decode = decode,
};
