/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_OVERLAY_LABEL_H
#define GST_DETECT_OVERLAY_LABEL_H

#include <cairo.h>
#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  const gchar
      *font; /* Pango description; a size in it is kept. NULL: Sans Bold */
  gint text_height; /* pixels, for fonts without a size */
  gint max_width;   /* of the whole plate */
  gint grid_x;      /* sides come out as multiples of these */
  gint grid_y;
} GstOverlayLabelStyle;

/* A plate of one colour with text on it, black or white, whichever reads better.
 * text is any bytes; what is not UTF-8 or not printable is replaced, markup has no
 * meaning. color: 0xRRGGBB. An opaque CAIRO_FORMAT_RGB24 surface. */
cairo_surface_t *gst_overlay_label_render (const gchar *text, guint32 color,
    const GstOverlayLabelStyle *style);

G_END_DECLS

#endif
