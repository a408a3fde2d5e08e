/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "workers.h"

#include <detect/error.h>

/* ---- coming and going ---- */

void
det_session_unref (DetSession *session)
{
  if (!g_atomic_ref_count_dec (&session->refs))
    return;
  det_job_clear (&session->job);
  det_detections_unref (session->result);
  g_clear_error (&session->error);
  g_cond_clear (&session->changed);
  g_free (session);
}

DetSession *
det_session_new_with_workers (DetWorkers *workers, GError **error)
{
  if (!det_workers_replenish (workers, error))
    return NULL;

  DetSession *session = g_new0 (DetSession, 1);
  g_atomic_ref_count_init (&session->refs);
  g_cond_init (&session->changed);
  session->link.data = session;
  session->workers = det_workers_ref (workers);
  return session;
}

DetSession *
det_session_new (DetModel *model, GError **error)
{
  DetWorkers *workers = det_workers_new (model, 1, error);
  DetSession *session = workers ? det_session_new_with_workers (workers, error)
                                : NULL;

  det_workers_unref (workers);
  return session;
}

/* With the lock held: takes the frame from those who would infer it. A worker that is
 * with it already comes back when the engine does, and ends then if another has come
 * for it. */
static void
give_up (DetSession *session)
{
  DetWorkers *workers = session->workers;

  session->closed = TRUE;
  if (session->state == DET_SESSION_READY)
    g_queue_unlink (&workers->ready, &session->link);
  else if (session->state == DET_SESSION_RUNNING)
    workers->n_threads--;
}

void
det_session_free (DetSession *session)
{
  if (!session)
    return;
  DetWorkers *workers = session->workers;
  g_mutex_lock (&workers->lock);
  give_up (session);
  g_mutex_unlock (&workers->lock);
  det_session_unref (session);
  det_workers_unref (workers);
}

/* ---- preparing ---- */

/* With the lock held. */
static gboolean
is_under_way (const DetSession *session)
{
  return session->state == DET_SESSION_READY ||
      session->state == DET_SESSION_RUNNING;
}

static gboolean
set_cancelled_error (GError **error)
{
  g_set_error_literal (error, DET_ERROR, DET_ERROR_CANCELLED,
      "the wait for the engine was broken off");
  return FALSE;
}

/* With the lock held: waits until the worker has nothing under way. */
static gboolean
wait_until_free (DetSession *session, GError **error)
{
  while (!session->cancelled && is_under_way (session))
    g_cond_wait (&session->changed, &session->workers->lock);
  if (session->cancelled)
    return set_cancelled_error (error);
  g_clear_pointer (&session->result, det_detections_unref);
  g_clear_error (&session->error);
  session->state = DET_SESSION_IDLE;
  return TRUE;
}

gboolean
det_session_begin (DetSession *session, int width, int height,
    DetParams *params, GError **error)
{
  g_mutex_lock (&session->workers->lock);
  gboolean is_free = wait_until_free (session, error);
  if (is_free)
    session->state = DET_SESSION_PREPARED;
  g_mutex_unlock (&session->workers->lock);
  if (!is_free)
    return FALSE;
  det_job_begin (&session->job, width, height, params);
  return TRUE;
}

gboolean
det_session_add (DetSession *session, const DetFrame *frame, int x, int y,
    GError **error)
{
  gint64 start = g_get_monotonic_time ();
  DetPart *part = det_job_next_part (&session->job, session->workers->model);

  det_preprocess_set_deferring (part->preprocess, session->is_deferring);
  if (!det_preprocess_begin (part->preprocess, frame, error))
    return FALSE;
  if (session->may_be_helped)
    det_workers_call_help (session->workers, part->preprocess);
  det_preprocess_work (part->preprocess);
  if (session->may_be_helped)
    det_workers_dismiss_help (session->workers);
  part->x = x;
  part->y = y;
  session->job.n_parts++;
  session->job.preprocess_us += g_get_monotonic_time () - start;
  return TRUE;
}

