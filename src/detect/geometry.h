/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DETECT_GEOMETRY_H
#define DETECT_GEOMETRY_H

#include <detect/export.h>
#include <glib.h>

DET_BEGIN_DECLS

/**
 * DetBox:
 * @x0: left edge, in source pixels
 * @y0: top edge, in source pixels
 * @x1: right edge, exclusive
 * @y1: bottom edge, exclusive
 *
 * A half-open rectangle in the pixels of the source frame.
 */
typedef struct
{
  float x0;
  float y0;
  float x1;
  float y1;
} DetBox;

/**
 * DetPoint:
 * @x: horizontal position, in source pixels
 * @y: vertical position, in source pixels
 */
typedef struct
{
  float x;
  float y;
} DetPoint;

/**
 * det_box_iou:
 * @a: a box
 * @b: another box
 *
 * Intersection over union, 0..1. Empty boxes, and boxes with a coordinate
 * that is not finite, overlap nothing.
 */
float det_box_iou (const DetBox *a, const DetBox *b);

/**
 * det_box_clip:
 * @box: (inout): a box in source pixels
 * @width: width of the frame, in pixels
 * @height: height of the frame, in pixels
 *
 * Cuts @box at the borders of the frame.
 *
 * Returns: %FALSE when nothing of @box is left, or a coordinate is not finite
 */
gboolean det_box_clip (DetBox *box, int width, int height);

DET_END_DECLS

#endif
