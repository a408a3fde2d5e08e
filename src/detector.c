/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "detections.h"
#include "merge.h"
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

/* A part of the frame that the network looks at by itself. */
typedef struct
{
  DetPreprocess *preprocess;
  int x; /* where it lies in the frame */
  int y;
} Part;

/* So near a border of its part, as a fraction of the part, a box counts as cut. */
#define CUT_MARGIN 0.01f

/* Boxes from different parts that overlap more are one object, whatever
 * iou-threshold says of boxes from one part. */
#define SAME_OBJECT 0.5f

struct _DetSession
{
  gatomicrefcount refs; /* the owner's and the worker's */
  DetModel *model;
  gpointer request;

  /* The caller's while IDLE, the worker's while RUNNING. */
  Part *parts;
  guint n_parts;
  guint n_parts_allocated; /* these have a preprocess */
  DetParams *params;
  gint64 preprocess_us;
  int frame_width;
  int frame_height;

  /* The worker's. */
  DetOutputs outputs;
  DetCandidates candidates;
  GArray *pieces; /* of DetPiece: what was found in the parts */

  GMutex lock; /* guards what follows */
  GCond changed;
  State state;
  gboolean cancelled;
  gboolean closed;
  DetDetections *result;
  GError *error;
};

/* ---- the way of one frame ---- */

static DetPoint
to_frame (const Part *part, const DetModelPoint *point)
{
  DetPoint at = det_letterbox_point_to_source (
      det_preprocess_get_letterbox (part->preprocess), point);

  return (DetPoint){ at.x + (float) part->x, at.y + (float) part->y };
}

static DetObject
to_object (const DetSession *session, guint i, const DetCandidate *candidate,
    const DetBox *box)
{
  const Part *part = &session->parts[i];
  DetObject object = {
    .box = *box,
    .score = CLAMP (candidate->score, 0.0f, 1.0f),
    .class_id = candidate->class_id,
    .track_id = DET_TRACK_NONE,
    .label = det_model_get_label (session->model, candidate->class_id),
    .part = (int) i,
    .n_landmarks = candidate->n_landmarks,
  };

  for (int k = 0; k < candidate->n_landmarks; k++)
    object.landmarks[k] = to_frame (part, &candidate->landmarks[k]);
  return object;
}

/* Where a box, in the part's pixels, ends at a border that is not the frame's. */
static guint
find_cuts (const DetSession *session, const Part *part, const DetBox *box)
{
  const DetLetterbox *letterbox =
      det_preprocess_get_letterbox (part->preprocess);
  int width = letterbox->source_width;
  int height = letterbox->source_height;
  float near_x = MAX (2, (float) width * CUT_MARGIN);
  float near_y = MAX (2, (float) height * CUT_MARGIN);
  guint cuts = 0;

  if (part->x > 0 && box->x0 < near_x)
    cuts |= DET_CUT_LEFT;
  if (part->y > 0 && box->y0 < near_y)
    cuts |= DET_CUT_TOP;
  if (part->x + width < session->frame_width &&
      box->x1 > (float) width - near_x)
    cuts |= DET_CUT_RIGHT;
  if (part->y + height < session->frame_height &&
      box->y1 > (float) height - near_y)
    cuts |= DET_CUT_BOTTOM;
  return cuts;
}

/* Candidates in the model's pixels -> pieces in the frame's. */
static void
keep_pieces (DetSession *session, guint i)
{
  const DetParams *params = session->params;
  const Part *part = &session->parts[i];
  const DetLetterbox *letterbox =
      det_preprocess_get_letterbox (part->preprocess);
  DetCandidates *candidates = &session->candidates;
  guint n = det_nms (candidates, params->iou_threshold, params->class_agnostic,
      G_MAXUINT);
  guint kept = 0;

  for (guint c = 0; c < n && kept < params->max_detections; c++) {
    const DetCandidate *candidate = &candidates->items[candidates->order[c]];
    DetBox box = det_letterbox_to_source (letterbox, &candidate->box);
    DetPiece piece = { .cuts = find_cuts (session, part, &box) };

    if (!det_box_clip (&box, letterbox->source_width, letterbox->source_height))
      continue;
    box.x0 += (float) part->x;
    box.x1 += (float) part->x;
    box.y0 += (float) part->y;
    box.y1 += (float) part->y;
    if (!det_params_box_counts (params, &box, session->frame_width,
            session->frame_height))
      continue;
    piece.object = to_object (session, i, candidate, &box);
    g_array_append_val (session->pieces, piece);
    kept++;
  }
}

