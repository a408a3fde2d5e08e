/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine.h"
#include "enginetensors.h"
#include "openvino-library.h"
#include <detect/error.h>
#include <string.h>

/* Earlier releases read TFLite files without checking them: a damaged one ends the
 * process. */
#define FIRST_SAFE_FOR_TFLITE "2026.2"

/* Each stream has buffers of its own. */
#define MOST_STREAMS 8

typedef struct
{
  DetOvCompiled *compiled;
  DetOvPort
      *inputs[DET_ENGINE_MAX_INPUTS]; /* in the order of the description */
  guint n_inputs;
  DetOvPort *outputs[DET_MAX_OUTPUTS];
  guint n_outputs;
} Network;

/* One caller's: inputs stay while the caller's memory does; outputs belong to the
 * library and are looked at anew after every run. */
typedef struct
{
  const Network *network;
  DetOvRequest *request;
  DetOvTensor *inputs[DET_ENGINE_MAX_INPUTS];
  DetTensor wrapped[DET_ENGINE_MAX_INPUTS]; /* what they were made of */
  DetOvTensor *outputs[DET_MAX_OUTPUTS];
} Request;

static const char *
version (void)
{
  return det_ov_runtime ()->version;
}

static gboolean
is_present (GError **error)
{
  const DetOvRuntime *runtime = det_ov_runtime ();

  if (!runtime->problem)
    return TRUE;
  g_set_error_literal (error, DET_ERROR, DET_ERROR_UNSUPPORTED,
      runtime->problem);
  return FALSE;
}

static gboolean
accepts (const DetModelInfo *info, GError **error)
{
  const char *release = det_ov_runtime ()->version;

  if (info->kind == DET_FILE_TFLITE &&
      strverscmp (release, FIRST_SAFE_FOR_TFLITE) < 0) {
    g_set_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED,
        "OpenVINO %s does not check TFLite files; upgrade it "
        "to " FIRST_SAFE_FOR_TFLITE " or newer",
        release);
    return FALSE;
  }
  return det_engine_accepts_tensors (info, error);
}

/* It turns integer layers back into float ones, which is slower, and rounds otherwise
 * than what they were made for. */
static gboolean
is_slow (const DetModelInfo *info)
{
  static const char *const integer[] = { "ConvInteger", "MatMulInteger" };

  for (gsize i = 0; i < G_N_ELEMENTS (integer); i++) {
    if (g_hash_table_contains (info->operators, integer[i]))
      return TRUE;
  }
  return FALSE;
}

/* ---- what a model says of itself ---- */

static gboolean
is_open (DetOvDim dim)
{
  return dim.min != dim.max;
}

/* All but the name. */
static int
read_port (const DetOvPort *port, DetTensorInfo *tensor)
{
  const DetOv *api = &det_ov_runtime ()->api;
  DetOvPartialShape shape = { 0 };
  int type = -1;
  int status = api->port_get_element_type (port, &type);

  *tensor = (DetTensorInfo){ .n_dims = -1, .dtype = det_ov_dtype (type) };
  if (status == DET_OV_OK)
    status = api->port_get_partial_shape (port, &shape);
  if (status != DET_OV_OK)
    return status;
  if (!is_open (shape.rank))
    tensor->n_dims = (int) MIN (shape.rank.max, DET_TENSOR_MAX_DIMS + 1);
  for (int d = 0; d < MIN (tensor->n_dims, DET_TENSOR_MAX_DIMS); d++)
    tensor->dims[d] = is_open (shape.dims[d]) ? -1 : shape.dims[d].max;
  api->partial_shape_free (&shape);
  return DET_OV_OK;
}

/* Tensors without a name are called by their place. */
static char *
read_name (const DetOvPort *port, gsize at, const char *side)
{
  const DetOv *api = &det_ov_runtime ()->api;
  char *theirs = NULL;

  if (api->port_get_any_name (port, &theirs) != DET_OV_OK || !theirs)
    return g_strdup_printf ("%s%" G_GSIZE_FORMAT, side, at);
  char *name = g_strdup (theirs);
  api->free (theirs);
  return name;
}

