/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PRINTABLE_H
#define PRINTABLE_H

#include <glib.h>

/* Whether a character breaks lines, steers a terminal, or turns the direction of
 * what follows it. */
gboolean printable_is_steering (gunichar c);

/* A copy of a text that may hold anything, as valid UTF-8 on one line, with spaces
 * for such characters. */
char *printable_text (const char *text);

#endif
