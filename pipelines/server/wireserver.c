/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wireserver.h"

#include "framing.h"
#include "handshake.h"
#include "listener.h"
#include "picklereader.h"
#include "serverlog.h"
#include "wirejob.h"

#include <glib-unix.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#define DEFAULT_PORT 9006
#define FIRST_ROOM 65536
/* How often a client with much to say is read before others get their turn. */
#define READS_PER_TURN 4
/* Of TCP between programs of one machine. */
#define LARGEST_SEGMENT 65536
/* What is read at once comes as fast as from a program of this machine. */
#define MOST_AT_ONCE (16 * 1024 * 1024)
#define AT_ONCE_BYTES_PER_US 500
#define AT_ONCE_PAUSE_US 100

struct _WireServer
{
  WireSetup setup;
  Listener *listener;
  GHashTable *clients; /* set of Client */
  guint64 buffered;
  guint timer;
};

typedef enum
{
  STATE_READING,
  STATE_BUSY, /* its message is being looked at */
  STATE_WRITING,
} State;

typedef struct
{
  WireServer *server;
  GSocketConnection *connection;
  GSocket *socket; /* the connection's */
  GSource *source;
  char *name;
  State state;
  Handshake *handshake; /* until it is over */
  gboolean last;        /* closes when all is written */
  gboolean closed;      /* freed when its work comes back */

  guint8 header[FRAMING_MAX_HEADER];
  gsize header_filled;
  guint8 *message;
  gsize filled;
  gsize room;
  guint64 length; /* of the message, when its header is read */
  gboolean has_length;

  GByteArray *out;
  gsize written;
  gint64 start_us; /* of the connection, the message, the work or the reply */
} Client;

static void watch (Client *client, GIOCondition condition);

/* ---- clients ---- */

static void
drop_message (Client *client)
{
  client->server->buffered -= client->room;
  g_clear_pointer (&client->message, g_free);
  client->filled = 0;
  client->room = 0;
  client->header_filled = 0;
  client->has_length = FALSE;
}

static void
client_free (gpointer data)
{
  Client *client = data;

  metrics_add_clients (client->server->setup.metrics, DOOR_PYTHON, -1);
  drop_message (client);
  handshake_free (client->handshake);
  g_object_unref (client->connection);
  g_byte_array_unref (client->out);
  g_free (client->name);
  g_free (client);
}

static void
unwatch (Client *client)
{
  if (!client->source)
    return;
  g_source_destroy (client->source);
  g_clear_pointer (&client->source, g_source_unref);
}

/* Its work cannot be called back, so a busy client stays in memory until then; so
 * does its file descriptor, which a worker may be writing to. */
static void
client_close (Client *client)
{
  unwatch (client);
  client->closed = TRUE;
  if (client->state == STATE_BUSY) {
    g_socket_shutdown (client->socket, TRUE, TRUE, NULL);
    return;
  }
  g_io_stream_close (G_IO_STREAM (client->connection), NULL, NULL);
  g_hash_table_remove (client->server->clients, client);
}

static gboolean
refuse (Client *client, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
refuse (Client *client, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  server_log (client->name, "refused: %s; connection closed", text);
  metrics_count_request (client->server->setup.metrics, DOOR_PYTHON,
      OUTCOME_REFUSED, 0);
  client_close (client);
  return FALSE;
}

/* ---- writing ---- */

static gboolean
wrote_all (Client *client)
{
  g_byte_array_set_size (client->out, 0);
  client->written = 0;
  if (client->last) {
    client_close (client);
    return FALSE;
  }
  client->state = STATE_READING;
  client->start_us = g_get_monotonic_time ();
  watch (client, G_IO_IN);
  return TRUE;
}

/* In a worker, while the client is busy: what goes at once goes without the detour
 * over the main thread, which sends the rest and sees what went wrong. */
static gsize
send_reply (const guint8 *bytes, gsize n, gpointer data)
{
  Client *client = data;

  metrics_count_request (client->server->setup.metrics, DOOR_PYTHON, OUTCOME_OK,
      g_get_monotonic_time () - client->start_us);
  gssize sent = g_socket_send_with_blocking (client->socket,
      (const char *) bytes, n, FALSE, NULL, NULL);
  return (gsize) MAX (sent, 0);
}

/* FALSE when the client is gone, as with all that follow. */
static gboolean
write_out (Client *client)
{
  while (client->written < client->out->len) {
    g_autoptr (GError) error = NULL;
    gssize n = g_socket_send_with_blocking (client->socket,
        (const char *) client->out->data + client->written,
        client->out->len - client->written, FALSE, NULL, &error);

    if (n > 0) {
      client->written += (gsize) n;
    } else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
      watch (client, G_IO_OUT);
      return TRUE;
    } else {
      client_close (client);
      return FALSE;
    }
  }
  return wrote_all (client);
}

