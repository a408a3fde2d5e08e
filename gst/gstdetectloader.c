/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetectloader.h"

struct _GstDetectLoader
{
  gatomicrefcount refs; /* the owner's and the thread's */
  DetModelSpec *spec;   /* immutable */

  GMutex lock; /* guards what follows */
  GCond changed;
  gboolean done;
  gboolean cancelled;
  guint n_sessions; /* that are to run at once */
  DetModel *model;
  GError *error;
};

static void
loader_unref (GstDetectLoader *loader)
{
  if (!g_atomic_ref_count_dec (&loader->refs))
    return;
  det_model_unref (loader->model);
  g_clear_error (&loader->error);
  det_model_spec_free (loader->spec);
  g_cond_clear (&loader->changed);
  g_mutex_clear (&loader->lock);
  g_free (loader);
}

/* With the lock held. */
static void
finish (GstDetectLoader *loader, DetModel *model, GError *error)
{
  loader->model = model;
  loader->error = error;
  loader->done = TRUE;
  g_cond_broadcast (&loader->changed);
}

static gpointer
load (gpointer data)
{
  GstDetectLoader *loader = data;
  GError *error = NULL;
  DetModel *model = det_model_load (loader->spec, &error);
  guint n_reserved = 0;

  g_mutex_lock (&loader->lock);
  /* More may be asked for in the meantime. */
  while (model && n_reserved < loader->n_sessions) {
    n_reserved = loader->n_sessions;
    g_mutex_unlock (&loader->lock);
    if (!det_model_reserve (model, n_reserved, &error))
      g_clear_pointer (&model, det_model_unref);
    g_mutex_lock (&loader->lock);
  }
  finish (loader, model, error);
  g_mutex_unlock (&loader->lock);
  loader_unref (loader);
  return NULL;
}

static void
start (GstDetectLoader *loader)
{
  GError *error = NULL;

  g_atomic_ref_count_inc (&loader->refs);
  GThread *thread = g_thread_try_new ("detect-load", load, loader, &error);
  if (thread) {
    g_thread_unref (thread);
  } else {
    g_mutex_lock (&loader->lock);
    finish (loader, NULL, error);
    g_mutex_unlock (&loader->lock);
    loader_unref (loader);
  }
}

GstDetectLoader *
gst_detect_loader_new (DetModelSpec *spec, guint n_sessions)
{
  GstDetectLoader *loader = g_new0 (GstDetectLoader, 1);

  g_atomic_ref_count_init (&loader->refs);
  g_mutex_init (&loader->lock);
  g_cond_init (&loader->changed);
  loader->spec = spec;
  loader->n_sessions = n_sessions;
  start (loader);
  return loader;
}

void
gst_detect_loader_reload (GstDetectLoader *loader, guint n_sessions)
{
  g_mutex_lock (&loader->lock);
  gboolean may_start = loader->done;
  if (may_start) {
    g_clear_pointer (&loader->model, det_model_unref);
    g_clear_error (&loader->error);
    loader->done = FALSE;
  }
  loader->n_sessions = n_sessions;
  g_mutex_unlock (&loader->lock);
  if (may_start)
    start (loader);
}

void
gst_detect_loader_free (GstDetectLoader *loader)
{
  if (loader)
    loader_unref (loader);
}

GstDetectLoaderResult
gst_detect_loader_wait (GstDetectLoader *loader, gint64 timeout_us,
    DetModel **model, GError **error)
{
  gint64 deadline = g_get_monotonic_time () + MAX (timeout_us, 0);
  gboolean in_time = TRUE;
  GstDetectLoaderResult result;

  g_mutex_lock (&loader->lock);
  while (in_time && !loader->done && !loader->cancelled) {
    if (timeout_us < 0)
      g_cond_wait (&loader->changed, &loader->lock);
    else
      in_time = g_cond_wait_until (&loader->changed, &loader->lock, deadline);
  }
  if (loader->cancelled) {
    result = GST_DETECT_LOADER_CANCELLED;
  } else if (!loader->done) {
    result = GST_DETECT_LOADER_SLOW;
  } else if (loader->model) {
    *model = det_model_ref (loader->model);
    result = GST_DETECT_LOADER_READY;
  } else {
    g_propagate_error (error, g_error_copy (loader->error));
    result = GST_DETECT_LOADER_FAILED;
  }
  g_mutex_unlock (&loader->lock);
  return result;
}

void
gst_detect_loader_set_cancelled (GstDetectLoader *loader, gboolean cancelled)
{
  g_mutex_lock (&loader->lock);
  loader->cancelled = cancelled;
  g_cond_broadcast (&loader->changed);
  g_mutex_unlock (&loader->lock);
}

const DetModelSpec *
gst_detect_loader_get_spec (const GstDetectLoader *loader)
{
  return loader->spec;
}
