/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine.h"
#include "engines/onnxruntime-api.h"

#include <detect/error.h>
#include <string.h>

#include "testfolder.h"

extern const DetEngine det_engine_onnxruntime;
static const DetEngine *const engine = &det_engine_onnxruntime;

#include "enginetest.h"

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

/* ---- errors ---- */

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
  if (!make_models ())
    return 1;
  add_tests ();
  int result = g_test_run ();
  g_free (models);
  test_folder_remove ();
  return result;
}
