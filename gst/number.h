/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NUMBER_H
#define NUMBER_H

#include <glib.h>

/* Appends @value with at most @decimals, a point whatever the locale, and no
 * trailing zeros; @unknown in place of what is not finite. */
void
number_append (GString *text, double value, int decimals, const char *unknown);

/* Appends @value with as few digits as give the very same float when read. */
void number_append_float (GString *text, float value, const char *unknown);

/* Appends nanoseconds as seconds, exactly. */
void number_append_seconds (GString *text, guint64 ns);

#endif
