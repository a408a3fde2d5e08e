/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_PARAMS_H
#define DET_PARAMS_H

#include "nms.h"
#include "region.h"
#include <detect/model.h>

struct _DetParams
{
  gatomicrefcount refs;
  float threshold; /* the least of all classes */
  float iou_threshold;
  gboolean class_agnostic;
  guint max_detections;
  int n_classes;
  float *class_thresholds; /* per class; 2: not kept. NULL: threshold for all */
  float min_width;
  float min_height;
  float max_width;
  float max_height;
  DetRegion region;
};

/* Drops the candidates whose class is not kept or whose score is not enough for
 * their class. */
void det_params_gate (const DetParams *params, DetCandidates *candidates);

/* Whether a box in the frame's pixels has a size that is wanted, at a place that
 * counts. */
gboolean det_params_box_counts (const DetParams *params, const DetBox *box,
    int frame_width, int frame_height);

#endif