static gboolean
describe_port (const DetOvPort *port, gsize at, gboolean is_input,
    DetModelInfo *info, GError **error)
{
  const char *side = is_input ? "input" : "output";
  g_autofree char *name = read_name (port, at, side);
  DetTensorInfo tensor;

  if (!det_ov_check (read_port (port, &tensor), &det_ov_reading, error))
    return FALSE;
  tensor.name = name;
  if (tensor.n_dims > DET_TENSOR_MAX_DIMS)
    return det_engine_refuse_tensor (&tensor, side, error);
  if (is_input)
    det_model_info_add_input (info, name, tensor.dtype, tensor.n_dims,
        tensor.dims);
  else
    det_model_info_add_output (info, name, tensor.dtype, tensor.n_dims,
        tensor.dims);
  return TRUE;
}

static gboolean
describe_side (const DetOvModel *model, gboolean is_input, DetModelInfo *info,
    GError **error)
{
  const DetOv *api = &det_ov_runtime ()->api;
  gsize n = 0;
  int status = is_input ? api->model_inputs_size (model, &n)
                        : api->model_outputs_size (model, &n);
  gboolean ok = det_ov_check (status, &det_ov_reading, error);

  for (gsize i = 0; ok && i < n; i++) {
    DetOvPort *port = NULL;

    status = is_input ? api->model_const_input_by_index (model, i, &port)
                      : api->model_const_output_by_index (model, i, &port);
    ok = det_ov_check (status, &det_ov_reading, error) &&
        describe_port (port, i, is_input, info, error);
    if (port)
      api->output_const_port_free (port);
  }
  return ok;
}

static DetOvModel *
read_model (const DetModelInfo *info, GError **error)
{
  const DetOvRuntime *runtime = det_ov_runtime ();
  DetOvModel *model = NULL;
  int status = runtime->api.core_read_model (runtime->core, info->path,
      info->companion, &model);

  return det_ov_check (status, &det_ov_reading, error) ? model : NULL;
}

static gboolean
inspect (DetModelInfo *info, GError **error)
{
  DetOvModel *model = read_model (info, error);

  if (!model)
    return FALSE;
  gboolean ok = describe_side (model, TRUE, info, error) &&
      describe_side (model, FALSE, info, error) &&
      det_engine_check_counts (info, error);
  det_ov_runtime ()->api.model_free (model);
  return ok;
}

/* ---- networks ---- */

static void
unload (gpointer network)
{
  const DetOv *api = &det_ov_runtime ()->api;
  Network *self = network;

  for (guint i = 0; i < self->n_inputs; i++) {
    if (self->inputs[i])
      api->output_const_port_free (self->inputs[i]);
  }
  for (guint i = 0; i < self->n_outputs; i++) {
    if (self->outputs[i])
      api->output_const_port_free (self->outputs[i]);
  }
  if (self->compiled)
    api->compiled_model_free (self->compiled);
  g_free (self);
}

static const DetTensorInfo *
find_input (const DetModelInfo *info, const DetOvPort *port, gsize at)
{
  g_autofree char *name = read_name (port, at, "input");
  gint index = det_engine_find_tensor (info->inputs, name);

  if (index < 0)
    index = (gint) MIN (at, info->inputs->len - 1);
  return det_model_info_input (info, (guint) index);
}

/* Fixes the sides that the model leaves open to those of the description. Graphs that
 * work with open sides only stay as they are. */
static int
fix_input (const DetModelInfo *info, DetOvModel *model, gsize at)
{
  const DetOv *api = &det_ov_runtime ()->api;
  DetOvDim dims[DET_TENSOR_MAX_DIMS];
  DetOvPort *port = NULL;
  DetTensorInfo theirs = { .n_dims = -1 };
  int status = api->model_const_input_by_index (model, at, &port);
  gboolean any = FALSE;

  if (status != DET_OV_OK)
    return status;
  const DetTensorInfo *ours = find_input (info, port, at);
  status = read_port (port, &theirs);
  api->output_const_port_free (port);
  if (status != DET_OV_OK || theirs.n_dims > DET_TENSOR_MAX_DIMS ||
      theirs.n_dims != ours->n_dims)
    return status;
  for (int d = 0; d < theirs.n_dims; d++) {
    gint64 dim = theirs.dims[d] < 0 ? ours->dims[d] : theirs.dims[d];

    any = any || dim != theirs.dims[d];
    dims[d] = dim < 0 ? (DetOvDim){ 0, -1 } : (DetOvDim){ dim, dim };
  }
  const DetOvPartialShape shape = { { theirs.n_dims, theirs.n_dims }, dims };
  if (any &&
      api->model_reshape_by_port_indexes (model, &at, &shape, 1) != DET_OV_OK)
    g_debug ("%s: its input stays open", info->path);
  return DET_OV_OK;
}

