/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "outputs.h"

#include <detect/error.h>
#include <string.h>

void
det_outputs_clear (DetOutputs *outputs)
{
  for (int i = 0; i < DET_MAX_OUTPUTS; i++)
    g_free (outputs->scratch[i]);
  memset (outputs, 0, sizeof *outputs);
}

static void
reserve (DetOutputs *outputs, guint i, gint64 n)
{
  if (n < 0 || (gsize) n <= outputs->allocated[i])
    return;
  outputs->scratch[i] = g_renew (float, outputs->scratch[i], (gsize) n);
  outputs->allocated[i] = (gsize) n;
}

static gboolean
take_one (DetOutputs *outputs, guint i, const DetTensor *raw, GError **error)
{
  DetTensor *tensor = &outputs->tensors[i];
  gint64 n = det_tensor_n_elements (raw);

  *tensor = *raw;
  if (raw->dtype == DET_DTYPE_FLOAT32 && n >= 0)
    return TRUE;
  reserve (outputs, i, n);
  tensor->dtype = DET_DTYPE_FLOAT32;
  tensor->data = outputs->scratch[i];
  if (n >= 0 && (n == 0 || det_tensor_to_float (raw, outputs->scratch[i])))
    return TRUE;
  g_set_error (error, DET_ERROR, DET_ERROR_ENGINE,
      "output %u is of type %s, which holds no numbers; export the model with "
      "numeric outputs",
      i, det_dtype_name (raw->dtype));
  return FALSE;
}

gboolean
det_outputs_take (DetOutputs *outputs, const DetTensor *raw, guint n,
    GError **error)
{
  if (n == 0 || n > DET_MAX_OUTPUTS) {
    g_set_error (error, DET_ERROR, DET_ERROR_ENGINE,
        "the engine gave %u outputs; from 1 to %d are supported", n,
        DET_MAX_OUTPUTS);
    return FALSE;
  }
  outputs->n = n;
  for (guint i = 0; i < n; i++) {
    if (!take_one (outputs, i, &raw[i], error))
      return FALSE;
  }
  return TRUE;
}

void
det_outputs_own (DetOutputs *outputs)
{
  for (guint i = 0; i < outputs->n; i++) {
    DetTensor *tensor = &outputs->tensors[i];
    gint64 n = det_tensor_n_elements (tensor);

    if (tensor->data == outputs->scratch[i] || n <= 0)
      continue;
    reserve (outputs, i, n);
    memcpy (outputs->scratch[i], tensor->data, sizeof (float) * (gsize) n);
    tensor->data = outputs->scratch[i];
  }
}

static gboolean
dims_agree (const DetTensor *tensor, const DetTensorInfo *info,
    gboolean rows_vary)
{
  if (tensor->n_dims != info->n_dims)
    return FALSE;
  for (int i = rows_vary ? MAX (info->n_dims - 1, 0) : 0; i < info->n_dims;
       i++) {
    if (tensor->dims[i] != info->dims[i])
      return FALSE;
  }
  return TRUE;
}

gboolean
det_outputs_check (const DetOutputs *outputs, const DetModelInfo *info,
    gboolean rows_vary, GError **error)
{
  if (outputs->n != info->outputs->len) {
    g_set_error (error, DET_ERROR, DET_ERROR_ENGINE,
        "the engine gave %u outputs where the model has %u; try another "
        "engine=",
        outputs->n, info->outputs->len);
    return FALSE;
  }
  for (guint i = 0; i < outputs->n; i++) {
    const DetTensor *tensor = &outputs->tensors[i];
    const DetTensorInfo *expected = det_model_info_output (info, i);

    if (dims_agree (tensor, expected, rows_vary))
      continue;
    g_autofree char *found =
        det_tensor_shape_print (tensor->dtype, tensor->n_dims, tensor->dims);
    g_autofree char *wanted = det_tensor_shape_print (expected->dtype,
        expected->n_dims, expected->dims);
    g_set_error (error, DET_ERROR, DET_ERROR_ENGINE,
        "output %s came out as %s where %s was expected; try another engine=",
        expected->name, found, wanted);
    return FALSE;
  }
  return TRUE;
}

void
det_outputs_complete_info (const DetOutputs *outputs, DetModelInfo *info)
{
  for (guint i = info->outputs->len; i < outputs->n; i++) {
    g_autofree char *name = g_strdup_printf ("output%u", i);
    const DetTensor *tensor = &outputs->tensors[i];

    det_model_info_add_output (info, name, tensor->dtype, tensor->n_dims,
        tensor->dims);
  }
  for (guint i = 0; i < MIN (info->outputs->len, outputs->n); i++) {
    DetTensorInfo *output = &g_array_index (info->outputs, DetTensorInfo, i);
    const DetTensor *tensor = &outputs->tensors[i];

    if (output->n_dims == -1) {
      output->n_dims = tensor->n_dims;
      memcpy (output->dims, tensor->dims, sizeof output->dims);
    }
    for (int d = 0; d < MIN (output->n_dims, tensor->n_dims); d++) {
      if (output->dims[d] == -1)
        output->dims[d] = tensor->dims[d];
    }
  }
}
