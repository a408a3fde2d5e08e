/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine.h"

#include <detect/error.h>
#include <string.h>

extern const DetEngine det_engine_openvino;
static const DetEngine *const engine = &det_engine_openvino;

#include "enginetest.h"

/* A rectifier in OpenVINO's own form; without weights, so without a .bin file. */
static const char ir[] =
    "<?xml version=\"1.0\"?>\n"
    "<net name=\"tiny\" version=\"11\"><layers>"
    "<layer id=\"0\" name=\"picture\" type=\"Parameter\" version=\"opset1\">"
    "<data shape=\"?,2\" element_type=\"f32\"/>"
    "<output><port id=\"0\" precision=\"FP32\" names=\"picture\">"
    "<dim>-1</dim><dim>2</dim></port></output></layer>"
    "<layer id=\"1\" name=\"relu\" type=\"ReLU\" version=\"opset1\">"
    "<input><port id=\"0\" precision=\"FP32\"><dim>-1</dim><dim>2</dim>"
    "</port></input><output><port id=\"1\" precision=\"FP32\" "
    "names=\"shown\"><dim>-1</dim><dim>2</dim></port></output></layer>"
    "<layer id=\"2\" name=\"last\" type=\"Result\" version=\"opset1\">"
    "<input><port id=\"0\" precision=\"FP32\"><dim>-1</dim><dim>2</dim>"
    "</port></input></layer></layers><edges>"
    "<edge from-layer=\"0\" from-port=\"0\" to-layer=\"1\" to-port=\"0\"/>"
    "<edge from-layer=\"1\" from-port=\"1\" to-layer=\"2\" to-port=\"0\"/>"
    "</edges></net>";

static DetModelInfo *
read_file (const char *path)
{
  g_autoptr (GError) error = NULL;
  DetModelInfo *info = det_model_info_new (path, &error);

  g_assert_no_error (error);
  return info;
}

/* ---- its own kinds of file ---- */

static void
test_ir (void)
{
  g_autofree char *path = test_folder_place ("tiny.xml");
  float x[] = { -1, 2, 3, -4 };
  const DetTensor input = { DET_DTYPE_FLOAT32, 2, { 2, 2 }, x };
  const float expected[] = { 0, 2, 3, 0 };
  Loaded model;

  if (!is_there ())
    return;
  test_folder_write ("tiny.xml", ir, -1);
  load (&model, read_file (path));
  run (&model, &input);
  g_assert_cmpint (model.outputs[0].dims[0], ==, 2);
  g_assert_cmpmem (model.outputs[0].data, sizeof expected, expected,
      sizeof expected);
  unload (&model);
}

static char *
write_tflite (void)
{
  char *path = test_folder_place ("tiny.tflite");
  g_autofree char *script =
      g_build_filename (g_getenv ("DETECT_TEST_DATA"), "make-tflite.py", NULL);
  const char *const command[] = { "/usr/bin/python3", script, path, NULL };
  int status = 1;

  g_assert_true (g_spawn_sync (NULL, (char **) command, NULL, G_SPAWN_DEFAULT,
      NULL, NULL, NULL, NULL, &status, NULL));
  g_assert_cmpint (status, ==, 0);
  return path;
}

/* Only the engine can tell what is in it. */
static void
test_tflite (void)
{
  float x[4 * 4 * 3] = { -1, 2, 3 };
  const DetTensor input = { DET_DTYPE_FLOAT32, 4, { 1, 4, 4, 3 }, x };
  g_autoptr (GError) error = NULL;
  Loaded model;

  if (!is_there ())
    return;
  g_autofree char *path = write_tflite ();
  DetModelInfo *info = read_file (path);
  g_assert_cmpuint (info->inputs->len, ==, 0);
  if (!engine->accepts (info, &error)) {
    g_assert_nonnull (strstr (error->message, "upgrade it"));
    g_test_skip ("skipped: the release is too old for TFLite files");
    det_model_info_free (info);
    return;
  }
  g_assert_true (engine->inspect (info, &error));
  g_assert_no_error (error);
  g_autofree char *inputs = det_model_info_print_inputs (info);
  g_autofree char *outputs = det_model_info_print_outputs (info);
  g_assert_cmpstr (inputs, ==, "picture float32[1,4,4,3]");
  g_assert_cmpstr (outputs, ==, "shown float32[1,4,4,3]");
  load (&model, info);
  run (&model, &input);
  const float *y = model.outputs[0].data;
  g_assert_cmpfloat (y[0], ==, 0);
  g_assert_cmpfloat (y[1], ==, 2);
  unload (&model);
}

