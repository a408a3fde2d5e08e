/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "secret.h"

#include <string.h>

char *
secret_read (const char *path, GError **error)
{
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, error))
    return NULL;
  text[strcspn (text, "\r\n")] = '\0';
  if (text[0] == '\0') {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "%s: its first line is empty; write the secret there", path);
    return NULL;
  }
  return g_steal_pointer (&text);
}

gboolean
secret_equal (const void *a, const void *b, gsize size)
{
  const guint8 *x = a;
  const guint8 *y = b;
  guint8 difference = 0;

  for (gsize i = 0; i < size; i++)
    difference |= x[i] ^ y[i];
  return difference == 0;
}
