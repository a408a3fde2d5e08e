/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "onnxruntime-library.h"

#include "library.h"
#include <string.h>

#ifdef __aarch64__
#define NPM_MACHINE "arm64"
#else
#define NPM_MACHINE "x64"
#endif

/* ---- messages ---- */

/* What is for the library's makers goes: the path, which is said already, places in
 * their source. What is left begins with the operator, where there is one. */
static const DetRewording rewordings[] = {
  { "(?s)[\\r\\n].*$", "" },
  { "^Load model from .*? failed:\\s*", "" },
  { "^Non-zero status code returned while running (\\S+) node\\. "
    "Name:'([^']*)' Status Message: ",
      "operator \\1 '\\2': " },
  { "In Node, \\(\"([^\"]*)\", ([^,]+), .* , Error ", "operator \\2 '\\1': " },
  { " '':", ":" },
  { "\\S+\\.(?:cc|cpp|h|hpp):\\d+ [^(]*(\\((?:[^()]++|(?1))*\\))(?: "
    "const)?\\s*",
      "" },
  { "(^|: )(?:(?! was false\\.|: ).)* was false\\.\\s+(?=\\S)", "\\1" },
  { "^.*Opset (\\d+) is under development.* domain (\\S+) is till opset "
    "(\\d+).*$",
      "opset \\1 of \\2 is newer than the \\3 it knows" },
  { "^(?:Fatal error: )?(?:(?:This is an i|I)nvalid model\\. )?", "" },
  { NULL, NULL },
};

char *
det_ort_take_message (const DetOrt *api, OrtStatus *status)
{
  char *message =
      det_engine_message_tidy (api->GetErrorMessage (status), rewordings);

  api->ReleaseStatus (status);
  return message;
}

/* ---- the library ---- */

static void
log_line (void *data, int severity, const char *category, const char *id,
    const char *place, const char *message)
{
  g_debug ("ONNX Runtime: %s", message);
}

static const DetOrtBase *
get_base (GModule *module)
{
  const DetOrtBase *(*get) (void) = NULL;
  gpointer symbol = NULL;

  g_module_symbol (module, "OrtGetApiBase", &symbol);
  memcpy (&get, &symbol, sizeof symbol);
  return get ();
}

static gboolean
has_slots (GModule *module, const char *path, GError **error)
{
  const DetOrtBase *base = get_base (module);

  if (base->get_api (DET_ORT_API_VERSION))
    return TRUE;
  g_set_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED,
      "%s is ONNX Runtime %s, too old: %s or newer is needed", path,
      base->get_version (), DET_ORT_FIRST_RELEASE);
  return FALSE;
}

static GModule *
open_library (char **path, GError **error)
{
  static const char *const packages[] = {
    "onnxruntime/capi/libonnxruntime.so.*",
    "onnxruntime-node/bin/napi-v*/linux/" NPM_MACHINE "/libonnxruntime.so.*",
    NULL,
  };
  static const char *const sonames[] = { "libonnxruntime.so.1",
    "libonnxruntime.so", "libonnxruntime.so.1.*", NULL };
  g_autofree char *install = det_library_pip_command ("onnxruntime");
  const DetLibraryQuery query = {
    .name = "ONNX Runtime",
    .environment = "DETECT_ONNXRUNTIME",
    .packages = packages,
    .sonames = sonames,
    .symbol = "OrtGetApiBase",
    .install = install,
    .accepts = has_slots,
  };

  return det_library_open (&query, path, error);
}

static void
take_slots (DetOrtRuntime *runtime, const DetOrtBase *base)
{
  const void *const *slots = base->get_api (DET_ORT_API_VERSION);

#define TAKE(index, result, name, arguments) \
  memcpy (&runtime->api.name, &slots[index], sizeof slots[index]);
  DET_ORT_SLOTS (TAKE)
#undef TAKE
  runtime->version = g_strdup (base->get_version ());
}

