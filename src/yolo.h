/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_YOLO_H
#define DET_YOLO_H

#include "decoder.h"
#include "head.h"

/* What the YOLO decoders share: one main output, whose rows are the cells of a
 * grid, and whose columns are a box, perhaps objectness, class scores, and what
 * the model's task adds. */

typedef struct
{
  int output;             /* which output it is */
  gint64 rows;            /* proposals */
  gint64 columns;         /* values of each */
  gboolean is_transposed; /* columns come first: [1,columns,rows] */
  int n_levels;           /* of the grid: strides 8, 16, 32 (, 64) */
  int n_anchors;          /* boxes a cell: 1 or 3 */
  int n_classes;
  int keypoint_at; /* column of the first key point; 0: there are none */
  int n_keypoints;
  int keypoint_size; /* 2: x y, 3: x y visibility */
} DetYoloShape;

/* Looks for an output whose rows fit the grid. columns_before is 4 or 5: what
 * stands before the class scores. SURE when the metadata say as much. */
DetMatch det_yolo_match (const DetModelInfo *info, int columns_before,
    gboolean is_transposed, DetYoloShape *shape, GString *why);

/* Fills head from a shape; its grid is the shape. */
void det_yolo_bind (DetHead *head, const DetYoloShape *shape);

/* Whether the boxes of a run are pixels (TRUE) or offsets within cells. TRUE when
 * it cannot be told, as from an output of zeros. */
gboolean det_yolo_looks_decoded (const DetHead *head, const DetTensor *outputs);
gboolean det_yolo_looks_raw (const DetHead *head, const DetTensor *outputs);

/* check of the decoders that read pixels. */
gboolean det_yolo_check_decoded (const DetHead *head, const DetTensor *outputs,
    GError **error);

/* Rows of cx cy w h in pixels, objectness, classes. */
gboolean det_yolo_bind_objectness (DetHead *head, const DetModelInfo *info,
    GError **error);
void det_yolo_decode_objectness (const DetHead *head, const DetTensor *outputs,
    float threshold, DetCandidates *out);

#endif
