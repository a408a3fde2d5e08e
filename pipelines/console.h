/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <glib.h>

/* What the program says on standard error: lines, and on a terminal one status
 * line that is drawn over. For the main thread only. */
typedef struct
{
  const char *program;
  gboolean quiet;    /* only errors are said */
  gboolean terminal; /* the status line can be drawn over */
  gboolean status;   /* a status line stands at the cursor */
} Console;

void console_init (Console *console, gboolean quiet);

/* (transfer full): a text of others on one line, without control characters. */
char *console_printable (const char *text);

/* One line: the program's name, what it is about, what is wrong. */
void console_error (Console *console, const char *subject, const char *text);

/* A line that is left out when quiet. */
void
console_note (Console *console, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Draws the status line on a terminal, cut to its width; a line elsewhere. */
void console_status (Console *console, const char *text);

#endif
