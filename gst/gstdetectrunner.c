/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetectrunner.h"

void
gst_detect_runner_init (GstDetectRunner *runner)
{
  *runner = (GstDetectRunner){ 0 };
  g_mutex_init (&runner->lock);
}

void
gst_detect_runner_clear (GstDetectRunner *runner)
{
  gst_detect_runner_close (runner);
  gst_detect_runner_unload (runner);
  g_mutex_clear (&runner->lock);
}

void
gst_detect_runner_load (GstDetectRunner *runner, DetModelSpec *spec,
    const DetOptions *options)
{
  g_autoptr (DetOptions) resolved = det_model_spec_resolve (spec
          ? spec
          : gst_detect_loader_get_spec (runner->loader),
      options);
  guint n_had = runner->n_at_once;

  runner->n_at_once = (guint) det_options_get_int (resolved, DET_OPT_PARALLEL);
  if (!spec) {
    if (runner->n_at_once > n_had)
      gst_detect_loader_reload (runner->loader, runner->n_at_once);
    return;
  }
  GstDetectLoader *loader = gst_detect_loader_new (spec, runner->n_at_once);
  gst_detect_runner_unload (runner);
  g_mutex_lock (&runner->lock);
  runner->loader = loader;
  gst_detect_loader_set_cancelled (loader, runner->flushing);
  g_mutex_unlock (&runner->lock);
}

gboolean
gst_detect_runner_has_model (const GstDetectRunner *runner)
{
  return runner->loader != NULL;
}

void
gst_detect_runner_unload (GstDetectRunner *runner)
{
  g_mutex_lock (&runner->lock);
  g_clear_pointer (&runner->loader, gst_detect_loader_free);
  g_clear_pointer (&runner->model, det_model_unref);
  g_mutex_unlock (&runner->lock);
}

/* ---- sessions ---- */

/* With the lock held. */
static gboolean
open_session (GstDetectRunner *runner, guint i, GError **error)
{
  DetSession *session = det_session_new_with_workers (runner->workers, error);

  if (session) {
    det_session_set_notify (session, runner->notify, runner->notify_data);
    det_session_set_cancelled (session, runner->flushing);
  }
  runner->sessions[i] = session;
  return session != NULL;
}

/* With the lock held. */
static void
close_sessions (GstDetectRunner *runner)
{
  for (guint i = 0; i < GST_DETECT_MAX_SESSIONS; i++)
    g_clear_pointer (&runner->sessions[i], det_session_free);
  g_clear_pointer (&runner->workers, det_workers_unref);
  runner->n_sessions = 0;
}

/* With the lock held. */
static gboolean
open_sessions (GstDetectRunner *runner, gboolean ahead, GError **error)
{
  runner->workers = det_workers_new (runner->model, runner->n_at_once, error);
  gboolean ok = runner->workers != NULL;
  guint n = runner->n_at_once +
      (ahead && !det_model_is_shared (runner->model) ? 1 : 0);

  for (guint i = 0; ok && i < n; i++)
    ok = open_session (runner, i, error);
  if (ok)
    runner->n_sessions = n;
  else
    close_sessions (runner);
  return ok;
}

GstDetectLoaderResult
gst_detect_runner_open (GstDetectRunner *runner, gboolean ahead,
    gint64 timeout_us, GError **error)
{
  g_autoptr (DetModel) model = NULL;
  GstDetectLoaderResult result =
      gst_detect_loader_wait (runner->loader, timeout_us, &model, error);

  if (result != GST_DETECT_LOADER_READY)
    return result;
  g_mutex_lock (&runner->lock);
  det_model_unref (runner->model);
  runner->model = g_steal_pointer (&model);
  gboolean ok = open_sessions (runner, ahead, error);
  g_mutex_unlock (&runner->lock);
  return ok ? GST_DETECT_LOADER_READY : GST_DETECT_LOADER_FAILED;
}

gboolean
gst_detect_runner_is_open (const GstDetectRunner *runner)
{
  return runner->n_sessions > 0;
}

void
gst_detect_runner_close (GstDetectRunner *runner)
{
  g_mutex_lock (&runner->lock);
  close_sessions (runner);
  g_mutex_unlock (&runner->lock);
  g_clear_pointer (&runner->params, det_params_unref);
}

gboolean
gst_detect_runner_replace (GstDetectRunner *runner, guint session,
    GError **error)
{
  gboolean ok = TRUE;

  g_mutex_lock (&runner->lock);
  gboolean is_blocked = det_model_forget_blocked (runner->model);
  if (!is_blocked) {
    det_session_free (runner->sessions[session]);
    ok = open_session (runner, session, error);
  }
  if (is_blocked || !ok)
    close_sessions (runner);
  g_mutex_unlock (&runner->lock);
  if (is_blocked)
    gst_detect_loader_reload (runner->loader, runner->n_at_once);
  return ok;
}

DetOptions *
gst_detect_runner_resolve (const GstDetectRunner *runner,
    const DetOptions *options)
{
  return det_model_spec_resolve (gst_detect_loader_get_spec (runner->loader),
      options);
}

gboolean
gst_detect_runner_set_options (GstDetectRunner *runner,
    const DetOptions *options, gboolean *has_none, GError **error)
{
  DetParams *params = NULL;

  if (det_options_check (options, error))
    params = det_params_new (runner->model, options, error);
  *has_none = !runner->params;
  if (!params)
    return FALSE;
  det_params_unref (runner->params);
  runner->params = params;
  return TRUE;
}

void
gst_detect_runner_set_flushing (GstDetectRunner *runner, gboolean flushing)
{
  g_mutex_lock (&runner->lock);
  runner->flushing = flushing;
  if (runner->loader)
    gst_detect_loader_set_cancelled (runner->loader, flushing);
  for (guint i = 0; i < runner->n_sessions; i++)
    det_session_set_cancelled (runner->sessions[i], flushing);
  g_mutex_unlock (&runner->lock);
}

void
gst_detect_runner_describe (GstDetectRunner *runner, GstStructure *structure)
{
  g_mutex_lock (&runner->lock);
  const DetModel *model = runner->model;
  gst_structure_set (structure, "model", G_TYPE_STRING,
      model ? det_model_get_id (model) : NULL, "engine", G_TYPE_STRING,
      model ? det_model_get_engine (model) : NULL, "threads", G_TYPE_INT,
      model ? det_model_get_threads (model) : 0, "decoder", G_TYPE_STRING,
      model ? det_model_get_decoder (model) : NULL, NULL);
  g_mutex_unlock (&runner->lock);
}
