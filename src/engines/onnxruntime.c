/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine.h"
#include "library.h"
#include "onnxruntime-api.h"
#include <detect/error.h>
#include <string.h>

enum
{
  SEVERITY_ERROR = 3
};
enum
{
  EXECUTION_SEQUENTIAL = 0
};
enum
{
  OPTIMISE_ALL = 99
};
enum
{
  ALLOCATOR_ARENA = 1,
  MEMORY_DEFAULT = 0
};

typedef struct
{
  DetOrt api;
  OrtEnv *env;
  OrtMemoryInfo *memory;
  char *problem; /* why it is not there, or NULL */
} Runtime;

typedef struct
{
  OrtSession *session;
  char **inputs;
  char **outputs;
  guint n_inputs;
  guint n_outputs;
} Network;

/* One caller's values: inputs stay while the caller's memory does, outputs until
 * the next run. */
typedef struct
{
  const Network *network;
  OrtValue *inputs[DET_MAX_OUTPUTS];
  DetTensor wrapped[DET_MAX_OUTPUTS]; /* what they were made of */
  OrtValue *outputs[DET_MAX_OUTPUTS];
} Request;

/* ---- types ---- */

/* ONNXTensorElementDataType */
static const int to_ort[DET_N_DTYPES] = {
  [DET_DTYPE_FLOAT32] = 1,
  [DET_DTYPE_UINT8] = 2,
  [DET_DTYPE_INT8] = 3,
  [DET_DTYPE_INT32] = 6,
  [DET_DTYPE_INT64] = 7,
  [DET_DTYPE_STRING] = 8,
  [DET_DTYPE_BOOL] = 9,
  [DET_DTYPE_FLOAT16] = 10,
  [DET_DTYPE_FLOAT64] = 11,
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

/* ---- the library ---- */

static void
log_line (void *data, int severity, const char *category, const char *id,
    const char *place, const char *message)
{
  g_debug ("ONNX Runtime: %s", message);
}

/* The message of a status, on one line; frees the status. */
static char *
take_message (const DetOrt *api, OrtStatus *status)
{
  /* What a damaged file names itself need not be text. */
  char *message = g_utf8_make_valid (api->GetErrorMessage (status), -1);

  api->ReleaseStatus (status);
  return g_strstrip (g_strdelimit (message, "\r\n\t", ' '));
}

static gboolean
take_slots (Runtime *runtime, GModule *module, const char *path)
{
  const OrtApiBase *(*get_base) (void) = NULL;
  gpointer symbol = NULL;

  g_module_symbol (module, "OrtGetApiBase", &symbol);
  memcpy (&get_base, &symbol, sizeof symbol);
  const OrtApiBase *base = get_base ();
  const void *const *slots = base->get_api (DET_ORT_API_VERSION);
  if (!slots) {
    runtime->problem = g_strdup_printf ("%s is ONNX Runtime %s, and %s or "
                                        "newer is needed; pip install "
                                        "--upgrade onnxruntime",
        path, base->get_version (), DET_ORT_FIRST_RELEASE);
    return FALSE;
  }
#define TAKE(index, result, name, arguments) \
  memcpy (&runtime->api.name, &slots[index], sizeof slots[index]);
  DET_ORT_SLOTS (TAKE)
#undef TAKE
  g_debug ("ONNX Runtime %s from %s", base->get_version (), path);
  return TRUE;
}

static void
make_environment (Runtime *runtime)
{
  const DetOrt *api = &runtime->api;
  OrtStatus *status = api->CreateEnvWithCustomLogger (log_line, NULL,
      SEVERITY_ERROR, "detect", &runtime->env);

  if (!status)
    status = api->CreateCpuMemoryInfo (ALLOCATOR_ARENA, MEMORY_DEFAULT,
        &runtime->memory);
  if (status)
    runtime->problem = take_message (api, status);
}

static void
open_runtime (Runtime *runtime)
{
  static const char *const packages[] = {
    "onnxruntime/capi/libonnxruntime.so.*",
    "onnxruntime-node/bin/napi-v*/linux/x64/libonnxruntime.so.*",
    NULL,
  };
  static const char *const sonames[] = { "libonnxruntime.so.1",
    "libonnxruntime.so", NULL };
  static const DetLibraryQuery query = {
    .name = "ONNX Runtime",
    .environment = "DETECT_ONNXRUNTIME",
    .packages = packages,
    .sonames = sonames,
    .symbol = "OrtGetApiBase",
    .install = "pip install onnxruntime",
  };
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  GModule *module = det_library_open (&query, &path, &error);

  if (!module)
    runtime->problem = g_strdup (error->message);
  else if (take_slots (runtime, module, path))
    make_environment (runtime);
}

/* Made on first use, for the process: the library cannot be unloaded again. */
static const Runtime *
get_runtime (void)
{
  static Runtime runtime;
  static gsize once = 0;

  if (g_once_init_enter (&once)) {
    open_runtime (&runtime);
    g_once_init_leave (&once, 1);
  }
  return &runtime;
}

static gboolean
is_present (GError **error)
{
  const Runtime *runtime = get_runtime ();

  if (!runtime->problem)
    return TRUE;
  g_set_error_literal (error, DET_ERROR, DET_ERROR_UNSUPPORTED,
      runtime->problem);
  return FALSE;
}

/* ---- networks ---- */

/* Takes the status over. */
static gboolean
check (OrtStatus *status, DetError code, const char *doing, GError **error)
{
  if (!status)
    return TRUE;
  g_autofree char *message = take_message (&get_runtime ()->api, status);
  g_set_error (error, DET_ERROR, code,
      "ONNX Runtime cannot %s: %s; export the model anew, or try another "
      "engine=",
      doing, message);
  return FALSE;
}

static OrtSessionOptions *
make_options (const DetEngineConfig *config, GError **error)
{
  const DetOrt *api = &get_runtime ()->api;
  OrtSessionOptions *options = NULL;
  int threads = config->threads > 0 ? config->threads
                                    : (int) g_get_num_processors ();
  OrtStatus *status = api->CreateSessionOptions (&options);

  if (!status)
    status = api->SetSessionExecutionMode (options, EXECUTION_SEQUENTIAL);
  if (!status)
    status = api->SetSessionGraphOptimizationLevel (options, OPTIMISE_ALL);
  if (!status)
    status = api->SetIntraOpNumThreads (options, threads);
  if (!status)
    status = api->SetInterOpNumThreads (options, 1);
  /* Idle threads that spin would take the processors from the rest of a pipeline. */
  if (!status)
    status = api->AddSessionConfigEntry (options,
        "session.intra_op.allow_spinning", config->spin ? "1" : "0");
  if (check (status, DET_ERROR_ENGINE, "be set up", error))
    return options;
  if (options)
    api->ReleaseSessionOptions (options);
  return NULL;
}

static OrtStatus *
create_session (const DetModelInfo *info, const OrtSessionOptions *options,
    OrtSession **session)
{
  const Runtime *runtime = get_runtime ();
  g_autoptr (GMappedFile) file = NULL;
  OrtStatus *status;

  if (info->weights_are_inputs)
    file = g_mapped_file_new (info->path, FALSE, NULL);
  if (file) {
    g_autoptr (GBytes)
        bytes = det_onnx_hide_weights ((const guint8 *)
                                           g_mapped_file_get_contents (file),
            g_mapped_file_get_length (file));

    status = runtime->api.CreateSessionFromArray (runtime->env,
        g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), options,
        session);
    if (!status)
      return NULL;
    /* Weights in files of their own are found from a path only. */
    runtime->api.ReleaseStatus (status);
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

static void
unload (gpointer network)
{
  Network *self = network;

  if (self->session)
    get_runtime ()->api.ReleaseSession (self->session);
  g_strfreev (self->inputs);
  g_strfreev (self->outputs);
  g_free (self);
}

static gpointer
load (DetModelInfo *info, const DetEngineConfig *config, GError **error)
{
  const DetOrt *api = &get_runtime ()->api;

  if (info->inputs->len > DET_MAX_OUTPUTS ||
      info->outputs->len > DET_MAX_OUTPUTS) {
    g_set_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED,
        "%u inputs and %u outputs, where at most %d of each are supported; "
        "export the detection outputs only",
        info->inputs->len, info->outputs->len, DET_MAX_OUTPUTS);
    return NULL;
  }
  OrtSessionOptions *options = make_options (config, error);
  if (!options)
    return NULL;

  Network *self = g_new0 (Network, 1);
  OrtStatus *status = create_session (info, options, &self->session);
  api->ReleaseSessionOptions (options);
  self->inputs = copy_names (info->inputs);
  self->outputs = copy_names (info->outputs);
  self->n_inputs = info->inputs->len;
  self->n_outputs = info->outputs->len;
  if (check (status, DET_ERROR_UNSUPPORTED, "load the model", error))
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
  return self;
}

static void
release_value (OrtValue **value)
{
  if (*value)
    get_runtime ()->api.ReleaseValue (*value);
  *value = NULL;
}

static void
request_free (gpointer network, gpointer request)
{
  Request *self = request;

  for (int i = 0; i < DET_MAX_OUTPUTS; i++) {
    release_value (&self->inputs[i]);
    release_value (&self->outputs[i]);
  }
  g_free (self);
}

static gboolean
wrap_input (Request *self, guint i, const DetTensor *tensor, GError **error)
{
  const Runtime *runtime = get_runtime ();
  gsize bytes =
      (gsize) det_tensor_n_elements (tensor) * det_dtype_size (tensor->dtype);

  if (self->inputs[i] &&
      memcmp (&self->wrapped[i], tensor, sizeof *tensor) == 0)
    return TRUE;
  release_value (&self->inputs[i]);
  self->wrapped[i] = *tensor;
  return check (runtime->api.CreateTensorWithDataAsOrtValue (runtime->memory,
                    tensor->data, bytes, tensor->dims, (gsize) tensor->n_dims,
                    to_ort[tensor->dtype], &self->inputs[i]),
      DET_ERROR_ENGINE, "take the input", error);
}

static OrtStatus *
read_shape (const OrtShapeInfo *shape, DetTensor *tensor, gsize *n_dims)
{
  const DetOrt *api = &get_runtime ()->api;
  int type = 0;
  OrtStatus *status = api->GetTensorElementType (shape, &type);

  *n_dims = 0;
  tensor->dtype = from_ort (type);
  if (!status)
    status = api->GetDimensionsCount (shape, n_dims);
  if (!status && *n_dims <= DET_TENSOR_MAX_DIMS)
    status = api->GetDimensions (shape, tensor->dims, *n_dims);
  tensor->n_dims = (int) *n_dims;
  return status;
}

static gboolean
view_output (Request *self, guint i, DetTensor *tensor, GError **error)
{
  const DetOrt *api = &get_runtime ()->api;
  OrtShapeInfo *shape = NULL;
  gsize n_dims = 0;
  OrtStatus *status = api->GetTensorTypeAndShape (self->outputs[i], &shape);

  *tensor = (DetTensor){ 0 };
  if (!status) {
    status = read_shape (shape, tensor, &n_dims);
    api->ReleaseTensorTypeAndShapeInfo (shape);
  }
  if (!status && n_dims <= DET_TENSOR_MAX_DIMS &&
      tensor->dtype != DET_DTYPE_STRING)
    status = api->GetTensorMutableData (self->outputs[i], &tensor->data);
  if (!check (status, DET_ERROR_ENGINE, "give its output", error))
    return FALSE;
  if (n_dims <= DET_TENSOR_MAX_DIMS)
    return TRUE;
  g_set_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED,
      "output %s has %" G_GSIZE_FORMAT " dimensions, where at most %d are "
      "supported; export the detection outputs only",
      self->network->outputs[i], n_dims, DET_TENSOR_MAX_DIMS);
  return FALSE;
}

