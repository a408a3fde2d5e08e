/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model.h"

#include "enginecall.h"
#include "greyrun.h"
#include "inputspec.h"
#include "modelcache.h"
#include "modelspec.h"
#include "networks.h"
#include "outputs.h"
#include "tune.h"
#include <detect/error.h>
#include <string.h>

#define TUNE_US (3 * G_USEC_PER_SEC) /* all that is tried, together */

struct _DetModel
{
  DetCached cached;
  char *id;
  DetModelInfo *info;
  const DetEngine *engine;
  DetEngineConfig config; /* what the networks were loaded with */
  DetNetworks networks;
  GMutex reserve_lock; /* held while further networks are loaded */
  const DetDecoder *decoder;
  DetHead head;
  DetInputSpec spec;
  guint image_input;
  DetTensor inputs[DET_MAX_INPUTS]; /* data of all but the image; owned */
  DetLabels *labels;
  char *labels_source;
  int is_proven; /* atomic: it ran, and its outputs are what they should be */
  int n_users;   /* atomic */
};

/* ---- loading ---- */

static void
model_free (gpointer data)
{
  DetModel *model = data;

  det_networks_clear (&model->networks);
  for (int i = 0; i < DET_MAX_INPUTS; i++)
    g_free (model->inputs[i].data);
  g_free (model->head.grid);
  det_labels_unref (model->labels);
  det_model_info_free (model->info);
  g_mutex_clear (&model->reserve_lock);
  g_free (model->labels_source);
  g_free (model->id);
  g_free (model);
}

static gboolean
add_extra_inputs (DetModel *model, GError **error)
{
  guint n = model->info->inputs->len;

  if (n > DET_MAX_INPUTS) {
    g_set_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED,
        "%s: %u inputs, where at most %d are supported; export the model with "
        "an image input only",
        model->id, n, DET_MAX_INPUTS);
    return FALSE;
  }
  for (guint i = 0; i < n; i++) {
    if (i == model->image_input)
      continue;
    DetTensor *tensor = &model->inputs[i];
    if (!tensor->data)
      tensor->data =
          g_malloc0 (sizeof (gint64) * 2 * (gsize) MAX (model->spec.batch, 1));
    if (!det_input_spec_fill_extra (&model->spec,
            det_model_info_input (model->info, i), tensor, error))
      return FALSE;
  }
  return TRUE;
}

/* Decides how the network is fed, as far as it is known which family it is. */
static gboolean
resolve_input (DetModel *model, const DetModelSpec *spec, GError **error)
{
  if (!det_input_spec_resolve (spec->info, model->decoder, spec->options,
          &model->spec, &model->image_input, error))
    return FALSE;
  det_input_spec_apply (&model->spec, model->info, model->image_input);
  return add_extra_inputs (model, error);
}

static gboolean
load_network (DetModel *model, const DetModelSpec *spec, GError **error)
{
  model->config = (DetEngineConfig){
    .threads = model->config.threads,
    .spin = det_options_get_boolean (spec->options, DET_OPT_SPIN),
    .input_width = model->decoder ? model->spec.width : 0,
    .input_height = model->decoder ? model->spec.height : 0,
  };

  gpointer network = model->engine->load (model->info, &model->config, error);
  if (network)
    det_networks_add (&model->networks, network);
  return network != NULL;
}

static void
set_labels_source (DetModel *model, const char *source)
{
  g_free (model->labels_source);
  model->labels_source = g_strdup (source);
}

