/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine.h"
#include "opencv-shim.h"
#include <detect/error.h>
#include <string.h>

typedef struct
{
  DetFileKind kind;
  DetCvNet *net;
  char **input_names;
  int n_outputs;
  int order[DET_MAX_OUTPUTS]; /* model's output -> net's */
} Network;

/* What the importer of OpenCV 4.6 cannot read, or reads wrong without a word. */
static const char *const refused_operators[] = {
  "DynamicQuantizeLinear",
  "ConvInteger",
  "MatMulInteger",
  "QLinearConv",
  "QLinearMatMul",
  "NonMaxSuppression",
  "GridSample",
  "TopK",
  "GatherElements",
  "GatherND",
  "ScatterND",
  "ScatterElements",
  "NonZero",
  "Loop",
  "If",
  "Scan",
  "Einsum",
  "RoiAlign",
};

/* Where it is not there, engine=onnxruntime says how to get it. */
#define INSTEAD "engine=onnxruntime"

static gboolean
refuse (const char *what, GError **error)
{
  g_set_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED,
      "%s is beyond OpenCV's importer; use " INSTEAD, what);
  return FALSE;
}

static gboolean
accepts_tensors (const GArray *tensors, GError **error)
{
  for (guint i = 0; i < tensors->len; i++) {
    const DetTensorInfo *tensor = &g_array_index (tensors, DetTensorInfo, i);

    if (tensor->dtype == DET_DTYPE_FLOAT32)
      continue;
    g_autofree char *what = g_strdup_printf ("tensor %s of type %s",
        tensor->name, det_dtype_name (tensor->dtype));
    return refuse (what, error);
  }
  return TRUE;
}

static gboolean
accepts (const DetModelInfo *info, GError **error)
{
  if (info->kind != DET_FILE_ONNX)
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (refused_operators); i++) {
    if (g_hash_table_contains (info->operators, refused_operators[i])) {
      g_autofree char *what =
          g_strdup_printf ("operator %s", refused_operators[i]);
      return refuse (what, error);
    }
  }
  /* OpenCV 4.6 multiplies them as if they were matrices, whatever their rank, and
   * says nothing: YOLO11 came out with wrong boxes. */
  if (info->multiplies_results)
    return refuse ("operator MatMul of two computed tensors", error);
  return accepts_tensors (info->inputs, error) &&
      accepts_tensors (info->outputs, error);
}

static gboolean
blame (const Network *self, const char *doing, char *problem, GError **error)
{
  g_set_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED,
      "OpenCV cannot %s: %s; %s", doing, problem ? problem : "no reason given",
      self->kind == DET_FILE_ONNX
          ? "try " INSTEAD
          : "fetch the model again, or export it as ONNX");
  g_free (problem);
  return FALSE;
}

static gboolean
order_outputs (Network *self, const DetModelInfo *info, GError **error)
{
  self->n_outputs = det_cv_net_get_n_outputs (self->net);
  if (self->n_outputs > DET_MAX_OUTPUTS)
    return blame (self, "be asked for so many outputs", NULL, error);
  for (int i = 0; i < self->n_outputs; i++)
    self->order[i] = i;
  if ((int) info->outputs->len != self->n_outputs)
    return info->outputs->len == 0 ||
        blame (self, "find the model's outputs", NULL, error);
  for (int i = 0; i < self->n_outputs; i++) {
    const char *name = det_model_info_output (info, (guint) i)->name;

    for (int n = 0; n < self->n_outputs; n++) {
      if (strcmp (det_cv_net_get_output (self->net, n), name) == 0)
        self->order[i] = n;
    }
  }
  return TRUE;
}

static void
unload (gpointer network)
{
  Network *self = network;

  det_cv_net_free (self->net);
  g_strfreev (self->input_names);
  g_free (self);
}

