/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a model is fed, and what is taken from an engine. */
#include "inputspec.h"

#include "outputs.h"
#include <detect/error.h>
#include <string.h>

#include "goldens.h"

/* ---- the picture ---- */

static gboolean
resolve (const DetModelInfo *info, const char *resize, DetInputSpec *spec,
    GError **error)
{
  g_autoptr (DetOptions) options = det_options_new ();
  guint image_input;

  if (resize)
    g_assert_true (det_options_set_text (options, DET_OPT_RESIZE_MODE, resize,
        NULL));
  return det_input_spec_resolve (info, NULL, options, spec, &image_input,
      error);
}

static void
expect_refused (const DetModelInfo *info, const char *words)
{
  g_autoptr (GError) error = NULL;
  DetInputSpec spec;

  g_assert_false (resolve (info, NULL, &spec, &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED);
  g_assert_nonnull (strstr (error->message, words));
}

static void
test_no_picture (void)
{
  static const gint64 dims[] = { 1, 2 };
  g_autoptr (DetModelInfo) info = make_info (DET_FILE_ONNX, 160, 96);

  g_array_set_size (info->inputs, 0);
  det_model_info_add_input (info, "tokens", DET_DTYPE_FLOAT32, 2, dims);
  expect_refused (info, "tokens float32[1,2]");
}

static void
test_too_large (void)
{
  g_autoptr (DetModelInfo) info = make_info (DET_FILE_ONNX, 1000000, 96);

  expect_refused (info, "1000000 pixels");
}

static void
test_types (void)
{
  for (int type = 0; type < DET_N_DTYPES; type++) {
    g_autoptr (DetModelInfo) info = make_info (DET_FILE_ONNX, 160, 96);
    g_autoptr (GError) error = NULL;
    DetInputSpec spec;

    g_array_index (info->inputs, DetTensorInfo, 0).dtype = (DetDType) type;
    if (type == DET_DTYPE_FLOAT32 || type == DET_DTYPE_FLOAT16 ||
        type == DET_DTYPE_UINT8 || type == DET_DTYPE_INT8) {
      g_assert_true (resolve (info, NULL, &spec, &error));
      g_assert_no_error (error);
    } else {
      expect_refused (info, det_dtype_name ((DetDType) type));
    }
  }
}

static void
test_resize_mode (void)
{
  static const struct
  {
    const char *word;
    DetResizeMode mode;
  } rows[] = { { "stretch", DET_RESIZE_STRETCH },
    { "letterbox", DET_RESIZE_LETTERBOX },
    { "letterbox-top-left", DET_RESIZE_TOP_LEFT } };
  g_autoptr (DetModelInfo) info = make_info (DET_FILE_ONNX, 160, 96);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    DetInputSpec spec;

    g_assert_true (resolve (info, rows[i].word, &spec, NULL));
    g_assert_cmpint (spec.resize, ==, rows[i].mode);
  }
}

/* ---- other inputs ---- */

typedef struct
{
  const char *name;
  DetDType dtype;
  int n_dims;
  gint64 dims[3];
  gboolean ok;
  double values[2];
} ExtraCase;

/* For a picture of 160 × 96. */
static const ExtraCase extra_cases[] = {
  { "orig_target_sizes", DET_DTYPE_INT64, 2, { 1, 2 }, TRUE, { 160, 96 } },
  { "sizes", DET_DTYPE_INT32, 1, { 2 }, TRUE, { 160, 96 } },
  { "sizes", DET_DTYPE_FLOAT64, 2, { -1, 2 }, TRUE, { 160, 96 } },
  { "im_shape", DET_DTYPE_FLOAT32, 2, { 1, 2 }, TRUE, { 96, 160 } },
  { "scale_factor", DET_DTYPE_FLOAT32, 2, { 1, 2 }, TRUE, { 1, 1 } },
  { "tokens", DET_DTYPE_INT64, 2, { 1, 3 }, FALSE, { 0 } },
  { "tokens", DET_DTYPE_INT64, 3, { 1, 1, 2 }, FALSE, { 0 } },
  { "text", DET_DTYPE_STRING, 2, { 1, 2 }, FALSE, { 0 } },
};

static double
read_value (const DetTensor *tensor, int i)
{
  switch (tensor->dtype) {
    case DET_DTYPE_FLOAT32:
      return (double) ((const float *) tensor->data)[i];
    case DET_DTYPE_FLOAT64:
      return ((const double *) tensor->data)[i];
    case DET_DTYPE_INT32:
      return ((const gint32 *) tensor->data)[i];
    default:
      return (double) ((const gint64 *) tensor->data)[i];
  }
}

