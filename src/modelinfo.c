/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "modelinfo.h"

#include "canned.h"
#include "likeness.h"
#include <detect/error.h>
#include <glib/gstdio.h>
#include <string.h>

static const char *const kind_names[DET_N_FILE_KINDS] = {
  [DET_FILE_PEOPLE] = "OpenCV's people detector",
  [DET_FILE_CASCADE] = "OpenCV cascade",
  [DET_FILE_ONNX] = "ONNX",
  [DET_FILE_DARKNET] = "Darknet",
  [DET_FILE_CAFFE] = "Caffe",
  [DET_FILE_TENSORFLOW] = "TensorFlow",
  [DET_FILE_OPENVINO] = "OpenVINO IR",
  [DET_FILE_TFLITE] = "TFLite",
  [DET_FILE_PADDLE] = "Paddle",
  [DET_FILE_CANNED] = "canned tensors",
};

/* ---- the object ---- */

static void
clear_tensor (gpointer data)
{
  g_free (((DetTensorInfo *) data)->name);
}

static DetModelInfo *
info_new (DetFileKind kind, const char *path)
{
  DetModelInfo *info = g_new0 (DetModelInfo, 1);

  info->kind = kind;
  info->path = g_strdup (path);
  info->inputs = g_array_new (FALSE, TRUE, sizeof (DetTensorInfo));
  info->outputs = g_array_new (FALSE, TRUE, sizeof (DetTensorInfo));
  g_array_set_clear_func (info->inputs, clear_tensor);
  g_array_set_clear_func (info->outputs, clear_tensor);
  info->metadata =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  info->operators =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return info;
}

void
det_model_info_free (DetModelInfo *info)
{
  if (!info)
    return;
  g_free (info->path);
  g_free (info->companion);
  g_array_unref (info->inputs);
  g_array_unref (info->outputs);
  g_hash_table_unref (info->metadata);
  g_hash_table_unref (info->operators);
  g_free (info);
}

static void
copy_tensors (GArray *to, const GArray *from)
{
  for (guint i = 0; i < from->len; i++) {
    DetTensorInfo tensor = g_array_index (from, DetTensorInfo, i);

    tensor.name = g_strdup (tensor.name);
    g_array_append_val (to, tensor);
  }
}

static void
copy_entry (gpointer key, gpointer value, gpointer to)
{
  g_hash_table_insert (to, g_strdup (key),
      value == key ? NULL : g_strdup (value));
}

DetModelInfo *
det_model_info_copy (const DetModelInfo *info)
{
  DetModelInfo *copy = info_new (info->kind, info->path);
  GHashTableIter iter;
  gpointer key;

  copy->companion = g_strdup (info->companion);
  copy_tensors (copy->inputs, info->inputs);
  copy_tensors (copy->outputs, info->outputs);
  g_hash_table_foreach (info->metadata, copy_entry, copy->metadata);
  g_hash_table_iter_init (&iter, info->operators);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_hash_table_add (copy->operators, g_strdup (key));
  copy->weights_are_inputs = info->weights_are_inputs;
  copy->multiplies_results = info->multiplies_results;
  return copy;
}

const char *
det_file_kind_name (DetFileKind kind)
{
  return kind_names[kind];
}

const DetTensorInfo *
det_model_info_input (const DetModelInfo *info, guint i)
{
  return &g_array_index (info->inputs, DetTensorInfo, i);
}

const DetTensorInfo *
det_model_info_output (const DetModelInfo *info, guint i)
{
  return &g_array_index (info->outputs, DetTensorInfo, i);
}

static void
add_tensor (GArray *array, const char *name, DetDType dtype, int n_dims,
    const gint64 *dims)
{
  DetTensorInfo tensor = {
    .name = g_strdup (name),
    .dtype = dtype,
    .n_dims = n_dims,
  };

  for (int i = 0; i < n_dims && i < DET_TENSOR_MAX_DIMS; i++)
    tensor.dims[i] = dims[i];
  g_array_append_val (array, tensor);
}

void
det_model_info_add_input (DetModelInfo *info, const char *name, DetDType dtype,
    int n_dims, const gint64 *dims)
{
  add_tensor (info->inputs, name, dtype, n_dims, dims);
}

