/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "headmatch.h"

#include <detect/error.h>
#include <string.h>

/* What is too large is refused when it is known how the model is fed. */
static int
side (gint64 dim)
{
  return dim > 0 && dim <= DET_MAX_INPUT_SIDE ? (int) dim : 0;
}

gboolean
det_match_input_size (const DetModelInfo *info, int *width, int *height)
{
  for (guint i = 0; i < info->inputs->len; i++) {
    const DetTensorInfo *input = det_model_info_input (info, i);

    if (input->n_dims != 4)
      continue;
    gboolean last = input->dims[1] != 1 && input->dims[1] != 3 &&
        (input->dims[3] == 1 || input->dims[3] == 3);
    *height = side (input->dims[last ? 1 : 2]);
    *width = side (input->dims[last ? 2 : 3]);
    return TRUE;
  }
  return FALSE;
}

int
det_match_output_named (const DetModelInfo *info, const char *name)
{
  for (guint i = 0; i < info->outputs->len; i++) {
    if (strcmp (det_model_info_output (info, i)->name, name) == 0)
      return (int) i;
  }
  return -1;
}

gboolean
det_match_has_input (const DetModelInfo *info, const char *name)
{
  for (guint i = 0; i < info->inputs->len; i++) {
    if (strcmp (det_model_info_input (info, i)->name, name) == 0)
      return TRUE;
  }
  return FALSE;
}

gboolean
det_match_has_operator (const DetModelInfo *info, const char *name)
{
  return g_hash_table_contains (info->operators, name);
}

gboolean
det_match_metadata_is (const DetModelInfo *info, const char *key,
    const char *value)
{
  const char *found = g_hash_table_lookup (info->metadata, key);

  return found && g_ascii_strcasecmp (found, value) == 0;
}

gboolean
det_match_squeeze (const DetTensorInfo *output, int rank, gint64 *dims)
{
  int extra = output->n_dims - rank;

  if (extra < 0 || (extra > 0 && output->dims[0] == 0))
    return FALSE;
  for (int i = 1; i < extra; i++) {
    if (output->dims[i] != 1)
      return FALSE;
  }
  memcpy (dims, output->dims + extra, sizeof (gint64) * (gsize) rank);
  return TRUE;
}

static gboolean
dim_fits (gint64 dim, gint64 wanted)
{
  return wanted == DET_ANY_DIM ? dim >= 0 : dim == wanted;
}

int
det_match_matrix (const DetModelInfo *info, int from, gint64 rows,
    gint64 columns)
{
  for (guint i = (guint) MAX (from, 0); i < info->outputs->len; i++) {
    gint64 dims[2];

    if (det_match_squeeze (det_model_info_output (info, i), 2, dims) &&
        dim_fits (dims[0], rows) && dim_fits (dims[1], columns))
      return (int) i;
  }
  return -1;
}

gboolean
det_match_refuse (const DetModelInfo *info, const char *expected,
    GError **error)
{
  g_autofree char *outputs = det_model_info_print_outputs (info);

  g_set_error (error, DET_ERROR, DET_ERROR_UNRECOGNISED,
      "expected %s, found %s; leave decoder= out to have the family recognised",
      expected, outputs);
  return FALSE;
}
