/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_CONFIG_H
#define DET_CONFIG_H

#include "labels.h"
#include <detect/option.h>

/* Reads a YAML file into a layer of options. Keys are the option table's words.
 * Relative paths of file options are taken from the file's folder. Labels that
 * stand in the file itself come out in labels, else that stays NULL.
 * DET_ERROR_NOT_FOUND, UNREADABLE, OPTION (with file:line:column). */
gboolean det_config_read (const char *path, DetOptions *options,
    DetLabels **labels, GError **error);

#endif
