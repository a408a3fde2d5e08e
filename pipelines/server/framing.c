/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "framing.h"

#include <string.h>

int
framing_read (const guint8 *data, gsize n, guint64 *length)
{
  guint32 size;
  guint64 long_size;

  if (n < 4)
    return 0;
  memcpy (&size, data, 4);
  size = GUINT32_FROM_BE (size);
  if (size <= G_MAXINT32) {
    *length = size;
    return 4;
  }
  if (size != G_MAXUINT32)
    return -1;
  if (n < 12)
    return 0;
  memcpy (&long_size, data + 4, 8);
  *length = GUINT64_FROM_BE (long_size);
  return 12;
}

void
framing_write (GByteArray *out, const guint8 *data, gsize size)
{
  guint32 length = GUINT32_TO_BE ((guint32) size);
  guint32 escape = G_MAXUINT32;
  guint64 long_length = GUINT64_TO_BE ((guint64) size);

  if (size <= G_MAXINT32) {
    g_byte_array_append (out, (const guint8 *) &length, 4);
  } else {
    g_byte_array_append (out, (const guint8 *) &escape, 4);
    g_byte_array_append (out, (const guint8 *) &long_length, 8);
  }
  g_byte_array_append (out, data, (guint) size);
}