void
det_model_info_add_output (DetModelInfo *info, const char *name, DetDType dtype,
    int n_dims, const gint64 *dims)
{
  add_tensor (info->outputs, name, dtype, n_dims, dims);
}

void
det_model_info_take_outputs (DetModelInfo *info, const DetModelInfo *from)
{
  g_array_set_size (info->outputs, 0);
  copy_tensors (info->outputs, from->outputs);
}

#define MOST_PRINTED 12

static char *
print_tensors (const GArray *array)
{
  GString *text = g_string_new (array->len ? NULL : "none");

  for (guint i = 0; i < MIN (array->len, MOST_PRINTED); i++) {
    const DetTensorInfo *tensor = &g_array_index (array, DetTensorInfo, i);
    g_autofree char *shape =
        det_tensor_shape_print (tensor->dtype, tensor->n_dims, tensor->dims);

    g_string_append_printf (text, "%s%s %s", i > 0 ? ", " : "", tensor->name,
        shape);
  }
  if (array->len > MOST_PRINTED)
    g_string_append_printf (text, " and %u more", array->len - MOST_PRINTED);
  return g_string_free (text, FALSE);
}

char *
det_model_info_print_outputs (const DetModelInfo *info)
{
  return print_tensors (info->outputs);
}

char *
det_model_info_print_inputs (const DetModelInfo *info)
{
  return print_tensors (info->inputs);
}

gboolean
det_model_info_is_open (const DetModelInfo *info)
{
  if (info->outputs->len == 0)
    return TRUE;
  for (guint i = 0; i < info->outputs->len; i++) {
    const DetTensorInfo *output = det_model_info_output (info, i);

    if (output->n_dims < 0)
      return TRUE;
    for (int d = 0; d < output->n_dims; d++) {
      if (output->dims[d] < 0)
        return TRUE;
    }
  }
  return FALSE;
}

/* ---- files ---- */