static void
test_not_read (void)
{
  static const char *const files[][2] = { { "junk.tflite", "\1\2\3\4TFL3" },
    { "junk.pdmodel", "no model" } };

  if (!is_there ())
    return;
  test_folder_write ("junk.pdiparams", "x", -1);
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *path = test_folder_place (files[i][0]);
    g_autoptr (GError) error = NULL;

    test_folder_write (files[i][0], files[i][1], -1);
    g_autoptr (DetModelInfo) info = read_file (path);
    if (engine->accepts (info, NULL)) {
      g_assert_false (engine->inspect (info, &error));
      assert_error (error, DET_ERROR_CORRUPT, "OpenVINO 20");
    }
  }
}

/* What its own files need it for is said where it is not there. */
static void
test_absent (void)
{
  static const char *const files[][2] = { { "absent.xml", ir },
    { "absent.tflite", "\1\2\3\4TFL3" } };
  g_autofree char *before = g_strdup (g_getenv ("DETECT_OPENVINO"));

  if (!g_test_subprocess ()) {
    g_setenv ("DETECT_OPENVINO", "none", TRUE);
    test_run_child ();
    if (before)
      g_setenv ("DETECT_OPENVINO", before, TRUE);
    else
      g_unsetenv ("DETECT_OPENVINO");
    return;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *path = test_folder_place (files[i][0]);
    g_autoptr (GError) error = NULL;

    test_folder_write (files[i][0], files[i][1], -1);
    g_autoptr (DetModelInfo) info = read_file (path);
    g_assert_null (det_engine_choose (info, NULL, &error));
    assert_error (error, DET_ERROR_UNSUPPORTED, "OpenVINO is not there");
    g_assert_nonnull (strstr (error->message, "pip install"));
    g_assert_nonnull (strstr (error->message, path));
  }
}

/* ---- loading ---- */

/* Sides that the file leaves open are those of the description, once these are
 * final. */
static void
test_fixed (void)
{
  const DetEngineConfig open = { .threads = 1 };
  const DetEngineConfig fixed = { .threads = 1,
    .input_width = 3,
    .input_height = 2 };

  if (!is_there ())
    return;
  for (int round = 0; round < 2; round++) {
    g_autoptr (DetModelInfo) info = read_model ("open");
    g_autoptr (GError) error = NULL;

    g_array_index (info->inputs, DetTensorInfo, 0).dims[0] = 2;
    gpointer network = engine->load (info, round ? &fixed : &open, &error);
    g_assert_no_error (error);
    g_assert_cmpint (det_model_info_output (info, 0)->dims[0], ==,
        round ? 2 : -1);
    engine->unload (network);
  }
}

static void
test_again (void)
{
  static const float added[] = { 1, 1, 0, 0 }; /* again, sum, fixed, same */
  Loaded model;
  float x[4];
  const DetTensor input = { DET_DTYPE_FLOAT32, 2, { 1, 4 }, x };

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
    }
  }
  unload (&model);
}

