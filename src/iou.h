/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_IOU_H
#define DET_IOU_H

#include <glib.h>

/* Intersection over union of two rectangles, whatever their coordinates mean; the
 * only place where it is worked out. In double, so that neither huge nor tiny
 * boxes spoil it; NaN and empty boxes give 0. */
static inline float
det_iou (float ax0, float ay0, float ax1, float ay1, float bx0, float by0,
    float bx1, float by1)
{
  double width = (double) MIN (ax1, bx1) - (double) MAX (ax0, bx0);
  double height = (double) MIN (ay1, by1) - (double) MAX (ay0, by0);

  if (!(width > 0 && height > 0))
    return 0;
  double common = width * height;
  double a = ((double) ax1 - (double) ax0) * ((double) ay1 - (double) ay0);
  double b = ((double) bx1 - (double) bx0) * ((double) by1 - (double) by0);
  double all = a + b - common;
  double iou = all > 0 ? common / all : 0;

  return iou >= 0 && iou <= 1 ? (float) iou : 0;
}

#endif
