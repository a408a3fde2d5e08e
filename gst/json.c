/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json.h"

#include "number.h"
#include "printable.h"

#include <string.h>

static void
separate (GString *json)
{
  if (json->len > 0 && !strchr ("{[:", json->str[json->len - 1]))
    g_string_append_c (json, ',');
}

void
json_open (GString *json, char bracket)
{
  separate (json);
  g_string_append_c (json, bracket);
}

void
json_close (GString *json, char bracket)
{
  g_string_append_c (json, bracket);
}

static void
append_escaped (GString *json, const char *text)
{
  g_string_append_c (json, '"');
  for (; *text != '\0'; text = g_utf8_next_char (text)) {
    gunichar c = g_utf8_get_char (text);

    if (c == '"' || c == '\\')
      g_string_append_printf (json, "\\%c", (char) c);
    else if (printable_is_steering (c) || (c < 0x80 && strchr ("<>&", (int) c)))
      g_string_append_printf (json, "\\u%04x", c);
    else
      g_string_append_unichar (json, c);
  }
  g_string_append_c (json, '"');
}

void
json_key (GString *json, const char *key)
{
  separate (json);
  append_escaped (json, key);
  g_string_append_c (json, ':');
}

void
json_string (GString *json, const char *text)
{
  if (!text) {
    json_null (json);
    return;
  }

  g_autofree char *valid = g_utf8_make_valid (text, -1);
  separate (json);
  append_escaped (json, valid);
}

void
json_boolean (GString *json, gboolean value)
{
  separate (json);
  g_string_append (json, value ? "true" : "false");
}

void
json_integer (GString *json, gint64 value)
{
  separate (json);
  g_string_append_printf (json, "%" G_GINT64_FORMAT, value);
}

void
json_number (GString *json, double value, int decimals)
{
  separate (json);
  number_append (json, value, decimals, "null");
}

void
json_float (GString *json, float value)
{
  separate (json);
  number_append_float (json, value, "null");
}

void
json_seconds (GString *json, guint64 ns)
{
  separate (json);
  number_append_seconds (json, ns);
}

void
json_null (GString *json)
{
  separate (json);
  g_string_append (json, "null");
}
