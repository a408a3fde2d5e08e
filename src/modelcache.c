/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "modelcache.h"

/* key -> DetCached *, or NULL while it is being built. Counts reach zero only with
 * the lock held, so what is found here can be referenced. */
static GMutex cache_lock;
static GCond cache_built;
static GHashTable *cache;

/* The cache goes with the last of what is in it, also while somebody waits here. */
static gboolean
look_up (const char *key, gpointer *found)
{
  if (!cache)
    cache = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return g_hash_table_lookup_extended (cache, key, NULL, found);
}

static DetCached *
find_or_claim (const char *key)
{
  gpointer found = NULL;

  while (look_up (key, &found)) {
    if (found)
      return found;
    g_cond_wait (&cache_built, &cache_lock);
  }
  g_hash_table_insert (cache, g_strdup (key), NULL);
  return NULL;
}

gpointer
det_model_cache_get (const char *key,
    gpointer (*build) (gconstpointer data, GError **error), gconstpointer data,
    GDestroyNotify free, GError **error)
{
  g_mutex_lock (&cache_lock);
  DetCached *cached = find_or_claim (key);
  if (cached)
    det_cached_ref (cached);
  g_mutex_unlock (&cache_lock);
  if (cached)
    return cached;

  cached = build (data, error);
  g_mutex_lock (&cache_lock);
  if (cached) {
    *cached = (DetCached){ .refs = 1, .key = g_strdup (key), .free = free };
    g_hash_table_insert (cache, g_strdup (key), cached);
  } else {
    g_hash_table_remove (cache, key);
  }
  g_cond_broadcast (&cache_built);
  g_mutex_unlock (&cache_lock);
  return cached;
}

void
det_cached_ref (DetCached *cached)
{
  g_atomic_int_inc (&cached->refs);
}

/* With the lock held. */
static void
forget (DetCached *cached)
{
  if (!cached->is_forgotten)
    g_hash_table_remove (cache, cached->key);
  cached->is_forgotten = TRUE;
  if (cache && g_hash_table_size (cache) == 0)
    g_clear_pointer (&cache, g_hash_table_unref);
}

void
det_cached_forget (DetCached *cached)
{
  g_mutex_lock (&cache_lock);
  forget (cached);
  g_mutex_unlock (&cache_lock);
}

void
det_cached_unref (DetCached *cached)
{
  int refs = g_atomic_int_get (&cached->refs);

  while (refs > 1) {
    if (g_atomic_int_compare_and_exchange (&cached->refs, refs, refs - 1))
      return;
    refs = g_atomic_int_get (&cached->refs);
  }

  g_mutex_lock (&cache_lock);
  gboolean last = g_atomic_int_dec_and_test (&cached->refs);
  if (last)
    forget (cached);
  g_mutex_unlock (&cache_lock);
  if (last) {
    g_free (cached->key);
    cached->free (cached);
  }
}
