/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROGRESS_H
#define PROGRESS_H

#include "console.h"
#include "summary.h"

/* Shows how far a run is while the main loop turns: a bar on a terminal, now and
 * then a line elsewhere. */
typedef struct
{
  Console *console;
  Summary *summary;
  const char *name; /* of the input at hand */
  guint index;
  guint n_inputs;
  gint64 start_us;
  guint timer;
} ProgressBar;

void progress_start (ProgressBar *bar, Console *console, Summary *summary,
    guint n_inputs);
void progress_set_input (ProgressBar *bar, const char *name, guint index);
void progress_stop (ProgressBar *bar);

#endif
