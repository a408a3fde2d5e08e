/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "detector.h"

#include <detect/error.h>
#include <detect/session.h>

/* Where a session's one frame is. The caller moves IDLE -> PREPARED -> READY and
 * DONE -> IDLE, the worker READY -> RUNNING -> DONE. */
typedef enum
{
  STATE_IDLE,
  STATE_PREPARED,
  STATE_READY,
  STATE_RUNNING,
  STATE_DONE
} State;

/* Longer than making a few rows of a picture takes. */
#define LINGER_US 50

struct _DetSession
{
  gatomicrefcount refs; /* the owner's and the worker's */

  /* The caller's; run is the worker's while RUNNING. */
  gboolean may_help;
  DetRun run;

  GMutex lock; /* guards what follows */
  GCond changed;
  State state;
  DetPreprocess *to_help; /* NULL: nothing to help with */
  gboolean is_helping;
  gboolean cancelled;
  gboolean closed;
  DetDetections *result;
  GError *error;
  DetSessionNotify notify; /* or NULL */
  gpointer notify_data;
};

/* ---- the worker ---- */

static void
session_unref (DetSession *session)
{
  if (!g_atomic_ref_count_dec (&session->refs))
    return;
  det_run_clear (&session->run);
  det_detections_unref (session->result);
  g_clear_error (&session->error);
  g_cond_clear (&session->changed);
  g_mutex_clear (&session->lock);
  g_free (session);
}

/* With the lock held: waits for what is expected within a few microseconds, which
 * sleeping and being woken would take ten times. */
static void
linger (DetSession *session,
    gboolean (*is_expected) (const DetSession *session))
{
  gint64 until = g_get_monotonic_time () + LINGER_US;

  while (is_expected (session) && g_get_monotonic_time () < until) {
    g_mutex_unlock (&session->lock);
    g_thread_yield ();
    g_mutex_lock (&session->lock);
  }
}

static gboolean
is_start_expected (const DetSession *session)
{
  return session->state == STATE_PREPARED && !session->to_help &&
      !session->closed;
}

/* With the lock held: takes a share in preparing the frame. */
static void
help (DetSession *session)
{
  DetPreprocess *preprocess = g_steal_pointer (&session->to_help);

  session->is_helping = TRUE;
  g_mutex_unlock (&session->lock);
  det_preprocess_help (preprocess);
  g_mutex_lock (&session->lock);
  session->is_helping = FALSE;
  g_cond_broadcast (&session->changed);
  linger (session, is_start_expected);
}

static gboolean
next_frame (DetSession *session)
{
  g_mutex_lock (&session->lock);
  while (!session->closed && session->state != STATE_READY) {
    if (session->to_help)
      help (session);
    else
      g_cond_wait (&session->changed, &session->lock);
  }
  gboolean go_on = !session->closed;
  if (go_on)
    session->state = STATE_RUNNING;
  g_mutex_unlock (&session->lock);
  return go_on;
}

static gpointer
work (gpointer data)
{
  DetSession *session = data;

  while (next_frame (session)) {
    GError *error = NULL;
    DetDetections *result = det_run_infer (&session->run, &error);

    g_mutex_lock (&session->lock);
    session->result = result;
    session->error = error;
    session->state = STATE_DONE;
    g_cond_broadcast (&session->changed);
    if (session->notify && !session->closed)
      session->notify (session->notify_data);
    g_mutex_unlock (&session->lock);
  }
  session_unref (session);
  return NULL;
}

/* ---- the caller's side ---- */

static gboolean
start_worker (DetSession *session, GError **error)
{
  g_autoptr (GError) cause = NULL;

  g_atomic_ref_count_inc (&session->refs);
  GThread *thread = g_thread_try_new ("detect", work, session, &cause);
  if (thread) {
    g_thread_unref (thread);
    return TRUE;
  }
  session_unref (session);
  g_set_error (error, DET_ERROR, DET_ERROR_FAILED,
      "no thread could be started (%s); raise the limit of processes",
      cause->message);
  return FALSE;
}

DetSession *
det_session_new (DetModel *model, GError **error)
{
  DetSession *session = g_new0 (DetSession, 1);

  if (!det_run_init (&session->run, model, error)) {
    g_free (session);
    return NULL;
  }
  g_atomic_ref_count_init (&session->refs);
  g_mutex_init (&session->lock);
  g_cond_init (&session->changed);
  if (start_worker (session, error))
    return session;
  session_unref (session);
  return NULL;
}

