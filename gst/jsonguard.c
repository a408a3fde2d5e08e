/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jsonguard.h"

#include <gst/gst.h>
#include <string.h>

/* What may stand outside of strings: brackets, numbers, true, false, null. */
#define PLAIN " \t\r{}[],:+-.0123456789eEtrufalsn"

typedef struct
{
  const gchar *at;
  const gchar *end;
} Cursor;

static gboolean
fail (GError **error, const gchar *text)
{
  g_set_error_literal (error, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE, text);
  return FALSE;
}

/* The four digits of \uXXXX, or -1. */
static gint
read_unit (Cursor *cursor)
{
  gint unit = 0;

  if (cursor->end - cursor->at < 4)
    return -1;
  for (gint i = 0; i < 4; i++) {
    gint digit = g_ascii_xdigit_value (*cursor->at++);

    if (digit < 0)
      return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

static gboolean
is_in (gint unit, gint first, gint last)
{
  return unit >= first && unit <= last;
}

/* Behind a backslash. */
static gboolean
check_escape (Cursor *cursor)
{
  gint unit;

  if (cursor->at == cursor->end)
    return FALSE;
  if (*cursor->at++ != 'u')
    return strchr ("\"\\/bfnrt", cursor->at[-1]) != NULL;
  unit = read_unit (cursor);
  if (!is_in (unit, 0xd800, 0xdbff))
    return unit > 0 && !is_in (unit, 0xdc00, 0xdfff);
  if (cursor->end - cursor->at < 2 || cursor->at[0] != '\\' ||
      cursor->at[1] != 'u')
    return FALSE;
  cursor->at += 2;
  return is_in (read_unit (cursor), 0xdc00, 0xdfff);
}

/* Behind the opening quote; stops behind the closing one. */
static gboolean
check_string (Cursor *cursor)
{
  while (cursor->at < cursor->end) {
    gchar c = *cursor->at++;

    if (c == '"')
      return TRUE;
    if (c == '\\' && !check_escape (cursor))
      return FALSE;
  }
  return FALSE;
}

gboolean
gst_json_guard_check (const gchar *text, gsize length, guint max_depth,
    GError **error)
{
  Cursor cursor = { text, text + length };
  guint depth = 0;

  if (!g_utf8_validate (text, (gssize) length, NULL))
    return fail (error, "it is not UTF-8");
  while (cursor.at < cursor.end) {
    gchar c = *cursor.at++;

    if (c == '"') {
      if (!check_string (&cursor))
        return fail (error, "a string in it is broken");
    } else if (!strchr (PLAIN, c)) {
      return fail (error, "it is not JSON");
    } else if ((c == '{' || c == '[') && ++depth > max_depth) {
      return fail (error, "its brackets nest too deep");
    } else if ((c == '}' || c == ']') && depth-- == 0) {
      return fail (error, "its brackets do not match");
    }
  }
  return TRUE;
}
