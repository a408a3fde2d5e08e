/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_OVERLAY_OPTIONS_H
#define GST_DETECT_OVERLAY_OPTIONS_H

#include "overlaypainter.h"
#include "overlayrules.h"
#include <detect/option.h>

G_BEGIN_DECLS

/* The properties of `detectoverlay`: a few rows of the core's option table, which
 * `detect` has too, and a table of its own. Not thread-safe. */
typedef struct _GstOverlayOptions GstOverlayOptions;

typedef enum
{
  GST_OVERLAY_BLUR_PIXELATE,
  GST_OVERLAY_BLUR_FILL,
} GstOverlayBlur;

/* What the options come to. */
typedef struct
{
  GstOverlayRules rules;
  GstOverlayStyle style;
  gchar *font; /* what style.font points to */
  GstOverlayBlur blur_mode;
  gint blur_tiles;
  gdouble blur_margin;
  guint32 fill_color;
} GstOverlaySettings;

void gst_overlay_options_install (GObjectClass *klass);

GstOverlayOptions *gst_overlay_options_new (void);
void gst_overlay_options_free (GstOverlayOptions *options);

/* Both return FALSE for ids that are not theirs. */
gboolean gst_overlay_options_set (GstOverlayOptions *options, guint prop_id,
    const GValue *value);
gboolean gst_overlay_options_get (const GstOverlayOptions *options,
    guint prop_id, GValue *value);

/* FALSE with an error when a value cannot be read; then settings stay as they were. */
gboolean gst_overlay_options_resolve (const GstOverlayOptions *options,
    GstOverlaySettings *settings, GError **error);
void gst_overlay_settings_clear (GstOverlaySettings *settings);

G_END_DECLS

#endif