void
det_session_start (DetSession *session)
{
  g_mutex_lock (&session->workers->lock);
  if (session->state == DET_SESSION_PREPARED) {
    session->state = DET_SESSION_READY;
    det_workers_add_ready (session->workers, session);
  }
  g_mutex_unlock (&session->workers->lock);
}

/* ---- a frame from here to there ---- */

gboolean
det_session_submit (DetSession *session, const DetFrame *frame,
    DetParams *params, GError **error)
{
  int width = frame->source_width > 0 ? frame->source_width : frame->width;
  int height = frame->source_height > 0 ? frame->source_height : frame->height;

  if (!det_session_begin (session, width, height, params, error) ||
      !det_session_add (session, frame, 0, 0, error))
    return FALSE;
  det_session_start (session);
  return TRUE;
}

/* With the lock held. */
static gboolean
wait_until_done (DetSession *session, gint64 timeout_us, GError **error)
{
  gint64 deadline = g_get_monotonic_time () + MAX (timeout_us, 0);

  while (!session->cancelled && is_under_way (session)) {
    if (timeout_us < 0) {
      g_cond_wait (&session->changed, &session->workers->lock);
    } else if (!g_cond_wait_until (&session->changed, &session->workers->lock,
                   deadline)) {
      g_set_error (error, DET_ERROR, DET_ERROR_TIMEOUT,
          "the engine did not answer within %" G_GINT64_FORMAT " ms",
          timeout_us / 1000);
      return FALSE;
    }
  }
  return session->cancelled ? set_cancelled_error (error) : TRUE;
}

DetDetections *
det_session_wait (DetSession *session, gint64 timeout_us, GError **error)
{
  DetDetections *result = NULL;

  g_mutex_lock (&session->workers->lock);
  if (wait_until_done (session, timeout_us, error)) {
    result = g_steal_pointer (&session->result);
    if (session->error)
      g_propagate_error (error, g_steal_pointer (&session->error));
    else if (!result)
      g_set_error_literal (error, DET_ERROR, DET_ERROR_FAILED,
          "no frame was submitted; submit one before waiting");
    session->state = DET_SESSION_IDLE;
  }
  g_mutex_unlock (&session->workers->lock);
  return result;
}

DetDetections *
det_session_run (DetSession *session, const DetFrame *frame, DetParams *params,
    GError **error)
{
  return det_session_submit (session, frame, params, error)
      ? det_session_wait (session, -1, error)
      : NULL;
}

void
det_session_set_helping (DetSession *session, gboolean helping)
{
  session->may_be_helped = helping && g_get_num_processors () > 1;
}

void
det_session_set_deferring (DetSession *session, gboolean deferring)
{
  session->is_deferring = deferring;
}

void
det_session_set_cancelled (DetSession *session, gboolean cancelled)
{
  g_mutex_lock (&session->workers->lock);
  session->cancelled = cancelled;
  g_cond_broadcast (&session->changed);
  g_mutex_unlock (&session->workers->lock);
}

void
det_session_set_notify (DetSession *session, DetSessionNotify notify,
    gpointer data)
{
  g_mutex_lock (&session->workers->lock);
  session->notify = notify;
  session->notify_data = data;
  g_mutex_unlock (&session->workers->lock);
}

gboolean
det_session_is_busy (DetSession *session)
{
  g_mutex_lock (&session->workers->lock);
  gboolean busy = is_under_way (session);
  g_mutex_unlock (&session->workers->lock);
  return busy;
}

void
det_session_get_picture_size (DetSession *session, int width, int height,
    int *picture_width, int *picture_height)
{
  const DetInputSpec *spec = det_model_get_input_spec (session->workers->model);
  DetLetterbox box;

  det_letterbox_init (&box, spec->resize, spec->rounding, width, height,
      spec->width, spec->height);
  *picture_width = box.width;
  *picture_height = box.height;
}
