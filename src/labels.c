/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "labels.h"

#include "likeness.h"
#include <detect/error.h>
#include <string.h>
#include <yaml.h>

struct _DetLabels
{
  gatomicrefcount refs;
  char **names; /* NULL-terminated; never holds a NULL before the end */
  guint n;
};

static DetLabels *
take_names (GPtrArray *names)
{
  DetLabels *labels = g_new0 (DetLabels, 1);

  g_atomic_ref_count_init (&labels->refs);
  labels->n = names->len;
  g_ptr_array_add (names, NULL);
  labels->names = (char **) g_ptr_array_free (names, FALSE);
  return labels;
}

DetLabels *
det_labels_new_from_strv (const char *const *names)
{
  GPtrArray *copy = g_ptr_array_new ();

  for (int i = 0; names[i]; i++)
    g_ptr_array_add (copy, g_strdup (names[i]));
  return take_names (copy);
}

DetLabels *
det_labels_ref (DetLabels *labels)
{
  g_atomic_ref_count_inc (&labels->refs);
  return labels;
}

void
det_labels_unref (DetLabels *labels)
{
  if (!labels || !g_atomic_ref_count_dec (&labels->refs))
    return;
  g_strfreev (labels->names);
  g_free (labels);
}

guint
det_labels_get_n (const DetLabels *labels)
{
  return labels->n;
}

const char *
det_labels_get (const DetLabels *labels, int id)
{
  return id >= 0 && (guint) id < labels->n ? labels->names[id] : NULL;
}

int
det_labels_find (const DetLabels *labels, const char *name)
{
  for (guint i = 0; i < labels->n; i++) {
    if (strcmp (labels->names[i], name) == 0)
      return (int) i;
  }
  return -1;
}

const char *
det_labels_nearest (const DetLabels *labels, const char *name)
{
  return det_nearest_word ((const char *const *) labels->names, name);
}

/* ---- files ---- */

static gboolean refuse (const char *path, GError **error, const char *format,
    ...) G_GNUC_PRINTF (3, 4);

static gboolean
refuse (const char *path, GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, DET_ERROR, DET_ERROR_LABELS,
      "%s: %s; a label file has one class name a line", path, what);
  return FALSE;
}

static gboolean
check_utf8 (const char *path, const char *text, gsize length, GError **error)
{
  const char *end = NULL;
  int line = 1;

  if (g_utf8_validate_len (text, length, &end))
    return TRUE;
  for (const char *c = text; c < end; c++)
    line += *c == '\n';
  return refuse (path, error, "line %d is not UTF-8 text", line);
}

static DetLabels *
read_lines (const char *path, const char *text, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  guint n = g_strv_length (lines);

  /* Blank lines at the end are none; inside they keep the ids that follow right. */
  while (n > 0 && *g_strstrip (lines[n - 1]) == '\0')
    n--;
  if (n == 0) {
    refuse (path, error, "no labels in it");
    return NULL;
  }
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (names, g_strdup (g_strstrip (lines[i])));
  g_ptr_array_set_free_func (names, NULL);
  return take_names (g_steal_pointer (&names));
}

/* ---- Ultralytics' data files ---- */

static const char *
scalar (yaml_document_t *document, int index)
{
  const yaml_node_t *node = yaml_document_get_node (document, index);

  return node && node->type == YAML_SCALAR_NODE
      ? (const char *) node->data.scalar.value
      : NULL;
}

static gboolean
take_sequence (yaml_document_t *document, const yaml_node_t *node,
    GPtrArray *names)
{
  for (yaml_node_item_t *item = node->data.sequence.items.start;
       item < node->data.sequence.items.top; item++) {
    const char *name = scalar (document, *item);

    if (!name)
      return FALSE;
    g_ptr_array_add (names, g_strdup (name));
  }
  return names->len > 0;
}

static gboolean
take_mapping (yaml_document_t *document, const yaml_node_t *node,
    GPtrArray *names)
{
  gint64 n = node->data.mapping.pairs.top - node->data.mapping.pairs.start;

  g_ptr_array_set_size (names, (gint) n);
  for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
       pair < node->data.mapping.pairs.top; pair++) {
    const char *id = scalar (document, pair->key);
    const char *name = scalar (document, pair->value);
    guint64 index = 0;

    if (!id || !name ||
        !g_ascii_string_to_unsigned (id, 10, 0, (guint64) n - 1, &index,
            NULL) ||
        names->pdata[index])
      return FALSE;
    names->pdata[index] = g_strdup (name);
  }
  return n > 0;
}

static gboolean
take_names_key (yaml_document_t *document, GPtrArray *names)
{
  const yaml_node_t *root = yaml_document_get_root_node (document);

  if (!root || root->type != YAML_MAPPING_NODE)
    return FALSE;
  for (yaml_node_pair_t *pair = root->data.mapping.pairs.start;
       pair < root->data.mapping.pairs.top; pair++) {
    const yaml_node_t *value = yaml_document_get_node (document, pair->value);

    if (g_strcmp0 (scalar (document, pair->key), "names") != 0)
      continue;
    if (value->type == YAML_SEQUENCE_NODE)
      return take_sequence (document, value, names);
    return value->type == YAML_MAPPING_NODE &&
        take_mapping (document, value, names);
  }
  return FALSE;
}