static gboolean
start_writing (Client *client)
{
  client->state = STATE_WRITING;
  client->start_us = g_get_monotonic_time ();
  return write_out (client);
}

/* ---- messages ---- */

static void
take_reply (GByteArray *reply, gsize sent, const GError *error, gpointer data)
{
  Client *client = data;

  drop_message (client);
  if (error) {
    metrics_count_request (client->server->setup.metrics, DOOR_PYTHON,
        error->domain == PICKLE_ERROR ? OUTCOME_REFUSED : OUTCOME_ERROR,
        g_get_monotonic_time () - client->start_us);
    server_log (client->name,
        "refused: the message cannot be taken: %s; "
        "connection closed",
        error->message);
  }
  client->state = STATE_WRITING;
  if (client->closed || error) {
    client_close (client);
    return;
  }
  g_byte_array_append (client->out, reply->data + sent,
      reply->len - (guint) sent);
  start_writing (client);
}

static gboolean
shake_hands (Client *client)
{
  HandshakeState state = handshake_take (client->handshake, client->message,
      client->filled, client->out);

  drop_message (client);
  switch (state) {
    case HANDSHAKE_MORE:
      return start_writing (client);
    case HANDSHAKE_DONE:
      g_clear_pointer (&client->handshake, handshake_free);
      return start_writing (client);
    case HANDSHAKE_FAILED:
      server_log (client->name, "refused: it does not know the key");
      client->last = TRUE;
      return start_writing (client);
  }
  return FALSE;
}

/* Its work begins. */
static GBytes *
take_message (Client *client)
{
  client->start_us = g_get_monotonic_time ();
  return g_bytes_new_take (g_steal_pointer (&client->message), client->filled);
}

static gboolean
handle_message (Client *client)
{
  if (client->handshake)
    return shake_hands (client);
  unwatch (client);
  client->state = STATE_BUSY;
  wire_job_start (client->server->setup.pool, take_message (client), send_reply,
      take_reply, client);
  return FALSE;
}

/* ---- reading ---- */

static gssize
receive (Client *client, GError **error)
{
  guint8 *to;
  gsize n;

  if (client->has_length) {
    to = client->message + client->filled;
    n = client->room - client->filled;
  } else {
    to = client->header + client->header_filled;
    n = (client->header_filled < 4 ? 4 : FRAMING_MAX_HEADER) -
        client->header_filled;
  }
  return g_socket_receive_with_blocking (client->socket, (char *) to, n, FALSE,
      NULL, error);
}

/* Python sends the header by itself before a message of more than 16 KiB, and its
 * kernel may hold the rest back until the header is acknowledged, which would wait
 * 40 ms for a reply to ride on. Of a longer rest a segment is full and goes at once. */
static void
acknowledge_header (Client *client)
{
  if (client->length <= LARGEST_SEGMENT)
    g_socket_set_option (client->socket, IPPROTO_TCP, TCP_QUICKACK, 1, NULL);
}

/* In the main thread, as the rest comes; and room comes with it. */
static gboolean
go_on_reading (gpointer data)
{
  Client *client = data;

  client->state = STATE_READING;
  client->server->buffered -= client->room - client->filled;
  client->message = g_realloc (client->message, client->filled);
  client->room = client->filled;
  if (client->closed)
    client_close (client);
  else
    watch (client, G_IO_IN);
  return G_SOURCE_REMOVE;
}

