/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_MERGE_H
#define DET_MERGE_H

#include <detect/detections.h>

/* Borders of a part that lie within the frame. */
typedef enum
{
  DET_CUT_LEFT = 1 << 0,
  DET_CUT_TOP = 1 << 1,
  DET_CUT_RIGHT = 1 << 2,
  DET_CUT_BOTTOM = 1 << 3
} DetCut;

/* An object that was found in one of several parts of a frame. */
typedef struct
{
  DetObject object;
  guint cuts; /* of DetCut: where its box ends at a border of its part, so that
                 there may be more of it */
} DetPiece;

/* Leaves one of the pieces that are the same object, seen in several parts (and of
 * the same class, unless class_agnostic):
 * - of two whose IoU is greater than iou_threshold the better, whole ones first;
 * - a cut one goes where most of it lies in another;
 * - two that are cut by borders that face each other, and meet there, become one,
 *   with the score of the better.
 * What is left stands first, best score first. Returns how many. */
guint det_merge (DetPiece *pieces, guint n, float iou_threshold,
    gboolean class_agnostic);

#endif