static DetLabels *
read_yaml (const char *path, const char *text, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  yaml_parser_t parser;
  yaml_document_t document;
  gboolean found = FALSE;

  if (!yaml_parser_initialize (&parser))
    return NULL;
  yaml_parser_set_input_string (&parser, (const guint8 *) text, strlen (text));
  if (yaml_parser_load (&parser, &document)) {
    found = take_names_key (&document, names);
    yaml_document_delete (&document);
  }
  yaml_parser_delete (&parser);
  if (!found) {
    refuse (path, error, "not YAML with a list of names under 'names:'");
    return NULL;
  }
  g_ptr_array_set_free_func (names, NULL);
  return take_names (g_steal_pointer (&names));
}

static gboolean
is_yaml (const char *path)
{
  return g_str_has_suffix (path, ".yaml") || g_str_has_suffix (path, ".yml");
}

DetLabels *
det_labels_new_from_file (const char *path, GError **error)
{
  static const char bom[] = "\xef\xbb\xbf";
  g_autofree char *text = NULL;
  g_autoptr (GError) cause = NULL;
  gsize length = 0;

  if (!g_file_get_contents (path, &text, &length, &cause)) {
    g_set_error (error, DET_ERROR,
        g_error_matches (cause, G_FILE_ERROR, G_FILE_ERROR_NOENT)
            ? DET_ERROR_NOT_FOUND
            : DET_ERROR_UNREADABLE,
        "%s: cannot read the labels (%s); check labels=", path, cause->message);
    return NULL;
  }
  if (!check_utf8 (path, text, length, error))
    return NULL;

  const char *start = g_str_has_prefix (text, bom) ? text + 3 : text;
  return is_yaml (path) ? read_yaml (path, start, error)
                        : read_lines (path, start, error);
}

/* ---- Python literals ---- */

static void
skip_blanks (const char **c)
{
  while (g_ascii_isspace (**c))
    (*c)++;
}

/* 'it\'s' or "it's" */
static char *
read_string (const char **c)
{
  char quote = **c;
  g_autoptr (GString) text = g_string_new (NULL);

  if (quote != '\'' && quote != '"')
    return NULL;
  for ((*c)++; **c && **c != quote; (*c)++) {
    if (**c == '\\' && (*c)[1] != '\0')
      (*c)++;
    g_string_append_c (text, **c);
  }
  if (**c != quote)
    return NULL;
  (*c)++;
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static gboolean
read_item (const char **c, gboolean is_dict, GPtrArray *names)
{
  guint64 id = names->len;

  skip_blanks (c);
  if (is_dict) {
    char *end = NULL;

    id = g_ascii_strtoull (*c, &end, 10);
    if (end == *c || *end != ':' || id > G_MAXUINT16)
      return FALSE;
    *c = end + 1;
    skip_blanks (c);
  }
  char *name = read_string (c);
  if (!name)
    return FALSE;
  if (id >= names->len)
    g_ptr_array_set_size (names, (gint) id + 1);
  g_free (names->pdata[id]);
  names->pdata[id] = name;
  skip_blanks (c);
  return TRUE;
}

DetLabels *
det_labels_new_from_python (const char *text, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *c = text;

  skip_blanks (&c);
  gboolean is_dict = *c == '{';
  char last = is_dict ? '}' : ']';
  gboolean ok = (is_dict || *c == '[') && g_utf8_validate (text, -1, NULL);

  while (ok && *++c != '\0') {
    ok = read_item (&c, is_dict, names);
    if (ok && *c == last)
      break;
    ok = ok && *c == ',';
  }
  for (guint i = 0; ok && i < names->len; i++)
    ok = names->pdata[i] != NULL;
  if (!ok || *c != last || names->len == 0) {
    g_set_error_literal (error, DET_ERROR, DET_ERROR_LABELS,
        "names is not a Python dict or list of class names; give the names "
        "with "
        "labels=");
    return NULL;
  }
  g_ptr_array_set_free_func (names, NULL);
  return take_names (g_steal_pointer (&names));
}

DetLabels *
det_labels_new_coco (void)
{
  static const char *const names[] = { "person", "bicycle", "car", "motorcycle",
    "airplane", "bus", "train", "truck", "boat", "traffic light",
    "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog",
    "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe", "backpack",
    "umbrella", "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard",
    "sports ball", "kite", "baseball bat", "baseball glove", "skateboard",
    "surfboard", "tennis racket", "bottle", "wine glass", "cup", "fork",
    "knife", "spoon", "bowl", "banana", "apple", "sandwich", "orange",
    "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch",
    "potted plant", "bed", "dining table", "toilet", "tv", "laptop", "mouse",
    "remote", "keyboard", "cell phone", "microwave", "oven", "toaster", "sink",
    "refrigerator", "book", "clock", "vase", "scissors", "teddy bear",
    "hair drier", "toothbrush", NULL };

  return det_labels_new_from_strv (names);
}
