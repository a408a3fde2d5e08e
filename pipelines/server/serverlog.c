/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serverlog.h"

#include "../console.h"

static struct
{
  gboolean quiet;
  gint64 second;
  guint n_lines; /* in that second */
} state;

void
server_log_set_quiet (gboolean quiet)
{
  state.quiet = quiet;
}

static gboolean
may_speak (void)
{
  gint64 second = g_get_monotonic_time () / G_USEC_PER_SEC;

  if (second != state.second) {
    if (state.n_lines > SERVER_LOG_LINES)
      g_printerr ("gst-detect-server-1.0: %u more lines left out\n",
          state.n_lines - SERVER_LOG_LINES);
    state.second = second;
    state.n_lines = 0;
  }
  return ++state.n_lines <= SERVER_LOG_LINES;
}

static void
say (const char *client, const char *format, va_list args)
{
  g_autofree char *text = g_strdup_vprintf (format, args);
  g_autofree char *line = console_printable (text);

  if (!may_speak ())
    return;
  g_printerr ("gst-detect-server-1.0: %s%s%s\n", client ? client : "",
      client ? ": " : "", line);
}

void
server_log (const char *client, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  say (client, format, args);
  va_end (args);
}

void
server_note (const char *client, const char *format, ...)
{
  va_list args;

  if (state.quiet)
    return;
  va_start (args, format);
  say (client, format, args);
  va_end (args);
}
