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

static void
finish (GstDetectLoader *loader, DetModel *model, GError *error)
{
  g_mutex_lock (&loader->lock);
  loader->model = model;
  loader->error = error;
  loader->done = TRUE;
  g_cond_broadcast (&loader->changed);
  g_mutex_unlock (&loader->lock);
}

static gpointer
load (gpointer data)
{
  GstDetectLoader *loader = data;
  GError *error = NULL;
  DetModel *model = det_model_load (loader->spec, &error);

  finish (loader, model, error);
  loader_unref (loader);
  return NULL;
}

GstDetectLoader *
gst_detect_loader_new (DetModelSpec *spec)
{
  GstDetectLoader *loader = g_new0 (GstDetectLoader, 1);
  GError *error = NULL;

  g_atomic_ref_count_init (&loader->refs);
  g_mutex_init (&loader->lock);
  g_cond_init (&loader->changed);
  loader->spec = spec;
  g_atomic_ref_count_inc (&loader->refs);
  GThread *thread = g_thread_try_new ("detect-load", load, loader, &error);
  if (thread) {
    g_thread_unref (thread);
  } else {
    finish (loader, NULL, error);
    loader_unref (loader);
  }
  return loader;
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