static DetCvFormat
to_format (DetFileKind kind)
{
  switch (kind) {
    case DET_FILE_DARKNET:
      return DET_CV_DARKNET;
    case DET_FILE_CAFFE:
      return DET_CV_CAFFE;
    case DET_FILE_TENSORFLOW:
      return DET_CV_TENSORFLOW;
    case DET_FILE_PEOPLE:
    case DET_FILE_CASCADE:
    case DET_FILE_ONNX:
    case DET_FILE_OPENVINO:
    case DET_FILE_TFLITE:
    case DET_FILE_PADDLE:
    case DET_FILE_CANNED:
    case DET_N_FILE_KINDS:
      break;
  }
  return DET_CV_ONNX;
}

static char **
copy_input_names (const DetModelInfo *info)
{
  char **names = g_new0 (char *, info->inputs->len + 1);

  for (guint i = 0; i < info->inputs->len; i++)
    names[i] = g_strdup (det_model_info_input (info, i)->name);
  return names;
}

/* OpenCV's thread pool is the process's: the first who asks decides. */
static void
set_threads_once (int threads)
{
  static gsize once = 0;
  static int chosen;

  if (g_once_init_enter (&once)) {
    det_cv_set_threads (threads);
    chosen = threads;
    g_once_init_leave (&once, 1);
  }
  if (chosen != threads)
    g_debug ("OpenCV keeps threads=%d, which was set first, not %d", chosen,
        threads);
}

static gpointer
load (DetModelInfo *info, const DetEngineConfig *config, GError **error)
{
  Network *self = g_new0 (Network, 1);
  char *problem = NULL;

  self->kind = info->kind;
  set_threads_once (config->threads);
  self->net = det_cv_net_load (to_format (info->kind), info->path,
      info->companion, &problem);
  if (!self->net) {
    blame (self, "load the model", problem, error);
  } else if (order_outputs (self, info, error)) {
    /* Only ONNX files name their inputs. */
    if (info->kind == DET_FILE_ONNX)
      self->input_names = copy_input_names (info);
    return self;
  }
  unload (self);
  return NULL;
}

static gboolean
set_inputs (Network *self, const DetTensor *inputs, guint n_inputs,
    GError **error)
{
  for (guint i = 0; i < n_inputs; i++) {
    int dims[DET_TENSOR_MAX_DIMS];
    char *problem = NULL;

    if (inputs[i].dtype != DET_DTYPE_FLOAT32)
      return refuse ("an input that is not float32", error);
    for (int d = 0; d < inputs[i].n_dims; d++)
      dims[d] = (int) inputs[i].dims[d];
    if (!det_cv_net_set_input (self->net,
            self->input_names ? self->input_names[i] : NULL, inputs[i].data,
            inputs[i].n_dims, dims, &problem))
      return blame (self, "take the input", problem, error);
  }
  return TRUE;
}

static gboolean
run (gpointer network, gpointer request, const DetTensor *inputs,
    guint n_inputs, DetTensor *outputs, guint *n_outputs, GError **error)
{
  Network *self = network;
  char *problem = NULL;

  if (!set_inputs (self, inputs, n_inputs, error))
    return FALSE;
  if (!det_cv_net_run (self->net, &problem))
    return blame (self, "run the model", problem, error);
  for (int i = 0; i < self->n_outputs; i++) {
    int dims[8];
    int n_dims = 0;
    const float *data =
        det_cv_net_get_result (self->net, self->order[i], &n_dims, dims);

    outputs[i] = (DetTensor){
      .dtype = DET_DTYPE_FLOAT32,
      .n_dims = n_dims,
      .data = (void *) data,
    };
    for (int d = 0; d < n_dims; d++)
      outputs[i].dims[d] = dims[d];
  }
  *n_outputs = (guint) self->n_outputs;
  return TRUE;
}

const DetEngine det_engine_opencv = {
  .name = "opencv",
  .help = "OpenCV's DNN module; always there",
  .files = DET_FILE_BIT (DET_FILE_ONNX) | DET_FILE_BIT (DET_FILE_DARKNET) |
      DET_FILE_BIT (DET_FILE_CAFFE) | DET_FILE_BIT (DET_FILE_TENSORFLOW),
  .shares_threads = TRUE,
  .version = det_cv_version,
  .is_present = det_cv_is_present,
  .accepts = accepts,
  .load = load,
  .unload = unload,
  .run = run,
};
