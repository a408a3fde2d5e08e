/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "yolo.h"

#include "headmatch.h"
#include "labels.h"
#include <detect/error.h>
#include <math.h>
#include <string.h>

static const int strides[] = { 8, 16, 32, 64 };

/* YOLACT-style masks: 32 coefficients a row, prototypes in a second output. */
#define MASK_COEFFICIENTS 32

/* ---- recognition ---- */

static gboolean
fits_grid (const DetModelInfo *info, gint64 rows, DetYoloShape *shape)
{
  int width;
  int height;

  if (rows < 1 || !det_match_input_size (info, &width, &height))
    return FALSE;
  for (int levels = 3; levels <= 4; levels++) {
    gint64 n = det_grid_count (width, height, strides, levels);

    if (rows != n && rows != 3 * n)
      continue;
    shape->n_levels = levels;
    shape->n_anchors = rows == n ? 1 : 3;
    return TRUE;
  }
  return FALSE;
}

static int
count_names (const DetModelInfo *info)
{
  const char *names = g_hash_table_lookup (info->metadata, "names");
  g_autoptr (DetLabels)
      labels = names ? det_labels_new_from_python (names, NULL) : NULL;

  return labels ? (int) det_labels_get_n (labels) : 0;
}

static gboolean
has_mask_prototypes (const DetModelInfo *info)
{
  for (guint i = 0; i < info->outputs->len; i++) {
    const DetTensorInfo *output = det_model_info_output (info, i);

    if (output->n_dims == 4 && output->dims[1] == MASK_COEFFICIENTS)
      return TRUE;
  }
  return FALSE;
}

/* Ultralytics writes "[17, 3]". */
static int
take_keypoints (const DetModelInfo *info, int columns_before,
    DetYoloShape *shape)
{
  const char *text = g_hash_table_lookup (info->metadata, "kpt_shape");
  char *end = NULL;

  if (!text || *text != '[' || !det_match_metadata_is (info, "task", "pose"))
    return 0;
  gint64 n = g_ascii_strtoll (text + 1, &end, 10);
  while (*end == ',' || *end == ' ')
    end++;
  gint64 size = g_ascii_strtoll (end, NULL, 10);
  if (n < 1 || n > 1000 || size < 2 || size > 3)
    return 0;
  shape->n_keypoints = (int) n;
  shape->keypoint_size = (int) size;
  shape->keypoint_at = columns_before; /* the class scores come on top */
  return (int) (n * size);
}

/* Columns beyond box and class scores that the task adds. */
static int
count_task_columns (const DetModelInfo *info, int columns_before,
    DetYoloShape *shape)
{
  if (det_match_metadata_is (info, "task", "obb"))
    return 1;
  if (det_match_metadata_is (info, "task", "segment") ||
      has_mask_prototypes (info))
    return MASK_COEFFICIENTS;
  return take_keypoints (info, columns_before, shape);
}

static gboolean
take_columns (const DetModelInfo *info, int columns_before, DetYoloShape *shape)
{
  int names = count_names (info);
  gint64 classes = shape->columns - columns_before -
      count_task_columns (info, columns_before, shape);

  if (classes < 1 || classes > G_MAXINT16 || (names > 0 && names != classes))
    return FALSE;
  shape->n_classes = (int) classes;
  if (shape->n_keypoints > 0)
    shape->keypoint_at += shape->n_classes;
  return TRUE;
}

static gboolean
take_output (const DetModelInfo *info, guint i, gboolean is_transposed,
    DetYoloShape *shape)
{
  gint64 dims[2];

  *shape = (DetYoloShape){ .output = (int) i, .is_transposed = is_transposed };
  if (det_model_info_output (info, i)->n_dims > 3 ||
      !det_match_squeeze (det_model_info_output (info, i), 2, dims))
    return FALSE;
  shape->rows = dims[is_transposed ? 1 : 0];
  shape->columns = dims[is_transposed ? 0 : 1];
  return fits_grid (info, shape->rows, shape);
}

/* An output that could be it, were its dims known. */
static gboolean
may_fit (const DetModelInfo *info)
{
  int width = 0;
  int height = 0;

  if (info->kind != DET_FILE_ONNX || info->outputs->len < 1 ||
      info->outputs->len > 2 || !det_match_input_size (info, &width, &height))
    return FALSE;
  const DetTensorInfo *output = det_model_info_output (info, 0);
  return (output->n_dims < 0 || output->n_dims == 3) &&
      (det_model_info_is_open (info) || width < 1 || height < 1);
}

