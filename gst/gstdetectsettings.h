/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_SETTINGS_H
#define GST_DETECT_SETTINGS_H

#include "overlaypainter.h"
#include <detect/option.h>
#include <gst/gst.h>

G_BEGIN_DECLS

typedef enum
{
  GST_DETECT_POLICY_AUTO,
  GST_DETECT_POLICY_SYNC,
  GST_DETECT_POLICY_ASYNC,
} GstDetectPolicy;

/* The options of element scope, as the streaming thread uses them. */
typedef struct
{
  GstDetectPolicy policy;
  gboolean pass_on_error;
  gint64 timeout_us; /* 0: none */
  gint interval;
  gdouble max_fps;
  GstClockTime max_age;
  gboolean in_objects; /* region=objects */
  gchar **parents;     /* labels of the objects to look into; NULL: all */
  gint columns;        /* of tiles; 1 × 1: none */
  gint rows;
  gdouble overlap;
  gboolean enabled;
  gboolean overlay;
  gboolean post_messages;
  GstOverlayStyle style;
  gchar *font; /* what style.font points to */
} GstDetectSettings;

void gst_detect_settings_take (GstDetectSettings *settings,
    const DetOptions *options);
void gst_detect_settings_clear (GstDetectSettings *settings);

/* Decides which frames are looked at. */
typedef struct
{
  gboolean any;     /* a frame was looked at */
  guint64 last;     /* number of the last one */
  GstClockTime due; /* max-fps: when the next may be looked at */
} GstDetectPacer;

void gst_detect_pacer_reset (GstDetectPacer *pacer);

/* Whether a frame is to be looked at. */
gboolean gst_detect_pacer_wants (const GstDetectPacer *pacer,
    const GstDetectSettings *settings, guint64 frame_number, GstClockTime pts);

/* A frame was looked at. */
void gst_detect_pacer_looked (GstDetectPacer *pacer,
    const GstDetectSettings *settings, guint64 frame_number, GstClockTime pts);

G_END_DECLS

#endif
