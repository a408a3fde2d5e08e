/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine.h"
#include "engines/onnxruntime-api.h"

#include <detect/error.h>
#include <string.h>

#include "testfolder.h"

#if __has_include(<onnxruntime/onnxruntime_c_api.h>)
#include <onnxruntime/onnxruntime_c_api.h>
#define HAVE_HEADER
#elif __has_include(<onnxruntime/core/session/onnxruntime_c_api.h>)
#include <onnxruntime/core/session/onnxruntime_c_api.h>
#define HAVE_HEADER
#elif __has_include(<onnxruntime_c_api.h>)
#include <onnxruntime_c_api.h>
#define HAVE_HEADER
#endif

#ifdef HAVE_HEADER
#define SAME_SLOT(index, result, name, arguments)                      \
  _Static_assert(offsetof (OrtApi, name) == (index) * sizeof (void *), \
      #name " is not in slot " #index);
DET_ORT_SLOTS (SAME_SLOT)
#define SAME(ours, theirs) \
  _Static_assert((int) (ours) == (int) (theirs), #ours " is not " #theirs)
SAME (DET_ORT_NO_SUCHFILE, ORT_NO_SUCHFILE);
SAME (DET_ORT_INVALID_PROTOBUF, ORT_INVALID_PROTOBUF);
SAME (DET_ORT_SEVERITY_ERROR, ORT_LOGGING_LEVEL_ERROR);
SAME (DET_ORT_SEQUENTIAL, ORT_SEQUENTIAL);
SAME (DET_ORT_OPTIMISE_ALL, ORT_ENABLE_ALL);
SAME (DET_ORT_ALLOCATOR_ARENA, OrtArenaAllocator);
SAME (DET_ORT_MEMORY_DEFAULT, OrtMemTypeDefault);
SAME (DET_ORT_FLOAT, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT);
SAME (DET_ORT_UINT8, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8);
SAME (DET_ORT_INT8, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8);
SAME (DET_ORT_INT32, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32);
SAME (DET_ORT_INT64, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64);
SAME (DET_ORT_STRING, ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING);
SAME (DET_ORT_BOOL, ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL);
SAME (DET_ORT_FLOAT16, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16);
SAME (DET_ORT_DOUBLE, ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE);
#endif

extern const DetEngine det_engine_onnxruntime;
static const DetEngine *const engine = &det_engine_onnxruntime;

static char *models; /* what make-ort-models.py wrote, below it */
static gint n_left_as_inputs;

/* ---- the table ---- */

static void
test_slots (void)
{
  static const struct
  {
    int index;
    const char *name;
  } slots[] = {
#define ROW(index, result, name, arguments) { index, #name },
    DET_ORT_SLOTS (ROW)
  };

  for (gsize i = 0; i < G_N_ELEMENTS (slots); i++) {
    g_assert_cmpint (slots[i].index, <=, DET_ORT_LAST_SLOT);
    if (i > 0)
      g_assert_cmpint (slots[i].index, >, slots[i - 1].index);
  }
  g_assert_cmpuint (sizeof (DetOrt), ==,
      G_N_ELEMENTS (slots) * sizeof (void *));
#ifdef HAVE_HEADER
  g_test_message ("as in the header of API version %d", ORT_API_VERSION);
#endif
}

/* ---- running ---- */

static gboolean
is_there (void)
{
  g_autoptr (GError) error = NULL;

  if (engine->is_present (&error))
    return TRUE;
  g_test_message ("%s", error->message);
  g_test_skip ("skipped: no ONNX Runtime library");
  return FALSE;
}

static DetModelInfo *
read_model (const char *name)
{
  g_autofree char *file = g_strconcat (name, ".onnx", NULL);
  g_autofree char *path = g_build_filename (models, file, NULL);
  g_autoptr (GError) error = NULL;
  DetModelInfo *info = det_model_info_new (path, &error);

  g_assert_no_error (error);
  return info;
}

typedef struct
{
  DetModelInfo *info;
  gpointer network;
  gpointer request;
  DetTensor outputs[DET_MAX_OUTPUTS];
} Loaded;

static void
load (Loaded *self, DetModelInfo *info)
{
  const DetEngineConfig config = { .threads = 1 };
  g_autoptr (GError) error = NULL;

  self->info = info;
  self->network = engine->load (info, &config, &error);
  g_assert_no_error (error);
  self->request = engine->request_new (self->network, &error);
  g_assert_no_error (error);
}

static void
unload (Loaded *self)
{
  engine->request_free (self->network, self->request);
  engine->unload (self->network);
  det_model_info_free (self->info);
}

static void
run (Loaded *self, const DetTensor *inputs)
{
  guint n = DET_MAX_OUTPUTS;
  g_autoptr (GError) error = NULL;

  engine->run (self->network, self->request, inputs, self->info->inputs->len,
      self->outputs, &n, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n, ==, self->info->outputs->len);
}

static void
test_types (void)
{
  Loaded model;
  guint8 bytes[6 * 8];
  DetTensor inputs[8];

  if (!is_there ())
    return;
  for (gsize i = 0; i < sizeof bytes; i++)
    bytes[i] = i % 2; /* so that it is a bool too */
  load (&model, read_model ("types"));
  g_assert_cmpuint (model.info->inputs->len, ==, 8);
  for (guint i = 0; i < 8; i++) {
    const DetTensorInfo *input = det_model_info_input (model.info, i);

    inputs[i] = (DetTensor){ input->dtype, 2, { 2, 3 }, bytes };
  }
  for (int round = 0; round < 2; round++) {
    run (&model, inputs);
    for (guint i = 0; i < 8; i++) {
      const DetTensor *output = &model.outputs[i];

      g_assert_cmpint (output->dtype, ==, inputs[7 - i].dtype);
      g_assert_cmpint (output->n_dims, ==, 2);
      g_assert_cmpint (output->dims[1], ==, 3);
      g_assert_cmpmem (output->data, 6 * det_dtype_size (output->dtype), bytes,
          6 * det_dtype_size (output->dtype));
    }
  }
  unload (&model);
}

static void
test_completed (void)
{
  Loaded unsaid;
  Loaded open;
  float x[2 * 3] = { 1, 2, 3, 4, 5, 6 };

  if (!is_there ())
    return;
  load (&unsaid, read_model ("unsaid"));
  const DetTensorInfo *output = det_model_info_output (unsaid.info, 0);
  g_assert_cmpint (output->dtype, ==, DET_DTYPE_FLOAT32);
  g_assert_cmpint (output->n_dims, ==, 2);
  g_assert_cmpint (output->dims[0], ==, 2);
  g_assert_cmpint (output->dims[1], ==, 3);
  unload (&unsaid);

  load (&open, read_model ("open"));
  g_assert_cmpint (det_model_info_output (open.info, 0)->dims[0], ==, -1);
  for (gint64 n = 1; n < 3; n++) {
    const DetTensor input = { DET_DTYPE_FLOAT32, 2, { n, 3 }, x };

    run (&open, &input);
    g_assert_cmpint (open.outputs[0].dims[0], ==, n);
    g_assert_cmpfloat (((float *) open.outputs[0].data)[n * 3 - 1], ==,
        2 * x[n * 3 - 1]);
  }
  unload (&open);
}

/* The memory of outputs is used again, so each run must leave its own values; also
 * where an output is a weight, the input or another output. */
static void
test_again (void)
{
  static const float added[] = { 1, 1, 0, 0 }; /* again, sum, fixed, same */
  Loaded model;
  float x[4];
  const DetTensor input = { DET_DTYPE_FLOAT32, 2, { 1, 4 }, x };
  const void *before[4];

  if (!is_there ())
    return;
  load (&model, read_model ("same_twice"));
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < 4; i++)
      x[i] = (float) (10 * round + i);
    run (&model, &input);
    for (int o = 0; o < 4; o++) {
      const float *y = model.outputs[o].data;

      for (int i = 0; i < 4; i++)
        g_assert_cmpfloat (y[i], ==, o == 2 ? 1 : x[i] + added[o]);
      if (round > 0)
        g_assert_true (y == before[o]);
      before[o] = y;
    }
  }
  unload (&model);
}

