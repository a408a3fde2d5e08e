/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine.h"
#include "enginetensors.h"
#include "onnxruntime-library.h"
#include <detect/error.h>
#include <string.h>

typedef struct
{
  OrtSession *session;
  char **inputs;
  guint n_inputs;
  char **outputs;
  guint n_outputs;
  DetTensorInfo shapes[DET_MAX_OUTPUTS]; /* of the outputs, as the session says;
                                            without names */
} Network;

/* One caller's values: inputs stay while the caller's memory does, outputs of a
 * fixed shape are written again by the next run. */
typedef struct
{
  const Network *network;
  OrtValue *inputs[DET_ENGINE_MAX_INPUTS];
  DetTensor wrapped[DET_ENGINE_MAX_INPUTS]; /* what they were made of */
  OrtValue *outputs[DET_MAX_OUTPUTS];
  DetTensor views[DET_MAX_OUTPUTS]; /* of the outputs */
  gboolean is_kept[DET_MAX_OUTPUTS];
  gboolean may_keep;
} Request;

/* ---- types ---- */

static const int to_ort[DET_N_DTYPES] = {
  [DET_DTYPE_FLOAT32] = DET_ORT_FLOAT,
  [DET_DTYPE_UINT8] = DET_ORT_UINT8,
  [DET_DTYPE_INT8] = DET_ORT_INT8,
  [DET_DTYPE_INT32] = DET_ORT_INT32,
  [DET_DTYPE_INT64] = DET_ORT_INT64,
  [DET_DTYPE_STRING] = DET_ORT_STRING,
  [DET_DTYPE_BOOL] = DET_ORT_BOOL,
  [DET_DTYPE_FLOAT16] = DET_ORT_FLOAT16,
  [DET_DTYPE_FLOAT64] = DET_ORT_DOUBLE,
};

static DetDType
from_ort (int type)
{
  for (int i = 0; i < DET_N_DTYPES; i++) {
    if (to_ort[i] == type && type != 0)
      return (DetDType) i;
  }
  return DET_DTYPE_UNKNOWN;
}

static const char *
version (void)
{
  return det_ort_runtime ()->version;
}

static gboolean
is_present (GError **error)
{
  const DetOrtRuntime *runtime = det_ort_runtime ();

  if (!runtime->problem)
    return TRUE;
  g_set_error_literal (error, DET_ERROR, DET_ERROR_UNSUPPORTED,
      runtime->problem);
  return FALSE;
}

/* ---- sessions ---- */

static OrtSessionOptions *
make_options (const DetModelInfo *info, const DetEngineConfig *config,
    GError **error)
{
  const DetOrt *api = &det_ort_runtime ()->api;
  g_autofree char *folder = g_path_get_dirname (info->path);
  int threads = config->threads > 0 ? config->threads
                                    : (int) g_get_num_processors ();
  const struct
  {
    OrtStatus *(*set) (OrtSessionOptions *options, int value);
    int value;
  } settings[] = {
    { api->SetSessionExecutionMode, DET_ORT_SEQUENTIAL },
    { api->SetSessionGraphOptimizationLevel, DET_ORT_OPTIMISE_ALL },
    { api->SetIntraOpNumThreads, threads },
    { api->SetInterOpNumThreads, 1 },
  };
  const char *const entries[][2] = {
    /* Idle threads that spin take the processors from the rest of a pipeline. */
    { "session.intra_op.allow_spinning", config->spin ? "1" : "0" },
    /* Where weights in files of their own lie, for a model given as bytes. */
    { "session.model_external_initializers_file_folder_path", folder },
  };
  OrtSessionOptions *options = NULL;
  OrtStatus *status = api->CreateSessionOptions (&options);

  for (gsize i = 0; !status && i < G_N_ELEMENTS (settings); i++)
    status = settings[i].set (options, settings[i].value);
  for (gsize i = 0; !status && i < G_N_ELEMENTS (entries); i++)
    status = api->AddSessionConfigEntry (options, entries[i][0], entries[i][1]);
  if (det_ort_check (status, &det_ort_loading, error))
    return options;
  if (options)
    api->ReleaseSessionOptions (options);
  return NULL;
}

