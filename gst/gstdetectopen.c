/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetectprivate.h"

#include "gstdetecterror.h"

#define GST_CAT_DEFAULT gst_detect_debug

/* After so long a load is announced with PROGRESS messages. */
#define SLOW_LOAD_US (G_USEC_PER_SEC / 2)

/* Between frames whose caps name no rate. */
#define USUAL_STEP (40 * GST_MSECOND)

/* ---- options ---- */

/* An option that does not fit is an error at the start; later it is a warning, and
 * what was valid before stays. */
static gboolean
apply_session_options (GstDetect *self, const DetOptions *options)
{
  g_autoptr (GError) error = NULL;
  gboolean at_start;

  if (gst_detect_runner_set_options (&self->runner, options, &at_start, &error))
    return TRUE;
  if (at_start)
    gst_detect_error_post (GST_ELEMENT (self), error);
  else
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS, ("%s", error->message),
        ("the value set before stays in use"));
  return !at_start;
}

/* A frame leaves when the last of those inferred along with it has come. */
static void
update_latency (GstDetect *self)
{
  gint fps_n = GST_VIDEO_INFO_FPS_N (&self->info);
  gint fps_d = GST_VIDEO_INFO_FPS_D (&self->info);
  GstClockTime step = fps_n > 0
      ? gst_util_uint64_scale_int (GST_SECOND, fps_d, fps_n)
      : USUAL_STEP;
  GstClockTime latency = gst_detect_is_async (self)
      ? 0
      : step * (MAX (self->runner.n_at_once, 1) - 1);

  g_mutex_lock (&self->lock);
  gboolean is_new = latency != self->latency;
  self->latency = latency;
  g_mutex_unlock (&self->lock);
  if (is_new)
    gst_element_post_message (GST_ELEMENT (self),
        gst_message_new_latency (GST_OBJECT (self)));
}

/* Takes over what has changed since the last frame. */
gboolean
gst_detect_update_options (GstDetect *self)
{
  g_autoptr (DetOptions) options = NULL;

  g_mutex_lock (&self->lock);
  if (self->options_changed)
    options = det_options_copy (self->options);
  self->options_changed = FALSE;
  g_mutex_unlock (&self->lock);
  if (!options)
    return TRUE;

  g_autoptr (DetOptions)
      resolved = gst_detect_runner_resolve (&self->runner, options);
  gst_detect_settings_take (&self->settings, resolved);
  update_latency (self);
  return !gst_detect_runner_is_open (&self->runner) ||
      apply_session_options (self, resolved);
}

/* ---- loading ---- */

static void
post_progress (GstDetect *self, GstProgressType type, const gchar *text)
{
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_progress (GST_OBJECT (self), type, "load-model", text));
}

static void
tell_slow_load (GstDetect *self, GstDetectLoaderResult result)
{
  if (result == GST_DETECT_LOADER_SLOW && !self->slow_load_told)
    post_progress (self, GST_PROGRESS_TYPE_START, "Loading the model");
  else if (result == GST_DETECT_LOADER_READY && self->slow_load_told)
    post_progress (self, GST_PROGRESS_TYPE_COMPLETE, "Model loaded");
  else if (result == GST_DETECT_LOADER_FAILED && self->slow_load_told)
    post_progress (self, GST_PROGRESS_TYPE_ERROR, "Model not loaded");
  self->slow_load_told = result == GST_DETECT_LOADER_SLOW;
}

static void
log_model (GstDetect *self)
{
  const DetModel *model = self->runner.model;

  GST_INFO_OBJECT (self, "%s runs on %s, threads=%d", det_model_get_id (model),
      det_model_get_engine (model), det_model_get_threads (model));
}

GstFlowReturn
gst_detect_open_sessions (GstDetect *self, gboolean may_wait)
{
  g_autoptr (GError) error = NULL;
  gboolean ahead = gst_detect_looks_ahead (self);
  GstDetectLoaderResult result = gst_detect_runner_open (&self->runner, ahead,
      may_wait ? SLOW_LOAD_US : 0, &error);

  if (result == GST_DETECT_LOADER_SLOW && may_wait) {
    tell_slow_load (self, result);
    result = gst_detect_runner_open (&self->runner, ahead, -1, &error);
  }
  if (result == GST_DETECT_LOADER_READY && self->runner.n_sessions > 1 &&
      !gst_detect_releaser_start (&self->releaser,
          GST_BASE_TRANSFORM_SINK_PAD (self), gst_detect_release_due, self,
          &error))
    result = GST_DETECT_LOADER_FAILED;
  tell_slow_load (self, result);
  switch (result) {
    case GST_DETECT_LOADER_READY:
      log_model (self);
      gst_detect_reset_flights (self);
      g_mutex_lock (&self->lock);
      self->options_changed = TRUE;
      g_mutex_unlock (&self->lock);
      return gst_detect_update_options (self) ? GST_FLOW_OK : GST_FLOW_ERROR;
    case GST_DETECT_LOADER_SLOW:
      return GST_FLOW_OK;
    case GST_DETECT_LOADER_CANCELLED:
      return GST_FLOW_FLUSHING;
    case GST_DETECT_LOADER_FAILED:
      break;
  }
  gst_detect_error_post (GST_ELEMENT (self), error);
  return GST_FLOW_ERROR;
}
