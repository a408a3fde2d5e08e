/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "http.h"

#include "../../gst/json.h"
#include "../secret.h"
#include "httpprivate.h"
#include "serverlog.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEFAULT_PORT 8080
#define SOCKET_KEY "detect-socket"
/* What is read and thrown away of a body that was refused, so that the client gets
 * to read why. */
#define MOST_THROWN_AWAY (8 * 1024 * 1024)

/* ---- the simple answers ---- */

static void
answer_health (Exchange *exchange, GHashTable *query)
{
  gboolean healthy = pool_is_healthy (exchange->server->setup.pool);
  GString *json = g_string_new (NULL);

  json_open (json, '{');
  json_key (json, "status");
  json_string (json, healthy ? "ok" : "inferences hang");
  json_close (json, '}');
  g_string_append_c (json, '\n');
  exchange_reply_text (exchange,
      healthy ? SOUP_STATUS_OK : SOUP_STATUS_SERVICE_UNAVAILABLE, HTTP_JSON,
      json);
}

static void
answer_metrics (Exchange *exchange, GHashTable *query)
{
  const HttpSetup *setup = &exchange->server->setup;
  GString *text = g_string_new (NULL);

  metrics_print (setup->metrics, pool_get_queued (setup->pool), text);
  exchange_reply_text (exchange, SOUP_STATUS_OK, "text/plain; version=0.0.4",
      text);
}

static void
answer_models (Exchange *exchange, GHashTable *query)
{
  DetModel *model = pool_get_model (exchange->server->setup.pool);
  GString *json = g_string_new (NULL);

  json_open (json, '{');
  json_key (json, "models");
  json_open (json, '[');
  json_open (json, '{');
  json_key (json, "id");
  json_string (json, det_model_get_id (model));
  json_key (json, "engine");
  json_string (json, det_model_get_engine (model));
  json_key (json, "decoder");
  json_string (json, det_model_get_decoder (model));
  json_key (json, "classes");
  json_open (json, '[');
  for (int i = 0; i < det_model_get_n_classes (model); i++)
    json_string (json, det_model_get_label (model, i));
  json_close (json, ']');
  json_close (json, '}');
  json_close (json, ']');
  json_close (json, '}');
  g_string_append_c (json, '\n');
  exchange_reply_text (exchange, SOUP_STATUS_OK, HTTP_JSON, json);
}

static void
answer_detect (Exchange *exchange, GHashTable *query)
{
  if (http_body_kind (exchange->message) == BODY_VIDEO)
    http_detect_video (exchange);
  else
    http_detect_pictures (exchange, query);
}

/* ---- routes ---- */

typedef struct
{
  const char *path;
  const char *method;
  gboolean open; /* asks for no token */
  void (*answer) (Exchange *exchange, GHashTable *query);
} Route;

static const Route routes[] = {
  { "/healthz", "GET", TRUE, answer_health },
  { "/metrics", "GET", FALSE, answer_metrics },
  { "/v1/models", "GET", FALSE, answer_models },
  { "/v1/detect", "POST", FALSE, answer_detect },
};

static const Route *
find_route (const char *path)
{
  for (gsize i = 0; i < G_N_ELEMENTS (routes); i++) {
    if (g_strcmp0 (routes[i].path, path) == 0)
      return &routes[i];
  }
  return NULL;
}

static gboolean
has_token (const HttpServer *server, SoupServerMessage *message)
{
  const char *sent = soup_message_headers_get_one (
      soup_server_message_get_request_headers (message), "Authorization");

  if (!server->setup.token)
    return TRUE;
  return sent && g_ascii_strncasecmp (sent, "Bearer ", 7) == 0 &&
      strlen (sent + 7) == strlen (server->setup.token) &&
      secret_equal (server->setup.token, sent + 7, strlen (sent + 7));
}

/* ---- before the body ---- */

/* The body is not kept; the answer stands already. */
static void
refuse (Exchange *exchange, guint status, const char *text)
{
  exchange->refused = TRUE;
  soup_message_body_truncate (
      soup_server_message_get_request_body (exchange->message));
  soup_message_body_set_accumulate (
      soup_server_message_get_request_body (exchange->message), FALSE);
  soup_message_headers_replace (
      soup_server_message_get_response_headers (exchange->message),
      "Connection", "close");
  exchange_fail (exchange, status, text);
  exchange->phase = PHASE_READING;
}

static void
refuse_busy (Exchange *exchange)
{
  soup_message_headers_replace (
      soup_server_message_get_response_headers (exchange->message),
      "Retry-After", EXCHANGE_RETRY_SECONDS);
  refuse (exchange, SOUP_STATUS_SERVICE_UNAVAILABLE, EXCHANGE_BUSY);
}

static void
refuse_size (Exchange *exchange)
{
  g_autofree char *text =
      g_strdup_printf ("the body is larger than %" G_GUINT64_FORMAT " bytes",
          exchange->most);

  refuse (exchange, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, text);
}