/* The library sets up much of itself while it creates its first session. Done now,
 * with a model of one Identity, what it tears down at exit is registered before
 * anything is under way. */
static OrtStatus *
create_first_session (const DetOrtRuntime *runtime)
{
  static const guint8 model[] = "\x08\x07\x42\x02\x10\x0d" /* IR 7, opset 13 */
                                "\x3a\x37"                 /* graph */
                                "\x0a\x10\x0a\1x\x12\1y\x22\x08Identity"
                                "\x12\1g"
                                "\x5a\x0f\x0a\1x\x12\x0a\x0a\x08\x08\x01"
                                "\x12\x04\x0a\x02\x08\x01"
                                "\x62\x0f\x0a\1y\x12\x0a\x0a\x08\x08\x01"
                                "\x12\x04\x0a\x02\x08\x01";
  const DetOrt *api = &runtime->api;
  OrtSessionOptions *options = NULL;
  OrtSession *session = NULL;
  OrtStatus *status = api->CreateSessionOptions (&options);

  if (!status)
    status = api->SetIntraOpNumThreads (options, 1);
  if (!status)
    status = api->CreateSessionFromArray (runtime->env, model, sizeof model - 1,
        options, &session);
  if (session)
    api->ReleaseSession (session);
  if (options)
    api->ReleaseSessionOptions (options);
  return status;
}

static void
open_runtime (DetOrtRuntime *runtime)
{
  const DetOrt *api = &runtime->api;
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  GModule *module = open_library (&path, &error);

  if (!module) {
    runtime->problem = g_strdup (error->message);
    return;
  }
  take_slots (runtime, get_base (module));
  OrtStatus *status = api->CreateEnvWithCustomLogger (log_line, NULL,
      DET_ORT_SEVERITY_ERROR, "detect", &runtime->env);
  if (!status)
    status = api->CreateCpuMemoryInfo (DET_ORT_ALLOCATOR_ARENA,
        DET_ORT_MEMORY_DEFAULT, &runtime->memory);
  if (!status)
    status = api->GetAllocatorWithDefaultOptions (&runtime->allocator);
  if (!status)
    status = create_first_session (runtime);
  if (status) {
    g_autofree char *message = det_ort_take_message (api, status);
    runtime->problem = g_strdup_printf ("ONNX Runtime %s in %s cannot be set "
                                        "up: %s; try another one, named in "
                                        "DETECT_ONNXRUNTIME",
        runtime->version, path, message);
  }
}

const DetOrtRuntime *
det_ort_runtime (void)
{
  static DetOrtRuntime runtime;
  static gsize once = 0;

  if (g_once_init_enter (&once)) {
    open_runtime (&runtime);
    g_once_init_leave (&once, 1);
  }
  return &runtime;
}

/* ---- errors ---- */

const DetEngineStep det_ort_loading = { DET_ERROR_UNSUPPORTED, "load the model",
  "export the model for a lower opset, upgrade ONNX Runtime, or try another "
  "engine=" };
const DetEngineStep det_ort_running = { DET_ERROR_ENGINE, "run the model",
  "export the model again, or try another engine=" };
static const DetEngineStep reading = { DET_ERROR_CORRUPT, "read the model",
  "fetch or export it again" };

gboolean
det_ort_check (OrtStatus *status, const DetEngineStep *step, GError **error)
{
  const DetOrtRuntime *runtime = det_ort_runtime ();

  if (!status)
    return TRUE;
  int code = runtime->api.GetErrorCode (status);
  if (code == DET_ORT_INVALID_PROTOBUF || code == DET_ORT_NO_SUCHFILE)
    step = &reading;
  g_autofree char *message = det_ort_take_message (&runtime->api, status);
  g_set_error (error, DET_ERROR, step->code,
      "ONNX Runtime %s cannot %s: %s; %s", runtime->version, step->doing,
      message, step->advice);
  return FALSE;
}
