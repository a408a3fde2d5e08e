/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "head.h"
#include "headmatch.h"

/* YOLO as OpenCV's Darknet importer gives it: an output [N,5+C] per [yolo] layer,
 * rows of cx cy w h as fractions of the input, objectness, and class scores that
 * are multiplied by it already (opencv/modules/dnn/src/layers/region_layer.cpp).
 * RGB 0..1 and thresholds of darknet/examples/detector.c; stretched, as OpenCV's
 * samples/dnn/object_detection.py does. */

enum
{
  CX,
  CY,
  W,
  H,
  OBJECTNESS,
  FIRST_CLASS
};

static gboolean
get_columns (const DetModelInfo *info, gint64 *columns)
{
  *columns = 0;
  for (guint i = 0; i < info->outputs->len; i++) {
    gint64 dims[2];

    if (!det_match_squeeze (det_model_info_output (info, i), 2, dims) ||
        dims[1] <= FIRST_CLASS || (*columns > 0 && dims[1] != *columns))
      return FALSE;
    *columns = dims[1];
  }
  return *columns > 0;
}

static DetMatch
match (const DetModelInfo *info, GString *why)
{
  gint64 columns;

  if (info->kind == DET_FILE_DARKNET) {
    if (info->outputs->len == 0)
      return DET_MATCH_UNSURE;
    if (get_columns (info, &columns))
      return DET_MATCH_SURE;
  }
  g_string_append (why, "a Darknet file with outputs [N,5+C]");
  return DET_MATCH_NO;
}

static gboolean
bind (DetHead *head, const DetModelInfo *info, GError **error)
{
  gint64 columns;

  if (info->kind != DET_FILE_DARKNET || !get_columns (info, &columns) ||
      columns > G_MAXINT16)
    return det_match_refuse (info, "a Darknet file with outputs [N,5+C]",
        error);
  head->n_classes = (int) columns - FIRST_CLASS;
  head->n_rows = 0; /* each output has its own number */
  return TRUE;
}

static void
decode_layer (const DetHead *head, const DetTensor *output, float threshold,
    DetCandidates *out)
{
  const float *row = output->data;
  gint64 n = det_head_count_rows (output);
  float width = (float) head->input_width;
  float height = (float) head->input_height;

  for (gint64 i = 0; i < n; i++, row += FIRST_CLASS + head->n_classes) {
    float score;

    if (!(row[OBJECTNESS] > threshold)) /* the score cannot be higher */
      continue;
    int class_id = det_argmax (row + FIRST_CLASS, head->n_classes, 1, &score);
    if (score > threshold)
      det_candidates_add (out,
          det_box_from_center (row[CX] * width, row[CY] * height,
              row[W] * width, row[H] * height),
          score, class_id);
  }
}

static void
decode (const DetHead *head, const DetTensor *outputs, float threshold,
    DetCandidates *out)
{
  for (int i = 0; i < head->n_outputs; i++)
    decode_layer (head, &outputs[i], threshold, out);
}

const DetDecoder det_decoder_darknet = {
  .name = "darknet",
  .help = "YOLOv2, v3, v4 from Darknet's .cfg and .weights",
  .input = { .order = DET_ORDER_RGB,
      .scale = { 1 / 255.0f, 1 / 255.0f, 1 / 255.0f },
      .resize = DET_RESIZE_STRETCH },
  .usual_size = 416,
  .threshold = 0.25f,
  .iou_threshold = 0.45f,
  .match = match,
  .bind = bind,
  .decode = decode,
};
