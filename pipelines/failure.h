/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FAILURE_H
#define FAILURE_H

#include <gst/gst.h>

/* What a GST_MESSAGE_ERROR of an input or an output says, on one line, with the
 * user's next step behind it. @missing describes the plugin that is not there, or
 * is NULL. */
GError *failure_from_message (GstMessage *message, const char *missing);

/* The same for an element that words its next step itself. */
GError *failure_from_own_message (GstMessage *message);

#endif
