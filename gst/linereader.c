/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linereader.h"

#include <string.h>

static void
collect (GstLineReader *reader, const gchar *text, gsize length, gsize max)
{
  if (!reader->partial)
    reader->partial = g_string_new (NULL);
  if (reader->too_long || length > max || reader->partial->len > max - length) {
    reader->too_long = TRUE;
    g_string_truncate (reader->partial, 0);
    return;
  }
  g_string_append_len (reader->partial, text, (gssize) length);
}

static void
hand_on (GstLineReader *reader, GstLineFunc function, gpointer data)
{
  const GString *line = reader->partial;

  reader->n_lines++;
  if (reader->too_long)
    function (NULL, 0, reader->n_lines, data);
  else
    function (line->str, line->len, reader->n_lines, data);
  reader->too_long = FALSE;
  g_string_truncate (reader->partial, 0);
}

void
gst_line_reader_feed (GstLineReader *reader, const gchar *text, gsize length,
    gsize max, GstLineFunc function, gpointer data)
{
  const gchar *end = text + length;

  while (text < end) {
    const gchar *newline = memchr (text, '\n', (gsize) (end - text));
    const gchar *stop = newline ? newline : end;

    collect (reader, text, (gsize) (stop - text), max);
    if (!newline)
      return;
    hand_on (reader, function, data);
    text = newline + 1;
  }
}

void
gst_line_reader_finish (GstLineReader *reader, GstLineFunc function,
    gpointer data)
{
  if (reader->partial && (reader->partial->len > 0 || reader->too_long))
    hand_on (reader, function, data);
}

void
gst_line_reader_clear (GstLineReader *reader)
{
  if (reader->partial)
    g_string_free (reader->partial, TRUE);
  *reader = (GstLineReader){ 0 };
}
