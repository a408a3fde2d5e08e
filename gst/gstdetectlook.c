/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetectprivate.h"

#include "framemap.h"
#include "gstdetecterror.h"

#define GST_CAT_DEFAULT gst_detect_debug

/* An engine that hangs so often in a row is not tried again: each time costs a
 * thread that never comes back. */
#define MOST_TIMEOUTS 3

gboolean
gst_detect_is_async (const GstDetect *self)
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

static void
count (GstDetect *self, guint64 *counter, guint64 n)
{
  g_mutex_lock (&self->lock);
  *counter += n;
  g_mutex_unlock (&self->lock);
}

gboolean
gst_detect_looks_ahead (const GstDetect *self)
{
  return !gst_detect_is_async (self) && !self->is_live;
}

void
gst_detect_reset_flights (GstDetect *self)
{
  gst_detect_flights_reset (&self->flights, self->runner.n_sessions,
      self->runner.n_at_once);
}

/* Sessions stay with what they have under way until its time has come: an engine that
 * hangs there is found out then. */
static void
forget_flights (GstDetect *self)
{
  count (self, &self->stats.dropped,
      gst_detect_flights_forget (&self->flights));
  if (!gst_detect_runner_is_open (&self->runner))
    gst_detect_reset_flights (self);
}

void
gst_detect_forget_frames (GstDetect *self)
{
  gst_detect_line_clear (&self->line);
  forget_flights (self);
}

void
gst_detect_forget (GstDetect *self)
{
  gst_detect_forget_frames (self);
  gst_detect_result_clear (&self->result);
  gst_detect_pacer_reset (&self->pacer);
}

/* ---- what goes wrong ---- */

/* What is wrong with the model shows with its first run, and stays. */
static gboolean
is_of_the_model (const GError *error)
{
  return g_error_matches (error, DET_ERROR, DET_ERROR_UNRECOGNISED) ||
      g_error_matches (error, DET_ERROR, DET_ERROR_UNSUPPORTED) ||
      g_error_matches (error, DET_ERROR, DET_ERROR_CORRUPT);
}

/* An inference failed: what becomes of the stream is for on-error to say. */
static GstFlowReturn
fail (GstDetect *self, const GError *error)
{
  if (g_error_matches (error, DET_ERROR, DET_ERROR_CANCELLED))
    return GST_FLOW_FLUSHING;
  count (self, &self->stats.errors, 1);
  if (!self->settings.pass_on_error || is_of_the_model (error)) {
    gst_detect_error_post (GST_ELEMENT (self), error);
    return GST_FLOW_ERROR;
  }
  if (!self->warned_failing)
    GST_ELEMENT_WARNING (self, LIBRARY, FAILED, ("%s", error->message),
        ("video goes on without results, since on-error=pass"));
  self->warned_failing = TRUE;
  return GST_FLOW_OK;
}

static GstFlowReturn
give_up (GstDetect *self)
{
  g_autoptr (GError) error = g_error_new (DET_ERROR, DET_ERROR_TIMEOUT,
      "engine %s hung %d times in a row and is not asked again; try another "
      "engine=, or a longer timeout-ms",
      det_model_get_engine (self->runner.model), MOST_TIMEOUTS);

  self->gave_up = TRUE;
  return fail (self, error);
}

/* A session that takes too long is given up; where the model is blocked with it, all
 * inferences under way are. */
static GstFlowReturn
time_out (GstDetect *self, guint session)
{
  g_autoptr (GError) error = NULL;

  GST_ELEMENT_WARNING (self, LIBRARY, FAILED,
      ("Engine %s did not answer within %" G_GINT64_FORMAT
       " ms, and video goes on without its result; raise timeout-ms if the "
       "model is that slow, or try another engine=",
          det_model_get_engine (self->runner.model),
          self->settings.timeout_us / 1000),
      (NULL));
  count (self, &self->stats.timeouts, 1);
  self->n_timeouts++;
  gboolean ok = gst_detect_runner_replace (&self->runner, session, &error);
  if (!gst_detect_runner_is_open (&self->runner))
    forget_flights (self);
  if (!ok)
    return fail (self, error);
  return self->n_timeouts < MOST_TIMEOUTS ? GST_FLOW_OK : give_up (self);
}

/* ---- inferences ---- */

static gboolean
map_for_reading (GstDetect *self, GstBuffer *buffer, GstVideoFrame *frame)
{
  if (gst_detect_frame_map (frame, &self->info, buffer, GST_MAP_READ))
    return TRUE;
  GST_ELEMENT_ERROR (self, RESOURCE, READ,
      ("A frame of %" G_GSIZE_FORMAT " bytes cannot be read as the %dx%d %s "
       "its caps promise; look at the element before detect, or put "
       "videoconvert between",
          gst_buffer_get_size (buffer), GST_VIDEO_INFO_WIDTH (&self->info),
          GST_VIDEO_INFO_HEIGHT (&self->info),
          gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (&self->info))),
      ("the frame does not fit its memory"));
  return FALSE;
}