static OrtStatus *
create_session (const DetModelInfo *info, const OrtSessionOptions *options,
    OrtSession **session)
{
  const DetOrtRuntime *runtime = det_ort_runtime ();
  g_autofree char *contents = NULL;
  gsize size = 0;

  if (info->weights_are_inputs &&
      g_file_get_contents (info->path, &contents, &size, NULL)) {
    g_autoptr (GBytes)
        bytes = det_onnx_hide_weights ((const guint8 *) contents, size);
    OrtStatus *status = runtime->api.CreateSessionFromArray (runtime->env,
        g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), options,
        session);

    if (!status)
      return NULL;
    g_autofree char *message = det_ort_take_message (&runtime->api, status);
    g_debug ("%s: its weights stay inputs: %s", info->path, message);
  }
  return runtime->api.CreateSession (runtime->env, info->path, options,
      session);
}

static char **
copy_names (const GArray *tensors)
{
  char **names = g_new0 (char *, tensors->len + 1);

  for (guint i = 0; i < tensors->len; i++)
    names[i] = g_strdup (g_array_index (tensors, DetTensorInfo, i).name);
  return names;
}

/* ---- what a session says of itself ---- */

static OrtStatus *
read_shape (const OrtTensorTypeAndShapeInfo *shape, DetDType *dtype,
    int *n_dims, gint64 *dims)
{
  const DetOrt *api = &det_ort_runtime ()->api;
  gsize n = 0;
  int type = 0;
  OrtStatus *status = api->GetTensorElementType (shape, &type);

  *dtype = from_ort (type);
  if (!status)
    status = api->GetDimensionsCount (shape, &n);
  *n_dims = (int) MIN (n, DET_TENSOR_MAX_DIMS + 1);
  if (!status && n <= DET_TENSOR_MAX_DIMS)
    status = api->GetDimensions (shape, dims, n);
  return status;
}

/* Without a name; of unknown type when it is not a tensor. */
static OrtStatus *
read_type (const OrtSession *session, gsize i, gboolean is_input,
    DetTensorInfo *tensor)
{
  const DetOrt *api = &det_ort_runtime ()->api;
  const OrtTensorTypeAndShapeInfo *shape = NULL;
  OrtTypeInfo *type = NULL;
  OrtStatus *status = is_input
      ? api->SessionGetInputTypeInfo (session, i, &type)
      : api->SessionGetOutputTypeInfo (session, i, &type);

  *tensor = (DetTensorInfo){ .n_dims = -1 };
  if (!status)
    status = api->CastTypeInfoToTensorInfo (type, &shape);
  if (!status && shape)
    status = read_shape (shape, &tensor->dtype, &tensor->n_dims, tensor->dims);
  for (int d = 0; d < MIN (tensor->n_dims, DET_TENSOR_MAX_DIMS); d++) {
    if (tensor->dims[d] == 0) /* how some exporters write an open one */
      tensor->dims[d] = -1;
  }
  if (type)
    api->ReleaseTypeInfo (type);
  return status;
}

static OrtStatus *
read_name (const OrtSession *session, gsize i, gboolean is_input, char **name)
{
  const DetOrtRuntime *runtime = det_ort_runtime ();
  const DetOrt *api = &runtime->api;
  char *theirs = NULL;
  OrtStatus *status = is_input
      ? api->SessionGetInputName (session, i, runtime->allocator, &theirs)
      : api->SessionGetOutputName (session, i, runtime->allocator, &theirs);

  if (status)
    return status;
  *name = g_strdup (theirs);
  return api->AllocatorFree (runtime->allocator, theirs);
}

