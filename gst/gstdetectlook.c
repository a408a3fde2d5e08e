/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetectprivate.h"

#include "gstdetecterror.h"

#define GST_CAT_DEFAULT gst_detect_debug

/* After so long a load is announced with PROGRESS messages. */
#define SLOW_LOAD_US (G_USEC_PER_SEC / 2)

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

/* Opens the session. In sync the frame waits for the model; in async it does not,
 * and the session stays closed for now. */
static GstFlowReturn
open_session (GstDetect *self, gboolean may_wait)
{
  g_autoptr (GError) error = NULL;
  GstDetectLoaderResult result = gst_detect_runner_open (&self->runner,
      may_wait ? SLOW_LOAD_US : 0, &error);

  if (result == GST_DETECT_LOADER_SLOW && may_wait) {
    tell_slow_load (self, result);
    result = gst_detect_runner_open (&self->runner, -1, &error);
  }
  tell_slow_load (self, result);
  switch (result) {
    case GST_DETECT_LOADER_READY:
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

/* ---- frames ---- */

static gboolean
is_async (const GstDetect *self)
{
  switch (self->settings.policy) {
    case GST_DETECT_POLICY_SYNC:
      return FALSE;
    case GST_DETECT_POLICY_ASYNC:
      return TRUE;
    case GST_DETECT_POLICY_AUTO:
      break;
  }
  return self->is_live;
}

static GstFlowReturn
fail (GstDetect *self, const GError *error)
{
  if (g_error_matches (error, DET_ERROR, DET_ERROR_CANCELLED))
    return GST_FLOW_FLUSHING;
  gst_detect_error_post (GST_ELEMENT (self), error);
  return GST_FLOW_ERROR;
}

/* Hands the frame to the worker. Only ever maps for reading: memory that others
 * hold too is not copied. */
static GstFlowReturn
submit (GstDetect *self, GstBuffer *buffer)
{
  DetSession *session = self->runner.session;
  g_autoptr (GError) error = NULL;
  GstVideoFrame frame;
  DetFrame view;

  if (!gst_video_frame_map (&frame, &self->info, buffer,
          GST_MAP_READ | GST_VIDEO_FRAME_MAP_FLAG_NO_REF)) {
    GST_ELEMENT_ERROR (self, RESOURCE, READ,
        ("A frame of %" G_GSIZE_FORMAT " bytes cannot be read as the %dx%d %s "
         "its caps promise; look at the element before detect, or put "
         "videoconvert between",
            gst_buffer_get_size (buffer), GST_VIDEO_INFO_WIDTH (&self->info),
            GST_VIDEO_INFO_HEIGHT (&self->info),
            gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (&self->info))),
        ("gst_video_frame_map failed"));
    return GST_FLOW_ERROR;
  }
  gboolean ok = gst_detect_frame_reader_get (&self->reader, session, &frame,
                    &view, &error) &&
      det_session_submit (session, &view, self->runner.params, &error);
  gst_detect_frame_reader_release (&self->reader);
  gst_detect_result_begin (&self->pending, &frame, self->frame_number,
      det_model_get_id (self->runner.model));
  gst_video_frame_unmap (&frame);
  if (!ok)
    return fail (self, error);
  gst_detect_pacer_looked (&self->pacer, &self->settings, self->frame_number,
      GST_BUFFER_PTS (buffer));
  self->under_way = TRUE;
  return GST_FLOW_OK;
}

/* Takes the result of the frame under way; waits for it. */
static GstFlowReturn
collect (GstDetect *self)
{
  g_autoptr (GError) error = NULL;
  DetDetections *detections =
      det_session_wait (self->runner.session, -1, &error);

  self->under_way = FALSE;
  if (!detections)
    return fail (self, error);
  gst_detect_result_clear (&self->result);
  self->result = self->pending;
  self->result.detections = detections;
  g_mutex_lock (&self->lock);
  gst_detect_stats_count_inference (&self->stats, detections);
  g_mutex_unlock (&self->lock);
  return GST_FLOW_OK;
}

static void
paint (GstDetect *self, GstBuffer *buffer, const GstDetectMeta *meta)
{
  GstVideoFormat format = GST_VIDEO_INFO_FORMAT (&self->info);
  GstVideoFrame frame;

  if (meta->n_objects == 0)
    return;
  if (!gst_overlay_painter_can_paint (format) ||
      !gst_video_frame_map (&frame, &self->info, buffer,
          GST_MAP_READWRITE | GST_VIDEO_FRAME_MAP_FLAG_NO_REF)) {
    if (!self->warned_unpaintable)
      GST_ELEMENT_WARNING (self, STREAM, FORMAT,
          ("Nothing can be drawn on %s frames; put videoconvert before detect",
              gst_video_format_to_string (format)),
          (NULL));
    self->warned_unpaintable = TRUE;
    return;
  }
  gst_overlay_painter_paint (self->painter, &frame, &self->settings.style,
      meta->objects, meta->n_objects);
  gst_video_frame_unmap (&frame);
}

static gboolean
may_show (const GstDetect *self, GstBuffer *buffer, gboolean is_new)
{
  return is_new ||
      (self->result.detections && self->settings.enabled &&
          gst_detect_result_is_fresh (&self->result, self->settings.max_age,
              GST_BUFFER_PTS (buffer)));
}

void
gst_detect_show (GstDetect *self, GstBuffer *buffer, gboolean is_new)
{
  if (!may_show (self, buffer, is_new))
    return;

  guint age = (guint) (self->frame_number - self->result.frame_number);
  const GstDetectMeta *meta =
      gst_detect_result_attach (&self->result, buffer, age);

  if (is_new && self->settings.post_messages)
    gst_element_post_message (GST_ELEMENT (self),
        gst_message_new_element (GST_OBJECT (self),
            gst_detect_meta_to_structure (meta)));
  if (self->settings.overlay)
    paint (self, buffer, meta);
}

static gboolean
wants_inference (GstDetect *self, GstBuffer *buffer)
{
  GstClockTime pts = GST_BUFFER_PTS (buffer);

  return gst_detect_runner_is_open (&self->runner) && !self->under_way &&
      !gst_detect_lateness_is_late (&self->lateness,
          &GST_BASE_TRANSFORM (self)->segment, pts) &&
      gst_detect_pacer_wants (&self->pacer, &self->settings, self->frame_number,
          pts);
}

GstFlowReturn
gst_detect_look (GstDetect *self, GstBuffer *buffer, gboolean *looked,
    gboolean *is_new)
{
  gboolean async = is_async (self);
  GstFlowReturn flow = GST_FLOW_OK;

  if (!gst_detect_runner_is_open (&self->runner))
    flow = open_session (self, !async);
  if (flow == GST_FLOW_OK && self->under_way &&
      !det_session_is_busy (self->runner.session)) {
    flow = collect (self);
    *is_new = flow == GST_FLOW_OK;
  }
  if (flow != GST_FLOW_OK || !wants_inference (self, buffer))
    return flow;
  *looked = TRUE;
  flow = submit (self, buffer);
  if (flow == GST_FLOW_OK && !async) {
    flow = collect (self);
    *is_new = flow == GST_FLOW_OK;
  }
  return flow;
}
