/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_MERGE_H
#define DET_MERGE_H

#include <detect/detections.h>

/* An object that was found in one of several parts of a frame. */
typedef struct
{
  DetObject object;
  gboolean is_cut; /* its box ends at a border of the part that lies within the
                      frame: there may be more of it */
} DetPiece;

/* Leaves one of the pieces that are the same object, seen in several parts: of two
 * in different parts (of the same class, unless class_agnostic) whose IoU is greater
 * than iou_threshold the better goes on, whole ones before cut ones; and a cut one
 * goes where most of it lies in another. What is left stands first, best score
 * first. Returns how many. */
guint det_merge (DetPiece *pieces, guint n, float iou_threshold,
    gboolean class_agnostic);

#endif
