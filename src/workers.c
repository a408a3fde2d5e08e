/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "workers.h"

#include <detect/error.h>

/* Longer than making a few rows of a picture takes. */
#define LINGER_US 50

typedef struct
{
  DetWorkers *workers;
  DetRun run;
} Worker;

/* ---- what there is to do ---- */

/* With the lock held: waits for what is expected within a few microseconds, which
 * sleeping and being woken would take ten times. */
static void
linger (DetWorkers *workers,
    gboolean (*is_expected) (const DetWorkers *workers))
{
  gint64 until = g_get_monotonic_time () + LINGER_US;

  while (is_expected (workers) && g_get_monotonic_time () < until) {
    g_mutex_unlock (&workers->lock);
    g_thread_yield ();
    g_mutex_lock (&workers->lock);
  }
}

static gboolean
is_start_expected (const DetWorkers *workers)
{
  return workers->start_is_near && !workers->to_help && workers->n_users > 0;
}

/* With the lock held: takes a share in preparing a frame. */
static void
help (DetWorkers *workers)
{
  DetPreprocess *preprocess = g_steal_pointer (&workers->to_help);

  workers->n_helping++;
  g_mutex_unlock (&workers->lock);
  det_preprocess_help (preprocess);
  g_mutex_lock (&workers->lock);
  workers->n_helping--;
  g_cond_broadcast (&workers->let_go);
  linger (workers, is_start_expected);
}

/* With the lock held: the session whose frame is next, or NULL: there is no user any
 * more. */
static DetSession *
next_session (DetWorkers *workers)
{
  while (workers->n_users > 0 && workers->ready.length == 0) {
    if (workers->to_help)
      help (workers);
    else
      g_cond_wait (&workers->wanted, &workers->lock);
  }
  return workers->n_users > 0 ? g_queue_pop_head_link (&workers->ready)->data
                              : NULL;
}

/* With the lock held, of a thread whose frame was given up: whether its place is still
 * there. Nobody else may ever take it. */
static gboolean
take_place (DetWorkers *workers)
{
  gboolean is_free = workers->n_threads < workers->n;

  if (is_free)
    workers->n_threads++;
  return is_free;
}

/* With the lock held, but for the inference. FALSE: the owner has given the session up
 * meanwhile, and another thread has come for this one. */
static gboolean
infer (Worker *worker, DetSession *session)
{
  GMutex *lock = &worker->workers->lock;
  GError *error = NULL;

  session->state = DET_SESSION_RUNNING;
  g_atomic_ref_count_inc (&session->refs);
  g_mutex_unlock (lock);
  DetDetections *result = det_run_infer (&worker->run, &session->job, &error);
  g_mutex_lock (lock);
  session->result = result;
  session->error = error;
  session->state = DET_SESSION_DONE;
  g_cond_broadcast (&session->changed);
  gboolean goes_on = !session->closed;
  if (session->notify && goes_on)
    session->notify (session->notify_data);
  g_mutex_unlock (lock);
  det_session_unref (session);
  g_mutex_lock (lock);
  return goes_on || take_place (worker->workers);
}

/* ---- threads ---- */

static void
workers_unref (DetWorkers *workers)
{
  if (!g_atomic_ref_count_dec (&workers->refs))
    return;
  g_cond_clear (&workers->let_go);
  g_cond_clear (&workers->wanted);
  g_mutex_clear (&workers->lock);
  det_model_unref (workers->model);
  g_free (workers);
}

static void
worker_free (Worker *worker)
{
  det_run_clear (&worker->run);
  workers_unref (worker->workers);
  g_free (worker);
}

static gpointer
work (gpointer data)
{
  Worker *worker = data;
  DetWorkers *workers = worker->workers;
  DetSession *session;
  gboolean goes_on = TRUE;

  g_mutex_lock (&workers->lock);
  while (goes_on && (session = next_session (workers)))
    goes_on = infer (worker, session);
  g_mutex_unlock (&workers->lock);
  worker_free (worker);
  return NULL;
}

static gboolean
start_thread (DetWorkers *workers, GError **error)
{
  Worker *worker = g_new0 (Worker, 1);
  g_autoptr (GError) cause = NULL;

  if (!det_run_init (&worker->run, workers->model, error)) {
    g_free (worker);
    return FALSE;
  }
  worker->workers = workers;
  g_atomic_ref_count_inc (&workers->refs);
  GThread *thread = g_thread_try_new ("detect", work, worker, &cause);
  if (thread) {
    g_thread_unref (thread);
    return TRUE;
  }
  worker_free (worker);
  g_set_error (error, DET_ERROR, DET_ERROR_FAILED,
      "no thread could be started (%s); raise the limit of processes",
      cause->message);
  return FALSE;
}

gboolean
det_workers_replenish (DetWorkers *workers, GError **error)
{
  gboolean ok = TRUE;

  g_mutex_lock (&workers->lock);
  while (ok && workers->n_threads < workers->n) {
    workers->n_threads++;
    g_mutex_unlock (&workers->lock);
    ok = start_thread (workers, error);
    g_mutex_lock (&workers->lock);
    if (!ok)
      workers->n_threads--;
  }
  g_mutex_unlock (&workers->lock);
  return ok;
}

/* ---- users ---- */

DetWorkers *
det_workers_new (DetModel *model, guint n, GError **error)
{
  DetWorkers *workers = g_new0 (DetWorkers, 1);

  g_atomic_ref_count_init (&workers->refs);
  g_mutex_init (&workers->lock);
  g_cond_init (&workers->wanted);
  g_cond_init (&workers->let_go);
  g_queue_init (&workers->ready);
  workers->model = det_model_ref (model);
  workers->n = MAX (n, 1);
  workers->n_users = 1;
  det_model_count_user (model, 1);
  if (det_workers_replenish (workers, error))
    return workers;
  det_workers_unref (workers);
  return NULL;
}

DetWorkers *
det_workers_ref (DetWorkers *workers)
{
  g_mutex_lock (&workers->lock);
  workers->n_users++;
  g_mutex_unlock (&workers->lock);
  return workers;
}

void
det_workers_unref (DetWorkers *workers)
{
  if (!workers)
    return;
  g_mutex_lock (&workers->lock);
  gboolean was_last = --workers->n_users == 0;
  if (was_last)
    g_cond_broadcast (&workers->wanted);
  g_mutex_unlock (&workers->lock);
  if (!was_last)
    return;
  det_model_count_user (workers->model, -1);
  workers_unref (workers);
}

void
det_workers_add_ready (DetWorkers *workers, DetSession *session)
{
  workers->start_is_near = FALSE;
  g_queue_push_tail_link (&workers->ready, &session->link);
  g_cond_signal (&workers->wanted);
}

/* ---- help ---- */

void
det_workers_call_help (DetWorkers *workers, DetPreprocess *preprocess)
{
  g_mutex_lock (&workers->lock);
  workers->to_help = preprocess;
  workers->start_is_near = TRUE;
  g_cond_broadcast (&workers->wanted);
  g_mutex_unlock (&workers->lock);
}

static gboolean
is_helping (const DetWorkers *workers)
{
  return workers->n_helping > 0;
}

void
det_workers_dismiss_help (DetWorkers *workers)
{
  g_mutex_lock (&workers->lock);
  workers->to_help = NULL;
  linger (workers, is_helping);
  while (workers->n_helping > 0)
    g_cond_wait (&workers->let_go, &workers->lock);
  g_mutex_unlock (&workers->lock);
}
