/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_NMS_H
#define DET_NMS_H

#include "letterbox.h"
#include <detect/detections.h>
#include <glib.h>

/* An object as a decoder reports it, in the model's input pixels. */
typedef struct
{
  DetModelBox box;
  float score;
  int class_id;
  int n_landmarks;
  DetModelPoint landmarks[DET_MAX_LANDMARKS];
} DetCandidate;

/* Session scratch that grows to what is needed and stays. */
typedef struct
{
  DetCandidate *items;
  guint n;
  guint allocated;
  guint32 *order; /* of det_nms: indices, best first */
  guint order_allocated;
} DetCandidates;

void det_candidates_clear (DetCandidates *candidates); /* frees */

/* Returns the new candidate, zeroed but for box, score and class. */
DetCandidate *det_candidates_add (DetCandidates *candidates, DetModelBox box,
    float score, int class_id);

/* Drops candidates that are not finite or empty, sorts by score (ties: lower
 * index first), and greedily suppresses those whose IoU with a better one (of
 * the same class, unless class_agnostic) is greater than iou_threshold; stops at
 * max_out. iou_threshold >= 1 suppresses nothing. Returns how many are left;
 * candidates->order[0 … n-1] are their indices, best first. */
guint det_nms (DetCandidates *candidates, float iou_threshold,
    gboolean class_agnostic, guint max_out);

#endif
