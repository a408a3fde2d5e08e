/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "yamlfile.h"

#include "likeness.h"
#include <detect/error.h>
#include <string.h>

static gboolean
fail_at (const char *path, yaml_mark_t mark, const char *what, GError **error)
{
  g_set_error (error, DET_ERROR, DET_ERROR_OPTION, "%s:%zu:%zu: %s", path,
      mark.line + 1, mark.column + 1, what);
  return FALSE;
}

gboolean
det_yaml_fail (const DetYamlFile *file, const yaml_node_t *node, GError **error,
    const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *what = g_strdup_vprintf (format, args);
  va_end (args);
  return fail_at (file->path, node->start_mark, what, error);
}

gboolean
det_yaml_fail_unknown (const DetYamlFile *file, const yaml_node_t *key,
    const char *const *words, GError **error)
{
  const char *name = det_yaml_text (key);
  const char *near = det_nearest_word (words, name);

  return det_yaml_fail (file, key, error, "unknown key '%s'%s%s%s", name,
      near ? "; did you mean '" : "", near ? near : "",
      near ? "'?" : "; the option reference lists the keys");
}

yaml_node_t *
det_yaml_node (DetYamlFile *file, int index)
{
  return yaml_document_get_node (&file->document, index);
}

const char *
det_yaml_text (const yaml_node_t *node)
{
  if (!node || node->type != YAML_SCALAR_NODE)
    return NULL;
  /* A NUL would cut the text short without a word. */
  if (strlen ((const char *) node->data.scalar.value) !=
      node->data.scalar.length)
    return NULL;
  return (const char *) node->data.scalar.value;
}

char *
det_yaml_resolve (const DetYamlFile *file, const char *path)
{
  if (g_path_is_absolute (path))
    return g_strdup (path);
  g_autofree char *folder = g_path_get_dirname (file->path);
  return g_build_filename (folder, path, NULL);
}

static char *
join_list (DetYamlFile *file, const yaml_node_t *node, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (yaml_node_item_t *item = node->data.sequence.items.start;
       item < node->data.sequence.items.top; item++) {
    const yaml_node_t *child = det_yaml_node (file, *item);
    const char *word = det_yaml_text (child);

    if (!word) {
      det_yaml_fail (file, child, error, "expected a word or a number");
      return NULL;
    }
    g_string_append_printf (text, "%s%s", text->len ? "," : "", word);
  }
  return g_strdup (text->str);
}

static char *
join_map (DetYamlFile *file, const yaml_node_t *node, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
       pair < node->data.mapping.pairs.top; pair++) {
    const yaml_node_t *key = det_yaml_node (file, pair->key);
    const char *name = det_yaml_text (key);
    const char *value = det_yaml_text (det_yaml_node (file, pair->value));

    if (!name || !value) {
      det_yaml_fail (file, key, error, "expected NAME: VALUE");
      return NULL;
    }
    g_string_append_printf (text, "%s%s:%s", text->len ? "," : "", name, value);
  }
  return g_strdup (text->str);
}

static char *
join_value (DetYamlFile *file, const yaml_node_t *node, GError **error)
{
  if (node->type == YAML_SEQUENCE_NODE)
    return join_list (file, node, error);
  if (node->type == YAML_MAPPING_NODE)
    return join_map (file, node, error);
  return g_strdup (det_yaml_text (node));
}

gboolean
det_yaml_set_option (DetYamlFile *file, DetOptions *options, DetOptionId id,
    const yaml_node_t *node, GError **error)
{
  const DetOptionRow *row = &det_option_rows ()[id];
  gboolean takes_lists = row->type == DET_OPTION_STRING ||
      row->type == DET_OPTION_TRIPLE;
  g_autoptr (GError) cause = NULL;

  if (!det_yaml_text (node) && (!takes_lists || node->type == YAML_SCALAR_NODE))
    return det_yaml_fail (file, node, error, "%s: expected a single value",
        row->name);

  g_autofree char *text = join_value (file, node, error);
  if (!text)
    return FALSE;
  g_autofree char *resolved =
      row->type == DET_OPTION_FILE ? det_yaml_resolve (file, text) : NULL;
  if (!det_options_set_text (options, id, resolved ? resolved : text, &cause))
    return det_yaml_fail (file, node, error, "%s", cause->message);
  return TRUE;
}

static gboolean
load (const char *path, const char *what, const char *step, char **text,
    gsize *length, GError **error)
{
  g_autoptr (GError) cause = NULL;

  if (g_file_get_contents (path, text, length, &cause))
    return TRUE;
  g_set_error (error, DET_ERROR,
      g_error_matches (cause, G_FILE_ERROR, G_FILE_ERROR_NOENT)
          ? DET_ERROR_NOT_FOUND
          : DET_ERROR_UNREADABLE,
      "%s: cannot read the %s (%s); %s", path, what, cause->message, step);
  return FALSE;
}

gboolean
det_yaml_file_open (DetYamlFile *file, const char *path, const char *what,
    const char *step, GError **error)
{
  yaml_parser_t parser;
  g_autofree char *text = NULL;
  gsize length = 0;

  file->path = path;
  if (!load (path, what, step, &text, &length, error))
    return FALSE;
  if (!yaml_parser_initialize (&parser)) {
    g_set_error (error, DET_ERROR, DET_ERROR_FAILED,
        "%s: out of memory while reading the %s", path, what);
    return FALSE;
  }
  yaml_parser_set_input_string (&parser, (const guint8 *) text, length);

  gboolean ok = yaml_parser_load (&parser, &file->document) != 0;
  if (!ok) {
    g_autofree char *problem = g_strdup_printf ("not valid YAML: %s",
        parser.problem ? parser.problem : "cannot be parsed");

    fail_at (path, parser.problem_mark, problem, error);
  }
  yaml_parser_delete (&parser);
  return ok;
}

void
det_yaml_file_close (DetYamlFile *file)
{
  yaml_document_delete (&file->document);
}
