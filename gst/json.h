/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef JSON_H
#define JSON_H

#include <glib.h>

/* Writes JSON on one line into a GString, value after value; commas come by
 * themselves. Numbers are printed with as many decimals as they are good for,
 * whatever the locale. */

/* '{', '[' and what closes them. */
void json_open (GString *json, char bracket);
void json_close (GString *json, char bracket);

void json_key (GString *json, const char *key);

/* NULL is null; bytes that are no UTF-8 are replaced. What would be markup is
 * escaped, so that a line may also stand where text is taken for it. */
void json_string (GString *json, const char *text);
void json_boolean (GString *json, gboolean value);
void json_integer (GString *json, gint64 value);

/* Trailing zeros are left out; what is not finite is null. */
void json_number (GString *json, double value, int decimals);

/* As few digits as give the very same float; nanoseconds as exact seconds. */
void json_float (GString *json, float value);
void json_seconds (GString *json, guint64 ns);
void json_null (GString *json);

#endif