static gboolean
run (gpointer network, gpointer request, const DetTensor *inputs,
    guint n_inputs, DetTensor *outputs, guint *n_outputs, GError **error)
{
  const Network *self = network;
  Request *values = request;

  for (guint i = 0; i < n_inputs; i++) {
    if (!wrap_input (values, i, &inputs[i], error))
      return FALSE;
  }
  for (guint i = 0; i < self->n_outputs; i++)
    release_value (&values->outputs[i]);
  if (!check (get_runtime ()->api.Run (self->session, NULL,
                  (const char *const *) self->inputs,
                  (const OrtValue *const *) values->inputs, self->n_inputs,
                  (const char *const *) self->outputs, self->n_outputs,
                  values->outputs),
          DET_ERROR_ENGINE, "run the model", error))
    return FALSE;
  for (guint i = 0; i < self->n_outputs; i++) {
    if (!view_output (values, i, &outputs[i], error))
      return FALSE;
  }
  *n_outputs = self->n_outputs;
  return TRUE;
}

const DetEngine det_engine_onnxruntime = {
  .name = "onnxruntime",
  .help =
      "ONNX Runtime, where its library is found; the fastest for ONNX files",
  .files = DET_FILE_BIT (DET_FILE_ONNX),
  .concurrent = TRUE,
  .is_present = is_present,
  .load = load,
  .unload = unload,
  .request_new = request_new,
  .request_free = request_free,
  .run = run,
};
