/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_OVERLAY_BITMAP_H
#define GST_DETECT_OVERLAY_BITMAP_H

#include <gst/video/video.h>

G_BEGIN_DECLS

/* An opacity, from 0. */
#define GST_OVERLAY_OPAQUE 256

/* A small opaque picture in the very format of the frames it is painted on, so that
 * painting is copying: colours are converted once, by GstVideoConverter. */
typedef struct _GstOverlayBitmap GstOverlayBitmap;

/* Whether frames of this format are made of whole bytes a pixel, and can be
 * converted to. */
gboolean gst_overlay_bitmap_supports (GstVideoFormat format);

/* Sides that a bitmap's place and size are multiples of, so that subsampled chroma
 * is never shared with what lies beside it. */
void gst_overlay_bitmap_get_grid (const GstVideoInfo *info, gint *grid_x,
    gint *grid_y);

/* The first row's bytes of a column on the grid, for each plane of a frame. */
void gst_overlay_bitmap_locate (GstVideoFrame *frame, gint x,
    gpointer data[GST_VIDEO_MAX_PLANES]);

/* From 32-bit pixels 0xXXRRGGBB in native order, for frames like info. width and
 * height are multiples of the grid. NULL when the format cannot be converted to. */
GstOverlayBitmap *gst_overlay_bitmap_new (const GstVideoInfo *info, gint width,
    gint height, const guint8 *pixels, gint stride);
void gst_overlay_bitmap_free (GstOverlayBitmap *bitmap);

gint gst_overlay_bitmap_get_width (const GstOverlayBitmap *bitmap);
gint gst_overlay_bitmap_get_height (const GstOverlayBitmap *bitmap);

/* Copies the bitmap to a place on the grid, or mixes it with what is there; what lies
 * beyond the frame's right and lower border is left out. */
void gst_overlay_bitmap_blit (const GstOverlayBitmap *bitmap,
    GstVideoFrame *frame, gint x, gint y, guint opacity);

/* Fills a rectangle on the grid with the bitmap's first pixels. */
void gst_overlay_bitmap_fill (const GstOverlayBitmap *bitmap,
    GstVideoFrame *frame, const GstVideoRectangle *area, guint opacity);

G_END_DECLS

#endif