static gboolean
comes_at_once (const Client *client, gint64 start_us)
{
  gint64 us = g_get_monotonic_time () - start_us - AT_ONCE_PAUSE_US;

  return us <= (gint64) client->filled / AT_ONCE_BYTES_PER_US;
}

/* In a worker, while the client is busy: the main thread need not wake for each piece of
 * the message, nor a worker when all of it is there. When something is wrong no more
 * comes, and the main thread finds out what it is. */
static void
read_at_once (PoolWorker *worker, gpointer data)
{
  Client *client = data;
  gint64 start_us = g_get_monotonic_time ();

  while (client->filled < client->length && comes_at_once (client, start_us)) {
    gssize n = receive (client, NULL);

    if (n == 0)
      break; /* it left */
    if (n > 0)
      client->filled += (gsize) n;
    else
      g_thread_yield ();
  }
  if (client->filled == client->length)
    wire_job_run (worker, take_message (client), send_reply, take_reply,
        client);
  else
    g_idle_add_full (G_PRIORITY_DEFAULT, go_on_reading, client, NULL);
}

/* Where a worker has nothing else to do. Room comes before the bytes here, so some is
 * left for others. */
static void
try_reading_at_once (Client *client)
{
  WireServer *server = client->server;

  if (client->handshake || client->length > MOST_AT_ONCE ||
      server->buffered + client->length > server->setup.max_buffered / 2)
    return;
  client->message = g_malloc ((gsize) client->length);
  client->room = (gsize) client->length;
  server->buffered += client->room;
  unwatch (client);
  client->state = STATE_BUSY;
  if (!pool_push_if_idle (server->setup.pool, read_at_once, client))
    go_on_reading (client);
}

static gboolean
take_header (Client *client)
{
  const WireSetup *setup = &client->server->setup;
  guint64 most = client->handshake ? HANDSHAKE_MAX_MESSAGE : setup->max_message;
  int size =
      framing_read (client->header, client->header_filled, &client->length);

  if (size == 0)
    return TRUE;
  if (size < 0 || client->length == 0)
    return refuse (client, "no message of multiprocessing.connection");
  if (client->length > most)
    return refuse (client,
        "a message of %" G_GUINT64_FORMAT " bytes, %" G_GUINT64_FORMAT
        " are allowed (--max-message)",
        client->length, most);
  client->has_length = TRUE;
  acknowledge_header (client);
  try_reading_at_once (client);
  return TRUE;
}

/* Room comes with the bytes, not with their announcement. */
static gboolean
make_room (Client *client)
{
  WireServer *server = client->server;
  gsize room = (gsize) MIN (client->length,
      MAX ((guint64) client->room * 2, FIRST_ROOM));

  if (client->filled < client->room)
    return TRUE;
  if (server->buffered + (room - client->room) > server->setup.max_buffered)
    return refuse (client,
        "no memory is left for its message, %" G_GUINT64_FORMAT
        " bytes of others wait (--max-buffered)",
        server->buffered);
  server->buffered += room - client->room;
  client->message = g_realloc (client->message, room);
  client->room = room;
  return TRUE;
}

static gboolean
take_bytes (Client *client, gsize n)
{
  if (!client->has_length) {
    if (client->header_filled == 0)
      client->start_us = g_get_monotonic_time ();
    client->header_filled += n;
    return take_header (client);
  }
  client->filled += n;
  return client->filled < client->length || handle_message (client);
}

static void
read_some (Client *client)
{
  for (int i = 0; i < READS_PER_TURN; i++) {
    g_autoptr (GError) error = NULL;

    if (client->has_length && !make_room (client))
      return;
    gssize n = receive (client, &error);
    if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
      return;
    if (n <= 0) {
      if (client->header_filled > 0)
        server_note (client->name, "left in the middle of a message");
      client_close (client);
      return;
    }
    if (!take_bytes (client, (gsize) n) || client->state != STATE_READING)
      return;
  }
}

