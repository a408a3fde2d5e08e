/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "printable.h"

gboolean
printable_is_steering (gunichar c)
{
  /* U+2028 and U+2029 separate lines and paragraphs, U+202A to U+202E and U+2066 to
   * U+2069 embed and override directions. */
  return g_unichar_iscntrl (c) || (c >= 0x2028 && c <= 0x202e) ||
      (c >= 0x2066 && c <= 0x2069);
}

char *
printable_text (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *printable = g_string_new (NULL);

  for (const char *c = valid; *c != '\0'; c = g_utf8_next_char (c)) {
    gunichar character = g_utf8_get_char (c);

    g_string_append_unichar (printable,
        printable_is_steering (character) ? ' ' : character);
  }
  return g_string_free (printable, FALSE);
}
