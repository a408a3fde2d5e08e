/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fairlock.h"

void
det_fair_lock_init (DetFairLock *lock)
{
  g_mutex_init (&lock->mutex);
  g_cond_init (&lock->turn);
  lock->next = lock->serving = 0;
}

void
det_fair_lock_clear (DetFairLock *lock)
{
  g_cond_clear (&lock->turn);
  g_mutex_clear (&lock->mutex);
}

void
det_fair_lock_lock (DetFairLock *lock)
{
  g_mutex_lock (&lock->mutex);
  guint64 ticket = lock->next++;
  while (lock->serving != ticket)
    g_cond_wait (&lock->turn, &lock->mutex);
  g_mutex_unlock (&lock->mutex);
}

void
det_fair_lock_unlock (DetFairLock *lock)
{
  g_mutex_lock (&lock->mutex);
  lock->serving++;
  g_cond_broadcast (&lock->turn);
  g_mutex_unlock (&lock->mutex);
}
