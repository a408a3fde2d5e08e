/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_OVERLAY_PAINTER_H
#define GST_DETECT_OVERLAY_PAINTER_H

#include "meta/gstdetectmeta.h"
#include <gst/video/video.h>

G_BEGIN_DECLS

/* Paints boxes and labels on a frame's own planes, in every format that is read,
 * only where something is drawn. Keeps rendered labels; one thread at a time. */
typedef struct _GstOverlayPainter GstOverlayPainter;

typedef struct
{
  gboolean labels; /* draw "person 0.87" */
  gboolean no_boxes;
  gboolean no_landmarks;
  gint line_width; /* pixels; 0: follows the frame's height */
  guint fading;    /* of 256: how much of the frame shows through; 0: nothing */
  const gchar
      *font; /* Pango font description; its size is ignored unless given:
                        then it is used as it is. NULL: "Sans Bold" */
} GstOverlayStyle;

GstOverlayPainter *gst_overlay_painter_new (void);
void gst_overlay_painter_free (GstOverlayPainter *painter);

/* Whether frames of this format can be painted. */
gboolean gst_overlay_painter_can_paint (GstVideoFormat format);

/* frame is mapped for reading and writing. */
void gst_overlay_painter_paint (GstOverlayPainter *painter,
    GstVideoFrame *frame, const GstOverlayStyle *style,
    const GstDetectObject *objects, guint n_objects);

/* The same object by object, for callers that choose: begin once a frame, then what
 * is to lie on top last. color: 0xRRGGBB. */
void gst_overlay_painter_begin (GstOverlayPainter *painter,
    const GstVideoFrame *frame, const GstOverlayStyle *style);
void gst_overlay_painter_draw (GstOverlayPainter *painter, GstVideoFrame *frame,
    const GstOverlayStyle *style, const GstDetectObject *object, guint32 color);

/* Where an object is on a frame, cut at its borders and widened by margin (of its
 * own size) and to the format's grid. FALSE: nowhere. */
gboolean gst_overlay_painter_locate (const GstOverlayPainter *painter,
    const GstDetectObject *object, gdouble margin, GstVideoRectangle *area);

/* Fills such an area. */
void gst_overlay_painter_fill (GstOverlayPainter *painter, GstVideoFrame *frame,
    const GstVideoRectangle *area, guint32 color);

/* The stable colour of a class, 0xRRGGBB; of an object without a class id, that of
 * its label. */
guint32 gst_overlay_class_color (gint class_id);
guint32 gst_overlay_object_color (const GstDetectObject *object);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstOverlayPainter, gst_overlay_painter_free)

G_END_DECLS

#endif