static gboolean fail (GError **error, DetError code, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

static gboolean
fail (GError **error, DetError code, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error_literal (error, DET_ERROR, code, message);
  return FALSE;
}

/* A file of the same folder whose name is like that of path, or NULL. */
static char *
find_similar (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *entry;

  while (dir && names->len < 1000 && (entry = g_dir_read_name (dir)))
    g_ptr_array_add (names, g_strdup (entry));
  g_ptr_array_add (names, NULL);
  const char *near =
      det_nearest_word ((const char *const *) names->pdata, name);
  return near ? g_build_filename (folder, near, NULL) : NULL;
}

static gboolean
check_file (const char *path, GError **error)
{
  GStatBuf st;

  if (g_stat (path, &st) != 0) {
    g_autofree char *near = find_similar (path);

    return fail (error, DET_ERROR_NOT_FOUND, "%s: no such model file%s%s%s",
        path, near ? "; did you mean " : "", near ? near : "",
        near ? "?" : "; check model=");
  }
  if (S_ISDIR (st.st_mode))
    return fail (error, DET_ERROR_UNREADABLE,
        "%s: a folder, not a model file; give the file inside it", path);
  if (!S_ISREG (st.st_mode))
    return fail (error, DET_ERROR_UNREADABLE,
        "%s: not a regular file; model= takes a file on disk", path);
  if (st.st_size == 0)
    return fail (error, DET_ERROR_CORRUPT,
        "%s: the model file is empty; fetch or export it again", path);
  return TRUE;
}

static GMappedFile *
map_file (const char *path, GError **error)
{
  g_autoptr (GError) cause = NULL;
  GMappedFile *file;

  if (!check_file (path, error))
    return NULL;
  file = g_mapped_file_new (path, FALSE, &cause);
  if (!file)
    fail (error, DET_ERROR_UNREADABLE,
        "%s: cannot read the model file (%s); check its permissions", path,
        cause->message);
  return file;
}

static gboolean
has_ending (const char *path, const char *ending)
{
  g_autofree char *lower = g_ascii_strdown (path, -1);

  return g_str_has_suffix (lower, ending);
}

/* Cascades open with their licence. */
#define LOOKED_THROUGH 65536

static gboolean
contains (const char *bytes, gsize size, const char *word)
{
  return g_strstr_len (bytes, (gssize) MIN (size, LOOKED_THROUGH), word) !=
      NULL;
}

/* By content where the content tells; the endings of the rest. */
static gboolean
find_kind (const char *path, const char *bytes, gsize size, DetFileKind *kind)
{
  if (has_ending (path, ".null"))
    *kind = DET_FILE_CANNED;
  else if (size >= 8 && memcmp (bytes + 4, "TFL3", 4) == 0)
    *kind = DET_FILE_TFLITE;
  else if (contains (bytes, size, "<opencv_storage"))
    *kind = DET_FILE_CASCADE;
  else if (contains (bytes, size, "<net "))
    *kind = DET_FILE_OPENVINO;
  else if (has_ending (path, ".weights") ||
      (has_ending (path, ".cfg") && contains (bytes, size, "[net")))
    *kind = DET_FILE_DARKNET;
  else if (has_ending (path, ".caffemodel") || has_ending (path, ".prototxt"))
    *kind = DET_FILE_CAFFE;
  else if (has_ending (path, ".pdmodel"))
    *kind = DET_FILE_PADDLE;
  else if (has_ending (path, ".pb") || has_ending (path, ".pbtxt"))
    *kind = DET_FILE_TENSORFLOW;
  else if (has_ending (path, ".onnx") || (size > 1 && bytes[0] == 0x08))
    *kind = DET_FILE_ONNX;
  else
    return FALSE;
  return TRUE;
}

/* ---- companions ---- */

static char *
with_ending (const char *path, const char *ending)
{
  const char *dot = strrchr (path, '.');

  return g_strdup_printf ("%.*s%s", (int) (dot - path), path, ending);
}

/* Puts the weights in path and the text beside them in companion, whichever of
 * the two was named. */
static gboolean
pair (DetModelInfo *info, const char *weights, const char *text,
    gboolean is_needed, GError **error)
{
  gboolean named_text = has_ending (info->path, text);
  g_autofree char *other =
      with_ending (info->path, named_text ? weights : text);

  if (!g_file_test (other, G_FILE_TEST_IS_REGULAR)) {
    if (!is_needed && !named_text)
      return TRUE;
    return fail (error, DET_ERROR_NOT_FOUND,
        "%s: %s models come in two files, and %s is not there; put it beside "
        "this one",
        info->path, det_file_kind_name (info->kind), other);
  }
  if (named_text) {
    g_free (info->companion);
    info->companion = g_steal_pointer (&info->path);
    info->path = g_steal_pointer (&other);
  } else {
    info->companion = g_steal_pointer (&other);
  }
  return TRUE;
}

/* TensorFlow's graph text often has a name of its own; the longest one that
 * begins the model's name is taken. */
static char *
find_graph_text (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  char *best = NULL;
  gsize longest = 0;
  const char *entry;

  while (dir && (entry = g_dir_read_name (dir))) {
    gsize stem = strlen (entry) - MIN (strlen (entry), strlen (".pbtxt"));

    if (!g_str_has_suffix (entry, ".pbtxt") || stem <= longest ||
        strncmp (entry, name, stem) != 0)
      continue;
    longest = stem;
    g_free (best);
    best = g_build_filename (folder, entry, NULL);
  }
  return best;
}

/* ---- kinds ---- */

static void
add_picture (DetModelInfo *info, gint64 width, gint64 height)
{
  gint64 dims[] = { 1, 3, height, width };

  det_model_info_add_input (info, "image", DET_DTYPE_FLOAT32, 4, dims);
}

static void
describe_classic (DetModelInfo *info, const char *label)
{
  static const gint64 input[] = { 1, -1, -1, 1 };
  static const gint64 output[] = { -1, 6 };

  det_model_info_add_input (info, "image", DET_DTYPE_UINT8, 4, input);
  det_model_info_add_output (info, "objects", DET_DTYPE_FLOAT32, 2, output);
  g_hash_table_insert (info->metadata, g_strdup ("names"),
      g_strdup_printf ("{0: '%s'}", label));
}

/* What OpenCV's cascades find stands in their names only. */
static const char *
guess_cascade_label (const char *path)
{
  static const char *const words[][2] = {
    { "catface", "cat face" },
    { "eye", "eye" },
    { "face", "face" },
    { "fullbody", "person" },
    { "upperbody", "upper body" },
    { "lowerbody", "lower body" },
    { "plate", "licence plate" },
    { "smile", "smile" },
    { "silverware", "silverware" },
  };
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *lower = g_ascii_strdown (name, -1);

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++) {
    if (strstr (lower, words[i][0]))
      return words[i][1];
  }
  return "object";
}