static void
test_extra (void)
{
  const DetInputSpec spec = { .width = 160, .height = 96, .batch = 1 };

  for (gsize i = 0; i < G_N_ELEMENTS (extra_cases); i++) {
    const ExtraCase *c = &extra_cases[i];
    g_autoptr (DetModelInfo) info = make_info (DET_FILE_ONNX, 160, 96);
    g_autoptr (GError) error = NULL;
    double room[2] = { -1, -1 };
    DetTensor tensor = { .data = room };

    g_test_message ("case %" G_GSIZE_FORMAT ", %s", i, c->name);
    det_model_info_add_input (info, c->name, c->dtype, c->n_dims, c->dims);
    g_assert_cmpint (det_input_spec_fill_extra (&spec,
                         det_model_info_input (info, 1), &tensor, &error),
        ==, c->ok);
    if (!c->ok) {
      g_assert_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED);
      g_assert_nonnull (strstr (error->message, c->name));
      continue;
    }
    g_assert_cmpint (tensor.dtype, ==, c->dtype);
    g_assert_cmpfloat (read_value (&tensor, 0), ==, c->values[0]);
    g_assert_cmpfloat (read_value (&tensor, 1), ==, c->values[1]);
  }
}

/* ---- outputs ---- */

static void
expect_engine_error (const DetTensor *raw, guint n, const char *words)
{
  g_auto (DetOutputs) outputs = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_false (det_outputs_take (&outputs, raw, n, &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_ENGINE);
  g_assert_nonnull (strstr (error->message, words));
}

static void
test_outputs_refused (void)
{
  static const DetTensor words = { DET_DTYPE_STRING, 1, { 2 }, (void *) "ab" };

  expect_engine_error (&words, 0, "0 outputs");
  expect_engine_error (&words, DET_MAX_OUTPUTS + 1, "from 1 to");
  expect_engine_error (&words, 1, "string");
}

/* An engine that gives another number, rank or dim than the model said. */
static void
test_outputs_checked (void)
{
  static const gint64 dims[] = { 2, 3 };
  float values[6] = { 0 };
  const DetTensor raw[] = { { DET_DTYPE_FLOAT32, 2, { 2, 3 }, values },
    { DET_DTYPE_FLOAT32, 2, { 1, 3 }, values },
    { DET_DTYPE_FLOAT32, 2, { 2, 2 }, values },
    { DET_DTYPE_FLOAT32, 1, { 3 }, values } };
  g_autoptr (DetModelInfo) info = make_info (DET_FILE_ONNX, 160, 96);
  g_auto (DetOutputs) outputs = { 0 };

  det_model_info_add_output (info, "out", DET_DTYPE_FLOAT32, 2, dims);
  for (gsize i = 0; i < G_N_ELEMENTS (raw); i++) {
    for (int vary = 0; vary < 2; vary++) {
      g_autoptr (GError) error = NULL;

      g_assert_true (det_outputs_take (&outputs, &raw[i], 1, NULL));
      g_assert_cmpint (det_outputs_check (&outputs, info, vary, &error), ==,
          i == 0 || (i == 1 && vary));
      g_assert_true (!error || error->code == DET_ERROR_ENGINE);
    }
  }
  g_assert_true (det_outputs_take (&outputs, raw, 2, NULL));
  g_assert_false (det_outputs_check (&outputs, info, TRUE, NULL));
}

static void
test_outputs_complete (void)
{
  static const gint64 dims[] = { -1, 3 };
  float values[6] = { 0 };
  const DetTensor raw[] = { { DET_DTYPE_FLOAT32, 2, { 2, 3 }, values },
    { DET_DTYPE_FLOAT32, 1, { 5 }, values } };
  g_autoptr (DetModelInfo) info = make_info (DET_FILE_ONNX, 160, 96);
  g_auto (DetOutputs) outputs = { 0 };

  det_model_info_add_output (info, "a", DET_DTYPE_FLOAT32, 2, dims);
  det_model_info_add_output (info, "b", DET_DTYPE_FLOAT32, -1, NULL);
  g_assert_true (det_outputs_take (&outputs, raw, 2, NULL));
  det_outputs_complete_info (&outputs, info);
  g_assert_cmpint (det_model_info_output (info, 0)->dims[0], ==, 2);
  g_assert_cmpint (det_model_info_output (info, 1)->n_dims, ==, 1);
  g_assert_cmpint (det_model_info_output (info, 1)->dims[0], ==, 5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/inputspec/no-picture", test_no_picture);
  g_test_add_func ("/inputspec/too-large", test_too_large);
  g_test_add_func ("/inputspec/types", test_types);
  g_test_add_func ("/inputspec/resize-mode", test_resize_mode);
  g_test_add_func ("/inputspec/extra", test_extra);
  g_test_add_func ("/outputs/refused", test_outputs_refused);
  g_test_add_func ("/outputs/checked", test_outputs_checked);
  g_test_add_func ("/outputs/complete", test_outputs_complete);
  return g_test_run ();
}