static void
prepare_video (Exchange *exchange)
{
  HttpServer *server = exchange->server;

  exchange->most = server->setup.max_video;
  if (server->n_videos >= server->setup.most_videos) {
    refuse_busy (exchange);
    return;
  }
  exchange->spool = http_video_open_spool ();
  if (exchange->spool < 0) {
    refuse (exchange, SOUP_STATUS_INSUFFICIENT_STORAGE, g_strerror (errno));
    return;
  }
  server->n_videos++;
  soup_message_body_set_accumulate (
      soup_server_message_get_request_body (exchange->message), FALSE);
}

static void
prepare_body (Exchange *exchange)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_request_headers (exchange->message);

  exchange->most = exchange->server->setup.max_body;
  switch (http_body_kind (exchange->message)) {
    case BODY_NONE:
      refuse (exchange, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE,
          "send image/jpeg, image/png, multipart/form-data with such, or a "
          "video as video/...");
      return;
    case BODY_PICTURE:
    case BODY_PARTS:
      break;
    case BODY_VIDEO:
      prepare_video (exchange);
      break;
  }
  if (!exchange->refused &&
      soup_message_headers_get_encoding (headers) ==
          SOUP_ENCODING_CONTENT_LENGTH &&
      (guint64) soup_message_headers_get_content_length (headers) >
          exchange->most)
    refuse_size (exchange);
}

static void
handle_headers (SoupServer *soup, SoupServerMessage *message, const char *path,
    GHashTable *query, gpointer data)
{
  HttpServer *server = data;
  Exchange *exchange = g_hash_table_lookup (server->exchanges, message);
  SoupMessageHeaders *answer =
      soup_server_message_get_response_headers (message);
  const Route *route = find_route (path);

  if (!exchange)
    return;
  exchange->most = MOST_THROWN_AWAY;
  if (!route) {
    refuse (exchange, SOUP_STATUS_NOT_FOUND,
        "there are /healthz, /metrics, /v1/models and /v1/detect");
  } else if (g_strcmp0 (soup_server_message_get_method (message),
                 route->method) != 0) {
    soup_message_headers_replace (answer, "Allow", route->method);
    refuse (exchange, SOUP_STATUS_METHOD_NOT_ALLOWED,
        "this method has no meaning here; Allow names the one that has");
  } else if (!route->open && !has_token (server, message)) {
    soup_message_headers_replace (answer, "WWW-Authenticate", "Bearer");
    refuse (exchange, SOUP_STATUS_UNAUTHORIZED,
        "send Authorization: Bearer TOKEN");
  } else if (route->answer == answer_detect) {
    prepare_body (exchange);
  } else {
    soup_message_body_set_accumulate (
        soup_server_message_get_request_body (message), FALSE);
  }
}

/* libsoup does not tell the socket of a stream that it was handed, so the address
 * of the other end carries it. */
static void
drop (Exchange *exchange)
{
  const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
  GSocketAddress *address =
      soup_server_message_get_remote_address (exchange->message);
  GSocket *socket = address ? g_object_get_data (G_OBJECT (address), SOCKET_KEY)
                            : NULL;

  if (!socket)
    return;
  /* Or a client that sends on would wait for room that never comes. */
  (void) setsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_LINGER, &reset,
      sizeof reset);
  g_socket_shutdown (socket, TRUE, FALSE, NULL);
}

static gboolean
write_spool (int fd, const guint8 *data, gsize size)
{
  while (size > 0) {
    gssize n = write (fd, data, size);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return FALSE;
    data += n;
    size -= (gsize) n;
  }
  return TRUE;
}

static void
take_chunk (SoupServerMessage *message, GBytes *chunk, gpointer data)
{
  Exchange *exchange = data;
  gsize size;
  const guint8 *bytes = g_bytes_get_data (chunk, &size);

  exchange->bytes += size;
  if (!exchange->refused && exchange->spool < 0) {
    exchange->buffered += size;
    exchange->server->buffered += size;
  }
  if (exchange->refused) {
    if (exchange->bytes > exchange->most + MOST_THROWN_AWAY)
      drop (exchange);
  } else if (exchange->bytes > exchange->most) {
    refuse_size (exchange);
  } else if (exchange->server->buffered >
      exchange->server->setup.max_buffered) {
    refuse_busy (exchange);
  } else if (exchange->spool >= 0 &&
      !write_spool (exchange->spool, bytes, size)) {
    refuse (exchange, SOUP_STATUS_INSUFFICIENT_STORAGE, g_strerror (errno));
  }
}

/* ---- behind the body ---- */

static void
handle_request (SoupServer *soup, SoupServerMessage *message, const char *path,
    GHashTable *query, gpointer data)
{
  HttpServer *server = data;
  Exchange *exchange = g_hash_table_lookup (server->exchanges, message);
  const Route *route = find_route (path);

  if (!exchange || exchange->refused || !route)
    return;
  exchange->phase = PHASE_WORKING;
  exchange->start_us = g_get_monotonic_time ();
  route->answer (exchange, query);
}

static void
note_progress (SoupServerMessage *message, guint size, gpointer data)
{
  Exchange *exchange = data;

  exchange->start_us = g_get_monotonic_time ();
}

/* ---- exchanges ---- */

