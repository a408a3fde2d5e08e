/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "console.h"

#include "../gst/printable.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define FALLBACK_COLUMNS 80

void
console_init (Console *console, gboolean quiet)
{
  *console = (Console){ .program = "gst-detect-1.0",
    .quiet = quiet,
    .terminal = isatty (STDERR_FILENO) != 0 };
}

static int
columns (void)
{
  struct winsize size;

  if (ioctl (STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return size.ws_col;
  return FALLBACK_COLUMNS;
}

/* Goes to the start of an empty line. */
static void
wipe (Console *console)
{
  if (console->status)
    g_printerr ("\r\033[K");
  console->status = FALSE;
}

/* Names of files and words of other people's plugins may hold anything; on the
 * terminal they stay on their line and steer nothing. */
char *
console_printable (const char *text)
{
  return g_strchomp (printable_text (text));
}

void
console_error (Console *console, const char *subject, const char *text)
{
  g_autofree char *about = subject ? console_printable (subject) : NULL;
  g_autofree char *line = console_printable (text);

  wipe (console);
  if (about)
    g_printerr ("%s: %s: %s\n", console->program, about, line);
  else
    g_printerr ("%s: %s\n", console->program, line);
}

void
console_note (Console *console, const char *format, ...)
{
  va_list arguments;

  if (console->quiet)
    return;
  va_start (arguments, format);
  g_autofree char *text = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  g_autofree char *line = console_printable (text);
  wipe (console);
  g_printerr ("%s\n", line);
}

void
console_status (Console *console, const char *text)
{
  if (console->quiet)
    return;
  if (!console->terminal) {
    console_note (console, "%s", text);
    return;
  }

  g_autofree char *line = console_printable (text);
  g_autofree char *cut = g_utf8_substring (line, 0,
      MIN (g_utf8_strlen (line, -1), columns () - 1));
  wipe (console);
  g_printerr ("%s", cut);
  console->status = TRUE;
}
