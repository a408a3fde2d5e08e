/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_OVERLAY_RULES_H
#define GST_DETECT_OVERLAY_RULES_H

#include "meta/gstdetectmeta.h"

G_BEGIN_DECLS

/* What is to be done with objects of which class. Classes are lists with commas
 * between: names, ids, or * for all. */
typedef struct
{
  GHashTable *show; /* NULL: all */
  GHashTable *hide;
  GHashTable *blur;
  GHashTable *colors; /* word -> 0xRRGGBB */
} GstOverlayRules;

/* All may be NULL. colors is a list of CLASS:COLOR, colours as Pango reads them. FALSE
 * with a GST_LIBRARY_ERROR when a colour cannot be read; then nothing is changed. */
gboolean gst_overlay_rules_set (GstOverlayRules *rules, const gchar *show,
    const gchar *hide, const gchar *blur, const gchar *colors, GError **error);
void gst_overlay_rules_clear (GstOverlayRules *rules);

gboolean gst_overlay_rules_shows (const GstOverlayRules *rules,
    const GstDetectObject *object);
gboolean gst_overlay_rules_blurs (const GstOverlayRules *rules,
    const GstDetectObject *object);
guint32 gst_overlay_rules_get_color (const GstOverlayRules *rules,
    const GstDetectObject *object);

/* A colour's name, or #rrggbb, to 0xRRGGBB. option stands in the error. */
gboolean gst_overlay_parse_color (const gchar *option, const gchar *text,
    guint32 *color, GError **error);

G_END_DECLS

#endif
