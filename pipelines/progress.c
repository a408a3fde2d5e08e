/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "progress.h"

#define TERMINAL_MS 200
#define LINE_MS 5000
#define BAR_CELLS 24

static void
append_bar (GString *text, double fraction)
{
  int filled = (int) (fraction * BAR_CELLS);

  g_string_append_c (text, '[');
  for (int i = 0; i < BAR_CELLS; i++)
    g_string_append_c (text, i < filled ? '#' : '.');
  g_string_append_printf (text, "] %3.0f %% ", fraction * 100);
}

/* From what was done in the time that went by. */
static void
append_time_left (GString *text, const ProgressBar *bar, double fraction)
{
  double elapsed = (double) (g_get_monotonic_time () - bar->start_us) / 1e6;
  int left = (int) (elapsed * (1 - fraction) / fraction + 0.5);

  g_string_append_printf (text, ", ETA %d:%02d", left / 60, left % 60);
}

static gboolean
show (gpointer data)
{
  ProgressBar *bar = data;
  Progress progress = summary_get_progress (bar->summary);
  double fraction = (bar->index + progress.fraction) / MAX (bar->n_inputs, 1);
  g_autoptr (GString) text = g_string_new (NULL);

  if (fraction > 0 && bar->console->terminal)
    append_bar (text, fraction);
  else if (fraction > 0)
    g_string_append_printf (text, "%.0f %%, ", fraction * 100);
  g_string_append_printf (text, "%" G_GUINT64_FORMAT " frames, %.1f FPS",
      progress.frames, progress.fps);
  if (fraction > 0)
    append_time_left (text, bar, fraction);
  if (bar->n_inputs > 1)
    g_string_append_printf (text, ", %u of %u", bar->index + 1, bar->n_inputs);
  if (bar->name)
    g_string_append_printf (text, ", %s", bar->name);
  console_status (bar->console, text->str);
  return G_SOURCE_CONTINUE;
}

void
progress_start (ProgressBar *bar, Console *console, Summary *summary,
    guint n_inputs)
{
  *bar = (ProgressBar){ .console = console,
    .summary = summary,
    .n_inputs = n_inputs,
    .start_us = g_get_monotonic_time () };
  if (!console->quiet)
    bar->timer =
        g_timeout_add (console->terminal ? TERMINAL_MS : LINE_MS, show, bar);
}

void
progress_set_input (ProgressBar *bar, const char *name, guint index)
{
  bar->name = name;
  bar->index = index;
  summary_next_input (bar->summary);
}

void
progress_stop (ProgressBar *bar)
{
  g_clear_handle_id (&bar->timer, g_source_remove);
}