static gboolean
complete_side (Network *self, GArray *tensors, gboolean is_input,
    GError **error)
{
  const DetOrt *api = &det_ort_runtime ()->api;
  gsize n = 0;
  OrtStatus *status = is_input ? api->SessionGetInputCount (self->session, &n)
                               : api->SessionGetOutputCount (self->session, &n);

  for (gsize i = 0; !status && i < n; i++) {
    g_autofree char *name = NULL;
    DetTensorInfo known = { .n_dims = -1 };

    status = read_name (self->session, i, is_input, &name);
    if (!status)
      status = read_type (self->session, i, is_input, &known);
    gint at = status ? -1 : det_engine_find_tensor (tensors, name);
    if (at < 0)
      continue;
    DetTensorInfo *tensor = &g_array_index (tensors, DetTensorInfo, at);
    det_engine_complete_tensor (tensor, &known);
    if (known.dtype == DET_DTYPE_UNKNOWN || known.dtype == DET_DTYPE_STRING ||
        known.n_dims > DET_TENSOR_MAX_DIMS)
      return det_engine_refuse_tensor (tensor, is_input ? "input" : "output",
          error);
    if (!is_input)
      self->shapes[at] = known;
  }
  return det_ort_check (status, &det_ort_loading, error);
}

/* ---- networks ---- */

static void
unload (gpointer network)
{
  Network *self = network;

  if (self->session)
    det_ort_runtime ()->api.ReleaseSession (self->session);
  g_strfreev (self->inputs);
  g_strfreev (self->outputs);
  g_free (self);
}

static gpointer
load (DetModelInfo *info, const DetEngineConfig *config, GError **error)
{
  OrtSessionOptions *options = det_engine_check_counts (info, error)
      ? make_options (info, config, error)
      : NULL;

  if (!options)
    return NULL;
  Network *self = g_new0 (Network, 1);
  OrtStatus *status = create_session (info, options, &self->session);
  det_ort_runtime ()->api.ReleaseSessionOptions (options);
  self->inputs = copy_names (info->inputs);
  self->n_inputs = info->inputs->len;
  self->outputs = copy_names (info->outputs);
  self->n_outputs = info->outputs->len;
  if (det_ort_check (status, &det_ort_loading, error) &&
      complete_side (self, info->inputs, TRUE, error) &&
      complete_side (self, info->outputs, FALSE, error))
    return self;
  unload (self);
  return NULL;
}

/* ---- requests ---- */

static gpointer
request_new (gpointer network, GError **error)
{
  Request *self = g_new0 (Request, 1);

  self->network = network;
  self->may_keep = TRUE;
  return self;
}

static void
release_value (OrtValue **value)
{
  if (*value)
    det_ort_runtime ()->api.ReleaseValue (*value);
  *value = NULL;
}

/* Releases what the next run is to make anew; says whether any is left. */
static gboolean
release_outputs (Request *self)
{
  gboolean any = FALSE;

  for (guint i = 0; i < self->network->n_outputs; i++) {
    self->is_kept[i] = self->is_kept[i] && self->may_keep;
    if (!self->is_kept[i])
      release_value (&self->outputs[i]);
    any = any || self->is_kept[i];
  }
  return any;
}

static void
request_free (gpointer network, gpointer request)
{
  Request *self = request;

  self->may_keep = FALSE;
  release_outputs (self);
  for (guint i = 0; i < self->network->n_inputs; i++)
    release_value (&self->inputs[i]);
  g_free (self);
}

static gboolean
wrap_input (Request *self, guint i, const DetTensor *tensor, GError **error)
{
  const DetOrtRuntime *runtime = det_ort_runtime ();
  gsize bytes =
      (gsize) det_tensor_n_elements (tensor) * det_dtype_size (tensor->dtype);

  if (self->inputs[i] &&
      memcmp (&self->wrapped[i], tensor, sizeof *tensor) == 0)
    return TRUE;
  release_value (&self->inputs[i]);
  self->wrapped[i] = *tensor;
  return det_ort_check (runtime->api
                            .CreateTensorWithDataAsOrtValue (runtime->memory,
                                tensor->data, bytes, tensor->dims,
                                (gsize) tensor->n_dims, to_ort[tensor->dtype],
                                &self->inputs[i]),
      &det_ort_running, error);
}