static gboolean
check_labels (DetModel *model, const DetModelSpec *spec, GError **error)
{
  if (model->head.classes_are_open && spec->labels)
    model->head.n_classes = (int) det_labels_get_n (spec->labels);

  int n_classes = model->head.n_classes;
  model->labels = spec->labels ? det_labels_ref (spec->labels) : NULL;
  set_labels_source (model, spec->labels_source);
  if (model->labels && (int) det_labels_get_n (model->labels) == n_classes)
    return TRUE;
  if (model->labels && spec->labels_are_asked_for) {
    g_set_error (error, DET_ERROR, DET_ERROR_LABELS,
        "%s: %u labels for a model of %d classes (%s); use the label file the "
        "model was trained with, one name a line",
        spec->labels_source, det_labels_get_n (model->labels), n_classes,
        model->id);
    return FALSE;
  }
  g_clear_pointer (&model->labels, det_labels_unref);
  set_labels_source (model, "none");
  if (model->decoder->labels &&
      (int) g_strv_length ((char **) model->decoder->labels) == n_classes) {
    model->labels = det_labels_new_from_strv (model->decoder->labels);
    set_labels_source (model, "the family's own");
  } else if (n_classes == 80) {
    model->labels = det_labels_new_coco ();
    set_labels_source (model, "COCO's, built in");
  }
  return TRUE;
}

static gboolean
bind_decoder (DetModel *model, GError **error)
{
  if (model->info->outputs->len > DET_MAX_OUTPUTS) {
    g_set_error (error, DET_ERROR, DET_ERROR_UNRECOGNISED,
        "%s: %u outputs, where at most %d are supported; export the detection "
        "outputs only",
        model->id, model->info->outputs->len, DET_MAX_OUTPUTS);
    return FALSE;
  }
  model->head.input_width = model->spec.width;
  model->head.input_height = model->spec.height;
  model->head.n_outputs = (int) model->info->outputs->len;
  return model->decoder->bind (&model->head, model->info, error);
}

/* Learns from a run what shapes the outputs have that the file left open. */
static gboolean
learn_outputs (DetModel *model, const DetModelSpec *spec, GError **error)
{
  g_auto (DetOutputs) outputs = { 0 };

  det_model_info_take_outputs (model->info, spec->info);
  if (!det_grey_run (model, &outputs, error))
    return FALSE;
  det_outputs_complete_info (&outputs, model->info);
  return TRUE;
}

/* The family may want another input size than the network was run with. Then it is
 * loaded anew: OpenCV 4.10 keeps what it has worked out for the first size, and
 * finds boxes beside the objects. */
static gboolean
resize_input (DetModel *model, const DetModelSpec *spec, GError **error)
{
  int width = model->spec.width;
  int height = model->spec.height;

  if (!resolve_input (model, spec, error))
    return FALSE;
  if (model->spec.width == width && model->spec.height == height)
    return TRUE;
  det_networks_clear (&model->networks);
  det_networks_init (&model->networks, model->engine);
  return load_network (model, spec, error);
}

/* When the file did not say enough, a first run shows the outputs' shapes. They may
 * be others at the family's input size, so they are learnt again. */
static gboolean
choose_decoder (DetModel *model, const DetModelSpec *spec, GError **error)
{
  if (model->decoder)
    return !det_model_info_is_open (model->info) ||
        learn_outputs (model, spec, error);
  if (!learn_outputs (model, spec, error))
    return FALSE;
  model->decoder = det_decoder_choose (model->info,
      det_options_get_string (spec->options, DET_OPT_DECODER), error);
  return model->decoder && resize_input (model, spec, error) &&
      learn_outputs (model, spec, error);
}

static gboolean
settle_outputs (DetModel *model, const DetModelSpec *spec, GError **error)
{
  return choose_decoder (model, spec, error) && bind_decoder (model, error) &&
      check_labels (model, spec, error);
}

/* Messages of decoders and engines do not know which file they are about. */
static void
prefix_file (GError **error, const DetModel *model)
{
  if (error && *error && model->info->path &&
      !strstr ((*error)->message, model->info->path))
    g_prefix_error (error, "%s: ", model->info->path);
}

