/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "option.h"
#include <detect/error.h>
#include <string.h>
#include <yaml.h>

typedef struct
{
  const char *path;
  yaml_document_t document;
  DetOptions *options;
  DetLabels *labels;
} Reader;

static gboolean fail_at (const Reader *reader, yaml_mark_t mark, GError **error,
    const char *format, ...) G_GNUC_PRINTF (4, 5);

static gboolean
fail_at (const Reader *reader, yaml_mark_t mark, GError **error,
    const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, DET_ERROR, DET_ERROR_OPTION, "%s:%zu:%zu: %s",
      reader->path, mark.line + 1, mark.column + 1, what);
  return FALSE;
}

static const char *
scalar_text (const yaml_node_t *node)
{
  if (!node || node->type != YAML_SCALAR_NODE)
    return NULL;
  /* A NUL would cut the text short without a word. */
  if (strlen ((const char *) node->data.scalar.value) !=
      node->data.scalar.length)
    return NULL;
  return (const char *) node->data.scalar.value;
}

/* Lists become "a,b", maps "a:b,c:d": the forms the option's text has. */
static char *
join_collection (Reader *reader, const yaml_node_t *node, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (node->type == YAML_SEQUENCE_NODE) {
    for (yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
      const yaml_node_t *child =
          yaml_document_get_node (&reader->document, *item);
      const char *word = scalar_text (child);

      if (!word) {
        fail_at (reader, child->start_mark, error,
            "expected a word or a number");
        return NULL;
      }
      g_string_append_printf (text, "%s%s", text->len ? "," : "", word);
    }
    return g_strdup (text->str);
  }
  for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
       pair < node->data.mapping.pairs.top; pair++) {
    const yaml_node_t *key =
        yaml_document_get_node (&reader->document, pair->key);
    const char *name = scalar_text (key);
    const char *value =
        scalar_text (yaml_document_get_node (&reader->document, pair->value));

    if (!name || !value) {
      fail_at (reader, key->start_mark, error, "expected NAME: VALUE");
      return NULL;
    }
    g_string_append_printf (text, "%s%s:%s", text->len ? "," : "", name, value);
  }
  return g_strdup (text->str);
}

static gboolean
read_label_list (Reader *reader, const yaml_node_t *node, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (yaml_node_item_t *item = node->data.sequence.items.start;
       item < node->data.sequence.items.top; item++) {
    const yaml_node_t *child =
        yaml_document_get_node (&reader->document, *item);
    const char *word = scalar_text (child);

    if (!word)
      return fail_at (reader, child->start_mark, error,
          "expected a class name");
    g_ptr_array_add (names, (gpointer) word);
  }
  if (names->len == 0)
    return fail_at (reader, node->start_mark, error,
        "the list of labels is empty; leave the key out to use the model's "
        "own");
  g_ptr_array_add (names, NULL);
  reader->labels =
      det_labels_new_from_strv ((const char *const *) names->pdata);
  return TRUE;
}

static gboolean
read_label_map (Reader *reader, const yaml_node_t *node, GError **error)
{
  gsize n =
      (gsize) (node->data.mapping.pairs.top - node->data.mapping.pairs.start);
  g_autofree const char **names = g_new0 (const char *, n + 1);

  for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
       pair < node->data.mapping.pairs.top; pair++) {
    const yaml_node_t *key =
        yaml_document_get_node (&reader->document, pair->key);
    const char *id = scalar_text (key);
    const char *name =
        scalar_text (yaml_document_get_node (&reader->document, pair->value));
    guint64 index = 0;

    if (!id || !name ||
        !g_ascii_string_to_unsigned (id, 10, 0, n - 1, &index, NULL) ||
        names[index])
      return fail_at (reader, key->start_mark, error,
          "expected class ids from 0 to %zu, each once, with a name", n - 1);
    names[index] = name;
  }
  if (n == 0)
    return fail_at (reader, node->start_mark, error,
        "the map of labels is empty");
  reader->labels = det_labels_new_from_strv (names);
  return TRUE;
}

static gboolean
set_text (Reader *reader, int id, const yaml_node_t *node, const char *text,
    GError **error)
{
  g_autoptr (GError) cause = NULL;
  g_autofree char *resolved = NULL;

  if (det_option_rows ()[id].type == DET_OPTION_FILE &&
      !g_path_is_absolute (text)) {
    g_autofree char *folder = g_path_get_dirname (reader->path);
    text = resolved = g_build_filename (folder, text, NULL);
  }
  if (!det_options_set_text (reader->options, id, text, &cause))
    return fail_at (reader, node->start_mark, error, "%s", cause->message);
  return TRUE;
}

