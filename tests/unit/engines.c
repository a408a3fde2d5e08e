/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine.h"

#include <detect/error.h>
#include <glib/gstdio.h>
#include <string.h>

#include "testmodels.h"

static void
test_rows (void)
{
  guint files = 0;

  for (int i = 0; det_engines ()[i]; i++) {
    const DetEngine *engine = det_engines ()[i];

    g_assert_nonnull (engine->name);
    g_assert_nonnull (engine->help);
    g_assert_nonnull (engine->load);
    g_assert_nonnull (engine->unload);
    g_assert_nonnull (engine->run);
    g_assert_true (!engine->request_new == !engine->request_free);
    g_assert_true (g_strv_contains (det_engine_names (), engine->name));
    files |= engine->files;
  }
  g_assert_true (files & DET_FILE_BIT (DET_FILE_ONNX));
  g_assert_true (files & DET_FILE_BIT (DET_FILE_PEOPLE));
  g_assert_cmpstr (det_engine_names ()[0], ==, "auto");
}

static DetModelInfo *
read_model (const char *name)
{
  g_autofree char *path = test_model (name);

  return det_model_info_new (path, NULL);
}

static void
test_choose (void)
{
  g_autoptr (DetModelInfo) yolo = read_model ("yolov8");
  g_autoptr (DetModelInfo) people = det_model_info_new (NULL, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (det_engine_choose (yolo, "opencv", NULL)->name, ==,
      "opencv");
  g_assert_cmpstr (det_engine_choose (yolo, "null", NULL)->name, ==, "null");
  g_assert_cmpstr (det_engine_choose (people, NULL, NULL)->name, ==, "opencv");
  /* null is never chosen by itself. */
  g_assert_cmpstr (det_engine_choose (yolo, "auto", NULL)->name, !=, "null");
  g_assert_null (det_engine_choose (people, "null", &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED);
}

static gboolean
is_there (const char *name)
{
  g_autoptr (DetModelInfo) info = read_model ("yolov8");

  return det_engine_choose (info, name, NULL) != NULL;
}

/* The faster comes first, where it is there. */
static void
test_order (void)
{
  g_autoptr (DetModelInfo) floats = read_model ("yolov8");
  g_autoptr (DetModelInfo) integers = read_model ("yolov8");
  const char *for_floats = is_there ("openvino") ? "openvino"
      : is_there ("onnxruntime")                 ? "onnxruntime"
                                                 : "opencv";
  const char *for_integers = is_there ("onnxruntime") ? "onnxruntime"
      : is_there ("openvino")                         ? "openvino"
                                                      : "opencv";

  g_hash_table_add (integers->operators, g_strdup ("MatMulInteger"));
  g_assert_cmpstr (det_engine_choose (floats, "auto", NULL)->name, ==,
      for_floats);
  if (strcmp (for_integers, "opencv") == 0)
    g_assert_null (det_engine_choose (integers, "auto", NULL));
  else
    g_assert_cmpstr (det_engine_choose (integers, "auto", NULL)->name, ==,
        for_integers);
}

/* What OpenCV gets wrong is refused by rule, and the way out is named. */
static void
test_refused (void)
{
  static const char *const models[][2] = {
    { "quantized", "DynamicQuantizeLinear" },
    { "nms", "NonMaxSuppression" },
    { "attention", "MatMul" },
    { "yolov8_half", "float16" },
    { "yolov8_bytes", "uint8" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (models); i++) {
    g_autoptr (DetModelInfo) info = read_model (models[i][0]);
    g_autoptr (GError) error = NULL;

    g_assert_null (det_engine_choose (info, "opencv", &error));
    g_assert_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED);
    g_assert_nonnull (strstr (error->message, models[i][1]));
    g_assert_nonnull (strstr (error->message, "onnxruntime"));
  }
}

/* Every engine that is there gives the same numbers. */
static void
test_numbers (void)
{
  g_autofree float *picture = g_new0 (float, 3 * 96 * 96);
  DetTensor input = { DET_DTYPE_FLOAT32, 4, { 1, 3, 96, 96 }, picture };

  for (int i = 0; det_engines ()[i]; i++) {
    const DetEngine *engine = det_engines ()[i];
    g_autoptr (DetModelInfo) info = read_model ("yolov8");
    DetEngineConfig config = { .threads = 1 };
    DetTensor outputs[DET_MAX_OUTPUTS];
    guint n = DET_MAX_OUTPUTS;
    g_autoptr (GError) error = NULL;

    if (!(engine->files & DET_FILE_BIT (DET_FILE_ONNX)) ||
        strcmp (engine->name, "null") == 0 ||
        (engine->is_present && !engine->is_present (NULL))) {
      g_test_message ("skipped: %s", engine->name);
      continue;
    }
    gpointer network = engine->load (info, &config, &error);
    g_assert_no_error (error);
    gpointer request = engine->request_new ? engine->request_new (network, NULL)
                                           : NULL;
    engine->run (network, request, &input, 1, outputs, &n, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (n, ==, 1);
    g_assert_cmpint (outputs[0].n_dims, ==, 3);
    g_assert_cmpint (outputs[0].dims[2], ==, 189);
    const float *data = outputs[0].data;
    g_assert_cmpfloat_with_epsilon ((double) data[0], 40, 1e-4);
    g_assert_cmpfloat_with_epsilon ((double) data[5 * 189 + 188], 0.75, 1e-6);
    if (request)
      engine->request_free (network, request);
    engine->unload (network);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engines/rows", test_rows);
  g_test_add_func ("/engines/choose", test_choose);
  g_test_add_func ("/engines/order", test_order);
  g_test_add_func ("/engines/refused", test_refused);
  g_test_add_func ("/engines/numbers", test_numbers);
  return g_test_run ();
}