/* Files that claim a shape their graph does not keep to: from the first run on, and
 * from one that comes later. */
static void
test_claims (void)
{
  static const char *const names[] = { "unsure", "short" };
  static float x[][4] = { { 1, 1, 0, 0 }, { 1, 1, 1, 1 }, { 0, 1, 0, 0 },
    { 0, 0, 1, 1 } };
  static const gint64 n[] = { 2, 4, 1, 2 };

  if (!is_there ())
    return;
  for (gsize m = 0; m < G_N_ELEMENTS (names); m++) {
    Loaded model;

    load (&model, read_model (names[m]));
    for (gsize i = 0; i < G_N_ELEMENTS (n); i++) {
      const DetTensor input = { DET_DTYPE_FLOAT32, 2, { 1, 4 }, x[i] };

      run (&model, &input);
      g_assert_cmpint (model.outputs[0].dims[1], ==, n[i]);
      const gint64 *at = model.outputs[0].data;
      g_assert_cmpfloat (x[i][at[2 * n[i] - 1]], ==, 1);
    }
    unload (&model);
  }
}

static void
test_weights (gconstpointer data)
{
  const char *name = *(const char *const *) data;
  Loaded hidden;
  Loaded listed;
  float x[3 * 8 * 8];
  const DetTensor input = { DET_DTYPE_FLOAT32, 4, { 1, 3, 8, 8 }, x };

  if (!is_there ())
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (x); i++)
    x[i] = (float) (i % 17) - 8;
  DetModelInfo *info = read_model (name);
  g_assert_true (info->weights_are_inputs);
  g_assert_cmpuint (info->inputs->len, ==, 1);
  g_atomic_int_set (&n_left_as_inputs, 0);
  load (&hidden, info);
  /* Weights in a file of their own can stay hidden from release 1.20 on. */
  if (strcmp (name, "weights_apart") != 0)
    g_assert_cmpint (g_atomic_int_get (&n_left_as_inputs), ==, 0);
  info = read_model (name);
  info->weights_are_inputs = FALSE; /* so that the file is loaded as it is */
  load (&listed, info);
  run (&hidden, &input);
  run (&listed, &input);
  g_assert_cmpint (det_tensor_n_elements (&hidden.outputs[0]), ==, 4 * 6 * 6);
  for (int i = 0; i < 4 * 6 * 6; i++)
    g_assert_cmpfloat_with_epsilon (((float *) hidden.outputs[0].data)[i],
        ((float *) listed.outputs[0].data)[i], 1e-3f);
  unload (&hidden);
  unload (&listed);
}

