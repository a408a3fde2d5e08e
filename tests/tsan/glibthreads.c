/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GLib's locks on pthread's, for ThreadSanitizer: GLib makes its own of futexes,
 * which the sanitizer does not see, and then every access they guard looks like a
 * race. Loaded before GLib (LD_PRELOAD), for tests only.
 *
 * A GMutex, GCond or GRecMutex holds one pointer: to pthread's object, made on first
 * use, since statically allocated ones are never initialised. */
#include <errno.h>
#include <glib.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define EXPORT __attribute__ ((visibility ("default")))

/* ---- objects on first use ---- */

static gpointer
take (gpointer *slot, gpointer (*make) (void), void (*unmake) (gpointer))
{
  gpointer found = __atomic_load_n (slot, __ATOMIC_ACQUIRE);

  if (found)
    return found;
  gpointer made = make ();
  if (__atomic_compare_exchange_n (slot, &found, made, FALSE, __ATOMIC_ACQ_REL,
          __ATOMIC_ACQUIRE))
    return made;
  unmake (made);
  return found;
}

static void
drop (gpointer *slot, void (*unmake) (gpointer))
{
  gpointer found = __atomic_exchange_n (slot, NULL, __ATOMIC_ACQ_REL);

  if (found)
    unmake (found);
}

static gpointer
make_mutex (void)
{
  pthread_mutex_t *mutex = malloc (sizeof *mutex);

  pthread_mutex_init (mutex, NULL);
  return mutex;
}

static gpointer
make_rec_mutex (void)
{
  pthread_mutex_t *mutex = malloc (sizeof *mutex);
  pthread_mutexattr_t attributes;

  pthread_mutexattr_init (&attributes);
  pthread_mutexattr_settype (&attributes, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init (mutex, &attributes);
  pthread_mutexattr_destroy (&attributes);
  return mutex;
}

static void
unmake_mutex (gpointer mutex)
{
  pthread_mutex_destroy (mutex);
  free (mutex);
}

static gpointer
make_cond (void)
{
  pthread_cond_t *cond = malloc (sizeof *cond);
  pthread_condattr_t attributes;

  pthread_condattr_init (&attributes);
  pthread_condattr_setclock (&attributes, CLOCK_MONOTONIC);
  pthread_cond_init (cond, &attributes);
  pthread_condattr_destroy (&attributes);
  return cond;
}

static void
unmake_cond (gpointer cond)
{
  pthread_cond_destroy (cond);
  free (cond);
}

static pthread_mutex_t *
of_mutex (GMutex *mutex)
{
  return take (&mutex->p, make_mutex, unmake_mutex);
}

static pthread_mutex_t *
of_rec_mutex (GRecMutex *mutex)
{
  return take (&mutex->p, make_rec_mutex, unmake_mutex);
}

static pthread_cond_t *
of_cond (GCond *cond)
{
  return take (&cond->p, make_cond, unmake_cond);
}

/* ---- GMutex ---- */

EXPORT void (g_mutex_init) (GMutex *mutex)
{
  mutex->p = NULL;
}

EXPORT void (g_mutex_clear) (GMutex *mutex)
{
  drop (&mutex->p, unmake_mutex);
}

EXPORT void (g_mutex_lock) (GMutex *mutex)
{
  pthread_mutex_lock (of_mutex (mutex));
}

EXPORT
gboolean (g_mutex_trylock) (GMutex *mutex)
{
  return pthread_mutex_trylock (of_mutex (mutex)) == 0;
}

EXPORT void (g_mutex_unlock) (GMutex *mutex)
{
  pthread_mutex_unlock (of_mutex (mutex));
}

/* ---- GRecMutex ---- */

EXPORT void (g_rec_mutex_init) (GRecMutex *mutex)
{
  mutex->p = NULL;
}

EXPORT void (g_rec_mutex_clear) (GRecMutex *mutex)
{
  drop (&mutex->p, unmake_mutex);
}

EXPORT void (g_rec_mutex_lock) (GRecMutex *mutex)
{
  pthread_mutex_lock (of_rec_mutex (mutex));
}

EXPORT
gboolean (g_rec_mutex_trylock) (GRecMutex *mutex)
{
  return pthread_mutex_trylock (of_rec_mutex (mutex)) == 0;
}

EXPORT void (g_rec_mutex_unlock) (GRecMutex *mutex)
{
  pthread_mutex_unlock (of_rec_mutex (mutex));
}

/* ---- GCond ---- */

EXPORT void (g_cond_init) (GCond *cond)
{
  cond->p = NULL;
}

EXPORT void (g_cond_clear) (GCond *cond)
{
  drop (&cond->p, unmake_cond);
}

EXPORT void (g_cond_wait) (GCond *cond, GMutex *mutex)
{
  pthread_cond_wait (of_cond (cond), of_mutex (mutex));
}

EXPORT
gboolean (g_cond_wait_until) (GCond *cond, GMutex *mutex, gint64 end_time)
{
  struct timespec end = {
    .tv_sec = (time_t) (end_time / G_USEC_PER_SEC),
    .tv_nsec = (long) (end_time % G_USEC_PER_SEC) * 1000,
  };

  return pthread_cond_timedwait (of_cond (cond), of_mutex (mutex), &end) !=
      ETIMEDOUT;
}

EXPORT void (g_cond_signal) (GCond *cond)
{
  pthread_cond_signal (of_cond (cond));
}

EXPORT void (g_cond_broadcast) (GCond *cond)
{
  pthread_cond_broadcast (of_cond (cond));
}

/* ---- g_once ---- */

static pthread_mutex_t once_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t once_changed = PTHREAD_COND_INITIALIZER;
static volatile void *under_way[64];

static int
find_once (volatile void *location)
{
  int i = 0;

  while (i < 64 && under_way[i] != location)
    i++;
  return i;
}

EXPORT
gboolean (g_once_init_enter) (volatile void *location)
{
  volatile gsize *value = location;

  pthread_mutex_lock (&once_lock);
  while (find_once (location) < 64)
    pthread_cond_wait (&once_changed, &once_lock);
  gboolean is_first = __atomic_load_n (value, __ATOMIC_ACQUIRE) == 0;
  if (is_first)
    under_way[find_once (NULL)] = location;
  pthread_mutex_unlock (&once_lock);
  return is_first;
}

EXPORT void (g_once_init_leave) (volatile void *location, gsize result)
{
  volatile gsize *value = location;

  pthread_mutex_lock (&once_lock);
  __atomic_store_n (value, result, __ATOMIC_RELEASE);
  under_way[find_once (location)] = NULL;
  pthread_cond_broadcast (&once_changed);
  pthread_mutex_unlock (&once_lock);
}

/* ---- counts ---- */

EXPORT void (g_atomic_ref_count_init) (gatomicrefcount *count)
{
  __atomic_store_n (count, 1, __ATOMIC_RELEASE);
}

EXPORT void (g_atomic_ref_count_inc) (gatomicrefcount *count)
{
  __atomic_add_fetch (count, 1, __ATOMIC_ACQ_REL);
}

EXPORT
gboolean (g_atomic_ref_count_dec) (gatomicrefcount *count)
{
  return __atomic_sub_fetch (count, 1, __ATOMIC_ACQ_REL) == 0;
}
