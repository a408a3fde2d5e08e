/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_OVERLAY_MOSAIC_H
#define GST_DETECT_OVERLAY_MOSAIC_H

#include <gst/video/video.h>

G_BEGIN_DECLS

/* Scratch memory that is kept from frame to frame; zeroed is empty. */
typedef struct
{
  gpointer memory;
  gsize size;
} GstOverlayMosaic;

void gst_overlay_mosaic_clear (GstOverlayMosaic *mosaic);

/* Replaces a rectangle of a frame by a mosaic, on the frame's own planes, in every
 * format that can be painted. Each tile becomes its own mean, so that nothing
 * finer than a tile is left in any component, alpha included. area and the tiles'
 * side lie on the format's grid (gst_overlay_bitmap_get_grid()); area lies within
 * the frame, and may end at its borders off the grid. */
void gst_overlay_mosaic_draw (GstOverlayMosaic *mosaic, GstVideoFrame *frame,
    const GstVideoRectangle *area, gint tile);

G_END_DECLS

#endif
