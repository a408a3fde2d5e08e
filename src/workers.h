/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_WORKERS_H
#define DET_WORKERS_H

#include "detector.h"
#include <detect/session.h>

/* Where a session's one frame is. The caller moves IDLE -> PREPARED -> READY and
 * DONE -> IDLE, a worker READY -> RUNNING -> DONE. */
typedef enum
{
  DET_SESSION_IDLE,
  DET_SESSION_PREPARED,
  DET_SESSION_READY,
  DET_SESSION_RUNNING,
  DET_SESSION_DONE
} DetSessionState;

struct _DetSession
{
  gatomicrefcount refs; /* the owner's, and a worker's while RUNNING */
  DetWorkers *workers;  /* a user of them */

  /* The caller's; job is a worker's while RUNNING. */
  gboolean may_be_helped;
  gboolean is_deferring;
  DetJob job;

  /* The workers' lock guards what follows. */
  GCond changed;
  GList link; /* in the line of those that are READY */
  DetSessionState state;
  gboolean cancelled;
  gboolean closed;
  DetDetections *result;
  GError *error;
  DetSessionNotify notify; /* or NULL */
  gpointer notify_data;
};

void det_session_unref (DetSession *session);

struct _DetWorkers
{
  gatomicrefcount refs; /* one for all users, one for each thread */
  DetModel *model;
  guint n;

  GMutex lock;     /* guards what follows, and the sessions */
  GCond wanted;    /* there is something to do, or no user any more */
  GCond let_go;    /* nobody helps */
  guint n_users;   /* without any the threads end */
  guint n_threads; /* but for those that are with a frame that was given up */
  GQueue ready;    /* of DetSession, in the order they were started */
  DetPreprocess *to_help; /* NULL: nothing to help with */
  guint n_helping;
  gboolean start_is_near; /* a frame is being prepared */
};

/* Starts threads in the place of those that were given up. */
gboolean det_workers_replenish (DetWorkers *workers, GError **error);

/* With the lock held. */
void det_workers_add_ready (DetWorkers *workers, DetSession *session);

/* Has a worker that has nothing to do help to prepare a frame, until it is dismissed,
 * which waits until it has let go of the frame. */
void det_workers_call_help (DetWorkers *workers, DetPreprocess *preprocess);
void det_workers_dismiss_help (DetWorkers *workers);

#endif