static int
fix_inputs (const DetModelInfo *info, const DetEngineConfig *config,
    DetOvModel *model)
{
  gsize n = 0;
  int status = config->input_width > 0
      ? det_ov_runtime ()->api.model_inputs_size (model, &n)
      : DET_OV_OK;

  for (gsize i = 0; status == DET_OV_OK && i < n; i++)
    status = fix_input (info, model, i);
  return status;
}

/* Requests that run at once need a stream each; so many streams are made as the
 * processors are enough for. */
static int
compile (const DetEngineConfig *config, const DetOvModel *model,
    DetOvCompiled **compiled)
{
  int processors = (int) g_get_num_processors ();
  int threads = config->threads > 0 ? config->threads : processors;
  int streams = CLAMP (processors / threads, 1, MOST_STREAMS);

  return det_ov_compile (det_ov_runtime (), model, streams, streams * threads,
      compiled);
}

static int
find_port (const Network *self, const char *name, gsize at, gboolean is_input,
    DetOvPort **port)
{
  const DetOv *api = &det_ov_runtime ()->api;
  int status = is_input
      ? api->compiled_model_input_by_name (self->compiled, name, port)
      : api->compiled_model_output_by_name (self->compiled, name, port);

  if (status == DET_OV_OK)
    return status;
  return is_input
      ? api->compiled_model_input_by_index (self->compiled, at, port)
      : api->compiled_model_output_by_index (self->compiled, at, port);
}

static gboolean
bind_side (Network *self, GArray *tensors, gboolean is_input, GError **error)
{
  DetOvPort **ports = is_input ? self->inputs : self->outputs;
  guint *n_ports = is_input ? &self->n_inputs : &self->n_outputs;

  for (guint i = 0; i < tensors->len; i++) {
    DetTensorInfo *tensor = &g_array_index (tensors, DetTensorInfo, i);
    DetTensorInfo known = { .n_dims = -1 };

    *n_ports = i + 1;
    int status = find_port (self, tensor->name, i, is_input, &ports[i]);
    if (status == DET_OV_OK)
      status = read_port (ports[i], &known);
    if (!det_ov_check (status, &det_ov_loading, error))
      return FALSE;
    det_engine_complete_tensor (tensor, &known);
    if (known.dtype == DET_DTYPE_UNKNOWN || known.n_dims > DET_TENSOR_MAX_DIMS)
      return det_engine_refuse_tensor (tensor, is_input ? "input" : "output",
          error);
  }
  return TRUE;
}

static gboolean
check_inputs (const Network *self, GError **error)
{
  gsize n = 0;
  int status =
      det_ov_runtime ()->api.compiled_model_inputs_size (self->compiled, &n);

  if (!det_ov_check (status, &det_ov_loading, error))
    return FALSE;
  if (n == self->n_inputs)
    return TRUE;
  g_set_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED,
      "OpenVINO finds %" G_GSIZE_FORMAT
      " inputs in the model, where its file lists %u; try another engine=",
      n, self->n_inputs);
  return FALSE;
}

static gpointer
load (DetModelInfo *info, const DetEngineConfig *config, GError **error)
{
  DetOvModel *model =
      det_engine_check_counts (info, error) ? read_model (info, error) : NULL;

  if (!model)
    return NULL;
  Network *self = g_new0 (Network, 1);
  int status = fix_inputs (info, config, model);
  if (status == DET_OV_OK)
    status = compile (config, model, &self->compiled);
  gboolean ok = det_ov_check (status, &det_ov_loading, error);
  det_ov_runtime ()->api.model_free (model);
  if (ok && bind_side (self, info->inputs, TRUE, error) &&
      bind_side (self, info->outputs, FALSE, error) &&
      check_inputs (self, error))
    return self;
  unload (self);
  return NULL;
}

/* ---- requests ---- */

static void
release_tensor (DetOvTensor **tensor)
{
  if (*tensor)
    det_ov_runtime ()->api.tensor_free (*tensor);
  *tensor = NULL;
}

static void
request_free (gpointer network, gpointer request)
{
  Request *self = request;

  for (guint i = 0; i < self->network->n_outputs; i++)
    release_tensor (&self->outputs[i]);
  if (self->request)
    det_ov_runtime ()->api.infer_request_free (self->request);
  for (guint i = 0; i < self->network->n_inputs; i++)
    release_tensor (&self->inputs[i]);
  g_free (self);
}