/* Prepares the parts of the frame that are to be looked at. */
static gboolean
add_parts (GstDetect *self, DetSession *session, GstVideoFrame *frame,
    const GstVideoRectangle *shown, GError **error)
{
  GstDetectParts *parts = &self->parts;
  gboolean ok = det_session_begin (session, shown->w, shown->h,
      self->runner.params, error);

  for (guint i = 0; ok && i < parts->n; i++) {
    const GstVideoRectangle *area = &parts->areas[i];
    DetFrame view;

    ok = gst_detect_frame_reader_get (&self->reader, session, frame, area,
             &view, error) &&
        det_session_add (session, &view, area->x - shown->x, area->y - shown->y,
            error);
    gst_detect_frame_reader_release (&self->reader);
  }
  return ok;
}

static void
begin_flight (GstDetect *self, const GstVideoFrame *frame, guint64 number)
{
  GstDetectFlight *flight = gst_detect_flights_begin (&self->flights);

  gst_detect_result_begin (&flight->pending, frame, &self->parts, number,
      det_model_get_id (self->runner.model));
  flight->since_us = g_get_monotonic_time ();
}

/* Hands the frame to a worker. Only ever maps for reading: memory that others hold
 * too is not copied. */
static GstFlowReturn
submit (GstDetect *self, GstDetectWaiting *waiting)
{
  DetSession *session =
      self->runner.sessions[gst_detect_flights_next_session (&self->flights)];
  gboolean async = gst_detect_is_async (self);
  g_autoptr (GError) error = NULL;
  GstVideoFrame frame;

  if (!map_for_reading (self, waiting->buffer, &frame))
    return GST_FLOW_ERROR;
  GstVideoRectangle shown = gst_detect_frame_get_crop (&frame);
  gst_detect_parts_plan (&self->parts, &self->settings, &shown, waiting->buffer,
      &self->info, &self->reading);
  /* With several at once other workers want the processors, and a frame that does not
   * wait for its inference waits for no helper either. */
  det_session_set_helping (session, self->runner.n_at_once == 1 && !async);
  det_session_set_deferring (session, async);
  gboolean ok = add_parts (self, session, &frame, &shown, &error);
  if (ok) {
    begin_flight (self, &frame, waiting->number);
    det_session_start (session);
  }
  gst_video_frame_unmap (&frame);
  if (!ok)
    return fail (self, error);
  gst_detect_pacer_looked (&self->pacer, &self->settings, waiting->number,
      GST_BUFFER_PTS (waiting->buffer));
  waiting->looked = TRUE;
  return GST_FLOW_OK;
}

/* How long the inference may still take, in microseconds; -1: as long as it wants. */
static gint64
get_time_left (const GstDetect *self, const GstDetectFlight *flight)
{
  gint64 spent = g_get_monotonic_time () - flight->since_us;

  return self->settings.timeout_us > 0
      ? MAX (self->settings.timeout_us - spent, 0)
      : -1;
}

/* Takes the result of the inference that was begun first; waits for it. */
static GstFlowReturn
collect (GstDetect *self, gboolean *is_new)
{
  GstDetectFlight *flight = gst_detect_flights_peek (&self->flights);
  g_autoptr (GError) error = NULL;
  DetDetections *detections =
      det_session_wait (self->runner.sessions[flight->session],
          get_time_left (self, flight), &error);

  if (g_error_matches (error, DET_ERROR, DET_ERROR_CANCELLED))
    return GST_FLOW_FLUSHING;
  gst_detect_flights_end (&self->flights, g_get_monotonic_time ());
  if (g_error_matches (error, DET_ERROR, DET_ERROR_TIMEOUT))
    return time_out (self, flight->session);
  if (detections)
    self->n_timeouts = 0;
  if (flight->is_forgotten) {
    det_detections_unref (detections);
    return GST_FLOW_OK;
  }
  if (!detections)
    return fail (self, error);
  gst_detect_result_clear (&self->result);
  self->result = flight->pending;
  self->result.detections = detections;
  self->warned_failing = FALSE;
  *is_new = TRUE;
  g_mutex_lock (&self->lock);
  gst_detect_stats_count_inference (&self->stats, detections);
  g_mutex_unlock (&self->lock);
  return GST_FLOW_OK;
}

/* Whether the first inference under way can be collected without waiting: it has
 * ended, or run out of time. */
static gboolean
is_due (const GstDetect *self, const GstDetectFlight *flight)
{
  return !det_session_is_busy (self->runner.sessions[flight->session]) ||
      get_time_left (self, flight) == 0;
}

/* Takes all that is under way up to the frame's own; waits for it. */
static GstFlowReturn
collect_own (GstDetect *self, GstDetectWaiting *frame)
{
  GstFlowReturn flow = GST_FLOW_OK;
  const GstDetectFlight *flight;

  while (flow == GST_FLOW_OK &&
      (flight = gst_detect_flights_peek (&self->flights)) &&
      flight->pending.frame_number <= frame->number)
    flow = collect (self, &frame->is_new);
  return flow;
}

