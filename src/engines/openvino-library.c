/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "openvino-library.h"

#include "library.h"
#include <string.h>

/* ---- messages ---- */

/* Its messages are chains of exceptions, each with its place in the source; what a
 * user can act on is the innermost. */
static const DetRewording rewordings[] = {
  { "\\s+", " " },
  { "Exception from \\S+:\\d+: ?", "" },
  { "Check '.*?' failed at \\S+:\\d+: ?", "" },
  { "While validating (?:ONNX )?node '(?:opset\\d+::)?(\\S+) ([^' ]*)[^']*': ?",
      "operator \\1 '\\2': " },
  { "^Model wasn't fully converted\\. Summary: -- ", "" },
  { "FrontEnd API failed with \\S+ ", "" },
  { "^TensorFlow Lite Frontend: the model file \"[^\"]*\" is", "it is" },
  { "\\[ ?GENERAL_ERROR ?\\] ?", "" },
  { "^Unable to read the model: \\S+ Please check that model format: \\S* is "
    "supported.*$",
      "not a model of a kind it knows, or a damaged one" },
  { NULL, NULL },
};

static char *
take_message (const DetOv *api, int status)
{
  char *last = api->get_last_err_msg ();
  char *message =
      det_engine_message_tidy (last && *last ? last
                                             : api->get_error_info (status),
          rewordings);

  api->free (last);
  return message;
}

/* ---- the library ---- */

static void
log_line (const char *message)
{
  g_debug ("OpenVINO: %s", message);
}

