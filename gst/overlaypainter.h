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

/* The stable colour of a class, 0xRRGGBB. */
guint32 gst_overlay_class_color (gint class_id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstOverlayPainter, gst_overlay_painter_free)

G_END_DECLS

#endif
