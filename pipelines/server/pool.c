/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pool.h"

/* Sessions of hung inferences cannot be freed; this many per worker are borne. */
#define MOST_ABANDONED 4

typedef struct
{
  PoolFunc function;
  gpointer data;
} Work;

struct _PoolWorker
{
  Pool *pool;
  GThread *thread;
  DetSession *session; /* replaced by the worker, with the pool's lock held */
};

struct _Pool
{
  PoolSetup setup;
  PoolWorker *workers;
  guint n_started;

  GMutex lock; /* guards what follows, and the workers' sessions */
  GCond changed;
  GQueue queue; /* Work */
  gboolean stopping;
  guint n_abandoned;
};

/* ---- workers ---- */

static gboolean
next_work (Pool *pool, Work *work)
{
  g_mutex_lock (&pool->lock);
  while (!pool->stopping && g_queue_is_empty (&pool->queue))
    g_cond_wait (&pool->changed, &pool->lock);
  Work *next = g_queue_pop_head (&pool->queue);
  g_mutex_unlock (&pool->lock);
  if (!next)
    return FALSE;
  *work = *next;
  g_free (next);
  return TRUE;
}

static gpointer
work_on (gpointer data)
{
  PoolWorker *worker = data;
  Work work;

  while (next_work (worker->pool, &work))
    work.function (worker, work.data);
  return NULL;
}

static gboolean
worker_start (PoolWorker *worker, Pool *pool, GError **error)
{
  worker->pool = pool;
  worker->session = det_session_new (pool->setup.model, error);
  if (worker->session)
    worker->thread = g_thread_try_new ("worker", work_on, worker, error);
  return worker->thread != NULL;
}

Pool *
pool_new (const PoolSetup *setup, GError **error)
{
  Pool *pool = g_new0 (Pool, 1);

  pool->setup = *setup;
  det_model_ref (setup->model);
  det_params_ref (setup->params);
  g_mutex_init (&pool->lock);
  g_cond_init (&pool->changed);
  g_queue_init (&pool->queue);
  pool->workers = g_new0 (PoolWorker, setup->n_workers);
  for (; pool->n_started < setup->n_workers; pool->n_started++) {
    if (!worker_start (&pool->workers[pool->n_started], pool, error)) {
      det_session_free (pool->workers[pool->n_started].session);
      pool_free (pool);
      return NULL;
    }
  }
  return pool;
}

void
pool_free (Pool *pool)
{
  if (!pool)
    return;
  g_mutex_lock (&pool->lock);
  pool->stopping = TRUE;
  for (guint i = 0; i < pool->n_started; i++) {
    if (pool->workers[i].session)
      det_session_set_cancelled (pool->workers[i].session, TRUE);
  }
  g_cond_broadcast (&pool->changed);
  g_mutex_unlock (&pool->lock);
  for (guint i = 0; i < pool->n_started; i++) {
    g_thread_join (pool->workers[i].thread);
    det_session_free (pool->workers[i].session);
  }
  g_free (pool->workers);
  g_cond_clear (&pool->changed);
  g_mutex_clear (&pool->lock);
  det_params_unref (pool->setup.params);
  det_model_unref (pool->setup.model);
  g_free (pool);
}

/* ---- the queue ---- */

static gboolean
push (Pool *pool, PoolFunc function, gpointer data, guint most)
{
  g_mutex_lock (&pool->lock);
  gboolean room = g_queue_get_length (&pool->queue) < most;
  if (room) {
    Work *work = g_new (Work, 1);

    *work = (Work){ function, data };
    g_queue_push_tail (&pool->queue, work);
    g_cond_signal (&pool->changed);
  }
  g_mutex_unlock (&pool->lock);
  return room;
}

gboolean
pool_push (Pool *pool, PoolFunc function, gpointer data)
{
  return push (pool, function, data, pool->setup.most_queued);
}

void
pool_push_always (Pool *pool, PoolFunc function, gpointer data)
{
  push (pool, function, data, G_MAXUINT);
}

guint
pool_get_queued (Pool *pool)
{
  g_mutex_lock (&pool->lock);
  guint n = g_queue_get_length (&pool->queue);
  g_mutex_unlock (&pool->lock);
  return n;
}

DetModel *
pool_get_model (const Pool *pool)
{
  return pool->setup.model;
}

Metrics *
pool_get_metrics (const Pool *pool)
{
  return pool->setup.metrics;
}

gboolean
pool_is_healthy (Pool *pool)
{
  g_mutex_lock (&pool->lock);
  gboolean healthy = pool->n_abandoned < MOST_ABANDONED * pool->setup.n_workers;
  g_mutex_unlock (&pool->lock);
  return healthy;
}

/* ---- detecting ---- */

Pool *
pool_worker_get_pool (const PoolWorker *worker)
{
  return worker->pool;
}

/* The session's inference hangs: another one takes its place. */
static void
abandon (PoolWorker *worker)
{
  Pool *pool = worker->pool;
  DetSession *hung = worker->session;
  DetSession *next = det_session_new (pool->setup.model, NULL);

  metrics_count_abandoned (pool->setup.metrics);
  g_mutex_lock (&pool->lock);
  pool->n_abandoned++;
  worker->session = next;
  if (next && pool->stopping)
    det_session_set_cancelled (next, TRUE);
  g_mutex_unlock (&pool->lock);
  det_session_free (hung);
}

DetDetections *
pool_worker_detect (PoolWorker *worker, const DetFrame *frame, GError **error)
{
  Pool *pool = worker->pool;
  GError *cause = NULL;
  gint64 start = g_get_monotonic_time ();
  DetDetections *detections = NULL;

  if (!worker->session || !pool_is_healthy (pool)) {
    g_set_error (error, DET_ERROR, DET_ERROR_TIMEOUT,
        "too many inferences hang; start the server anew");
    return NULL;
  }
  if (det_session_submit (worker->session, frame, pool->setup.params, &cause))
    detections = det_session_wait (worker->session,
        (gint64) pool->setup.timeout * G_USEC_PER_SEC, &cause);
  if (detections)
    metrics_count_image (pool->setup.metrics, detections->n_objects,
        g_get_monotonic_time () - start);
  else if (g_error_matches (cause, DET_ERROR, DET_ERROR_TIMEOUT))
    abandon (worker);
  if (cause)
    g_propagate_error (error, cause);
  return detections;
}