/* Takes what has ended by now: at most one result, so that each leaves on a frame of
 * its own. Frames that still wait for theirs, after a change from sync to async, get
 * it first. */
static GstFlowReturn
collect_due (GstDetect *self, GstDetectWaiting *frame)
{
  GstFlowReturn flow = GST_FLOW_OK;
  const GstDetectFlight *flight;

  if (gst_detect_line_peek (&self->line))
    return GST_FLOW_OK;
  while (flow == GST_FLOW_OK && !frame->is_new &&
      (flight = gst_detect_flights_peek (&self->flights)) &&
      is_due (self, flight))
    flow = collect (self, &frame->is_new);
  return flow;
}

/* After a change from async to sync what is under way is of frames that have left, and
 * after a flush nobody wants it: it must not keep all sessions for ever. */
static GstFlowReturn
collect_left_over (GstDetect *self)
{
  GstFlowReturn flow = GST_FLOW_OK;
  gboolean is_new; /* of no frame that is here */

  while (flow == GST_FLOW_OK && gst_detect_flights_peek (&self->flights) &&
      gst_detect_flights_is_full (&self->flights))
    flow = collect (self, &is_new);
  return flow;
}

/* What is under way when looking is switched off would be old when it is switched on
 * again. */
static void
pause_looking (GstDetect *self)
{
  if (!gst_detect_line_peek (&self->line))
    forget_flights (self);
}

/* ---- frames ---- */

/* In async nothing waits for its turn. */
static gboolean
has_room (const GstDetect *self, gboolean async)
{
  if (!gst_detect_runner_is_open (&self->runner) ||
      gst_detect_flights_is_full (&self->flights))
    return FALSE;
  return !async || self->flights.n < self->flights.n_at_once;
}

static gboolean
wants_inference (GstDetect *self, const GstDetectWaiting *frame, gboolean async)
{
  GstClockTime pts = GST_BUFFER_PTS (frame->buffer);

  if (!has_room (self, async) ||
      !gst_detect_pacer_wants (&self->pacer, &self->settings, frame->number,
          pts))
    return FALSE;
  if (!gst_detect_lateness_is_late (&self->lateness,
          &GST_BASE_TRANSFORM (self)->segment, pts))
    return TRUE;
  count (self, &self->stats.late, 1);
  return FALSE;
}

static GstFlowReturn
look (GstDetect *self, GstDetectWaiting *frame)
{
  gboolean async = gst_detect_is_async (self);
  GstFlowReturn flow = GST_FLOW_OK;

  if (!self->settings.enabled || self->gave_up) {
    pause_looking (self);
    return GST_FLOW_OK;
  }
  if (!gst_detect_runner_is_open (&self->runner))
    flow = gst_detect_open_sessions (self, !async);
  if (flow == GST_FLOW_OK)
    flow = async ? collect_due (self, frame) : collect_left_over (self);
  if (flow != GST_FLOW_OK || !wants_inference (self, frame, async))
    return flow;
  flow = submit (self, frame);
  frame->waits = frame->looked && !async;
  return flow;
}

GstFlowReturn
gst_detect_take_in (GstDetect *self, GstBuffer *buffer)
{
  GstDetectWaiting frame = { .buffer = buffer, .number = self->frame_number++ };
  GstFlowReturn flow = gst_detect_update_options (self) ? look (self, &frame)
                                                        : GST_FLOW_ERROR;

  if (flow == GST_FLOW_OK)
    gst_detect_line_push (&self->line, &frame);
  else
    gst_buffer_unref (buffer);
  return flow;
}

gboolean
gst_detect_may_let_out (GstDetect *self)
{
  const GstDetectWaiting *frame = gst_detect_line_peek (&self->line);
  const GstDetectFlight *flight = gst_detect_flights_peek (&self->flights);

  return frame &&
      (!frame->waits || self->line.n >= self->runner.n_sessions || !flight ||
          is_due (self, flight));
}

gint64
gst_detect_get_deadline (GstDetect *self)
{
  const GstDetectWaiting *frame = gst_detect_line_peek (&self->line);
  const GstDetectFlight *flight = gst_detect_flights_peek (&self->flights);

  return frame && frame->waits && flight && self->settings.timeout_us > 0
      ? flight->since_us + self->settings.timeout_us
      : -1;
}

static void
count_frame (GstDetect *self, const GstDetectWaiting *frame)
{
  g_mutex_lock (&self->lock);
  gst_detect_stats_count_frame (&self->stats);
  if (!frame->looked)
    self->stats.skipped++;
  g_mutex_unlock (&self->lock);
}

GstFlowReturn
gst_detect_let_out (GstDetect *self, GstBuffer **buffer)
{
  GstDetectWaiting frame = gst_detect_line_pop (&self->line);
  GstFlowReturn flow = frame.waits ? collect_own (self, &frame) : GST_FLOW_OK;

  if (flow != GST_FLOW_OK) {
    gst_buffer_unref (frame.buffer);
    return flow;
  }
  gst_detect_show (self, &frame);
  count_frame (self, &frame);
  *buffer = frame.buffer;
  return GST_FLOW_OK;
}
