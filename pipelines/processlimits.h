/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROCESS_LIMITS_H
#define PROCESS_LIMITS_H

#include <glib.h>

/* Raises the limit of open files as far as it may be, and checks that the limits of
 * the process leave room for GStreamer and an engine, which below them abort or wait
 * for ever. FALSE when not; the line that says so is printed. Before all else. */
gboolean limits_prepare (const char *program);

/* How many files may still be opened; G_MAXINT where that cannot be told. Whoever
 * starts something that takes several asks before: GLib ends the process when it
 * finds none. Any thread. */
int limits_count_free_files (void);

/* What to say when those are too few; g_free. */
char *limits_explain_files (void);

#endif