static DetModel *
build_with (const DetModelSpec *spec, const DetTuneChoice *choice,
    GError **error)
{
  DetModel *model = g_new0 (DetModel, 1);

  det_networks_init (&model->networks, choice->engine);
  g_mutex_init (&model->reserve_lock);
  model->id = spec->info->path ? g_path_get_basename (spec->info->path)
                               : g_strdup ("people");
  model->info = det_model_info_copy (spec->info);
  model->engine = choice->engine;
  model->config.threads = choice->threads;
  model->decoder = spec->decoder;
  det_engine_call_begin ();
  gboolean ok = resolve_input (model, spec, error) &&
      load_network (model, spec, error) && settle_outputs (model, spec, error);
  det_engine_call_end ();
  if (ok)
    return model;
  prefix_file (error, model);
  model_free (model);
  return NULL;
}

static gpointer
attempt (const DetTuneChoice *choice, gint64 share_us, gint64 *run_us,
    gpointer data, GError **error)
{
  gint64 end = g_get_monotonic_time () + share_us;
  DetModel *model = build_with (data, choice, error);

  if (model && det_grey_time (model, end, run_us, error))
    return model;
  if (model)
    model_free (model);
  return NULL;
}

static DetModel *
build_fastest (const DetModelSpec *spec, GError **error)
{
  DetTuneChoice choices[DET_TUNE_MAX_CHOICES];
  DetTuneChoice chosen;
  guint n = det_tune_list (spec->info, spec->options, choices);
  DetInputSpec input;
  guint image_input;

  if (!det_input_spec_resolve (spec->info, spec->decoder, spec->options, &input,
          &image_input, error))
    return NULL;
  g_autofree char *key = det_tune_key (spec->info, input.width, input.height,
      det_options_get_boolean (spec->options, DET_OPT_SPIN), choices, n);
  if (det_tune_recall (key, choices, n, &chosen)) {
    DetModel *model = build_with (spec, &chosen, NULL);

    if (model)
      return model;
  }
  DetModel *model = det_tune_measure (choices, n, TUNE_US, attempt, model_free,
      (gpointer) spec, &chosen, error);
  if (model)
    det_tune_remember (key, &chosen);
  return model;
}

static gpointer
model_build (gconstpointer data, GError **error)
{
  const DetModelSpec *spec = data;
  const DetTuneChoice choice = { spec->engine,
    (int) det_options_get_int (spec->options, DET_OPT_THREADS) };

  return det_options_get_boolean (spec->options, DET_OPT_TUNE)
      ? build_fastest (spec, error)
      : build_with (spec, &choice, error);
}

DetModel *
det_model_load (const DetModelSpec *spec, GError **error)
{
  return (DetModel *) det_model_cache_get (spec->key, model_build, spec,
      model_free, error);
}

/* Loads one more network like those that are there. */
static gboolean
add_network (DetModel *model, GError **error)
{
  /* A load may complete what it is given; this model's is complete, and read. */
  DetModelInfo *info = det_model_info_copy (model->info);

  det_engine_call_begin ();
  gpointer network = model->engine->load (info, &model->config, error);
  det_engine_call_end ();
  det_model_info_free (info);
  if (network)
    det_networks_add (&model->networks, network);
  else
    prefix_file (error, model);
  return network != NULL;
}

gboolean
det_model_reserve (DetModel *model, guint n_sessions, GError **error)
{
  guint wanted = model->engine->concurrent ? 1
                                           : MIN (n_sessions, DET_MAX_NETWORKS);
  gboolean ok = TRUE;

  g_mutex_lock (&model->reserve_lock);
  while (ok && det_networks_get_n (&model->networks) < wanted)
    ok = add_network (model, error);
  g_mutex_unlock (&model->reserve_lock);
  return ok;
}

gboolean
det_model_forget_blocked (DetModel *model)
{
  if (model->engine->concurrent)
    return FALSE;
  det_cached_forget (&model->cached);
  return TRUE;
}

gboolean
det_model_prove (DetModel *model, GError **error)
{
  g_auto (DetOutputs) outputs = { 0 };

  if (g_atomic_int_get (&model->is_proven))
    return TRUE;
  if (det_grey_run (model, &outputs, error) &&
      det_outputs_check (&outputs, model->info, model->head.n_rows == 0,
          error) &&
      det_model_check (model, outputs.tensors, error))
    return TRUE;
  prefix_file (error, model);
  return FALSE;
}

