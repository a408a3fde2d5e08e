/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "head.h"
#include "headmatch.h"

/* Exports that end in finished detections, a row each: x0 y0 x1 y1 in input
 * pixels, score, class. YOLOv10 and YOLO26 (Ultralytics, end2end=True) write
 * [1,N,6], with more columns for masks, key points or an angle; the rows are
 * sorted and need no NMS. Preprocessing is Ultralytics': letterbox, RGB 0..1.
 * Detectors of the DETR family wrapped so are fed stretched pictures. YOLOv7's
 * end-to-end export writes [N,7]: batch, x0 y0 x1 y1, class, score. */

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

#define USUAL_CLASSES 80
#define MOST_COLUMNS 64 /* 17 key points make 57 */

static gboolean
get_rows (const DetModelInfo *info, gint64 dims[2])
{
  return info->outputs->len == 1 &&
      det_model_info_output (info, 0)->n_dims <= 3 && /* SSD's have four */
      det_match_squeeze (det_model_info_output (info, 0), 2, dims);
}

/* Without them the two families cannot be told from each other. */
static gboolean
has_operators (const DetModelInfo *info)
{
  return info->kind == DET_FILE_ONNX || info->kind == DET_FILE_OPENVINO;
}

static gboolean
is_detr (const DetModelInfo *info)
{
  return det_match_has_operator (info, "GridSample");
}

static gboolean
has_task_columns (const DetModelInfo *info, gint64 columns)
{
  return columns > N_COLUMNS && det_match_metadata_is (info, "end2end", "true");
}

static DetMatch
match_rows (const DetModelInfo *info, gboolean wants_detr, GString *why)
{
  gint64 dims[2];

  if (get_rows (info, dims) && is_detr (info) == wants_detr &&
      has_operators (info)) {
    if (dims[1] == N_COLUMNS || has_task_columns (info, dims[1]))
      return det_match_metadata_is (info, "end2end", "true") || wants_detr
          ? DET_MATCH_SURE
          : DET_MATCH_SHAPE;
    if (dims[1] == -1)
      return DET_MATCH_UNSURE;
  }
  g_string_append (why, "one output [1,N,6]");
  return DET_MATCH_NO;
}

static DetMatch
match (const DetModelInfo *info, GString *why)
{
  return match_rows (info, FALSE, why);
}

static DetMatch
match_detr (const DetModelInfo *info, GString *why)
{
  return match_rows (info, TRUE, why);
}

static gboolean
bind (DetHead *head, const DetModelInfo *info, GError **error)
{
  gint64 dims[2];

  if (!get_rows (info, dims) || dims[1] < N_COLUMNS || dims[1] > MOST_COLUMNS)
    return det_match_refuse (info, "one output [1,N,6]", error);
  int *columns = g_new (int, 1);
  *columns = (int) dims[1];
  head->grid = columns;
  head->n_classes = USUAL_CLASSES;
  head->classes_are_open = TRUE;
  head->n_rows = 0; /* may vary */
  return TRUE;
}

static void
decode (const DetHead *head, const DetTensor *outputs, float threshold,
    DetCandidates *out)
{
  const float *row = outputs[0].data;
  gint64 n = det_head_count_rows (&outputs[0]);
  int columns = *(const int *) head->grid;

  for (gint64 i = 0; i < n; i++, row += columns) {
    if (row[SCORE] > threshold && row[CLASS] >= 0 &&
        row[CLASS] < (float) G_MAXINT16)
      det_candidates_add (out,
          (DetModelBox){ row[X0], row[Y0], row[X1], row[Y1] }, row[SCORE],
          (int) (row[CLASS] + 0.5f));
  }
}

#define RGB_UNIT \
  .order = DET_ORDER_RGB, .scale = { 1 / 255.0f, 1 / 255.0f, 1 / 255.0f }

const DetDecoder det_decoder_end2end = {
  .name = "end2end",
  .help =
      "YOLOv10, YOLO26 and other end-to-end exports: [1,N,6] as x0 y0 x1 y1 "
      "score class",
  .input = { RGB_UNIT, .pad = 114, .resize = DET_RESIZE_LETTERBOX },
  .usual_size = 640,
  .threshold = 0.25f, /* Ultralytics' predict: conf */
  .iou_threshold = 1,
  .match = match,
  .bind = bind,
  .decode = decode,
};

const DetDecoder det_decoder_detr_end2end = {
  .name = "detr-end2end",
  .help = "DETR family wrapped to [1,N,6], x0 y0 x1 y1 in input pixels, score, "
          "class",
  .input = { RGB_UNIT, .resize = DET_RESIZE_STRETCH },
  .usual_size = 640,
  .threshold = 0.4f, /* D-FINE's and DEIM's tools/inference: thrh */
  .iou_threshold = 1,
  .match = match_detr,
  .bind = bind,
  .decode = decode,
};

/* ---- YOLOv7 ---- */

enum
{
  V7_X0 = 1,
  V7_Y0,
  V7_X1,
  V7_Y1,
  V7_CLASS,
  V7_SCORE,
  V7_COLUMNS
};

static gboolean
has_v7_rows (const DetModelInfo *info)
{
  gint64 dims[2];

  return get_rows (info, dims) && dims[1] == V7_COLUMNS &&
      det_model_info_output (info, 0)->n_dims == 2;
}

static DetMatch
match_v7 (const DetModelInfo *info, GString *why)
{
  /* Darknet's rows are as long where there are two classes. */
  if (info->kind != DET_FILE_DARKNET && has_v7_rows (info))
    return DET_MATCH_SURE;
  g_string_append (why, "one output [N,7]");
  return DET_MATCH_NO;
}

static gboolean
bind_v7 (DetHead *head, const DetModelInfo *info, GError **error)
{
  if (!has_v7_rows (info))
    return det_match_refuse (info, "one output [N,7]", error);
  head->n_classes = USUAL_CLASSES;
  head->classes_are_open = TRUE;
  head->n_rows = 0;
  return TRUE;
}

static void
decode_v7 (const DetHead *head, const DetTensor *outputs, float threshold,
    DetCandidates *out)
{
  const float *row = outputs[0].data;
  gint64 n = det_head_count_rows (&outputs[0]);

  for (gint64 i = 0; i < n; i++, row += V7_COLUMNS) {
    if (row[0] == 0 && row[V7_SCORE] > threshold && row[V7_CLASS] >= 0 &&
        row[V7_CLASS] < (float) G_MAXINT16)
      det_candidates_add (out,
          (DetModelBox){ row[V7_X0], row[V7_Y0], row[V7_X1], row[V7_Y1] },
          row[V7_SCORE], (int) (row[V7_CLASS] + 0.5f));
  }
}

const DetDecoder det_decoder_yolov7_end2end = {
  .name = "yolov7-end2end",
  .help = "YOLOv7 exported end to end: [N,7] as batch x0 y0 x1 y1 class score",
  .input = { RGB_UNIT, .pad = 114, .resize = DET_RESIZE_LETTERBOX },
  .usual_size = 640,
  .threshold = 0.25f,
  .iou_threshold = 1,
  .match = match_v7,
  .bind = bind_v7,
  .decode = decode_v7,
};
