/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "number.h"

#include <math.h>
#include <string.h>

void
number_append (GString *text, double value, int decimals, const char *unknown)
{
  char format[8];
  /* %f of the greatest double has 309 digits before the point. */
  char digits[512];

  if (!isfinite (value)) {
    g_string_append (text, unknown);
    return;
  }
  g_snprintf (format, sizeof format, "%%.%df", CLAMP (decimals, 0, 9));
  g_ascii_formatd (digits, sizeof digits, format, value);
  if (strchr (digits, '.')) {
    char *last = digits + strlen (digits) - 1;

    while (*last == '0')
      *last-- = '\0';
    if (*last == '.')
      *last = '\0';
  }
  g_string_append (text, strcmp (digits, "-0") == 0 ? "0" : digits);
}