static gboolean
take_functions (GModule *module, DetOv *api, const char **missing)
{
  gpointer symbol = NULL;

#define TAKE(result, name, arguments)                    \
  if (!g_module_symbol (module, "ov_" #name, &symbol)) { \
    *missing = "ov_" #name;                              \
    return FALSE;                                        \
  }                                                      \
  memcpy (&api->name, &symbol, sizeof symbol);
#define TRY(result, name, arguments)                  \
  if (g_module_symbol (module, "ov_" #name, &symbol)) \
    memcpy (&api->name, &symbol, sizeof symbol);
  DET_OV_FUNCTIONS (TAKE)
  DET_OV_LATER_FUNCTIONS (TRY)
#undef TAKE
#undef TRY
  return TRUE;
}

static gboolean
has_functions (GModule *module, const char *path, GError **error)
{
  DetOv api = { 0 };
  const char *missing = NULL;

  if (take_functions (module, &api, &missing))
    return TRUE;
  g_set_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED,
      "%s is too old: it has no %s; " DET_OV_FIRST_RELEASE
      " or newer is needed",
      path, missing);
  return FALSE;
}

static GModule *
open_library (char **path, GError **error)
{
  static const char *const packages[] = { "openvino/libs/libopenvino_c.so*",
    NULL };
  static const char *const sonames[] = { "libopenvino_c.so",
    "libopenvino_c.so.*", NULL };
  static const char *const parts[] = { "libopenvino_*_frontend.so.*",
    "libopenvino_intel_cpu_plugin.so", "libopenvino_auto*_plugin.so",
    "libopenvino_hetero_plugin.so", NULL };
  g_autofree char *install = det_library_pip_command ("openvino");
  const DetLibraryQuery query = {
    .name = "OpenVINO",
    .environment = "DETECT_OPENVINO",
    .packages = packages,
    .sonames = sonames,
    .parts = parts,
    .symbol = "ov_get_openvino_version",
    .install = install,
    .accepts = has_functions,
  };

  return det_library_open (&query, path, error);
}

/* "2026.4.1-12345-abc" */
static char *
ask_version (const DetOv *api)
{
  DetOvVersion version = { 0 };
  char *text = NULL;

  if (api->get_openvino_version (&version) == DET_OV_OK) {
    text = g_strndup (version.build, strcspn (version.build, "-"));
    api->version_free (&version);
  }
  return text ? text : g_strdup ("of unknown version");
}

/* ---- what the library calls its types ---- */

/* As its own model files name them, of inputs and of ports. */
static const struct
{
  const char *type;
  const char *precision;
} names[DET_N_DTYPES] = {
  [DET_DTYPE_FLOAT32] = { "f32", "FP32" },
  [DET_DTYPE_FLOAT16] = { "f16", "FP16" },
  [DET_DTYPE_FLOAT64] = { "f64", "FP64" },
  [DET_DTYPE_UINT8] = { "u8", "U8" },
  [DET_DTYPE_INT8] = { "i8", "I8" },
  [DET_DTYPE_INT32] = { "i32", "I32" },
  [DET_DTYPE_INT64] = { "i64", "I64" },
  [DET_DTYPE_BOOL] = { "boolean", "BOOL" },
};

/* One input of each type, passed through. */
static char *
write_types_model (void)
{
  g_autoptr (GString) layers = g_string_new (NULL);
  g_autoptr (GString) edges = g_string_new (NULL);

  for (int i = 0; i < DET_N_DTYPES; i++) {
    if (!names[i].type)
      continue;
    g_autofree char *port =
        g_strdup_printf ("<port id=\"0\" precision=\"%s\"><dim>1</dim></port>",
            names[i].precision);
    g_string_append_printf (layers,
        "<layer id=\"%d\" name=\"in%d\" type=\"Parameter\" "
        "version=\"opset1\"><data shape=\"1\" element_type=\"%s\"/>"
        "<output>%s</output></layer>"
        "<layer id=\"%d\" name=\"out%d\" type=\"Result\" version=\"opset1\">"
        "<input>%s</input></layer>",
        2 * i, i, names[i].type, port, 2 * i + 1, i, port);
    g_string_append_printf (edges,
        "<edge from-layer=\"%d\" from-port=\"0\" to-layer=\"%d\" "
        "to-port=\"0\"/>",
        2 * i, 2 * i + 1);
  }
  return g_strdup_printf ("<?xml version=\"1.0\"?>"
                          "<net name=\"types\" version=\"11\">"
                          "<layers>%s</layers><edges>%s</edges></net>",
      layers->str, edges->str);
}

/* Numbers were dropped from the middle of the list and others put in as releases
 * went by, so the library says itself which it uses. */
static int
ask_types (DetOvRuntime *runtime, const DetOvModel *model)
{
  const DetOv *api = &runtime->api;
  gsize at = 0;
  int status = DET_OV_OK;

  for (int i = 0; i < DET_N_DTYPES; i++) {
    DetOvPort *port = NULL;

    runtime->types[i] = -1;
    if (!names[i].type || status != DET_OV_OK)
      continue;
    status = api->model_const_input_by_index (model, at++, &port);
    if (status == DET_OV_OK)
      status = api->port_get_element_type (port, &runtime->types[i]);
    if (port)
      api->output_const_port_free (port);
  }
  return status;
}

DetDType
det_ov_dtype (int type)
{
  const DetOvRuntime *runtime = det_ov_runtime ();

  for (int i = 0; i < DET_N_DTYPES; i++) {
    if (names[i].type && runtime->types[i] == type)
      return (DetDType) i;
  }
  return DET_DTYPE_UNKNOWN;
}

/* ---- setting up ---- */

int
det_ov_compile (const DetOvRuntime *runtime, const DetOvModel *model,
    int n_streams, int n_threads, DetOvCompiled **compiled)
{
  g_autofree char *streams = g_strdup_printf ("%d", n_streams);
  g_autofree char *threads = g_strdup_printf ("%d", n_threads);

  /* The count is of words. Threads tied to processors would be in the way of a
   * pipeline's others. */
  return runtime->api.core_compile_model (runtime->core, model, "CPU", 10,
      compiled, "PERFORMANCE_HINT", "LATENCY", "NUM_STREAMS", streams,
      "INFERENCE_NUM_THREADS", threads, "INFERENCE_PRECISION_HINT", "f32",
      "ENABLE_CPU_PINNING", "NO");
}

static int
run_once (const DetOvRuntime *runtime, const DetOvModel *model)
{
  const DetOv *api = &runtime->api;
  DetOvCompiled *compiled = NULL;
  DetOvRequest *request = NULL;
  int status = det_ov_compile (runtime, model, 1, 1, &compiled);

  if (status == DET_OV_OK)
    status = api->compiled_model_create_infer_request (compiled, &request);
  if (status == DET_OV_OK)
    status = api->infer_request_infer (request);
  if (request)
    api->infer_request_free (request);
  if (compiled)
    api->compiled_model_free (compiled);
  return status;
}

/* The first model is read, compiled and run here, so that what the library sets up on
 * the way, and tears down at exit, is registered before anything is under way. */
static int
set_up (DetOvRuntime *runtime)
{
  const DetOv *api = &runtime->api;
  g_autofree char *text = write_types_model ();
  DetOvModel *model = NULL;

  if (api->util_set_log_callback)
    api->util_set_log_callback (log_line);
  int status = api->core_create (&runtime->core);
  /* A file that changes while it is mapped ends the process. */
  if (status == DET_OV_OK)
    api->core_set_property (runtime->core, "", "ENABLE_MMAP", "NO");
  if (status == DET_OV_OK)
    status = api->core_read_model_from_memory_buffer (runtime->core, text,
        strlen (text), NULL, &model);
  if (status == DET_OV_OK)
    status = ask_types (runtime, model);
  if (status == DET_OV_OK)
    status = run_once (runtime, model);
  if (model)
    api->model_free (model);
  return status;
}

static void
open_runtime (DetOvRuntime *runtime)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  const char *missing = NULL;
  GModule *module = open_library (&path, &error);
  if (!module) {
    runtime->problem = g_strdup (error->message);
    return;
  }
  take_functions (module, &runtime->api, &missing);
  runtime->version = ask_version (&runtime->api);
  int status = set_up (runtime);
  if (status != DET_OV_OK) {
    g_autofree char *message = take_message (&runtime->api, status);
    runtime->problem = g_strdup_printf ("OpenVINO %s in %s cannot be set up: "
                                        "%s; try another one, named in "
                                        "DETECT_OPENVINO",
        runtime->version, path, message);
  }
}

const DetOvRuntime *
det_ov_runtime (void)
{
  static DetOvRuntime runtime;
  static gsize once = 0;

  if (g_once_init_enter (&once)) {
    open_runtime (&runtime);
    g_once_init_leave (&once, 1);
  }
  return &runtime;
}

/* ---- errors ---- */

const DetEngineStep det_ov_reading = { DET_ERROR_CORRUPT, "read the model",
  "fetch or export it again, upgrade OpenVINO, or try another engine=" };
const DetEngineStep det_ov_loading = { DET_ERROR_UNSUPPORTED, "load the model",
  "export the model for a lower opset, upgrade OpenVINO, or try another "
  "engine=" };
const DetEngineStep det_ov_running = { DET_ERROR_ENGINE, "run the model",
  "export the model again, or try another engine=" };

gboolean
det_ov_check (int status, const DetEngineStep *step, GError **error)
{
  const DetOvRuntime *runtime = det_ov_runtime ();

  if (status == DET_OV_OK)
    return TRUE;
  g_autofree char *message = take_message (&runtime->api, status);
  /* Operators are looked up while the file is read. */
  if (step == &det_ov_reading &&
      (strstr (message, "operation") || strstr (message, "opset")))
    step = &det_ov_loading;
  g_set_error (error, DET_ERROR, step->code, "OpenVINO %s cannot %s: %s; %s",
      runtime->version, step->doing, message, step->advice);
  return FALSE;
}
