/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_TENSOR_H
#define DET_TENSOR_H

#include <glib.h>

#define DET_TENSOR_MAX_DIMS 8
#define DET_MAX_OUTPUTS 16

typedef enum
{
  DET_DTYPE_UNKNOWN,
  DET_DTYPE_FLOAT32,
  DET_DTYPE_FLOAT16,
  DET_DTYPE_FLOAT64,
  DET_DTYPE_UINT8,
  DET_DTYPE_INT8,
  DET_DTYPE_INT32,
  DET_DTYPE_INT64,
  DET_DTYPE_BOOL,
  DET_DTYPE_STRING,
  DET_N_DTYPES
} DetDType;

/* Dense and row-major. Who owns data is said where a tensor is handed over. */
typedef struct
{
  DetDType dtype;
  int n_dims;
  gint64 dims[DET_TENSOR_MAX_DIMS];
  void *data;
} DetTensor;

const char *det_dtype_name (DetDType dtype); /* "float32" */
gsize det_dtype_size (DetDType dtype);       /* bytes; 0: no fixed size */

/* Product of the dims; -1 when one is negative or the product overflows. */
gint64 det_tensor_n_elements (const DetTensor *tensor);

/* "float32[1,84,8400]"; a dim of -1 prints as "?". */
char *det_tensor_shape_print (DetDType dtype, int n_dims, const gint64 *dims);

/* Reads any numeric dtype into floats. Fails on strings. */
gboolean det_tensor_to_float (const DetTensor *tensor, float *out);

#endif
