/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pool.h"

/* Inferences that hang cannot be stopped; this many per worker are borne. */
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
};

struct _Pool
{
  PoolSetup setup;
  PoolWorker *workers;
  guint n_started;

  GMutex lock; /* guards what follows */
  GCond changed;
  GQueue queue; /* Work */
  guint n_idle; /* workers that wait for some */
  gboolean stopping;
  guint n_abandoned;
};

/* ---- workers ---- */

static gboolean
next_work (Pool *pool, Work *work)
{
  g_mutex_lock (&pool->lock);
  pool->n_idle++;
  while (!pool->stopping && g_queue_is_empty (&pool->queue))
    g_cond_wait (&pool->changed, &pool->lock);
  pool->n_idle--;
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

Pool *
pool_new (const PoolSetup *setup, GError **error)
{
  Pool *pool = g_new0 (Pool, 1);

  pool->setup = *setup;
  det_detector_ref (setup->detector);
  g_mutex_init (&pool->lock);
  g_cond_init (&pool->changed);
  g_queue_init (&pool->queue);
  pool->workers = g_new0 (PoolWorker, setup->n_workers);
  for (; pool->n_started < setup->n_workers; pool->n_started++) {
    PoolWorker *worker = &pool->workers[pool->n_started];

    worker->pool = pool;
    worker->thread = g_thread_try_new ("worker", work_on, worker, error);
    if (!worker->thread) {
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
  g_cond_broadcast (&pool->changed);
  g_mutex_unlock (&pool->lock);
  for (guint i = 0; i < pool->n_started; i++)
    g_thread_join (pool->workers[i].thread);
  g_free (pool->workers);
  g_cond_clear (&pool->changed);
  g_mutex_clear (&pool->lock);
  det_detector_unref (pool->setup.detector);
  g_free (pool);
}

/* ---- the queue ---- */

/* With the lock held. */
static void
add (Pool *pool, PoolFunc function, gpointer data)
{
  Work *work = g_new (Work, 1);

  *work = (Work){ function, data };
  g_queue_push_tail (&pool->queue, work);
  g_cond_signal (&pool->changed);
}

static gboolean
push (Pool *pool, PoolFunc function, gpointer data, guint most)
{
  g_mutex_lock (&pool->lock);
  gboolean room = g_queue_get_length (&pool->queue) < most;
  if (room)
    add (pool, function, data);
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

gboolean
pool_push_if_idle (Pool *pool, PoolFunc function, gpointer data)
{
  g_mutex_lock (&pool->lock);
  gboolean idle = g_queue_get_length (&pool->queue) < pool->n_idle;
  if (idle)
    add (pool, function, data);
  g_mutex_unlock (&pool->lock);
  return idle;
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
  return det_detector_get_model (pool->setup.detector);
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

/* Why no more is looked at, or NULL. */
static const char *
find_obstacle (Pool *pool)
{
  g_mutex_lock (&pool->lock);
  gboolean stopping = pool->stopping;
  g_mutex_unlock (&pool->lock);
  if (stopping)
    return "the server is being stopped; try again later";
  return pool_is_healthy (pool)
      ? NULL
      : "too many inferences hang; start the server anew";
}

static void
count_abandoned (Pool *pool)
{
  metrics_count_abandoned (pool->setup.metrics);
  g_mutex_lock (&pool->lock);
  pool->n_abandoned++;
  g_mutex_unlock (&pool->lock);
}

DetDetections *
pool_worker_detect (PoolWorker *worker, const DetFrame *frame, GError **error)
{
  Pool *pool = worker->pool;
  const char *obstacle = find_obstacle (pool);
  gint64 start = g_get_monotonic_time ();
  GError *cause = NULL;

  if (obstacle) {
    g_set_error_literal (error, DET_ERROR, DET_ERROR_CANCELLED, obstacle);
    return NULL;
  }
  DetDetections *found = det_detector_run (pool->setup.detector, frame, &cause);
  if (found) {
    metrics_count_image (pool->setup.metrics, found->n_objects,
        g_get_monotonic_time () - start);
    return found;
  }
  if (g_error_matches (cause, DET_ERROR, DET_ERROR_TIMEOUT))
    count_abandoned (pool);
  g_propagate_error (error, cause);
  return NULL;
}
