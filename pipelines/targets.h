/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TARGETS_H
#define TARGETS_H

#include "cli.h"

#include <glib.h>

/* Gives every Input its target, from what --output says; makes the folder when
 * it is a new one. Also checks that none of the files to be written, reports
 * included, is one that is read, or lies in a folder that is not there. */
gboolean targets_plan (const Cli *cli, const GPtrArray *inputs, GError **error);

/* Whether a target is a picture; otherwise it is a video. */
gboolean target_is_picture (const char *target);

#endif
