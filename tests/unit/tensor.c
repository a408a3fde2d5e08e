/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tensor.h"

#include <math.h>

/* All 65536 halves, against the definition in IEEE 754. */
static void
test_half (void)
{
  for (guint i = 0; i < 65536; i++) {
    guint16 half = (guint16) i;
    DetTensor tensor = { DET_DTYPE_FLOAT16, 1, { 1 }, &half };
    int exponent = (int) (i >> 10 & 31);
    double mantissa = (double) (i & 1023) / 1024;
    double expected = exponent == 0 ? ldexp (mantissa, -14)
                                    : ldexp (1 + mantissa, exponent - 15);
    float found;

    g_assert_true (det_tensor_to_float (&tensor, &found));
    if (exponent == 31) {
      g_assert_true (mantissa > 0 ? isnan (found) : isinf (found));
      g_assert_cmpint (signbit (found) != 0, ==, i >> 15);
      continue;
    }
    g_assert_cmpfloat ((double) found, ==, i & 0x8000 ? -expected : expected);
    g_assert_cmpint (signbit (found) != 0, ==, i >> 15); /* of zeros too */
  }
}

static void
test_types (void)
{
  static guint8 u8[] = { 255 };
  static gint8 i8[] = { -128 };
  static gint32 i32[] = { -70000 };
  static gint64 i64[] = { 1 << 20 };
  static double f64[] = { 0.5 };
  static float f32[] = { -1.25f };
  static const struct
  {
    DetDType dtype;
    void *data;
    float value;
  } cases[] = {
    { DET_DTYPE_UINT8, u8, 255 },
    { DET_DTYPE_BOOL, u8, 255 },
    { DET_DTYPE_INT8, i8, -128 },
    { DET_DTYPE_INT32, i32, -70000 },
    { DET_DTYPE_INT64, i64, 1 << 20 },
    { DET_DTYPE_FLOAT64, f64, 0.5f },
    { DET_DTYPE_FLOAT32, f32, -1.25f },
  };
  float found = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    DetTensor tensor = { cases[i].dtype, 1, { 1 }, cases[i].data };

    g_assert_true (det_tensor_to_float (&tensor, &found));
    g_assert_cmpfloat (found, ==, cases[i].value);
  }
  DetTensor text = { DET_DTYPE_STRING, 1, { 1 }, NULL };
  g_assert_false (det_tensor_to_float (&text, &found));
  DetTensor unknown = { DET_DTYPE_UNKNOWN, 1, { 1 }, f32 };
  g_assert_false (det_tensor_to_float (&unknown, &found));
  DetTensor open = { DET_DTYPE_FLOAT32, 1, { -1 }, f32 };
  g_assert_false (det_tensor_to_float (&open, &found));
}

/* A row, not one value: where each lands. */
static void
test_order (void)
{
  gint32 in[2][3] = { { 1, -2, 3 }, { -4, 5, -6 } };
  DetTensor tensor = { DET_DTYPE_INT32, 2, { 2, 3 }, in };
  float out[7] = { 0, 0, 0, 0, 0, 0, 99 };

  g_assert_true (det_tensor_to_float (&tensor, out));
  for (int i = 0; i < 6; i++)
    g_assert_cmpfloat (out[i], ==, (float) in[i / 3][i % 3]);
  g_assert_cmpfloat (out[6], ==, 99);
}

/* A dtype has a size, a name of its own, and is read, unless it is none or text. */
static void
test_dtypes (void)
{
  for (int i = 0; i < DET_N_DTYPES; i++) {
    guint64 zero = 0;
    DetTensor tensor = { (DetDType) i, 1, { 1 }, &zero };
    gboolean is_number = i != DET_DTYPE_UNKNOWN && i != DET_DTYPE_STRING;
    float found = 1;

    g_assert_cmpint (det_dtype_size ((DetDType) i) > 0, ==, is_number);
    g_assert_cmpint (det_tensor_to_float (&tensor, &found), ==, is_number);
    g_assert_cmpfloat (found, ==, is_number ? 0 : 1);
    for (int k = 0; k < i; k++)
      g_assert_cmpstr (det_dtype_name ((DetDType) i), !=,
          det_dtype_name ((DetDType) k));
  }
}

static void
test_elements (void)
{
  DetTensor tensor = { DET_DTYPE_FLOAT32, 3, { 2, 3, 4 }, NULL };

  g_assert_cmpint (det_tensor_n_elements (&tensor), ==, 24);
  tensor.dims[1] = -1;
  g_assert_cmpint (det_tensor_n_elements (&tensor), ==, -1);
  tensor.dims[1] = G_MAXINT64;
  g_assert_cmpint (det_tensor_n_elements (&tensor), ==, -1);
  tensor.dims[1] = 0;
  g_assert_cmpint (det_tensor_n_elements (&tensor), ==, 0);
  tensor.n_dims = 0;
  g_assert_cmpint (det_tensor_n_elements (&tensor), ==, 1);
}

static void
test_print (void)
{
  static const gint64 dims[] = { 1, -1, 85 };
  g_autofree char *shape = det_tensor_shape_print (DET_DTYPE_FLOAT16, 3, dims);
  g_autofree char *open = det_tensor_shape_print (DET_DTYPE_INT64, -1, dims);

  g_assert_cmpstr (shape, ==, "float16[1,?,85]");
  g_assert_cmpstr (open, ==, "int64[...]");
  for (int i = 0; i < DET_N_DTYPES; i++)
    g_assert_nonnull (det_dtype_name ((DetDType) i));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tensor/half", test_half);
  g_test_add_func ("/tensor/types", test_types);
  g_test_add_func ("/tensor/order", test_order);
  g_test_add_func ("/tensor/dtypes", test_dtypes);
  g_test_add_func ("/tensor/elements", test_elements);
  g_test_add_func ("/tensor/print", test_print);
  return g_test_run ();
}