static gboolean
has_shape (const DetTensor *tensor, const DetTensorInfo *known)
{
  return tensor->dtype == known->dtype && tensor->n_dims == known->n_dims &&
      memcmp (tensor->dims, known->dims,
          sizeof *tensor->dims * (gsize) tensor->n_dims) == 0;
}

/* Looks at an output that the run made anew. */
static gboolean
view_output (Request *self, guint i, GError **error)
{
  const DetOrt *api = &det_ort_runtime ()->api;
  DetTensor *view = &self->views[i];
  OrtTensorTypeAndShapeInfo *shape = NULL;
  OrtStatus *status = api->GetTensorTypeAndShape (self->outputs[i], &shape);

  *view = (DetTensor){ 0 };
  if (!status) {
    status = read_shape (shape, &view->dtype, &view->n_dims, view->dims);
    api->ReleaseTensorTypeAndShapeInfo (shape);
  }
  if (!status && view->n_dims <= DET_TENSOR_MAX_DIMS)
    status = api->GetTensorMutableData (self->outputs[i], &view->data);
  if (!det_ort_check (status, &det_ort_running, error))
    return FALSE;
  if (view->n_dims > DET_TENSOR_MAX_DIMS) {
    DetTensorInfo found = { .name = self->network->outputs[i],
      .dtype = view->dtype,
      .n_dims = -1 };

    return det_engine_refuse_tensor (&found, "output", error);
  }
  self->is_kept[i] = self->may_keep &&
      has_shape (view, &self->network->shapes[i]);
  return TRUE;
}

static OrtStatus *
run_session (Request *self)
{
  const Network *network = self->network;

  return det_ort_runtime ()->api.Run (network->session, NULL,
      (const char *const *) network->inputs,
      (const OrtValue *const *) self->inputs, network->n_inputs,
      (const char *const *) network->outputs, network->n_outputs,
      self->outputs);
}

static OrtStatus *
run_request (Request *self)
{
  gboolean is_kept = release_outputs (self);
  OrtStatus *status = run_session (self);

  if (!status || !is_kept)
    return status;
  /* A graph need not keep to the shapes that its file claims. */
  det_ort_runtime ()->api.ReleaseStatus (status);
  self->may_keep = FALSE;
  release_outputs (self);
  return run_session (self);
}

static gboolean
run (gpointer network, gpointer request, const DetTensor *inputs,
    guint n_inputs, DetTensor *outputs, guint *n_outputs, GError **error)
{
  const Network *self = network;
  Request *values = request;

  if (!det_engine_check_call (n_inputs, self->n_inputs, *n_outputs,
          self->n_outputs, error))
    return FALSE;
  for (guint i = 0; i < n_inputs; i++) {
    if (!wrap_input (values, i, &inputs[i], error))
      return FALSE;
  }
  if (!det_ort_check (run_request (values), &det_ort_running, error))
    return FALSE;
  for (guint i = 0; i < self->n_outputs; i++) {
    if (!values->is_kept[i] && !view_output (values, i, error))
      return FALSE;
    outputs[i] = values->views[i];
  }
  *n_outputs = self->n_outputs;
  return TRUE;
}

const DetEngine det_engine_onnxruntime = {
  .name = "onnxruntime",
  .help = "ONNX Runtime, where its library is found; for ONNX files",
  .files = DET_FILE_BIT (DET_FILE_ONNX),
  .concurrent = TRUE,
  .version = version,
  .is_present = is_present,
  .accepts = det_engine_accepts_tensors,
  .load = load,
  .unload = unload,
  .request_new = request_new,
  .request_free = request_free,
  .run = run,
};
