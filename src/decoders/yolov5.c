/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "yolo.h"

/* YOLOv5 (ultralytics/yolov5, detect.py: conf 0.25, iou 0.45; utils/augmentations
 * letterbox), v6 (meituan/YOLOv6), v7 (WongKinYiu/yolov7), exported with their
 * boxes decoded: rows of cx cy w h in input pixels, objectness, class scores. */

static DetMatch
match (const DetModelInfo *info, GString *why)
{
  DetYoloShape shape;
  DetMatch match = det_yolo_match (info, 5, FALSE, &shape, why);

  /* One box a cell is also YOLOX's form, whose boxes are raw. */
  if (match < DET_MATCH_SHAPE || shape.n_anchors == 3)
    return match;
  switch (det_model_info_output (info, (guint) shape.output)->arithmetic) {
    case DET_ARITHMETIC_SOME:
      return match;
    case DET_ARITHMETIC_UNKNOWN:
      return DET_MATCH_SHAPE;
    case DET_ARITHMETIC_NONE:
      break;
  }
  g_string_append (why, "boxes that the graph decodes");
  return DET_MATCH_NO;
}

const DetDecoder det_decoder_yolov5 = {
  .name = "yolov5",
  .help = "YOLOv5, v6, v7 with decoded boxes and objectness: [1,N,5+C]",
  .input = { .order = DET_ORDER_RGB,
      .scale = { 1 / 255.0f, 1 / 255.0f, 1 / 255.0f },
      .pad = 114,
      .resize = DET_RESIZE_LETTERBOX },
  .usual_size = 640,
  .threshold = 0.25f,
  .iou_threshold = 0.45f,
  .match = match,
  .bind = det_yolo_bind_objectness,
  .check = det_yolo_check_decoded,
  .decode = det_yolo_decode_objectness,
};
