/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <detect/detector.h>

#include <detect/error.h>
#include <detect/session.h>
#include <detect/version.h>
#include <unistd.h>

/* Pictures of one batch that are under way at a time, and sessions kept for later.
 * Two at least, so that one is prepared while another is inferred. */
#define MIN_SESSIONS 2
#define MAX_SESSIONS 16

struct _DetDetector
{
  gatomicrefcount refs;
  pid_t process;
  guint n_keep;
  gint64 timeout_us; /* -1: none */
  DetModel *model;
  DetParams *params;
  GMutex lock; /* guards what follows */
  GQueue idle; /* of DetSession, the one used last first */
};

/* Layouts that bindings repeat; a change needs a new DET_API_VERSION. */
#define AT(type, field, offset) \
  G_STATIC_ASSERT (offsetof (type, field) == (offset))
G_STATIC_ASSERT (sizeof (DetBox) == 16 && sizeof (DetPoint) == 8);
#if GLIB_SIZEOF_VOID_P == 8
AT (DetFrame, plane, 16);
AT (DetFrame, stride, 40);
AT (DetFrame, source_height, 64);
G_STATIC_ASSERT (sizeof (DetFrame) == 72);
AT (DetObject, score, 16);
AT (DetObject, label, 32);
AT (DetObject, landmarks, 48);
G_STATIC_ASSERT (sizeof (DetObject) == 184);
AT (DetDetections, stage_us, 8);
AT (DetDetections, objects, 40);
#endif

int
det_api_version (void)
{
  return DET_API_VERSION;
}

/* ---- making ---- */

/* The element's watchdog is on by default; here calls may have to wait for their
 * turn, so it is on when it was asked for. */
static gint64
get_timeout (const DetOptions *options)
{
  gint64 ms = det_options_is_set (options, DET_OPT_TIMEOUT_MS)
      ? det_options_get_int (options, DET_OPT_TIMEOUT_MS)
      : 0;

  return ms > 0 ? ms * 1000 : -1;
}

DetDetector *
det_detector_new (const DetOptions *options, GError **error)
{
  g_autoptr (DetOptions) mine = options ? det_options_copy (options)
                                        : det_options_new ();
  g_autoptr (DetModelSpec) spec = det_model_spec_new (mine, error);
  g_autoptr (DetModel) model = spec ? det_model_load (spec, error) : NULL;
  if (!model || !det_model_prove (model, error))
    return NULL;

  g_autoptr (DetOptions) resolved = det_model_spec_resolve (spec, mine);
  g_autoptr (DetParams) params = det_params_new (model, resolved, error);
  guint parallel = (guint) det_options_get_int (resolved, DET_OPT_PARALLEL);
  if (!params || !det_model_reserve (model, parallel, error))
    return NULL;

  DetDetector *detector = g_new0 (DetDetector, 1);
  g_atomic_ref_count_init (&detector->refs);
  g_mutex_init (&detector->lock);
  g_queue_init (&detector->idle);
  detector->process = getpid ();
  detector->n_keep = CLAMP (MAX (g_get_num_processors (), parallel),
      MIN_SESSIONS, MAX_SESSIONS);
  detector->timeout_us = get_timeout (resolved);
  detector->model = g_steal_pointer (&model);
  detector->params = g_steal_pointer (&params);
  return detector;
}

DetDetector *
det_detector_ref (DetDetector *detector)
{
  g_atomic_ref_count_inc (&detector->refs);
  return detector;
}

void
det_detector_unref (DetDetector *detector)
{
  if (!detector || !g_atomic_ref_count_dec (&detector->refs))
    return;
  g_queue_clear_full (&detector->idle, (GDestroyNotify) det_session_free);
  g_mutex_clear (&detector->lock);
  det_params_unref (detector->params);
  det_model_unref (detector->model);
  g_free (detector);
}

DetModel *
det_detector_get_model (const DetDetector *detector)
{
  return detector->model;
}

/* ---- running ---- */

static DetSession *
take_session (DetDetector *detector, GError **error)
{
  if (detector->process != getpid ()) {
    g_set_error_literal (error, DET_ERROR, DET_ERROR_FAILED,
        "the detector was made before this process was forked; make it in the "
        "process that uses it");
    return NULL;
  }
  g_mutex_lock (&detector->lock);
  DetSession *session = g_queue_pop_head (&detector->idle);
  g_mutex_unlock (&detector->lock);
  return session ? session : det_session_new (detector->model, error);
}

/* More than a few are kept only while they are in use. */
static void
give_back (DetDetector *detector, DetSession *session)
{
  if (!session)
    return;
  g_mutex_lock (&detector->lock);
  if (detector->idle.length < detector->n_keep &&
      !det_session_is_busy (session))
    g_queue_push_head (&detector->idle, g_steal_pointer (&session));
  g_mutex_unlock (&detector->lock);
  det_session_free (session);
}

/* A session whose time is over is busy still, and is not given back. */
static DetDetections *
wait_for (DetDetector *detector, DetSession *session, GError **error)
{
  GError *cause = NULL;
  DetDetections *found =
      det_session_wait (session, detector->timeout_us, &cause);

  if (g_error_matches (cause, DET_ERROR, DET_ERROR_TIMEOUT))
    det_model_forget_blocked (detector->model);
  if (cause)
    g_propagate_error (error, cause);
  return found;
}

static gboolean
submit (DetDetector *detector, DetSession **session, const DetFrame *frame,
    GError **error)
{
  if (!*session)
    *session = take_session (detector, error);
  return *session &&
      det_session_submit (*session, frame, detector->params, error);
}

DetDetections *
det_detector_run (DetDetector *detector, const DetFrame *frame, GError **error)
{
  DetSession *session = NULL;
  DetDetections *found = submit (detector, &session, frame, error)
      ? wait_for (detector, session, error)
      : NULL;

  give_back (detector, session);
  return found;
}

gboolean
det_detector_run_batch (DetDetector *detector, const DetFrame *frames,
    guint n_frames, DetDetections **found, GError **error)
{
  DetSession *sessions[MAX_SESSIONS] = { NULL };
  guint n_sessions = MIN (n_frames, detector->n_keep);
  GError *cause = NULL;
  guint i;

  for (i = 0; i < n_frames; i++)
    found[i] = NULL;
  /* Picture i goes to the session that has just finished i - n_sessions. */
  for (i = 0; i < n_frames + n_sessions && !cause; i++) {
    DetSession **session = &sessions[i % n_sessions];

    if (i >= n_sessions &&
        !(found[i - n_sessions] = wait_for (detector, *session, &cause)))
      g_prefix_error (&cause, "image %u: ", i - n_sessions);
    else if (i < n_frames && !submit (detector, session, &frames[i], &cause))
      g_prefix_error (&cause, "image %u: ", i);
  }
  for (guint s = 0; s < n_sessions; s++)
    give_back (detector, sessions[s]);
  if (!cause)
    return TRUE;
  for (guint f = 0; f < n_frames; f++)
    g_clear_pointer (&found[f], det_detections_unref);
  g_propagate_error (error, cause);
  return FALSE;
}