/* width=, height= of the first section of a Darknet .cfg. */
static gboolean
describe_darknet (DetModelInfo *info, GError **error)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  gint64 width = -1;
  gint64 height = -1;

  if (!g_file_get_contents (info->companion, &text, NULL, NULL) ||
      !g_utf8_validate (text, -1, NULL))
    return fail (error, DET_ERROR_CORRUPT,
        "%s: not a readable Darknet configuration; fetch it again",
        info->companion);
  lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line; line++) {
    g_auto (GStrv) words = g_strsplit (*line, "=", 2);

    if (!words[0] || !words[1])
      continue;
    if (strcmp (g_strstrip (words[0]), "width") == 0)
      width = g_ascii_strtoll (g_strstrip (words[1]), NULL, 10);
    if (strcmp (words[0], "height") == 0)
      height = g_ascii_strtoll (g_strstrip (words[1]), NULL, 10);
  }
  if (width < 1 || height < 1 || width > DET_MAX_INPUT_SIDE ||
      height > DET_MAX_INPUT_SIDE)
    return fail (error, DET_ERROR_CORRUPT,
        "%s: no width= and height= of the network in it; fetch it again",
        info->companion);
  add_picture (info, width, height);
  return TRUE;
}

static gboolean
describe (DetModelInfo *info, const char *bytes, gsize size, GError **error)
{
  switch (info->kind) {
    case DET_FILE_PEOPLE:
      describe_classic (info, "person");
      return TRUE;
    case DET_FILE_CASCADE:
      describe_classic (info, guess_cascade_label (info->path));
      return TRUE;
    case DET_FILE_ONNX:
      return det_onnx_read (info, (const guint8 *) bytes, size, error);
    case DET_FILE_DARKNET:
      return pair (info, ".weights", ".cfg", TRUE, error) &&
          describe_darknet (info, error);
    case DET_FILE_CAFFE:
      add_picture (info, -1, -1);
      return pair (info, ".caffemodel", ".prototxt", TRUE, error);
    case DET_FILE_TENSORFLOW:
      add_picture (info, -1, -1);
      if (!pair (info, ".pb", ".pbtxt", FALSE, error))
        return FALSE;
      if (!info->companion)
        info->companion = find_graph_text (info->path);
      return TRUE;
    case DET_FILE_OPENVINO:
      return det_openvino_ir_read (info, bytes, size, error) &&
          pair (info, ".xml", ".bin",
              g_hash_table_contains (info->operators, "Constant"), error);
    case DET_FILE_TFLITE:
      return TRUE;
    case DET_FILE_PADDLE:
      return pair (info, ".pdmodel", ".pdiparams", TRUE, error);
    case DET_FILE_CANNED:
      return det_canned_describe (info, error);
    case DET_N_FILE_KINDS:
      break;
  }
  g_return_val_if_reached (FALSE);
}

DetModelInfo *
det_model_info_new (const char *path, GError **error)
{
  g_autoptr (DetModelInfo) info = NULL;
  g_autoptr (GMappedFile) file = NULL;
  DetFileKind kind = DET_FILE_PEOPLE;
  const char *bytes = NULL;
  gsize size = 0;

  if (path) {
    file = map_file (path, error);
    if (!file)
      return NULL;
    bytes = g_mapped_file_get_contents (file);
    size = g_mapped_file_get_length (file);
    if (!find_kind (path, bytes, size, &kind)) {
      fail (error, DET_ERROR_CORRUPT,
          "%s: not a model of a known kind; expected an ONNX, Darknet, Caffe, "
          "TensorFlow, TFLite or Paddle file, OpenVINO .xml or an OpenCV "
          "cascade "
          ".xml",
          path);
      return NULL;
    }
  }
  info = info_new (kind, path);
  return describe (info, bytes, size, error) ? g_steal_pointer (&info) : NULL;
}
