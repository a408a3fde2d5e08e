/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picklewriter.h"

#include <string.h>

static void
put (GByteArray *pickle, const void *data, gsize size)
{
  g_byte_array_append (pickle, data, (guint) size);
}

static void
put_code (GByteArray *pickle, char code)
{
  put (pickle, &code, 1);
}

static void
put_number (GByteArray *pickle, guint64 number, guint n_bytes)
{
  guint64 little = GUINT64_TO_LE (number);

  put (pickle, &little, n_bytes);
}

void
pickle_begin (GByteArray *pickle)
{
  put (pickle, "\x80\x03", 2);
}

void
pickle_end (GByteArray *pickle)
{
  put_code (pickle, '.');
}

void
pickle_list_begin (GByteArray *pickle)
{
  put (pickle, "](", 2);
}

void
pickle_list_end (GByteArray *pickle)
{
  put_code (pickle, 'e');
}

void
pickle_dict_begin (GByteArray *pickle)
{
  put (pickle, "}(", 2);
}

void
pickle_dict_end (GByteArray *pickle)
{
  put_code (pickle, 'u');
}

void
pickle_none (GByteArray *pickle)
{
  put_code (pickle, 'N');
}

void
pickle_int (GByteArray *pickle, gint64 value)
{
  if (value >= G_MININT32 && value <= G_MAXINT32) {
    put_code (pickle, 'J');
    put_number (pickle, (guint64) value, 4);
  } else {
    put (pickle, "\x8a\x08", 2);
    put_number (pickle, (guint64) value, 8);
  }
}

void
pickle_float (GByteArray *pickle, double value)
{
  guint64 bits;

  memcpy (&bits, &value, sizeof bits);
  bits = GUINT64_TO_BE (bits);
  put_code (pickle, 'G');
  put (pickle, &bits, sizeof bits);
}

void
pickle_str (GByteArray *pickle, const char *text)
{
  if (!text) {
    pickle_none (pickle);
    return;
  }

  g_autofree char *valid = g_utf8_make_valid (text, -1);
  gsize size = strlen (valid);
  put_code (pickle, 'X');
  put_number (pickle, size, 4);
  put (pickle, valid, size);
}

void
pickle_bytes (GByteArray *pickle, const guint8 *data, gsize size)
{
  put_code (pickle, 'B');
  put_number (pickle, size, 4);
  put (pickle, data, size);
}