static DetDetections *
to_detections (DetSession *session)
{
  const DetParams *params = session->params;
  DetPiece *pieces = (DetPiece *) (void *) session->pieces->data;
  guint n = session->pieces->len;

  if (session->n_parts > 1)
    n = det_merge (pieces, n, MIN (params->iou_threshold, SAME_OBJECT),
        params->class_agnostic);
  n = MIN (n, params->max_detections);
  DetDetections *detections = det_detections_new (session->model, n,
      session->frame_width, session->frame_height);
  for (guint i = 0; i < n; i++)
    detections->objects[i] = pieces[i].object;
  return detections;
}

static gboolean
take_outputs (DetSession *session, const DetTensor *raw, guint n,
    GError **error)
{
  return det_outputs_take (&session->outputs, raw, n, error) &&
      det_outputs_check (&session->outputs, det_model_get_info (session->model),
          det_model_get_head (session->model)->n_rows == 0, error) &&
      det_model_check (session->model, session->outputs.tensors, error);
}

/* Runs the network on a part and reads its outputs into candidates. */
static gboolean
infer (DetSession *session, const Part *part, gint64 *inferred, GError **error)
{
  const DetDecoder *decoder = det_model_get_decoder_row (session->model);
  DetTensor raw[DET_MAX_OUTPUTS];
  guint n = DET_MAX_OUTPUTS;
  gpointer lease;
  gboolean ok = det_model_run (session->model, session->request,
                    det_preprocess_get_tensor (part->preprocess), raw, &n,
                    &lease, error) &&
      take_outputs (session, raw, n, error);

  *inferred = g_get_monotonic_time ();
  session->candidates.n = 0;
  if (ok)
    decoder->decode (det_model_get_head (session->model),
        session->outputs.tensors, session->params->threshold,
        &session->candidates);
  else
    det_model_blame (session->model, error);
  det_model_release (session->model, lease);
  return ok;
}

static DetDetections *
detect (DetSession *session, GError **error)
{
  gint64 inference_us = 0;
  gint64 decode_us = 0;
  gint64 start = g_get_monotonic_time ();

  g_array_set_size (session->pieces, 0);
  for (guint i = 0; i < session->n_parts; i++) {
    gint64 inferred;

    if (!infer (session, &session->parts[i], &inferred, error))
      return NULL;
    det_params_gate (session->params, &session->candidates);
    keep_pieces (session, i);
    inference_us += inferred - start;
    start = g_get_monotonic_time ();
    decode_us += start - inferred;
  }
  DetDetections *detections = to_detections (session);
  detections->stage_us[DET_STAGE_PREPROCESS] = session->preprocess_us;
  detections->stage_us[DET_STAGE_INFERENCE] = inference_us;
  detections->stage_us[DET_STAGE_DECODE] =
      decode_us + g_get_monotonic_time () - start;
  return detections;
}

/* ---- the worker ---- */

static void
session_unref (DetSession *session)
{
  if (!g_atomic_ref_count_dec (&session->refs))
    return;
  det_model_request_free (session->model, session->request);
  for (guint i = 0; i < session->n_parts_allocated; i++)
    det_preprocess_free (session->parts[i].preprocess);
  g_free (session->parts);
  g_array_unref (session->pieces);
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
  session->pieces = g_array_new (FALSE, FALSE, sizeof (DetPiece));
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
det_session_begin (DetSession *session, int width, int height,
    DetParams *params, GError **error)
{
  g_mutex_lock (&session->lock);
  gboolean is_free = wait_until_free (session, error);
  g_mutex_unlock (&session->lock);
  if (!is_free)
    return FALSE;
  session->n_parts = 0;
  session->preprocess_us = 0;
  session->frame_width = width;
  session->frame_height = height;
  det_params_ref (params);
  det_params_unref (session->params);
  session->params = params;
  return TRUE;
}

static Part *
next_part (DetSession *session)
{
  if (session->n_parts == session->n_parts_allocated) {
    session->parts =
        g_renew (Part, session->parts, session->n_parts_allocated + 1);
    session->parts[session->n_parts_allocated++] = (Part){
      .preprocess =
          det_preprocess_new (det_model_get_input_spec (session->model)),
    };
  }
  return &session->parts[session->n_parts];
}

gboolean
det_session_add (DetSession *session, const DetFrame *frame, int x, int y,
    GError **error)
{
  gint64 start = g_get_monotonic_time ();
  Part *part = next_part (session);

  if (!det_preprocess_run (part->preprocess, frame, error))
    return FALSE;
  part->x = x;
  part->y = y;
  session->n_parts++;
  session->preprocess_us += g_get_monotonic_time () - start;
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
