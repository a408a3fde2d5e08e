/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "option.h"
#include "yamlfile.h"

typedef struct
{
  DetYamlFile file;
  DetOptions *options;
  DetLabels *labels;
} Reader;

static gboolean
read_label_list (Reader *reader, const yaml_node_t *node, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (yaml_node_item_t *item = node->data.sequence.items.start;
       item < node->data.sequence.items.top; item++) {
    const yaml_node_t *child = det_yaml_node (&reader->file, *item);
    const char *word = det_yaml_text (child);

    if (!word)
      return det_yaml_fail (&reader->file, child, error,
          "expected a class name");
    g_ptr_array_add (names, (gpointer) word);
  }
  if (names->len == 0)
    return det_yaml_fail (&reader->file, node, error,
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
    const yaml_node_t *key = det_yaml_node (&reader->file, pair->key);
    const char *id = det_yaml_text (key);
    const char *name =
        det_yaml_text (det_yaml_node (&reader->file, pair->value));
    guint64 index = 0;

    if (!id || !name ||
        !g_ascii_string_to_unsigned (id, 10, 0, n - 1, &index, NULL) ||
        names[index])
      return det_yaml_fail (&reader->file, key, error,
          "expected class ids from 0 to %zu, each once, with a name", n - 1);
    names[index] = name;
  }
  if (n == 0)
    return det_yaml_fail (&reader->file, node, error,
        "the map of labels is empty");
  reader->labels = det_labels_new_from_strv (names);
  return TRUE;
}

static gboolean
read_value (Reader *reader, DetOptionId id, const yaml_node_t *node,
    GError **error)
{
  if (id == DET_OPT_LABELS && node->type == YAML_SEQUENCE_NODE)
    return read_label_list (reader, node, error);
  if (id == DET_OPT_LABELS && node->type == YAML_MAPPING_NODE)
    return read_label_map (reader, node, error);
  return det_yaml_set_option (&reader->file, reader->options, id, node, error);
}

static gboolean
read_pair (Reader *reader, const yaml_node_pair_t *pair, GError **error)
{
  const yaml_node_t *key = det_yaml_node (&reader->file, pair->key);
  const yaml_node_t *value = det_yaml_node (&reader->file, pair->value);
  const char *name = det_yaml_text (key);

  if (!name)
    return det_yaml_fail (&reader->file, key, error, "expected KEY: VALUE");

  int id = det_option_find (name);
  if (id < 0) {
    g_autofree char *hint = det_option_hint (name);
    return det_yaml_fail (&reader->file, key, error, "unknown key '%s'%s", name,
        hint);
  }
  if (id == DET_OPT_CONFIG)
    return det_yaml_fail (&reader->file, key, error,
        "a configuration file cannot name another; put all keys in one");
  if (det_options_is_set (reader->options, id) ||
      (id == DET_OPT_LABELS && reader->labels))
    return det_yaml_fail (&reader->file, key, error,
        "'%s' stands here a second time; keep one of them", name);
  return read_value (reader, id, value, error);
}

static gboolean
read_document (Reader *reader, GError **error)
{
  const yaml_node_t *root =
      yaml_document_get_root_node (&reader->file.document);

  if (!root) /* an empty file sets nothing */
    return TRUE;
  if (root->type != YAML_MAPPING_NODE)
    return det_yaml_fail (&reader->file, root, error,
        "expected lines of KEY: VALUE, such as 'threshold: 0.4'");
  for (yaml_node_pair_t *pair = root->data.mapping.pairs.start;
       pair < root->data.mapping.pairs.top; pair++) {
    if (!read_pair (reader, pair, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
det_config_read (const char *path, DetOptions *options, DetLabels **labels,
    GError **error)
{
  Reader reader = { .options = options };

  *labels = NULL;
  if (!det_yaml_file_open (&reader.file, path, "configuration file",
          "check config=", error))
    return FALSE;

  gboolean ok = read_document (&reader, error);
  det_yaml_file_close (&reader.file);
  if (ok)
    *labels = reader.labels;
  else
    det_labels_unref (reader.labels);
  return ok;
}
