/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_IOU_H
#define DET_IOU_H

#include <glib.h>

/* Area that two rectangles share, whatever their coordinates mean. In double, so that
 * neither huge nor tiny boxes spoil it; NaN and empty boxes give 0. */
static inline double
det_common_area (float ax0, float ay0, float ax1, float ay1, float bx0,
    float by0, float bx1, float by1)
{
  double width = (double) MIN (ax1, bx1) - (double) MAX (ax0, bx0);
  double height = (double) MIN (ay1, by1) - (double) MAX (ay0, by0);

  return width > 0 && height > 0 ? width * height : 0;
}

static inline double
det_area (float x0, float y0, float x1, float y1)
{
  return ((double) x1 - (double) x0) * ((double) y1 - (double) y0);
}

/* Intersection over union of two rectangles; the only place where it is worked
 * out. */
static inline float
det_iou (float ax0, float ay0, float ax1, float ay1, float bx0, float by0,
    float bx1, float by1)
{
  double common = det_common_area (ax0, ay0, ax1, ay1, bx0, by0, bx1, by1);
  double all =
      det_area (ax0, ay0, ax1, ay1) + det_area (bx0, by0, bx1, by1) - common;
  double iou = common > 0 && all > 0 ? common / all : 0;

  return iou >= 0 && iou <= 1 ? (float) iou : 0;
}

/* How much of b lies in a, 0..1. */
static inline float
det_covered (float ax0, float ay0, float ax1, float ay1, float bx0, float by0,
    float bx1, float by1)
{
  double common = det_common_area (ax0, ay0, ax1, ay1, bx0, by0, bx1, by1);
  double b = det_area (bx0, by0, bx1, by1);

  return common > 0 && b > 0 ? (float) MIN (common / b, 1) : 0;
}

#endif