static gpointer
request_new (gpointer network, GError **error)
{
  Request *self = g_new0 (Request, 1);

  self->network = network;
  int status =
      det_ov_runtime ()
          ->api.compiled_model_create_infer_request (self->network->compiled,
              &self->request);
  if (det_ov_check (status, &det_ov_loading, error))
    return self;
  request_free (network, self);
  return NULL;
}

static gboolean
wrap_input (Request *self, guint i, const DetTensor *tensor, GError **error)
{
  const DetOvRuntime *runtime = det_ov_runtime ();
  const DetOv *api = &runtime->api;
  DetTensor copy = *tensor;
  const DetOvShape shape = { tensor->n_dims, copy.dims };

  if (self->inputs[i] &&
      memcmp (&self->wrapped[i], tensor, sizeof *tensor) == 0)
    return TRUE;
  release_tensor (&self->inputs[i]);
  self->wrapped[i] = *tensor;
  int status = api->tensor_create_from_host_ptr (runtime->types[tensor->dtype],
      shape, tensor->data, &self->inputs[i]);
  if (status == DET_OV_OK)
    status = api->infer_request_set_tensor_by_const_port (self->request,
        self->network->inputs[i], self->inputs[i]);
  if (status != DET_OV_OK)
    release_tensor (&self->inputs[i]);
  return det_ov_check (status, &det_ov_running, error);
}

static int
read_shape (const DetOvTensor *tensor, DetTensor *view)
{
  const DetOv *api = &det_ov_runtime ()->api;
  DetOvShape shape = { 0 };
  int type = -1;
  int status = api->tensor_get_element_type (tensor, &type);

  *view = (DetTensor){ .dtype = det_ov_dtype (type) };
  if (status == DET_OV_OK)
    status = api->tensor_get_shape (tensor, &shape);
  if (status != DET_OV_OK)
    return status;
  view->n_dims = (int) MIN (shape.rank, DET_TENSOR_MAX_DIMS + 1);
  for (int d = 0; d < MIN (view->n_dims, DET_TENSOR_MAX_DIMS); d++)
    view->dims[d] = shape.dims[d];
  api->shape_free (&shape);
  return DET_OV_OK;
}

static gboolean
view_output (Request *self, guint i, DetTensor *view, GError **error)
{
  const DetOv *api = &det_ov_runtime ()->api;
  const DetOvPort *port = self->network->outputs[i];

  release_tensor (&self->outputs[i]);
  int status = api->infer_request_get_tensor_by_const_port (self->request, port,
      &self->outputs[i]);
  if (status == DET_OV_OK)
    status = read_shape (self->outputs[i], view);
  if (status == DET_OV_OK && det_tensor_n_elements (view) > 0)
    status = api->tensor_data (self->outputs[i], &view->data);
  if (!det_ov_check (status, &det_ov_running, error))
    return FALSE;
  if (view->n_dims <= DET_TENSOR_MAX_DIMS && view->dtype != DET_DTYPE_UNKNOWN)
    return TRUE;
  g_autofree char *name = read_name (port, i, "output");
  const DetTensorInfo found = { .name = name,
    .dtype = view->dtype,
    .n_dims = -1 };
  return det_engine_refuse_tensor (&found, "output", error);
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
  int status = det_ov_runtime ()->api.infer_request_infer (values->request);
  if (!det_ov_check (status, &det_ov_running, error))
    return FALSE;
  for (guint i = 0; i < self->n_outputs; i++) {
    if (!view_output (values, i, &outputs[i], error))
      return FALSE;
  }
  *n_outputs = self->n_outputs;
  return TRUE;
}

const DetEngine det_engine_openvino = {
  .name = "openvino",
  .help = "OpenVINO, where its library is found; the fastest for ONNX files in "
          "floats, and the only one for OpenVINO IR, TFLite and Paddle",
  .files = DET_FILE_BIT (DET_FILE_ONNX) | DET_FILE_BIT (DET_FILE_OPENVINO) |
      DET_FILE_BIT (DET_FILE_TFLITE) | DET_FILE_BIT (DET_FILE_PADDLE),
  .concurrent = TRUE,
  .version = version,
  .is_present = is_present,
  .accepts = accepts,
  .is_slow = is_slow,
  .inspect = inspect,
  .load = load,
  .unload = unload,
  .request_new = request_new,
  .request_free = request_free,
  .run = run,
};
