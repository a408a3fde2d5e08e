/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROCESS_LIMITS_H
#define PROCESS_LIMITS_H

#include <glib.h>

/* Raises the limit of open files as far as it may be, and checks that the limits of
 * the process leave room for GStreamer and an engine, which below them abort or wait
 * for ever. FALSE when not; the line that says so is printed. Before all else. */
gboolean limits_prepare (const char *program);

#endif
