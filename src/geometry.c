/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "iou.h"
#include <detect/geometry.h>
#include <math.h>

float
det_box_iou (const DetBox *a, const DetBox *b)
{
  return det_iou (a->x0, a->y0, a->x1, a->y1, b->x0, b->y0, b->x1, b->y1);
}

gboolean
det_box_clip (DetBox *box, int width, int height)
{
  if (!isfinite (box->x0) || !isfinite (box->y0) || !isfinite (box->x1) ||
      !isfinite (box->y1))
    return FALSE;
  box->x0 = CLAMP (box->x0, 0, (float) width);
  box->y0 = CLAMP (box->y0, 0, (float) height);
  box->x1 = CLAMP (box->x1, 0, (float) width);
  box->y1 = CLAMP (box->y1, 0, (float) height);
  return box->x1 > box->x0 && box->y1 > box->y0;
}