/* Weights that are listed as inputs are none. */
static void
test_weights (void)
{
  static const char *const names[] = { "weights", "weights_apart",
    "weights_ir3" };
  static float x[3 * 8 * 8];
  const DetTensor input = { DET_DTYPE_FLOAT32, 4, { 1, 3, 8, 8 }, x };

  if (!is_there ())
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    Loaded model;

    load (&model, read_model (names[i]));
    run (&model, &input);
    g_assert_cmpint (det_tensor_n_elements (&model.outputs[0]), ==, 4 * 6 * 6);
    unload (&model);
  }
}

static void
test_not_loaded (void)
{
  static const struct
  {
    const char *model;
    DetError code;
    const char *part;
  } cases[] = {
    { "strings", DET_ERROR_UNSUPPORTED, "input x is string[1,4]" },
    { "deep", DET_ERROR_UNSUPPORTED, "at most 8 dimensions" },
    { "many", DET_ERROR_UNSUPPORTED, "17 outputs" },
    { "unknown_operator", DET_ERROR_UNSUPPORTED, "Fooify" },
    { "custom_operator", DET_ERROR_UNSUPPORTED, "org.example.Fooify" },
    { "loose_end", DET_ERROR_CORRUPT, "nowhere" },
  };
  const DetEngineConfig config = { .threads = 1 };

  if (!is_there ())
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (DetModelInfo) info = read_model (cases[i].model);
    g_autoptr (GError) error = NULL;

    g_assert_null (engine->load (info, &config, &error));
    assert_error (error, cases[i].code, cases[i].part);
  }
}

/* An error of one run is not one of the next; and nothing is printed. */
static void
test_not_run (void)
{
  static float x[4 * 4] = { 1, 1, 1, 1 };
  const DetTensor inputs[] = { { DET_DTYPE_FLOAT32, 2, { 3, 4 }, x },
    { DET_DTYPE_FLOAT32, 2, { 1, 4 }, x } };
  const DetTensor wrong = { DET_DTYPE_FLOAT32, 2, { 3, 5 }, x };
  DetTensor outputs[DET_MAX_OUTPUTS];
  guint n = DET_MAX_OUTPUTS;
  g_autoptr (GError) error = NULL;
  Loaded model;

  if (!is_there ())
    return;
  if (!g_test_subprocess ()) {
    test_run_child ();
    g_test_trap_assert_stderr_unmatched ("*openvino*");
    return;
  }
  load (&model, read_model ("open"));
  g_assert_false (engine->run (model.network, model.request, inputs, 2, outputs,
      &n, &error));
  assert_error (error, DET_ERROR_ENGINE, "2 inputs");
  g_clear_error (&error);
  g_assert_false (engine->run (model.network, model.request, &wrong, 1, outputs,
      &n, &error));
  assert_error (error, DET_ERROR_ENGINE, "cannot run the model");
  run (&model, &(const DetTensor){ DET_DTYPE_FLOAT32, 2, { 2, 3 }, x });
  unload (&model);
}

/* ---- main ---- */

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  test_folder_make ();
  if (!make_models ())
    return 1;
  g_test_add_func ("/openvino/accepts", test_accepts);
  g_test_add_func ("/openvino/types", test_types);
  g_test_add_func ("/openvino/ir", test_ir);
  g_test_add_func ("/openvino/tflite", test_tflite);
  g_test_add_func ("/openvino/not-read", test_not_read);
  g_test_add_func ("/openvino/absent", test_absent);
  g_test_add_func ("/openvino/completed", test_completed);
  g_test_add_func ("/openvino/fixed", test_fixed);
  g_test_add_func ("/openvino/again", test_again);
  g_test_add_func ("/openvino/claims", test_claims);
  g_test_add_func ("/openvino/weights", test_weights);
  g_test_add_func ("/openvino/threads", test_threads);
  g_test_add_func ("/openvino/not-loaded", test_not_loaded);
  g_test_add_func ("/openvino/changed-on-disk", test_changed_on_disk);
  g_test_add_func ("/openvino/not-run", test_not_run);
  int result = g_test_run ();
  g_free (models);
  test_folder_remove ();
  return result;
}
