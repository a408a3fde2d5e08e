/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FAILURE_H
#define FAILURE_H

#include <gst/gst.h>

/* What a GST_MESSAGE_ERROR of an output says, on one line, with the user's next
 * step behind it. */
GError *failure_from_message (GstMessage *message);

/* The same for an input that came from a server when @remote, and to which the
 * plugin @missing is missing when that is not NULL. */
GError *
failure_from_source (GstMessage *message, gboolean remote, const char *missing);

/* There is no video in an input, or the plugin @missing that decodes it is. */
GError *failure_without_video (const char *missing);

/* The same for an element that words its next step itself. */
GError *failure_from_own_message (GstMessage *message);

#endif
