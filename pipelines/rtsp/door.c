/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "door.h"

#include "processlimits.h"

/* For what is under way anyhow. */
#define SPARE_FILES 8
/* So often is looked whether who waits can be let in. */
#define RETRY_MS 200
/* Waiting that is over sooner is not worth a word; nor is it so soon again. */
#define NOTE_AFTER_US (1 * G_USEC_PER_SEC)
#define NOTE_AGAIN_US (30 * G_USEC_PER_SEC)
/* So many may wait, if the system lets them. */
#define BACKLOG 512
#define IDLE_US (60 * G_USEC_PER_SEC)

struct _Door
{
  gatomicrefcount refs; /* the owner's and each signal's */
  GstRTSPServer *server;
  const DoorEvents *events;
  gpointer data;
  gulong connected;

  /* The main thread's. */
  GSocket *socket;
  GSource *source; /* NULL: clients wait */
  guint retry;
  gint64 waiting_since_us;
  gint64 noted_us; /* 0: never */
  gboolean noted;  /* of those who wait now */

  GMutex lock;      /* guards what follows */
  GHashTable *idle; /* clients that have not played -> since when, a gint64 */
};

static void
door_unref (Door *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_hash_table_unref (self->idle);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static void
release_closure (gpointer self, GClosure *closure)
{
  door_unref (self);
}

static gulong
watch_signal (Door *self, gpointer object, const char *name, GCallback callback)
{
  g_atomic_ref_count_inc (&self->refs);
  return g_signal_connect_data (object, name, callback, self, release_closure,
      0);
}

/* ---- clients ---- */

static void
forget_client (Door *self, gpointer client)
{
  g_mutex_lock (&self->lock);
  g_hash_table_remove (self->idle, client);
  g_mutex_unlock (&self->lock);
}

/* It may have been closed before anything could be connected to that. */
static void
note_gone (gpointer data, GObject *client)
{
  Door *self = data;

  forget_client (self, client);
  door_unref (self);
}

/* In the clients' thread, as what follows. */
static void
note_play (GstRTSPClient *client, GstRTSPContext *context, Door *self)
{
  forget_client (self, client);
}

/* The limit may have been lowered since it was let in. */
static GstRTSPStatusCode
check_setup (GstRTSPClient *client, GstRTSPContext *context, Door *self)
{
  return limits_count_free_files () < CLIENT_FILES
      ? GST_RTSP_STS_SERVICE_UNAVAILABLE
      : GST_RTSP_STS_OK;
}

static void
note_client (GstRTSPServer *server, GstRTSPClient *client, Door *self)
{
  gint64 now = g_get_monotonic_time ();

  g_mutex_lock (&self->lock);
  g_hash_table_insert (self->idle, client, g_memdup2 (&now, sizeof now));
  g_mutex_unlock (&self->lock);
  g_atomic_ref_count_inc (&self->refs);
  g_object_weak_ref (G_OBJECT (client), note_gone, self);
  watch_signal (self, client, "pre-setup-request", G_CALLBACK (check_setup));
  watch_signal (self, client, "play-request", G_CALLBACK (note_play));
}

static guint
count_idle_clients (Door *self)
{
  g_mutex_lock (&self->lock);
  guint n = g_hash_table_size (self->idle);
  g_mutex_unlock (&self->lock);
  return n;
}

static GstRTSPFilterResult
choose_idle (GstRTSPServer *server, GstRTSPClient *client, gpointer data)
{
  Door *self = data;

  g_mutex_lock (&self->lock);
  const gint64 *since = g_hash_table_lookup (self->idle, client);
  gboolean is_idle = since && g_get_monotonic_time () - *since > IDLE_US;
  g_mutex_unlock (&self->lock);
  return is_idle ? GST_RTSP_FILTER_REMOVE : GST_RTSP_FILTER_KEEP;
}

/* ---- letting in ---- */

static gboolean
has_room (Door *self)
{
  guint n_clients = count_idle_clients (self) + 1;
  guint n_mounts = MIN (n_clients, self->events->count_idle (self->data));

  return limits_count_free_files () >=
      (int) (SPARE_FILES + n_clients * CLIENT_FILES + n_mounts * MOUNT_FILES);
}

static void
note_waiting (Door *self)
{
  gint64 now = g_get_monotonic_time ();

  if (self->noted || now - self->waiting_since_us < NOTE_AFTER_US ||
      (self->noted_us > 0 && now - self->noted_us < NOTE_AGAIN_US))
    return;
  g_autofree char *reason = limits_explain_files ();
  self->noted = TRUE;
  self->noted_us = now;
  self->events->note (reason, self->data);
}

static void open_door (Door *self);

static gboolean
try_again (gpointer data)
{
  Door *self = data;

  if (!has_room (self)) {
    note_waiting (self);
    gst_rtsp_server_client_filter (self->server, choose_idle, self);
    return G_SOURCE_CONTINUE;
  }
  if (self->noted)
    self->events->note (NULL, self->data);
  self->noted = FALSE;
  self->retry = 0;
  open_door (self);
  return G_SOURCE_REMOVE;
}

static void
shut_door (Door *self)
{
  g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
}

static gboolean
let_in (GSocket *socket, GIOCondition condition, gpointer data)
{
  Door *self = data;

  if (has_room (self))
    return gst_rtsp_server_io_func (socket, condition, self->server);
  self->waiting_since_us = g_get_monotonic_time ();
  shut_door (self);
  self->retry = g_timeout_add (RETRY_MS, try_again, self);
  return G_SOURCE_REMOVE;
}

static void
open_door (Door *self)
{
  self->source = g_socket_create_source (self->socket, G_IO_IN, NULL);
  g_source_set_callback (self->source, G_SOURCE_FUNC (let_in), self, NULL);
  g_source_attach (self->source, NULL);
}

Door *
door_new (GstRTSPServer *server, const DoorEvents *events, gpointer data,
    GError **error)
{
  gst_rtsp_server_set_backlog (server, BACKLOG);
  GSocket *socket = gst_rtsp_server_create_socket (server, NULL, error);

  if (!socket)
    return NULL;
  Door *self = g_new0 (Door, 1);
  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->lock);
  self->idle = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->server = server;
  self->events = events;
  self->data = data;
  self->socket = socket;
  self->connected =
      watch_signal (self, server, "client-connected", G_CALLBACK (note_client));
  open_door (self);
  return self;
}

int
door_get_port (const Door *self)
{
  g_autoptr (GSocketAddress)
      address = g_socket_get_local_address (self->socket, NULL);

  return address
      ? g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address))
      : -1;
}

void
door_close (Door *self)
{
  if (!self)
    return;
  if (self->source)
    shut_door (self);
  g_clear_handle_id (&self->retry, g_source_remove);
  g_clear_object (&self->socket);
  g_signal_handler_disconnect (self->server, self->connected);
  door_unref (self);
}
