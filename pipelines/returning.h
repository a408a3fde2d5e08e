/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RETURNING_H
#define RETURNING_H

#include "console.h"
#include "inputs.h"

#include <gst/gst.h>

/* A live source for an input; what happens to it comes as application messages.
 * With @fill there are frames also while it is away. (transfer floating) */
GstElement *returning_source_new (const Input *input, gboolean fill);

/* Whether the message is one of these; then it is said on the console. */
gboolean returning_source_note (const Input *input, GstMessage *message,
    Console *console);

#endif
