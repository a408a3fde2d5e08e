/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enginecall.h"

#include <glib.h>
#include <stdlib.h>

#define LONGEST_WAIT_US (3 * G_USEC_PER_SEC)

static GMutex lock; /* guards what follows */
static GCond changed;
static int n_under_way;

/* Called once for each time it was registered; all share the time there is. */
static void
wait_for_calls (void)
{
  static gint64 deadline; /* guarded by the lock */
  gboolean in_time = TRUE;

  g_mutex_lock (&lock);
  if (deadline == 0)
    deadline = g_get_monotonic_time () + LONGEST_WAIT_US;
  while (n_under_way > 0 && in_time)
    in_time = g_cond_wait_until (&changed, &lock, deadline);
  g_mutex_unlock (&lock);
}

/* What is registered last is called first, and what engines tear down they set up
 * during their first calls. So until one is over, every step of it registers anew. */
static void
count (int change)
{
  static gboolean is_set_up = FALSE; /* guarded by the lock */

  g_mutex_lock (&lock);
  if (!is_set_up)
    atexit (wait_for_calls);
  n_under_way += change;
  is_set_up |= n_under_way == 0;
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);
}

void
det_engine_call_begin (void)
{
  count (1);
}

void
det_engine_call_end (void)
{
  count (-1);
}
