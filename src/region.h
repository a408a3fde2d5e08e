/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_REGION_H
#define DET_REGION_H

#include <detect/geometry.h>
#include <glib.h>

/* The part of a frame where objects count. */
typedef struct
{
  GArray *points;     /* of DetPoint: corners, in turn; NULL: everywhere */
  gboolean in_pixels; /* else fractions of the frame */
} DetRegion;

/* From "x,y,width,height", or from three or more points "x,y" with spaces between;
 * fractions of the frame when no number is above 1, else pixels. "objects" is
 * everywhere: what it means is for the caller. DET_ERROR_OPTION. */
gboolean det_region_parse (DetRegion *region, const char *text, GError **error);
void det_region_clear (DetRegion *region);

/* Whether the middle of a box lies inside, by the even-odd rule. */
gboolean det_region_holds (const DetRegion *region, const DetBox *box,
    int frame_width, int frame_height);

#endif
