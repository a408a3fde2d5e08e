/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enginecall.h"

#include <glib.h>
#include <stdlib.h>
#include <unistd.h>

#define LONGEST_WAIT_US (3 * G_USEC_PER_SEC)
#define MOST_REGISTERED 64

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

/* How C++ compilers have the C library call destructors at the end of a thread; the
 * thread that calls exit() is through with its own before anything that was
 * registered with atexit() or belongs to a library. Not every C library has it. */
extern int __cxa_thread_atexit_impl (void (*function) (void *data), void *data,
    void *library) __attribute__ ((weak));
extern void *__dso_handle __attribute__ ((visibility ("hidden")));

static void
leave_thread (void *data)
{
  wait_for_calls ();
}

/* Engines set up tables of their own all the time, for which exit() registers the
 * tearing down, so the wait has to come before all of that; it does in the thread
 * that began the program, which is nearly always the one that leaves it. For the
 * rest: what is registered last is called first, so early steps register anew. */
static void
register_wait (void)
{
  static gboolean is_first =
      FALSE; /* guarded by the lock, as what follows is */
  static int n_registered = 0;

  if (!is_first && __cxa_thread_atexit_impl && gettid () == getpid ())
    is_first =
        __cxa_thread_atexit_impl (leave_thread, NULL, &__dso_handle) == 0;
  if (n_registered < MOST_REGISTERED && atexit (wait_for_calls) == 0)
    n_registered++;
}

static void
count (int change)
{
  g_mutex_lock (&lock);
  n_under_way += change;
  register_wait ();
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
