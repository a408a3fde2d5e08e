/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetectsettings.h"

static void
take_parts (GstDetectSettings *settings, const DetOptions *options)
{
  const gchar *parents =
      det_options_get_string (options, DET_OPT_REGION_CLASSES);

  settings->in_objects =
      g_strcmp0 (det_options_get_string (options, DET_OPT_REGION), "objects") ==
      0;
  settings->parents = parents && *parents ? g_strsplit (parents, ",", -1)
                                          : NULL;
  for (gint i = 0; settings->parents && settings->parents[i]; i++)
    g_strstrip (settings->parents[i]);
  settings->columns = settings->rows = 1;
  det_options_get_size (options, DET_OPT_TILES, &settings->columns,
      &settings->rows);
  settings->overlap = det_options_get_double (options, DET_OPT_TILE_OVERLAP);
}

static GstDetectPolicy
parse_policy (const gchar *word)
{
  if (g_strcmp0 (word, "sync") == 0)
    return GST_DETECT_POLICY_SYNC;
  if (g_strcmp0 (word, "async") == 0)
    return GST_DETECT_POLICY_ASYNC;
  return GST_DETECT_POLICY_AUTO;
}

void
gst_detect_settings_take (GstDetectSettings *settings,
    const DetOptions *options)
{
  gst_detect_settings_clear (settings);
  settings->policy =
      parse_policy (det_options_get_string (options, DET_OPT_POLICY));
  settings->pass_on_error =
      g_strcmp0 (det_options_get_string (options, DET_OPT_ON_ERROR), "pass") ==
      0;
  settings->timeout_us =
      det_options_get_int (options, DET_OPT_TIMEOUT_MS) * 1000;
  settings->interval = (gint) det_options_get_int (options, DET_OPT_INTERVAL);
  settings->max_fps = det_options_get_double (options, DET_OPT_MAX_FPS);
  settings->max_age =
      (guint64) det_options_get_int (options, DET_OPT_MAX_AGE) * GST_MSECOND;
  take_parts (settings, options);
  settings->enabled = det_options_get_boolean (options, DET_OPT_ENABLED);
  settings->overlay = det_options_get_boolean (options, DET_OPT_OVERLAY);
  settings->post_messages =
      det_options_get_boolean (options, DET_OPT_POST_MESSAGES);
  settings->font = g_strdup (det_options_get_string (options, DET_OPT_FONT));
  settings->style = (GstOverlayStyle){
    .labels = det_options_get_boolean (options, DET_OPT_OVERLAY_LABELS),
    .line_width = (gint) det_options_get_int (options, DET_OPT_LINE_WIDTH),
    .font = settings->font,
  };
}

void
gst_detect_settings_clear (GstDetectSettings *settings)
{
  g_clear_pointer (&settings->font, g_free);
  g_clear_pointer (&settings->parents, g_strfreev);
}

void
gst_detect_pacer_reset (GstDetectPacer *pacer)
{
  *pacer = (GstDetectPacer){ .due = GST_CLOCK_TIME_NONE };
}

static GstClockTime
step_of (const GstDetectSettings *settings)
{
  return (GstClockTime) ((gdouble) GST_SECOND / settings->max_fps);
}

/* A jump of time, forth or back, makes the grid of max-fps start anew. */
static gboolean
is_on_grid (const GstDetectPacer *pacer, GstClockTime step, GstClockTime pts)
{
  return GST_CLOCK_TIME_IS_VALID (pacer->due) && pts + step >= pacer->due &&
      pts <= pacer->due + step;
}

gboolean
gst_detect_pacer_wants (const GstDetectPacer *pacer,
    const GstDetectSettings *settings, guint64 frame_number, GstClockTime pts)
{
  if (pacer->any && frame_number - pacer->last < (guint64) settings->interval)
    return FALSE;
  if (settings->max_fps <= 0 || !GST_CLOCK_TIME_IS_VALID (pts))
    return TRUE;
  return !is_on_grid (pacer, step_of (settings), pts) || pts >= pacer->due;
}

/* max-fps is kept on a grid of stream time, so that the mean rate is met also when
 * frames do not fall on it. */
void
gst_detect_pacer_looked (GstDetectPacer *pacer,
    const GstDetectSettings *settings, guint64 frame_number, GstClockTime pts)
{
  pacer->any = TRUE;
  pacer->last = frame_number;
  if (settings->max_fps <= 0 || !GST_CLOCK_TIME_IS_VALID (pts))
    return;
  if (!is_on_grid (pacer, step_of (settings), pts))
    pacer->due = pts;
  pacer->due += step_of (settings);
}
