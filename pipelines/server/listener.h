/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LISTENER_H
#define LISTENER_H

#include <gio/gio.h>

/* Takes connections at HOST:PORT, on every address the host has. Main thread. */
typedef struct _Listener Listener;

typedef void (*ListenerFunc) (GSocketConnection *connection, gpointer data);

/* Port 0 is any free one. */
Listener *listener_new (const char *address, guint16 default_port,
    ListenerFunc function, gpointer data, GError **error);
void listener_free (Listener *listener);

guint16 listener_get_port (const Listener *listener);

/* HOST:PORT of the other end, for the log. */
char *listener_describe_peer (GSocketConnection *connection);

/* Whether something that goes on since @start_us is slower than the slowest network
 * that is borne: @timeout seconds, and 16 KiB a second beside. */
gboolean listener_is_too_slow (gint64 start_us, guint64 bytes, guint timeout);

#endif