static gboolean
read_value (Reader *reader, int id, const yaml_node_t *node, GError **error)
{
  const DetOptionRow *row = &det_option_rows ()[id];
  const char *scalar = scalar_text (node);
  gboolean takes_lists = row->type == DET_OPTION_STRING ||
      row->type == DET_OPTION_TRIPLE;

  if (scalar)
    return set_text (reader, id, node, scalar, error);
  if (id == DET_OPT_LABELS && node->type == YAML_SEQUENCE_NODE)
    return read_label_list (reader, node, error);
  if (id == DET_OPT_LABELS && node->type == YAML_MAPPING_NODE)
    return read_label_map (reader, node, error);
  if (!takes_lists || node->type == YAML_SCALAR_NODE)
    return fail_at (reader, node->start_mark, error,
        "%s: expected a single value", row->name);

  g_autofree char *joined = join_collection (reader, node, error);
  return joined && set_text (reader, id, node, joined, error);
}

static gboolean
read_pair (Reader *reader, const yaml_node_pair_t *pair, GError **error)
{
  const yaml_node_t *key =
      yaml_document_get_node (&reader->document, pair->key);
  const yaml_node_t *value =
      yaml_document_get_node (&reader->document, pair->value);
  const char *name = scalar_text (key);

  if (!name)
    return fail_at (reader, key->start_mark, error, "expected KEY: VALUE");

  int id = det_option_find (name);
  if (id < 0) {
    g_autofree char *hint = det_option_hint (name);
    return fail_at (reader, key->start_mark, error, "unknown key '%s'%s", name,
        hint);
  }
  if (id == DET_OPT_CONFIG)
    return fail_at (reader, key->start_mark, error,
        "a configuration file cannot name another; put all keys in one");
  if (det_options_is_set (reader->options, id) ||
      (id == DET_OPT_LABELS && reader->labels))
    return fail_at (reader, key->start_mark, error,
        "'%s' stands here a second time; keep one of them", name);
  return read_value (reader, id, value, error);
}

static gboolean
read_document (Reader *reader, GError **error)
{
  const yaml_node_t *root = yaml_document_get_root_node (&reader->document);

  if (!root) /* an empty file sets nothing */
    return TRUE;
  if (root->type != YAML_MAPPING_NODE)
    return fail_at (reader, root->start_mark, error,
        "expected lines of KEY: VALUE, such as 'threshold: 0.4'");
  for (yaml_node_pair_t *pair = root->data.mapping.pairs.start;
       pair < root->data.mapping.pairs.top; pair++) {
    if (!read_pair (reader, pair, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
load_file (const char *path, char **text, gsize *length, GError **error)
{
  g_autoptr (GError) cause = NULL;

  if (g_file_get_contents (path, text, length, &cause))
    return TRUE;
  g_set_error (error, DET_ERROR,
      g_error_matches (cause, G_FILE_ERROR, G_FILE_ERROR_NOENT)
          ? DET_ERROR_NOT_FOUND
          : DET_ERROR_UNREADABLE,
      "%s: cannot read the configuration file (%s); check config=", path,
      cause->message);
  return FALSE;
}

gboolean
det_config_read (const char *path, DetOptions *options, DetLabels **labels,
    GError **error)
{
  Reader reader = { .path = path, .options = options };
  yaml_parser_t parser;
  g_autofree char *text = NULL;
  gsize length = 0;

  *labels = NULL;
  if (!load_file (path, &text, &length, error))
    return FALSE;
  if (!yaml_parser_initialize (&parser)) {
    g_set_error (error, DET_ERROR, DET_ERROR_FAILED,
        "%s: out of memory while reading the configuration file", path);
    return FALSE;
  }
  yaml_parser_set_input_string (&parser, (const guint8 *) text, length);

  gboolean ok = yaml_parser_load (&parser, &reader.document) != 0;
  if (ok) {
    ok = read_document (&reader, error);
    yaml_document_delete (&reader.document);
  } else {
    fail_at (&reader, parser.problem_mark, error, "not valid YAML: %s",
        parser.problem ? parser.problem : "cannot be parsed");
  }
  yaml_parser_delete (&parser);
  if (ok)
    *labels = reader.labels;
  else
    det_labels_unref (reader.labels);
  return ok;
}
