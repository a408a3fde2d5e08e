/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "head.h"
#include "headmatch.h"

/* Exports whose graph ends in finished objects in four outputs: how many, boxes,
 * scores, classes. Two conventions: TensorRT's EfficientNMS plug-in and YOLO
 * exports after it (boxes x0 y0 x1 y1 in input pixels, classes from 0), and
 * TensorFlow's object detection API and TFLite's postprocessor (boxes y0 x0 y1 x1
 * as fractions; classes from 1 in the former; models/research/object_detection/
 * exporter_lib_v2.py). */

#define USUAL_CLASSES 80

enum
{
  COUNT,
  BOXES,
  SCORES,
  CLASSES,
  N_ROLES
};

#define MOST_NAMES 6 /* of a role, with the NULL */

static const char *const efficient_names[N_ROLES][MOST_NAMES] = {
  { "num_dets", "num_detections", "num", NULL },
  { "det_boxes", "boxes", "nmsed_boxes", "detection_boxes", NULL },
  { "det_scores", "scores", "nmsed_scores", "detection_scores", NULL },
  { "det_classes", "classes", "nmsed_classes", "detection_classes", "labels",
      NULL },
};
static const char *const tensorflow_names[N_ROLES][MOST_NAMES] = {
  { "num_detections", "num_detections:0", NULL },
  { "detection_boxes", "detection_boxes:0", NULL },
  { "detection_scores", "detection_scores:0", NULL },
  { "detection_classes", "detection_classes:0", NULL },
};

static gboolean
find_roles (const DetModelInfo *info, const char *const (*names)[MOST_NAMES],
    int *roles)
{
  for (int role = 0; role < N_ROLES; role++) {
    roles[role] = -1;
    for (int i = 0; names[role][i] && roles[role] < 0; i++)
      roles[role] = det_match_output_named (info, names[role][i]);
    if (roles[role] < 0)
      return FALSE;
  }
  return TRUE;
}

static DetMatch
match_names (const DetModelInfo *info, const char *const (*names)[MOST_NAMES],
    GString *why)
{
  int roles[N_ROLES];

  if (find_roles (info, names, roles)) {
    const DetTensorInfo *boxes =
        det_model_info_output (info, (guint) roles[BOXES]);

    if (boxes->n_dims < 0)
      return DET_MATCH_UNSURE;
    if (boxes->n_dims >= 2 &&
        (boxes->dims[boxes->n_dims - 1] == 4 ||
            boxes->dims[boxes->n_dims - 1] == -1))
      return DET_MATCH_SURE;
  }
  g_string_append_printf (why, "outputs %s, %s, %s, %s", names[COUNT][0],
      names[BOXES][0], names[SCORES][0], names[CLASSES][0]);
  return DET_MATCH_NO;
}

static gboolean
bind_names (DetHead *head, const DetModelInfo *info,
    const char *const (*names)[MOST_NAMES], GError **error)
{
  gint64 boxes[2];
  gint64 others[2] = { 0, 0 };

  if (!find_roles (info, names, head->role) ||
      !det_match_squeeze (det_model_info_output (info,
                              (guint) head->role[BOXES]),
          2, boxes) ||
      !det_match_squeeze (det_model_info_output (info,
                              (guint) head->role[SCORES]),
          1, &others[0]) ||
      !det_match_squeeze (det_model_info_output (info,
                              (guint) head->role[CLASSES]),
          1, &others[1]) ||
      boxes[1] != 4 || boxes[0] < 1 || boxes[0] > G_MAXINT16 ||
      others[0] != boxes[0] || others[1] != boxes[0])
    return det_match_refuse (info,
        "a count, boxes [1,N,4], scores [1,N] and classes [1,N]", error);
  head->n_rows = (int) boxes[0];
  head->n_classes = USUAL_CLASSES;
  head->classes_are_open = TRUE;
  return TRUE;
}