#define N_RUNS 300
#define N_VALUES (3 * 16 * 16)

static gpointer
run_many (gpointer data)
{
  const Loaded *shared = data;
  Loaded own = { .info = shared->info, .network = shared->network };
  float x[N_VALUES];
  const DetTensor input = { DET_DTYPE_FLOAT32, 4, { 1, 3, 16, 16 }, x };
  gsize n_wrong = 0;

  own.request = engine->request_new (own.network, NULL);
  for (int round = 0; round < N_RUNS; round++) {
    for (int i = 0; i < N_VALUES; i++)
      x[i] = (float) (GPOINTER_TO_SIZE (&own) % 1021) + (float) (i + round);
    run (&own, &input);
    for (int i = 0; i < N_VALUES; i++)
      n_wrong += ((float *) own.outputs[0].data)[i] != 2 * x[i];
  }
  engine->request_free (own.network, own.request);
  return GSIZE_TO_POINTER (n_wrong);
}

static void
test_threads (void)
{
  GThread *threads[2];
  Loaded model;

  if (!is_there ())
    return;
  g_assert_true (engine->concurrent);
  load (&model, read_model ("doubled"));
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("run", run_many, &model);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_assert_null (g_thread_join (threads[i]));
  unload (&model);
}

/* ---- errors ---- */

static void
assert_error (const GError *error, DetError code, const char *part)
{
  g_assert_error (error, DET_ERROR, (int) code);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, part));
  g_assert_null (strchr (error->message, '\n'));
  g_assert_nonnull (strstr (error->message, "; ")); /* what to do about it */
  g_assert_null (strstr (error->message, ".cc:"));
}

static void
test_not_loaded (void)
{
  static const char *const cases[][2] = {
    { "strings", "input x is string[1,4]" },
    { "sequence", "output y" },
    { "deep", "at most 8 dimensions" },
    { "many", "17 outputs" },
    { "unknown_operator", "operator Fooify 'the-node'" },
    { "custom_operator", "org.example:Fooify" },
    { "no_kernel", "Relu" },
    { "future_opset", "opset 999" },
    { "future_ir", "IR version: 999" },
    { "loose_end", "'nowhere'" },
  };
  const DetEngineConfig config = { .threads = 1 };

  if (!is_there ())
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (DetModelInfo) info = read_model (cases[i][0]);
    g_autoptr (GError) error = NULL;

    g_assert_null (engine->load (info, &config, &error));
    assert_error (error, DET_ERROR_UNSUPPORTED, cases[i][1]);
  }
}

/* What the header tells is refused without loading, library or not. */
static void
test_accepts (void)
{
  g_autoptr (DetModelInfo) strings = read_model ("strings");
  g_autoptr (DetModelInfo) types = read_model ("types");
  g_autoptr (GError) error = NULL;

  g_assert_false (engine->accepts (strings, &error));
  assert_error (error, DET_ERROR_UNSUPPORTED, "input x is string[1,4]");
  g_assert_true (engine->accepts (types, NULL));
}