DetModel *
det_model_new (const DetOptions *options, GError **error)
{
  g_autoptr (DetModelSpec) spec = det_model_spec_new (options, error);
  g_autoptr (DetModel) model = spec ? det_model_load (spec, error) : NULL;

  return model && det_model_prove (model, error) ? g_steal_pointer (&model)
                                                 : NULL;
}

DetModel *
det_model_ref (DetModel *model)
{
  det_cached_ref (&model->cached);
  return model;
}

void
det_model_unref (DetModel *model)
{
  if (model)
    det_cached_unref (&model->cached);
}

void
det_model_count_user (DetModel *model, int change)
{
  g_atomic_int_add (&model->n_users, change);
}

gboolean
det_model_is_shared (DetModel *model)
{
  return g_atomic_int_get (&model->n_users) > 1;
}

/* ---- running ---- */

gpointer
det_model_request_new (DetModel *model, GError **error)
{
  return model->engine->request_new
      ? model->engine->request_new (model->networks.items[0], error)
      : NULL;
}

void
det_model_request_free (DetModel *model, gpointer request)
{
  if (!request)
    return;
  det_engine_call_begin ();
  model->engine->request_free (model->networks.items[0], request);
  det_engine_call_end ();
}

gboolean
det_model_run (DetModel *model, gpointer request, const DetTensor *picture,
    DetTensor *outputs, guint *n_outputs, gpointer *lease, GError **error)
{
  DetTensor inputs[DET_MAX_INPUTS];

  memcpy (inputs, model->inputs, sizeof inputs);
  inputs[model->image_input] = *picture;
  *lease = det_networks_take (&model->networks);
  det_engine_call_begin ();
  gboolean ok = model->engine->run (*lease, request, inputs,
      model->info->inputs->len, outputs, n_outputs, error);
  det_engine_call_end ();
  return ok;
}

gboolean
det_model_check (DetModel *model, const DetTensor *outputs, GError **error)
{
  if (g_atomic_int_get (&model->is_proven))
    return TRUE;
  if (model->decoder->check &&
      !model->decoder->check (&model->head, outputs, error))
    return FALSE;
  g_atomic_int_set (&model->is_proven, TRUE);
  return TRUE;
}

void
det_model_blame (const DetModel *model, GError **error)
{
  if (!g_atomic_int_get (&model->is_proven))
    prefix_file (error, model);
}

void
det_model_release (DetModel *model, gpointer lease)
{
  det_networks_give (&model->networks, lease);
}

/* ---- asking ---- */

const DetLabels *
det_model_get_labels (const DetModel *model)
{
  return model->labels;
}

const DetDecoder *
det_model_get_decoder_row (const DetModel *model)
{
  return model->decoder;
}

const DetHead *
det_model_get_head (const DetModel *model)
{
  return &model->head;
}

const DetModelInfo *
det_model_get_info (const DetModel *model)
{
  return model->info;
}

const DetInputSpec *
det_model_get_input_spec (const DetModel *model)
{
  return &model->spec;
}

const char *
det_model_get_id (const DetModel *model)
{
  return model->id;
}

const char *
det_model_get_engine (const DetModel *model)
{
  return model->engine->name;
}

int
det_model_get_threads (const DetModel *model)
{
  return model->config.threads;
}

const char *
det_model_get_decoder (const DetModel *model)
{
  return model->decoder->name;
}

int
det_model_get_n_classes (const DetModel *model)
{
  return model->head.n_classes;
}

const char *
det_model_get_label (const DetModel *model, int class_id)
{
  return model->labels ? det_labels_get (model->labels, class_id) : NULL;
}

const char *
det_model_get_labels_source (const DetModel *model)
{
  return model->labels_source;
}
