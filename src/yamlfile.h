/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_YAML_FILE_H
#define DET_YAML_FILE_H

#include <detect/option.h>
#include <yaml.h>

/* Reading a YAML file so that every complaint says where it stands. */
typedef struct
{
  const char *path; /* the caller's, as long as the file is open */
  yaml_document_t document;
} DetYamlFile;

/* @what is the kind of file, @step what the user can do when there is none.
 * DET_ERROR_NOT_FOUND, UNREADABLE, OPTION. */
gboolean det_yaml_file_open (DetYamlFile *file, const char *path,
    const char *what, const char *step, GError **error);
void det_yaml_file_close (DetYamlFile *file);

/* Sets DET_ERROR_OPTION with file:line:column; FALSE. */
gboolean det_yaml_fail (const DetYamlFile *file, const yaml_node_t *node,
    GError **error, const char *format, ...) G_GNUC_PRINTF (4, 5);

yaml_node_t *det_yaml_node (DetYamlFile *file, int index);

/* (nullable): the text of a single value. */
const char *det_yaml_text (const yaml_node_t *node);

/* (transfer full): a path as the file means it, from its own folder on. */
char *det_yaml_resolve (const DetYamlFile *file, const char *path);

/* What an unknown key is told. @words is NULL-terminated. */
gboolean det_yaml_fail_unknown (const DetYamlFile *file, const yaml_node_t *key,
    const char *const *words, GError **error);

/* Sets a row of the option table. Lists become "a,b", maps "a:b,c:d": the forms
 * the option's text has. */
gboolean det_yaml_set_option (DetYamlFile *file, DetOptions *options,
    DetOptionId id, const yaml_node_t *node, GError **error);

#endif
