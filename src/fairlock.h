/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_FAIRLOCK_H
#define DET_FAIRLOCK_H

#include <glib.h>

/* A lock that lets its waiters in by the order they came, so that one busy stream
 * cannot starve the others that share its network. */
typedef struct
{
  GMutex mutex;
  GCond turn;
  guint64 next; /* ticket of the next to come */
  guint64 serving;
} DetFairLock;

void det_fair_lock_init (DetFairLock *lock);
void det_fair_lock_clear (DetFairLock *lock);
void det_fair_lock_lock (DetFairLock *lock);
void det_fair_lock_unlock (DetFairLock *lock);

#endif
