/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "listener.h"

#include "serverlog.h"

#define BACKLOG 512
#define LEAST_BYTES_PER_SECOND 16384
/* How long to wait when there are no file descriptors left. */
#define PAUSE_MS 200

struct _Listener
{
  GPtrArray *sockets; /* GSocket */
  GPtrArray *sources; /* GSource */
  guint pause;
  guint16 port;
  ListenerFunc function;
  gpointer data;
};

static void watch (Listener *listener);

static void
unwatch (Listener *listener)
{
  for (guint i = 0; i < listener->sources->len; i++)
    g_source_destroy (g_ptr_array_index (listener->sources, i));
  g_ptr_array_set_size (listener->sources, 0);
}

static gboolean
go_on (gpointer data)
{
  Listener *listener = data;

  listener->pause = 0;
  watch (listener);
  return G_SOURCE_REMOVE;
}

static void
handle_failure (Listener *listener, const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) ||
      g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED))
    return;
  server_log (NULL, "a client cannot be taken: %s", error->message);
  unwatch (listener);
  if (listener->pause == 0)
    listener->pause = g_timeout_add (PAUSE_MS, go_on, listener);
}

static gboolean
accept_client (GSocket *socket, GIOCondition condition, gpointer data)
{
  Listener *listener = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) client = g_socket_accept (socket, NULL, &error);

  if (!client) {
    handle_failure (listener, error);
    return G_SOURCE_CONTINUE;
  }
  g_autoptr (GSocketConnection)
      connection = g_socket_connection_factory_create_connection (client);
  g_socket_set_blocking (client, FALSE);
  g_socket_set_keepalive (client, TRUE);
  listener->function (connection, listener->data);
  return G_SOURCE_CONTINUE;
}

static void
watch (Listener *listener)
{
  for (guint i = 0; i < listener->sockets->len; i++) {
    GSocket *socket = g_ptr_array_index (listener->sockets, i);
    GSource *source = g_socket_create_source (socket, G_IO_IN, NULL);

    g_source_set_callback (source, G_SOURCE_FUNC (accept_client), listener,
        NULL);
    g_source_attach (source, NULL);
    g_ptr_array_add (listener->sources, source);
  }
}

/* The second address of a host gets the port that the first one got. */
static gboolean
open_socket (Listener *listener, GInetSocketAddress *address, GError **error)
{
  GInetAddress *host = g_inet_socket_address_get_address (address);
  g_autoptr (GSocket) socket = g_socket_new (g_inet_address_get_family (host),
      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);
  g_autoptr (GSocketAddress) wanted = g_inet_socket_address_new (host,
      listener->port ? listener->port
                     : g_inet_socket_address_get_port (address));

  if (!socket)
    return FALSE;
  g_socket_set_blocking (socket, FALSE);
  g_socket_set_listen_backlog (socket, BACKLOG);
  if (!g_socket_bind (socket, wanted, TRUE, error) ||
      !g_socket_listen (socket, error))
    return FALSE;

  g_autoptr (GSocketAddress) local = g_socket_get_local_address (socket, error);
  if (!local)
    return FALSE;
  listener->port =
      g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (local));
  g_ptr_array_add (listener->sockets, g_steal_pointer (&socket));
  return TRUE;
}

/* One address that works is enough: a host may have one of a family that the
 * system does not speak. */
static gboolean
open_all (Listener *listener, GSocketConnectable *name, GError **error)
{
  g_autoptr (GSocketAddressEnumerator)
      addresses = g_socket_connectable_enumerate (name);
  g_autoptr (GError) first_error = NULL;

  for (;;) {
    g_autoptr (GError) cause = NULL;
    g_autoptr (GSocketAddress)
        address = g_socket_address_enumerator_next (addresses, NULL, &cause);

    if (address)
      open_socket (listener, G_INET_SOCKET_ADDRESS (address), &cause);
    if (cause && !first_error)
      first_error = g_steal_pointer (&cause);
    if (!address)
      break;
  }
  if (listener->sockets->len > 0)
    return TRUE;
  if (first_error)
    g_propagate_error (error, g_steal_pointer (&first_error));
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no such host");
  return FALSE;
}

Listener *
listener_new (const char *address, guint16 default_port, ListenerFunc function,
    gpointer data, GError **error)
{
  g_autoptr (GSocketConnectable)
      name = g_network_address_parse (address, default_port, error);

  if (!name) {
    g_prefix_error (error, "%s: expected HOST:PORT: ", address);
    return NULL;
  }
  Listener *listener = g_new0 (Listener, 1);
  listener->sockets = g_ptr_array_new_with_free_func (g_object_unref);
  listener->sources =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_source_unref);
  listener->function = function;
  listener->data = data;
  if (!open_all (listener, name, error)) {
    g_prefix_error (error, "cannot listen at %s: ", address);
    listener_free (listener);
    return NULL;
  }
  watch (listener);
  return listener;
}

void
listener_free (Listener *listener)
{
  if (!listener)
    return;
  unwatch (listener);
  g_clear_handle_id (&listener->pause, g_source_remove);
  g_ptr_array_unref (listener->sources);
  g_ptr_array_unref (listener->sockets);
  g_free (listener);
}

guint16
listener_get_port (const Listener *listener)
{
  return listener->port;
}

char *
listener_describe_peer (GSocketConnection *connection)
{
  g_autoptr (GSocketAddress)
      address = g_socket_connection_get_remote_address (connection, NULL);

  return address
      ? g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address))
      : g_strdup ("a client");
}

gboolean
listener_is_too_slow (gint64 start_us, guint64 bytes, guint timeout)
{
  guint64 seconds = timeout + bytes / LEAST_BYTES_PER_SECOND;

  return g_get_monotonic_time () - start_us > (gint64) seconds * G_USEC_PER_SEC;
}
