/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "detections.h"
#include "model.h"
#include "outputs.h"
#include "params.h"
#include <detect/error.h>
#include <detect/session.h>

/* Where a session's one frame is. The caller moves IDLE -> READY and DONE -> IDLE,
 * the worker READY -> RUNNING -> DONE. */
typedef enum
{
  STATE_IDLE,
  STATE_READY,
  STATE_RUNNING,
  STATE_DONE
} State;

struct _DetSession
{
  gatomicrefcount refs; /* the owner's and the worker's */
  DetModel *model;
  gpointer request;

  /* The caller's while IDLE, the worker's while RUNNING. */
  DetPreprocess *preprocess;
  DetParams *params;
  gint64 preprocess_us;
  int frame_width;
  int frame_height;

  /* The worker's. */
  DetOutputs outputs;
  DetCandidates candidates;

  GMutex lock; /* guards what follows */
  GCond changed;
  State state;
  gboolean cancelled;
  gboolean closed;
  DetDetections *result;
  GError *error;
};

/* ---- the way of one frame ---- */

static DetObject
to_object (const DetSession *session, const DetCandidate *candidate,
    const DetBox *box)
{
  const DetLetterbox *letterbox =
      det_preprocess_get_letterbox (session->preprocess);
  DetObject object = {
    .box = *box,
    .score = CLAMP (candidate->score, 0.0f, 1.0f),
    .class_id = candidate->class_id,
    .track_id = DET_TRACK_NONE,
    .label = det_model_get_label (session->model, candidate->class_id),
    .n_landmarks = candidate->n_landmarks,
  };

  for (int i = 0; i < candidate->n_landmarks; i++)
    object.landmarks[i] =
        det_letterbox_point_to_source (letterbox, &candidate->landmarks[i]);
  return object;
}

/* Candidates in model pixels -> objects in source pixels. */
static DetDetections *
to_detections (DetSession *session)
{
  const DetParams *params = session->params;
  const DetLetterbox *letterbox =
      det_preprocess_get_letterbox (session->preprocess);
  DetCandidates *candidates = &session->candidates;
  guint n = det_nms (candidates, params->iou_threshold, params->class_agnostic,
      G_MAXUINT);
  DetDetections *detections =
      det_detections_new (session->model, MIN (n, params->max_detections),
          session->frame_width, session->frame_height);
  guint kept = 0;

  for (guint i = 0; i < n && kept < params->max_detections; i++) {
    const DetCandidate *candidate = &candidates->items[candidates->order[i]];
    DetBox box = det_letterbox_to_source (letterbox, &candidate->box);

    if (!det_box_clip (&box, session->frame_width, session->frame_height) ||
        !det_params_size_fits (params, &box))
      continue;
    detections->objects[kept++] = to_object (session, candidate, &box);
  }
  detections->n_objects = kept;
  return detections;
}

static gboolean
take_outputs (DetSession *session, const DetTensor *raw, guint n,
    GError **error)
{
  return det_outputs_take (&session->outputs, raw, n, error) &&
      det_outputs_check (&session->outputs, det_model_get_info (session->model),
          det_model_get_head (session->model)->n_rows == 0, error);
}

/* Runs the network and reads its outputs into candidates. */
static gboolean
infer (DetSession *session, gint64 *inferred, GError **error)
{
  const DetDecoder *decoder = det_model_get_decoder_row (session->model);
  DetTensor raw[DET_MAX_OUTPUTS];
  guint n = DET_MAX_OUTPUTS;
  gpointer lease;
  gboolean ok = det_model_run (session->model, session->request,
                    det_preprocess_get_tensor (session->preprocess), raw, &n,
                    &lease, error) &&
      take_outputs (session, raw, n, error);

  *inferred = g_get_monotonic_time ();
  session->candidates.n = 0;
  if (ok)
    decoder->decode (det_model_get_head (session->model),
        session->outputs.tensors, session->params->threshold,
        &session->candidates);
  det_model_release (session->model, lease);
  return ok;
}

static DetDetections *
detect (DetSession *session, GError **error)
{
  gint64 start = g_get_monotonic_time ();
  gint64 inferred;

  if (!infer (session, &inferred, error))
    return NULL;
  det_params_gate (session->params, &session->candidates);
  DetDetections *detections = to_detections (session);
  detections->stage_us[DET_STAGE_PREPROCESS] = session->preprocess_us;
  detections->stage_us[DET_STAGE_INFERENCE] = inferred - start;
  detections->stage_us[DET_STAGE_DECODE] = g_get_monotonic_time () - inferred;
  return detections;
}

/* ---- the worker ---- */

static void
session_unref (DetSession *session)
{
  if (!g_atomic_ref_count_dec (&session->refs))
    return;
  det_model_request_free (session->model, session->request);
  det_preprocess_free (session->preprocess);
  det_params_unref (session->params);
  det_outputs_clear (&session->outputs);
  det_candidates_clear (&session->candidates);
  det_detections_unref (session->result);
  g_clear_error (&session->error);
  g_cond_clear (&session->changed);
  g_mutex_clear (&session->lock);
  det_model_unref (session->model);
  g_free (session);
}

static gboolean
next_frame (DetSession *session)
{
  g_mutex_lock (&session->lock);
  while (!session->closed && session->state != STATE_READY)
    g_cond_wait (&session->changed, &session->lock);
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
    DetDetections *result = detect (session, &error);

    g_mutex_lock (&session->lock);
    session->result = result;
    session->error = error;
    session->state = STATE_DONE;
    g_cond_broadcast (&session->changed);
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
  GError *cause = NULL;

  g_atomic_ref_count_init (&session->refs);
  g_mutex_init (&session->lock);
  g_cond_init (&session->changed);
  session->model = det_model_ref (model);
  session->preprocess = det_preprocess_new (det_model_get_input_spec (model));
  session->request = det_model_request_new (model, &cause);
  if (!cause && start_worker (session, &cause))
    return session;
  session_unref (session);
  g_propagate_error (error, cause);
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
det_session_submit (DetSession *session, const DetFrame *frame,
    DetParams *params, GError **error)
{
  g_mutex_lock (&session->lock);
  gboolean is_free = wait_until_free (session, error);
  g_mutex_unlock (&session->lock);
  if (!is_free)
    return FALSE;

  gint64 start = g_get_monotonic_time ();
  if (!det_preprocess_run (session->preprocess, frame, error))
    return FALSE;
  const DetLetterbox *letterbox =
      det_preprocess_get_letterbox (session->preprocess);
  session->frame_width = letterbox->source_width;
  session->frame_height = letterbox->source_height;
  det_params_ref (params);
  det_params_unref (session->params);
  session->params = params;
  session->preprocess_us = g_get_monotonic_time () - start;

  g_mutex_lock (&session->lock);
  session->state = STATE_READY;
  g_cond_broadcast (&session->changed);
  g_mutex_unlock (&session->lock);
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
det_session_set_cancelled (DetSession *session, gboolean cancelled)
{
  g_mutex_lock (&session->lock);
  session->cancelled = cancelled;
  g_cond_broadcast (&session->changed);
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
  const DetInputSpec *spec = det_model_get_input_spec (session->model);
  DetLetterbox box;

  det_letterbox_init (&box, spec->resize, spec->rounding, width, height,
      spec->width, spec->height);
  *picture_width = box.width;
  *picture_height = box.height;
}
