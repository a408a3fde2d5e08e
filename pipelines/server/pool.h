/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef POOL_H
#define POOL_H

#include "metrics.h"

#include <detect/detect.h>

/* Workers that share one detector, and the queue of work before them. pool_push()
 * is for the main thread and for workers. */
typedef struct _Pool Pool;
typedef struct _PoolWorker PoolWorker;

typedef struct
{
  DetDetector *detector;
  guint n_workers;
  guint most_queued;
  Metrics *metrics;
} PoolSetup;

/* A piece of work, run in a worker's thread. It must end what it was given, also
 * when detecting fails. */
typedef void (*PoolFunc) (PoolWorker *worker, gpointer data);

Pool *pool_new (const PoolSetup *setup, GError **error);

/* Lets the work that has not begun fail, and waits for what has. */
void pool_free (Pool *pool);

/* FALSE when the queue is full. */
gboolean pool_push (Pool *pool, PoolFunc function, gpointer data);

/* For work that is bounded otherwise: it always finds room. */
void pool_push_always (Pool *pool, PoolFunc function, gpointer data);

/* FALSE when no worker would begin with it at once. */
gboolean pool_push_if_idle (Pool *pool, PoolFunc function, gpointer data);

guint pool_get_queued (Pool *pool);
DetModel *pool_get_model (const Pool *pool);
Metrics *pool_get_metrics (const Pool *pool);

/* FALSE when so many inferences hang that the server should be started anew. */
gboolean pool_is_healthy (Pool *pool);

Pool *pool_worker_get_pool (const PoolWorker *worker);

/* Looks at one frame. */
DetDetections *
pool_worker_detect (PoolWorker *worker, const DetFrame *frame, GError **error);

#endif
