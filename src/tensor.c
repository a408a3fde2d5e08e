/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tensor.h"

#include <string.h>

typedef struct
{
  const char *name;
  gsize size;
} DTypeRow;

static const DTypeRow rows[DET_N_DTYPES] = {
  [DET_DTYPE_UNKNOWN] = { "unknown", 0 },
  [DET_DTYPE_FLOAT32] = { "float32", 4 },
  [DET_DTYPE_FLOAT16] = { "float16", 2 },
  [DET_DTYPE_FLOAT64] = { "float64", 8 },
  [DET_DTYPE_UINT8] = { "uint8", 1 },
  [DET_DTYPE_INT8] = { "int8", 1 },
  [DET_DTYPE_INT32] = { "int32", 4 },
  [DET_DTYPE_INT64] = { "int64", 8 },
  [DET_DTYPE_BOOL] = { "bool", 1 },
  [DET_DTYPE_STRING] = { "string", 0 },
};

const char *
det_dtype_name (DetDType dtype)
{
  return rows[dtype].name;
}

gsize
det_dtype_size (DetDType dtype)
{
  return rows[dtype].size;
}

gint64
det_tensor_n_elements (const DetTensor *tensor)
{
  gint64 n = 1;

  for (int i = 0; i < tensor->n_dims; i++) {
    if (tensor->dims[i] < 0 || __builtin_mul_overflow (n, tensor->dims[i], &n))
      return -1;
  }
  return tensor->n_dims < 0 ? -1 : n;
}

char *
det_tensor_shape_print (DetDType dtype, int n_dims, const gint64 *dims)
{
  GString *text = g_string_new (det_dtype_name (dtype));

  if (n_dims < 0)
    return g_string_free (g_string_append (text, "[...]"), FALSE);
  g_string_append_c (text, '[');
  for (int i = 0; i < n_dims; i++) {
    if (i > 0)
      g_string_append_c (text, ',');
    if (dims[i] < 0)
      g_string_append_c (text, '?');
    else
      g_string_append_printf (text, "%" G_GINT64_FORMAT, dims[i]);
  }
  g_string_append_c (text, ']');
  return g_string_free (text, FALSE);
}

static float
half_to_float (guint16 half)
{
  guint32 sign = (guint32) (half & 0x8000) << 16;
  guint32 exponent = (half >> 10) & 0x1f;
  guint32 mantissa = half & 0x3ff;
  guint32 bits;
  float value;

  if (exponent == 0) { /* zero and subnormals: exact in float */
    value = (float) mantissa * 0x1p-24f;
    return sign ? -value : value;
  }
  if (exponent == 31)
    bits = sign | 0x7f800000 | mantissa << 13;
  else
    bits = sign | (exponent + 112) << 23 | mantissa << 13;
  memcpy (&value, &bits, sizeof value);
  return value;
}

#define CONVERT(type)              \
  do {                             \
    const type *in = tensor->data; \
    for (gint64 i = 0; i < n; i++) \
      out[i] = (float) in[i];      \
  } while (0)

gboolean
det_tensor_to_float (const DetTensor *tensor, float *out)
{
  gint64 n = det_tensor_n_elements (tensor);

  if (n < 0)
    return FALSE;
  switch (tensor->dtype) {
    case DET_DTYPE_FLOAT32:
      memcpy (out, tensor->data, sizeof (float) * (gsize) n);
      return TRUE;
    case DET_DTYPE_FLOAT16:
      for (gint64 i = 0; i < n; i++)
        out[i] = half_to_float (((const guint16 *) tensor->data)[i]);
      return TRUE;
    case DET_DTYPE_FLOAT64:
      CONVERT (double);
      return TRUE;
    case DET_DTYPE_UINT8:
    case DET_DTYPE_BOOL:
      CONVERT (guint8);
      return TRUE;
    case DET_DTYPE_INT8:
      CONVERT (gint8);
      return TRUE;
    case DET_DTYPE_INT32:
      CONVERT (gint32);
      return TRUE;
    case DET_DTYPE_INT64:
      CONVERT (gint64);
      return TRUE;
    case DET_DTYPE_UNKNOWN:
    case DET_DTYPE_STRING:
    case DET_N_DTYPES:
      break;
  }
  return FALSE;
}
