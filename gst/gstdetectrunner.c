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
gst_detect_runner_load (GstDetectRunner *runner, DetModelSpec *spec)
{
  GstDetectLoader *loader = gst_detect_loader_new (spec);

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

GstDetectLoaderResult
gst_detect_runner_open (GstDetectRunner *runner, gint64 timeout_us,
    GError **error)
{
  g_autoptr (DetModel) model = NULL;
  GstDetectLoaderResult result =
      gst_detect_loader_wait (runner->loader, timeout_us, &model, error);

  if (result != GST_DETECT_LOADER_READY)
    return result;
  DetSession *session = det_session_new (model, error);
  if (!session)
    return GST_DETECT_LOADER_FAILED;

  g_mutex_lock (&runner->lock);
  runner->session = session;
  det_model_unref (runner->model);
  runner->model = g_steal_pointer (&model);
  det_session_set_cancelled (session, runner->flushing);
  g_mutex_unlock (&runner->lock);
  return GST_DETECT_LOADER_READY;
}

gboolean
gst_detect_runner_is_open (const GstDetectRunner *runner)
{
  return runner->session != NULL;
}

void
gst_detect_runner_close (GstDetectRunner *runner)
{
  g_mutex_lock (&runner->lock);
  g_clear_pointer (&runner->session, det_session_free);
  g_mutex_unlock (&runner->lock);
  g_clear_pointer (&runner->params, det_params_unref);
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
  if (runner->session)
    det_session_set_cancelled (runner->session, flushing);
  g_mutex_unlock (&runner->lock);
}

void
gst_detect_runner_describe (GstDetectRunner *runner, GstStructure *structure)
{
  g_mutex_lock (&runner->lock);
  const DetModel *model = runner->model;
  gst_structure_set (structure, "model", G_TYPE_STRING,
      model ? det_model_get_id (model) : NULL, "engine", G_TYPE_STRING,
      model ? det_model_get_engine (model) : NULL, "decoder", G_TYPE_STRING,
      model ? det_model_get_decoder (model) : NULL, NULL);
  g_mutex_unlock (&runner->lock);
}