/* Of a client that leaves before it has asked for anything libsoup says nothing. */
static void
forget_message (gpointer data, GObject *message)
{
  HttpServer *server = data;
  Exchange *exchange = g_hash_table_lookup (server->exchanges, message);

  if (!exchange)
    return;
  exchange->message = NULL;
  g_hash_table_remove (server->exchanges, message);
}

static void
begin (SoupServer *soup, SoupServerMessage *message, gpointer data)
{
  HttpServer *server = data;
  Exchange *exchange = g_new0 (Exchange, 1);

  exchange->refs = 1;
  exchange->server = server;
  exchange->message = message;
  exchange->spool = -1;
  exchange->start_us = g_get_monotonic_time ();
  exchange->most = MOST_THROWN_AWAY;
  g_hash_table_insert (server->exchanges, message, exchange);
  g_object_weak_ref (G_OBJECT (message), forget_message, server);
  g_signal_connect (message, "got-chunk", G_CALLBACK (take_chunk), exchange);
  g_signal_connect (message, "wrote-body-data", G_CALLBACK (note_progress),
      exchange);
}

static void
end (SoupServer *soup, SoupServerMessage *message, gpointer data)
{
  HttpServer *server = data;

  g_hash_table_remove (server->exchanges, message);
}

static void
let_go (gpointer data)
{
  Exchange *exchange = data;

  if (exchange->message) {
    g_object_weak_unref (G_OBJECT (exchange->message), forget_message,
        exchange->server);
    g_signal_handlers_disconnect_by_data (exchange->message, exchange);
    exchange->message = NULL;
  }
  exchange->server->buffered -= exchange->buffered;
  exchange_unref (exchange);
}

static gboolean
drop_slow_clients (gpointer data)
{
  HttpServer *server = data;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, server->exchanges);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Exchange *exchange = value;
    guint64 bytes = exchange->phase == PHASE_READING ? exchange->bytes : 0;

    if (exchange->phase != PHASE_WORKING &&
        listener_is_too_slow (exchange->start_us, bytes, server->setup.timeout))
      drop (exchange);
  }
  return G_SOURCE_CONTINUE;
}

/* ---- the server ---- */

static void
forget_client (gpointer data, GObject *connection)
{
  HttpServer *server = data;

  server->n_clients--;
  metrics_add_clients (server->setup.metrics, DOOR_HTTP, -1);
}

static void
take_client (GSocketConnection *connection, gpointer data)
{
  HttpServer *server = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress)
      local = g_socket_connection_get_local_address (connection, NULL);
  g_autoptr (GSocketAddress)
      remote = g_socket_connection_get_remote_address (connection, NULL);

  if (server->n_clients >= server->setup.max_clients) {
    server_log (NULL, "a client is turned away: there are %u (--max-clients)",
        server->n_clients);
    return;
  }
  if (!local || !remote)
    return;
  g_object_set_data_full (G_OBJECT (remote), SOCKET_KEY,
      g_object_ref (g_socket_connection_get_socket (connection)),
      g_object_unref);
  server->n_clients++;
  metrics_add_clients (server->setup.metrics, DOOR_HTTP, 1);
  g_object_weak_ref (G_OBJECT (connection), forget_client, server);
  if (!soup_server_accept_iostream (server->soup, G_IO_STREAM (connection),
          local, remote, &error))
    server_note (NULL, "a client is gone already: %s", error->message);
}

HttpServer *
http_server_new (const HttpSetup *setup, GError **error)
{
  HttpServer *server = g_new0 (HttpServer, 1);

  server->setup = *setup;
  server->soup = soup_server_new ("server-header", "gst-detect-server", NULL);
  server->exchanges = g_hash_table_new_full (NULL, NULL, NULL, let_go);
  g_signal_connect (server->soup, "request-started", G_CALLBACK (begin),
      server);
  g_signal_connect (server->soup, "request-finished", G_CALLBACK (end), server);
  g_signal_connect (server->soup, "request-aborted", G_CALLBACK (end), server);
  soup_server_add_early_handler (server->soup, NULL, handle_headers, server,
      NULL);
  soup_server_add_handler (server->soup, NULL, handle_request, server, NULL);
  server->listener =
      listener_new (setup->address, DEFAULT_PORT, take_client, server, error);
  if (!server->listener) {
    http_server_free (server);
    return NULL;
  }
  server->timer = g_timeout_add_seconds (1, drop_slow_clients, server);
  return server;
}

guint16
http_server_get_port (const HttpServer *server)
{
  return listener_get_port (server->listener);
}

void
http_server_close (HttpServer *server)
{
  if (!server)
    return;
  server->closed = TRUE;
  g_clear_pointer (&server->listener, listener_free);
  g_clear_handle_id (&server->timer, g_source_remove);
  soup_server_disconnect (server->soup);
  g_hash_table_remove_all (server->exchanges);
}

void
http_server_free (HttpServer *server)
{
  if (!server)
    return;
  http_server_close (server);
  /* Their threads end once they notice. */
  while (server->n_videos > 0)
    g_main_context_iteration (NULL, TRUE);
  g_object_unref (server->soup);
  g_hash_table_unref (server->exchanges);
  g_free (server);
}