/* Rows beyond the count hold what was there before. */
static int
count_rows (const DetHead *head, const DetTensor *outputs)
{
  const DetTensor *count = &outputs[head->role[COUNT]];
  float n = det_tensor_n_elements (count) > 0 ? *(const float *) count->data
                                              : 0;

  return n > 0 ? (int) MIN (n, (float) head->n_rows) : 0;
}

static void
add_row (float class_id, float score, DetModelBox box, DetCandidates *out)
{
  if (class_id >= 0 && class_id < (float) G_MAXINT16)
    det_candidates_add (out, box, score, (int) (class_id + 0.5f));
}

/* ---- EfficientNMS ---- */

static DetMatch
match_efficient (const DetModelInfo *info, GString *why)
{
  int roles[N_ROLES];

  /* The plug-in may bear TensorFlow's names too: only decoder= can tell. */
  if (find_roles (info, tensorflow_names, roles))
    return DET_MATCH_NO;
  return match_names (info, efficient_names, why);
}

static gboolean
bind_efficient (DetHead *head, const DetModelInfo *info, GError **error)
{
  return bind_names (head, info, efficient_names, error);
}

static void
decode_efficient (const DetHead *head, const DetTensor *outputs,
    float threshold, DetCandidates *out)
{
  const float *box = outputs[head->role[BOXES]].data;
  const float *scores = outputs[head->role[SCORES]].data;
  const float *classes = outputs[head->role[CLASSES]].data;
  int n = count_rows (head, outputs);

  for (int i = 0; i < n; i++, box += 4) {
    if (scores[i] > threshold)
      add_row (classes[i], scores[i],
          (DetModelBox){ box[0], box[1], box[2], box[3] }, out);
  }
}

#define UNIT                           \
  {                                    \
    1 / 255.0f, 1 / 255.0f, 1 / 255.0f \
  }

const DetDecoder det_decoder_efficient_nms = {
  .name = "efficient-nms",
  .help =
      "exports that end in NMS: num_dets, det_boxes, det_scores, det_classes",
  .input = { .order = DET_ORDER_RGB,
      .scale = UNIT,
      .pad = 114,
      .resize = DET_RESIZE_LETTERBOX },
  .usual_size = 640,
  .threshold = 0.25f,
  .iou_threshold = 1,
  .match = match_efficient,
  .bind = bind_efficient,
  .decode = decode_efficient,
};

/* ---- TensorFlow ---- */

static DetMatch
match_tensorflow (const DetModelInfo *info, GString *why)
{
  return match_names (info, tensorflow_names, why);
}

static gboolean
bind_tensorflow (DetHead *head, const DetModelInfo *info, GError **error)
{
  return bind_names (head, info, tensorflow_names, error);
}

static void
decode_tensorflow (const DetHead *head, const DetTensor *outputs,
    float threshold, DetCandidates *out)
{
  const float *box = outputs[head->role[BOXES]].data;
  const float *scores = outputs[head->role[SCORES]].data;
  const float *classes = outputs[head->role[CLASSES]].data;
  float width = (float) head->input_width;
  float height = (float) head->input_height;
  int n = count_rows (head, outputs);

  for (int i = 0; i < n; i++, box += 4) {
    if (scores[i] > threshold)
      add_row (classes[i] - 1, scores[i],
          (DetModelBox){ box[1] * width, box[0] * height, box[3] * width,
              box[2] * height },
          out);
  }
}

/* These graphs scale and normalise inside. */
const DetDecoder det_decoder_tf_detection = {
  .name = "tf-detection",
  .help = "TensorFlow object detection: detection_boxes, _scores, _classes, "
          "num_detections",
  .input = { .order = DET_ORDER_RGB,
      .scale = { 1, 1, 1 },
      .resize = DET_RESIZE_STRETCH },
  .usual_size = 320,
  .threshold = 0.5f,
  .iou_threshold = 1,
  .match = match_tensorflow,
  .bind = bind_tensorflow,
  .decode = decode_tensorflow,
};
