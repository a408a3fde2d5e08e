/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_MODELCACHE_H
#define DET_MODELCACHE_H

#include <glib.h>

/* Head of a counted object that is shared by key. The only global mutable state
 * of the core lies behind these functions; any thread may call them. */
typedef struct
{
  int refs;
  char *key;
  GDestroyNotify free;
  gboolean is_forgotten; /* not found by its key any more */
} DetCached;

/* Gives the object of the key, built by build (data) when there is none. Two
 * callers of one key wait for the same build; when it fails, each that waited
 * tries for itself. The object starts with a DetCached. */
gpointer det_model_cache_get (const char *key,
    gpointer (*build) (gconstpointer data, GError **error), gconstpointer data,
    GDestroyNotify free, GError **error);

void det_cached_ref (DetCached *cached);
void det_cached_unref (DetCached *cached);

/* Whoever asks for the key from now on gets another; those who have this one keep
 * it. */
void det_cached_forget (DetCached *cached);

#endif
