/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enginetensors.h"

#include <detect/error.h>
#include <string.h>

gboolean
det_engine_refuse_tensor (const DetTensorInfo *tensor, const char *side,
    GError **error)
{
  g_autofree char *shape = tensor->dtype == DET_DTYPE_UNKNOWN
      ? g_strdup ("of another type")
      : det_tensor_shape_print (tensor->dtype, tensor->n_dims, tensor->dims);

  g_set_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED,
      "%s %s is %s, where a tensor of numbers of at most %d dimensions is "
      "expected; export the model with a picture as input and the detections "
      "as outputs only",
      side, tensor->name, shape, DET_TENSOR_MAX_DIMS);
  return FALSE;
}

static gboolean
refuse_strings (const GArray *tensors, const char *side, GError **error)
{
  for (guint i = 0; i < tensors->len; i++) {
    const DetTensorInfo *tensor = &g_array_index (tensors, DetTensorInfo, i);

    if (tensor->dtype == DET_DTYPE_STRING)
      return det_engine_refuse_tensor (tensor, side, error);
  }
  return TRUE;
}

gboolean
det_engine_accepts_tensors (const DetModelInfo *info, GError **error)
{
  return refuse_strings (info->inputs, "input", error) &&
      refuse_strings (info->outputs, "output", error);
}

gboolean
det_engine_check_counts (const DetModelInfo *info, GError **error)
{
  if (info->inputs->len <= DET_ENGINE_MAX_INPUTS &&
      info->outputs->len <= DET_MAX_OUTPUTS)
    return TRUE;
  g_set_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED,
      "%u inputs and %u outputs, where at most %d and %d are supported; export "
      "the detection outputs only",
      info->inputs->len, info->outputs->len, DET_ENGINE_MAX_INPUTS,
      DET_MAX_OUTPUTS);
  return FALSE;
}

gboolean
det_engine_check_call (guint n_inputs, guint expected_inputs, guint room,
    guint n_outputs, GError **error)
{
  if (n_inputs == expected_inputs && room >= n_outputs)
    return TRUE;
  g_set_error (error, DET_ERROR, DET_ERROR_ENGINE,
      "%u inputs and room for %u outputs, where the model has %u and %u; "
      "feed what it lists",
      n_inputs, room, expected_inputs, n_outputs);
  return FALSE;
}

gint
det_engine_find_tensor (const GArray *tensors, const char *name)
{
  for (guint i = 0; i < tensors->len; i++) {
    if (strcmp (g_array_index (tensors, DetTensorInfo, i).name, name) == 0)
      return (gint) i;
  }
  return -1;
}

/* An engine may tell a rank of 0 also where it knows none. */
void
det_engine_complete_tensor (DetTensorInfo *tensor, const DetTensorInfo *known)
{
  if (tensor->dtype == DET_DTYPE_UNKNOWN)
    tensor->dtype = known->dtype;
  if (tensor->n_dims < 0 && known->n_dims > 0 &&
      known->n_dims <= DET_TENSOR_MAX_DIMS) {
    tensor->n_dims = known->n_dims;
    memcpy (tensor->dims, known->dims, sizeof tensor->dims);
  }
  for (int d = 0; d < tensor->n_dims && tensor->n_dims == known->n_dims; d++) {
    if (tensor->dims[d] < 0)
      tensor->dims[d] = known->dims[d];
  }
}
