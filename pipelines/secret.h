/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SECRET_H
#define SECRET_H

#include <glib.h>

/* The first line of a file, which others should not be able to read. */
char *secret_read (const char *path, GError **error);

/* Takes the same time wherever the difference lies. */
gboolean secret_equal (const void *a, const void *b, gsize size);

#endif
