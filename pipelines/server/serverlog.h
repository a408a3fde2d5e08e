/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SERVER_LOG_H
#define SERVER_LOG_H

#include <glib.h>

/* What the server says on standard error, a line at a time. Clients can cause many
 * lines; beyond so many in a second they are only counted. For the main thread. */
#define SERVER_LOG_LINES 50

void server_log_set_quiet (gboolean quiet);

/* Says something, about a client or NULL. */
void
server_log (const char *client, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* The same, unless quiet. */
void
server_note (const char *client, const char *format, ...) G_GNUC_PRINTF (2, 3);

#endif
