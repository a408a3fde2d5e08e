/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "message.h"

#define MAX_MESSAGE 300 /* characters */

static const DetRewording always[] = {
  { "\\p{Cc}+", " " },
  { "[\\s.]+$", "" },
  { NULL, NULL },
};

static char *
reword (char *text, const DetRewording *rewordings)
{
  for (; rewordings->pattern; rewordings++) {
    g_autoptr (GRegex) regex = g_regex_new (rewordings->pattern, 0, 0, NULL);
    char *next =
        g_regex_replace (regex, text, -1, 0, rewordings->replacement, 0, NULL);

    if (next) {
      g_free (text);
      text = next;
    }
  }
  return text;
}

char *
det_engine_message_tidy (const char *raw, const DetRewording *rewordings)
{
  /* What a damaged file names itself need not be text. */
  char *text = reword (g_utf8_make_valid (raw, -1), rewordings);

  text = reword (text, always);
  if (g_utf8_strlen (text, -1) <= MAX_MESSAGE)
    return text;
  g_autofree char *start = g_utf8_substring (text, 0, MAX_MESSAGE);
  g_free (text);
  return g_strconcat (start, "...", NULL);
}