void
det_session_free (DetSession *session)
{
  if (!session)
    return;
  g_mutex_lock (&session->lock);
  session->closed = TRUE;
  g_cond_broadcast (&session->changed);
  g_mutex_unlock (&session->lock);
  session_unref (session);
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
  while (!session->cancelled &&
      (session->state == STATE_READY || session->state == STATE_RUNNING))
    g_cond_wait (&session->changed, &session->lock);
  if (session->cancelled)
    return set_cancelled_error (error);
  g_clear_pointer (&session->result, det_detections_unref);
  g_clear_error (&session->error);
  session->state = STATE_IDLE;
  return TRUE;
}

gboolean
det_session_begin (DetSession *session, int width, int height,
    DetParams *params, GError **error)
{
  g_mutex_lock (&session->lock);
  gboolean is_free = wait_until_free (session, error);
  if (is_free)
    session->state = STATE_PREPARED;
  g_mutex_unlock (&session->lock);
  if (!is_free)
    return FALSE;
  det_run_begin (&session->run, width, height, params);
  return TRUE;
}

static void
call_helper (DetSession *session, DetPreprocess *preprocess)
{
  g_mutex_lock (&session->lock);
  session->to_help = preprocess;
  g_cond_broadcast (&session->changed);
  g_mutex_unlock (&session->lock);
}

static gboolean
is_helping (const DetSession *session)
{
  return session->is_helping;
}

/* Until the helper has let go of the frame. */
static void
dismiss_helper (DetSession *session)
{
  g_mutex_lock (&session->lock);
  session->to_help = NULL;
  linger (session, is_helping);
  while (session->is_helping)
    g_cond_wait (&session->changed, &session->lock);
  g_mutex_unlock (&session->lock);
}

gboolean
det_session_add (DetSession *session, const DetFrame *frame, int x, int y,
    GError **error)
{
  gint64 start = g_get_monotonic_time ();
  DetPart *part = det_run_next_part (&session->run);

  if (!det_preprocess_begin (part->preprocess, frame, error))
    return FALSE;
  if (session->may_help)
    call_helper (session, part->preprocess);
  det_preprocess_work (part->preprocess);
  if (session->may_help)
    dismiss_helper (session);
  part->x = x;
  part->y = y;
  session->run.n_parts++;
  session->run.preprocess_us += g_get_monotonic_time () - start;
  return TRUE;
}

void
det_session_start (DetSession *session)
{
  g_mutex_lock (&session->lock);
  session->state = STATE_READY;
  g_cond_broadcast (&session->changed);
  g_mutex_unlock (&session->lock);
}

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

  while (!session->cancelled &&
      (session->state == STATE_READY || session->state == STATE_RUNNING)) {
    if (timeout_us < 0) {
      g_cond_wait (&session->changed, &session->lock);
    } else if (!g_cond_wait_until (&session->changed, &session->lock,
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

  g_mutex_lock (&session->lock);
  if (wait_until_done (session, timeout_us, error)) {
    result = g_steal_pointer (&session->result);
    if (session->error)
      g_propagate_error (error, g_steal_pointer (&session->error));
    else if (!result)
      g_set_error_literal (error, DET_ERROR, DET_ERROR_FAILED,
          "no frame was submitted; submit one before waiting");
    session->state = STATE_IDLE;
  }
  g_mutex_unlock (&session->lock);
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
  session->may_help = helping && g_get_num_processors () > 1;
}

void
det_session_set_cancelled (DetSession *session, gboolean cancelled)
{
  g_mutex_lock (&session->lock);
  session->cancelled = cancelled;
  g_cond_broadcast (&session->changed);
  g_mutex_unlock (&session->lock);
}

void
det_session_set_notify (DetSession *session, DetSessionNotify notify,
    gpointer data)
{
  g_mutex_lock (&session->lock);
  session->notify = notify;
  session->notify_data = data;
  g_mutex_unlock (&session->lock);
}

gboolean
det_session_is_busy (DetSession *session)
{
  g_mutex_lock (&session->lock);
  gboolean busy = session->state == STATE_READY ||
      session->state == STATE_RUNNING;
  g_mutex_unlock (&session->lock);
  return busy;
}

void
det_session_get_picture_size (DetSession *session, int width, int height,
    int *picture_width, int *picture_height)
{
  const DetInputSpec *spec = det_model_get_input_spec (session->run.model);
  DetLetterbox box;

  det_letterbox_init (&box, spec->resize, spec->rounding, width, height,
      spec->width, spec->height);
  *picture_width = box.width;
  *picture_height = box.height;
}
