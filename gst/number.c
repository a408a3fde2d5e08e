/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "number.h"

#include <math.h>
#include <string.h>

#define NS_PER_SECOND G_GUINT64_CONSTANT (1000000000)

/* What every float holds, and what any needs so as to be told from its
 * neighbours; %g leaves zeros at the end out. */
#define LEAST_FLOAT_DIGITS 6
#define FLOAT_DIGITS 9

static void
cut_zeros (char *digits)
{
  char *last = digits + strlen (digits) - 1;

  if (!strchr (digits, '.'))
    return;
  while (*last == '0')
    *last-- = '\0';
  if (*last == '.')
    *last = '\0';
}

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
  cut_zeros (digits);
  g_string_append (text, strcmp (digits, "-0") == 0 ? "0" : digits);
}

void
number_append_float (GString *text, float value, const char *unknown)
{
  char format[8];
  char digits[64];

  if (!isfinite (value)) {
    g_string_append (text, unknown);
    return;
  }
  for (int n = LEAST_FLOAT_DIGITS; n <= FLOAT_DIGITS; n++) {
    g_snprintf (format, sizeof format, "%%.%dg", n);
    g_ascii_formatd (digits, sizeof digits, format, (double) value);
    if ((float) g_ascii_strtod (digits, NULL) == value)
      break;
  }
  g_string_append (text, strcmp (digits, "-0") == 0 ? "0" : digits);
}

void
number_append_seconds (GString *text, guint64 ns)
{
  char digits[64];

  g_snprintf (digits, sizeof digits,
      "%" G_GUINT64_FORMAT ".%09" G_GUINT64_FORMAT, ns / NS_PER_SECOND,
      ns % NS_PER_SECOND);
  cut_zeros (digits);
  g_string_append (text, digits);
}