DetMatch
det_yolo_match (const DetModelInfo *info, int columns_before,
    gboolean is_transposed, DetYoloShape *shape, GString *why)
{
  gboolean is_end_to_end = det_match_metadata_is (info, "end2end", "true");

  /* A segmentation model has its prototypes as a second output. */
  for (guint i = 0;
       !is_end_to_end && i < info->outputs->len && info->outputs->len <= 2;
       i++) {
    if (take_output (info, i, is_transposed, shape) &&
        take_columns (info, columns_before, shape))
      return count_names (info) > 0 ? DET_MATCH_SURE : DET_MATCH_SHAPE;
  }
  if (!is_end_to_end && may_fit (info))
    return DET_MATCH_UNSURE;
  g_string_append_printf (why,
      is_transposed ? "an output [1,%d+classes,cells]"
                    : "an output [1,cells,%d+classes]",
      columns_before);
  return DET_MATCH_NO;
}

void
det_yolo_bind (DetHead *head, const DetYoloShape *shape)
{
  head->n_rows = (int) shape->rows;
  head->n_classes = shape->n_classes;
  head->grid = g_memdup2 (shape, sizeof *shape);
}

/* ---- what the values say ---- */

static float
get (const DetYoloShape *shape, const float *data, gint64 row, int column)
{
  return shape->is_transposed ? data[column * shape->rows + row]
                              : data[row * shape->columns + column];
}

static float
greatest_center (const DetHead *head, const DetTensor *outputs)
{
  const DetYoloShape *shape = head->grid;
  const float *data = outputs[shape->output].data;
  float greatest = 0;

  for (gint64 row = 0; row < shape->rows; row++) {
    for (int column = 0; column < 2; column++) {
      float value = fabsf (get (shape, data, row, column));

      if (value > greatest)
        greatest = value;
    }
  }
  return greatest;
}

/* Centres in pixels reach across the picture, offsets do not reach beyond a few
 * cells. */
gboolean
det_yolo_looks_decoded (const DetHead *head, const DetTensor *outputs)
{
  float greatest = greatest_center (head, outputs);
  float side = (float) MAX (head->input_width, head->input_height);

  return greatest == 0 || greatest > side / 8;
}

gboolean
det_yolo_looks_raw (const DetHead *head, const DetTensor *outputs)
{
  float side = (float) MAX (head->input_width, head->input_height);

  return greatest_center (head, outputs) < side / 2;
}

gboolean
det_yolo_check_decoded (const DetHead *head, const DetTensor *outputs,
    GError **error)
{
  if (det_yolo_looks_decoded (head, outputs))
    return TRUE;
  g_set_error (error, DET_ERROR, DET_ERROR_UNRECOGNISED,
      "the boxes are not in pixels: centres reach %.3g only, in a picture of "
      "%dx%d; use decoder=yolox if it is a YOLOX model, else export it with "
      "the "
      "boxes decoded",
      (double) greatest_center (head, outputs), head->input_width,
      head->input_height);
  return FALSE;
}

/* ---- rows with objectness ---- */

gboolean
det_yolo_bind_objectness (DetHead *head, const DetModelInfo *info,
    GError **error)
{
  g_autoptr (GString) why = g_string_new (NULL);
  DetYoloShape shape;

  if (det_yolo_match (info, 5, FALSE, &shape, why) < DET_MATCH_SHAPE)
    return det_match_refuse (info, why->str, error);
  det_yolo_bind (head, &shape);
  return TRUE;
}

void
det_yolo_decode_objectness (const DetHead *head, const DetTensor *outputs,
    float threshold, DetCandidates *out)
{
  const DetYoloShape *shape = head->grid;
  const float *row = outputs[shape->output].data;

  for (gint64 i = 0; i < shape->rows; i++, row += shape->columns) {
    float best;

    if (!(row[4] > threshold)) /* the score cannot be higher */
      continue;
    int class_id = det_argmax (row + 5, head->n_classes, 1, &best);
    float score = row[4] * best;
    if (score > threshold)
      det_candidates_add (out,
          det_box_from_center (row[0], row[1], row[2], row[3]), score,
          class_id);
  }
}