static gboolean
handle_socket (gint fd, GIOCondition condition, gpointer data)
{
  Client *client = data;

  if (client->state == STATE_WRITING)
    write_out (client);
  else
    read_some (client);
  return G_SOURCE_CONTINUE; /* a source that was destroyed stays so */
}

/* A source of GSocket's own would wake its loop once more each time. */
static void
watch (Client *client, GIOCondition condition)
{
  unwatch (client);
  client->source =
      g_unix_fd_source_new (g_socket_get_fd (client->socket), condition);
  g_source_set_callback (client->source, G_SOURCE_FUNC (handle_socket), client,
      NULL);
  g_source_attach (client->source, NULL);
}

/* ---- the server ---- */

static gboolean
is_idle (const Client *client)
{
  return client->state == STATE_READING && client->header_filled == 0 &&
      !client->handshake;
}

static gboolean
drop_slow_clients (gpointer data)
{
  WireServer *server = data;
  g_autoptr (GPtrArray) slow = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, server->clients);
  while (g_hash_table_iter_next (&iter, &key, NULL)) {
    Client *client = key;

    if (client->state != STATE_BUSY && !is_idle (client) &&
        listener_is_too_slow (client->start_us,
            client->filled + client->written, server->setup.timeout))
      g_ptr_array_add (slow, client);
  }
  for (guint i = 0; i < slow->len; i++)
    refuse (g_ptr_array_index (slow, i), "too slow (--timeout)");
  return G_SOURCE_CONTINUE;
}

/* Makes room for one more: the client that has been silent longest has to go. */
static gboolean
drop_silent_client (WireServer *server)
{
  Client *longest = NULL;
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, server->clients);
  while (g_hash_table_iter_next (&iter, &key, NULL)) {
    Client *client = key;

    if (is_idle (client) && (!longest || client->start_us < longest->start_us))
      longest = client;
  }
  if (!longest)
    return FALSE;
  server_note (longest->name, "silent, closed for another client");
  client_close (longest);
  return TRUE;
}

static void
take_client (GSocketConnection *connection, gpointer data)
{
  WireServer *server = data;

  if (g_hash_table_size (server->clients) >= server->setup.max_clients &&
      !drop_silent_client (server)) {
    server_log (NULL, "a client is turned away: there are %u (--max-clients)",
        server->setup.max_clients);
    return;
  }

  Client *client = g_new0 (Client, 1);
  client->server = server;
  client->connection = g_object_ref (connection);
  client->socket = g_socket_connection_get_socket (connection);
  client->name = listener_describe_peer (connection);
  client->out = g_byte_array_new ();
  client->start_us = g_get_monotonic_time ();
  g_hash_table_add (server->clients, client);
  metrics_add_clients (server->setup.metrics, DOOR_PYTHON, 1);
  g_socket_set_option (client->socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  if (server->setup.key) {
    client->handshake = handshake_new (server->setup.key, client->out);
    client->last = client->handshake == NULL;
  }
  start_writing (client);
}

WireServer *
wire_server_new (const WireSetup *setup, GError **error)
{
  WireServer *server = g_new0 (WireServer, 1);

  server->setup = *setup;
  server->clients = g_hash_table_new_full (NULL, NULL, client_free, NULL);
  server->listener =
      listener_new (setup->address, DEFAULT_PORT, take_client, server, error);
  if (!server->listener) {
    wire_server_free (server);
    return NULL;
  }
  server->timer = g_timeout_add_seconds (1, drop_slow_clients, server);
  return server;
}

guint16
wire_server_get_port (const WireServer *server)
{
  return listener_get_port (server->listener);
}

void
wire_server_close (WireServer *server)
{
  g_autoptr (GList) clients = NULL;

  if (!server)
    return;
  g_clear_pointer (&server->listener, listener_free);
  g_clear_handle_id (&server->timer, g_source_remove);
  clients = g_hash_table_get_keys (server->clients);
  for (GList *each = clients; each; each = each->next)
    client_close (each->data);
}

void
wire_server_free (WireServer *server)
{
  if (!server)
    return;
  wire_server_close (server);
  g_hash_table_unref (server->clients);
  g_free (server);
}