static void
test_changed_on_disk (void)
{
  const DetEngineConfig config = { .threads = 1 };
  g_autoptr (GError) error = NULL;

  if (!is_there ())
    return;
  g_autoptr (DetModelInfo) info = read_model ("weights");
  g_autofree char *path = test_folder_place ("broken.onnx");
  test_folder_write ("broken.onnx", "\377\377\377\377 no model any more", -1);
  g_free (info->path);
  info->path = g_steal_pointer (&path);
  g_assert_null (engine->load (info, &config, &error));
  assert_error (error, DET_ERROR_CORRUPT, "fetch or export it again");
}

/* An error of one run is not one of the next; and nothing is printed. */
static void
test_not_run (void)
{
  static float x[4 * 4];
  static const DetTensor bad[] = {
    { DET_DTYPE_FLOAT32, 2, { 1, 4 }, x },
    { DET_DTYPE_FLOAT32, 2, { 3, 4 }, x },
  };
  gint64 at = 7;
  const DetTensor inputs[] = { { DET_DTYPE_FLOAT32, 1, { 4 }, x },
    { DET_DTYPE_INT64, 1, { 1 }, &at } };
  DetTensor outputs[DET_MAX_OUTPUTS];
  guint n = DET_MAX_OUTPUTS;
  g_autoptr (GError) error = NULL;
  Loaded gather;
  Loaded misfit;

  if (!is_there ())
    return;
  if (!g_test_subprocess ()) {
    test_run_child ();
    g_test_trap_assert_stderr_unmatched ("*onnxruntime*");
    return;
  }
  load (&gather, read_model ("out_of_range"));
  g_assert_false (engine->run (gather.network, gather.request, inputs, 2,
      outputs, &n, &error));
  assert_error (error, DET_ERROR_ENGINE, "operator Gather 'the-node'");
  g_clear_error (&error);
  g_assert_false (engine->run (gather.network, gather.request, inputs, 1,
      outputs, &n, &error));
  assert_error (error, DET_ERROR_ENGINE, "1 inputs");
  g_clear_error (&error);
  at = 3;
  run (&gather, inputs);
  unload (&gather);

  load (&misfit, read_model ("misfit"));
  g_assert_false (engine->run (misfit.network, misfit.request, &bad[0], 1,
      outputs, &n, &error));
  assert_error (error, DET_ERROR_ENGINE, "operator Reshape 'the-node'");
  unload (&misfit);
}

/* ---- main ---- */

static GLogWriterOutput
count_logs (GLogLevelFlags level, const GLogField *fields, gsize n_fields,
    gpointer data)
{
  for (gsize i = 0; i < n_fields; i++) {
    if (strcmp (fields[i].key, "MESSAGE") == 0 &&
        strstr (fields[i].value, "stay inputs"))
      g_atomic_int_inc (&n_left_as_inputs);
  }
  return g_log_writer_default (level, fields, n_fields, data);
}

static gboolean
make_models (void)
{
  g_autofree char *script = g_build_filename (g_getenv ("DETECT_TEST_DATA"),
      "make-ort-models.py", NULL);
  const char *const command[] = { "/usr/bin/python3", script, models, NULL };
  g_autoptr (GError) error = NULL;
  int status = 1;

  if (g_spawn_sync (NULL, (char **) command, NULL, G_SPAWN_DEFAULT, NULL, NULL,
          NULL, NULL, &status, &error) &&
      status == 0)
    return TRUE;
  g_printerr ("%s failed%s%s\n", script, error ? ": " : "",
      error ? error->message : "");
  return FALSE;
}

static void
add_tests (void)
{
  static const char *const weights[][2] = {
    { "weights", "/onnxruntime/weights/inside" },
    { "weights_apart", "/onnxruntime/weights/apart" },
    { "weights_ir3", "/onnxruntime/weights/old" },
  };

  g_test_add_func ("/onnxruntime/slots", test_slots);
  g_test_add_func ("/onnxruntime/accepts", test_accepts);
  g_test_add_func ("/onnxruntime/types", test_types);
  g_test_add_func ("/onnxruntime/completed", test_completed);
  g_test_add_func ("/onnxruntime/again", test_again);
  g_test_add_func ("/onnxruntime/claims", test_claims);
  for (gsize i = 0; i < G_N_ELEMENTS (weights); i++)
    g_test_add_data_func (weights[i][1], weights[i], test_weights);
  g_test_add_func ("/onnxruntime/threads", test_threads);
  g_test_add_func ("/onnxruntime/not-loaded", test_not_loaded);
  g_test_add_func ("/onnxruntime/changed-on-disk", test_changed_on_disk);
  g_test_add_func ("/onnxruntime/not-run", test_not_run);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (count_logs, NULL, NULL);
  test_folder_make ();
  models = g_build_filename (scratch, "models", NULL);
  if (!make_models ())
    return 1;
  add_tests ();
  int result = g_test_run ();
  g_free (models);
  test_folder_remove ();
  return result;
}
