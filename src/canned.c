/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "canned.h"

#include <detect/error.h>
#include <string.h>

#define MAX_DIM (1 << 24)

static gboolean refuse (const DetModelInfo *info, GError **error,
    const char *format, ...) G_GNUC_PRINTF (3, 4);

static gboolean
refuse (const DetModelInfo *info, GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, DET_ERROR, DET_ERROR_CORRUPT,
      "%s: %s; mend the file of canned tensors", info->path, what);
  return FALSE;
}

static GKeyFile *
open_file (const DetModelInfo *info, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) cause = NULL;

  if (g_key_file_load_from_file (file, info->path, G_KEY_FILE_NONE, &cause))
    return g_steal_pointer (&file);
  refuse (info, error, "%s", cause->message);
  return NULL;
}

static gboolean
parse_dtype (const char *word, DetDType *dtype)
{
  *dtype = DET_DTYPE_FLOAT32;
  for (int i = 0; word && i < DET_N_DTYPES; i++) {
    if (strcmp (det_dtype_name (i), word) == 0) {
      *dtype = i;
      return TRUE;
    }
  }
  return !word;
}

static gboolean
read_tensor (DetModelInfo *info, GKeyFile *file, const char *group,
    GError **error)
{
  gboolean is_input = g_str_has_prefix (group, "input ");
  const char *name = strchr (group, ' ') + 1;
  g_autofree char *word = g_key_file_get_string (file, group, "type", NULL);
  gsize n = 0;
  g_autofree int *shape =
      g_key_file_get_integer_list (file, group, "shape", &n, NULL);
  gint64 dims[DET_TENSOR_MAX_DIMS];
  DetDType dtype;

  if (!g_utf8_validate (group, -1, NULL))
    return refuse (info, error, "a name in it is not UTF-8 text");
  if (!parse_dtype (word, &dtype))
    return refuse (info, error, "[%s] type=%s is not a type", group, word);
  if (!shape || n < 1 || n > DET_TENSOR_MAX_DIMS)
    return refuse (info, error, "[%s] has no shape= of 1 to %d numbers", group,
        DET_TENSOR_MAX_DIMS);
  for (gsize i = 0; i < n; i++) {
    if (shape[i] < -1 || shape[i] > MAX_DIM)
      return refuse (info, error, "[%s] has a dimension of %d", group,
          shape[i]);
    dims[i] = shape[i];
  }
  if (is_input)
    det_model_info_add_input (info, name, dtype, (int) n, dims);
  else
    det_model_info_add_output (info, name, dtype, (int) n, dims);
  return TRUE;
}

static void
read_metadata (DetModelInfo *info, GKeyFile *file)
{
  g_auto (GStrv) keys = g_key_file_get_keys (file, "metadata", NULL, NULL);

  for (char **key = keys; key && *key; key++)
    g_hash_table_insert (info->metadata, g_strdup (*key),
        g_key_file_get_string (file, "metadata", *key, NULL));
}

gboolean
det_canned_describe (DetModelInfo *info, GError **error)
{
  g_autoptr (GKeyFile) file = open_file (info, error);

  if (!file)
    return FALSE;
  g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);
  for (char **group = groups; *group; group++) {
    if ((g_str_has_prefix (*group, "input ") ||
            g_str_has_prefix (*group, "output ")) &&
        !read_tensor (info, file, *group, error))
      return FALSE;
  }
  read_metadata (info, file);
  if (info->inputs->len == 0 || info->outputs->len == 0)
    return refuse (info, error, "no [input NAME] or no [output NAME]");
  return TRUE;
}

float *
det_canned_read_values (const DetModelInfo *info, guint output, gint64 n_values,
    GError **error)
{
  g_autoptr (GKeyFile) file = open_file (info, error);
  g_autofree char *group =
      g_strdup_printf ("output %s", det_model_info_output (info, output)->name);

  if (!file)
    return NULL;
  double fill = g_key_file_get_double (file, group, "fill", NULL);
  gsize n = 0;
  g_autofree double *pairs =
      g_key_file_get_double_list (file, group, "data", &n, NULL);
  g_autofree float *values = g_new (float, MAX (n_values, 1));

  for (gint64 i = 0; i < n_values; i++)
    values[i] = (float) fill;
  for (gsize i = 0; i + 1 < n; i += 2) {
    if (!(pairs[i] >= 0 && pairs[i] < (double) n_values)) {
      refuse (info, error, "[%s] data has no value %g", group, pairs[i]);
      return NULL;
    }
    values[(gint64) pairs[i]] = (float) pairs[i + 1];
  }
  return g_steal_pointer (&values);
}

gboolean
det_canned_read_behaviour (const DetModelInfo *info, DetBehaviour *behaviour,
    GError **error)
{
  static const char *const faults[DET_N_FAULTS] = {
    [DET_FAULT_NONE] = "none",
    [DET_FAULT_ERROR] = "error",
    [DET_FAULT_HANG] = "hang",
    [DET_FAULT_NAN] = "nan",
    [DET_FAULT_WRONG_SHAPE] = "wrong-shape",
  };
  g_autoptr (GKeyFile) file = open_file (info, error);

  *behaviour = (DetBehaviour){ 0 };
  if (!file)
    return FALSE;
  g_autofree char *word =
      g_key_file_get_string (file, "behaviour", "fault", NULL);
  behaviour->delay_ms =
      g_key_file_get_integer (file, "behaviour", "delay-ms", NULL);
  behaviour->after = g_key_file_get_integer (file, "behaviour", "after", NULL);
  behaviour->times = g_key_file_get_integer (file, "behaviour", "times", NULL);
  behaviour->gate_load =
      g_key_file_get_boolean (file, "behaviour", "gate-load", NULL);
  behaviour->serial =
      g_key_file_get_boolean (file, "behaviour", "serial", NULL);
  behaviour->gate = g_key_file_get_string (file, "behaviour", "gate", NULL);
  for (int i = 0; word && i < DET_N_FAULTS; i++) {
    if (strcmp (faults[i], word) == 0) {
      behaviour->fault = i;
      return TRUE;
    }
  }
  return !word || refuse (info, error, "no fault is called '%s'", word);
}
