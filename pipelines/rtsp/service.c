/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service.h"

#include "door.h"

/* Sessions whose clients have vanished are looked for so often, in seconds. */
#define CLEANUP_SECONDS 5
/* How long clients are given to hear that the streams have ended. */
#define GOODBYE_MS 200
#define PATIENCE_MS 3000

struct _Service
{
  const Serving *serving;
  MountNotify notify;
  gpointer notify_data;
  GstRTSPServer *server;
  Door *door;      /* NULL: nobody is let in any more */
  GMainLoop *loop; /* to be left */
  guint cleanup;
  guint goodbye;
  guint patience;

  GMutex lock;
  GPtrArray *medias; /* those that run */
  GPtrArray *ending; /* those of them whose end is waited for; NULL: none is */
};

static gboolean say_goodbye (gpointer data);

/* ---- medias ---- */

/* With the lock. */
static void
note_end_of (Service *self, gpointer media)
{
  if (self->ending && g_ptr_array_remove (self->ending, media) &&
      self->ending->len == 0)
    g_main_context_invoke (NULL, say_goodbye, self);
}

/* Its last client has left, and nothing comes out of it any more. */
static void
forget_media (GstRTSPMedia *media, Service *self)
{
  g_mutex_lock (&self->lock);
  note_end_of (self, media);
  g_ptr_array_remove (self->medias, media);
  g_mutex_unlock (&self->lock);
}

static void
note_media (GstRTSPMediaFactory *factory, GstRTSPMedia *media, Service *self)
{
  g_signal_connect (media, "unprepared", G_CALLBACK (forget_media), self);
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->medias, g_object_ref (media));
  g_mutex_unlock (&self->lock);
}

static gpointer
ref_media (gconstpointer media, gpointer data)
{
  return g_object_ref ((gpointer) media);
}

/* ---- starting ---- */

static gboolean
add_certificate (GstRTSPAuth *auth, const Serving *serving, GError **error)
{
  g_autoptr (GError) cause = NULL;
  g_autoptr (GTlsCertificate)
      certificate = g_tls_certificate_new_from_files (serving->certificate,
          serving->key ? serving->key : serving->certificate, &cause);

  if (!certificate) {
    g_set_error (error, cause->domain, cause->code,
        "%s: %s; name a PEM file with a certificate and its key",
        serving->certificate, cause->message);
    return FALSE;
  }
  gst_rtsp_auth_set_tls_certificate (auth, certificate);
  return TRUE;
}

static void
add_users (GstRTSPAuth *auth, const Serving *serving, GstRTSPToken *token)
{
  GHashTableIter iter;
  gpointer name;
  gpointer password;

  gst_rtsp_auth_set_supported_methods (auth,
      serving->auth == AUTH_DIGEST ? GST_RTSP_AUTH_DIGEST
                                   : GST_RTSP_AUTH_BASIC);
  g_hash_table_iter_init (&iter, serving->users);
  while (g_hash_table_iter_next (&iter, &name, &password)) {
    if (serving->auth == AUTH_DIGEST) {
      gst_rtsp_auth_add_digest (auth, name, password, token);
    } else {
      g_autofree char *basic = gst_rtsp_auth_make_basic (name, password);

      gst_rtsp_auth_add_basic (auth, basic, token);
    }
  }
}

static gboolean
add_auth (Service *self, GError **error)
{
  const Serving *serving = self->serving;
  g_autoptr (GstRTSPAuth) auth = gst_rtsp_auth_new ();
  GstRTSPToken *token = gst_rtsp_token_new (GST_RTSP_TOKEN_MEDIA_FACTORY_ROLE,
      G_TYPE_STRING, MOUNT_ROLE, NULL);
  gboolean ok = !serving->certificate || add_certificate (auth, serving, error);

  if (g_hash_table_size (serving->users) > 0)
    add_users (auth, serving, token);
  else
    gst_rtsp_auth_set_default_token (auth, token);
  gst_rtsp_token_unref (token);
  if (ok)
    gst_rtsp_server_set_auth (self->server, auth);
  return ok;
}

static void
add_mounts (Service *self)
{
  g_autoptr (GstRTSPMountPoints)
      points = gst_rtsp_server_get_mount_points (self->server);

  for (guint i = 0; i < self->serving->mounts->len; i++) {
    const Mount *mount = g_ptr_array_index (self->serving->mounts, i);
    GstRTSPMediaFactory *factory = mount_factory_new (mount,
        self->serving->multicast_interface, self->notify, self->notify_data);

    g_signal_connect (factory, "media-configure", G_CALLBACK (note_media),
        self);
    gst_rtsp_mount_points_add_factory (points, mount->path, factory);
  }
}

static guint
count_idle (gpointer data)
{
  Service *self = data;

  g_mutex_lock (&self->lock);
  guint n = self->serving->mounts->len -
      MIN (self->medias->len, self->serving->mounts->len);
  g_mutex_unlock (&self->lock);
  return n;
}

static void
note_door (const char *reason, gpointer data)
{
  Service *self = data;

  self->notify (NULL, reason, self->notify_data);
}

static const DoorEvents door_events = { count_idle, note_door };

static gboolean
listen (Service *self, GError **error)
{
  const Serving *serving = self->serving;
  g_autofree char *port = g_strdup_printf ("%d", serving->port);
  g_autoptr (GError) cause = NULL;

  gst_rtsp_server_set_address (self->server, serving->address);
  gst_rtsp_server_set_service (self->server, port);
  self->door = door_new (self->server, &door_events, self, &cause);
  if (!self->door) {
    g_set_error (error, cause->domain, cause->code,
        "%s:%s cannot be listened on: %s; name another --port or --address",
        serving->address, port, cause->message);
    return FALSE;
  }
  return TRUE;
}

static gboolean
clean_up (gpointer data)
{
  Service *self = data;
  g_autoptr (GstRTSPSessionPool)
      pool = gst_rtsp_server_get_session_pool (self->server);

  gst_rtsp_session_pool_cleanup (pool);
  return G_SOURCE_CONTINUE;
}

Service *
service_new (const Serving *serving, MountNotify notify, gpointer data,
    GError **error)
{
  Service *self = g_new0 (Service, 1);

  g_mutex_init (&self->lock);
  self->serving = serving;
  self->notify = notify;
  self->notify_data = data;
  self->server = gst_rtsp_server_new ();
  self->medias = g_ptr_array_new_with_free_func (g_object_unref);
  add_mounts (self);
  self->cleanup = g_timeout_add_seconds (CLEANUP_SECONDS, clean_up, self);
  if (add_auth (self, error) && listen (self, error))
    return self;
  service_free (self);
  return NULL;
}

int
service_get_port (const Service *self)
{
  return door_get_port (self->door);
}

/* ---- ending ---- */

static GstRTSPFilterResult
remove_client (GstRTSPServer *server, GstRTSPClient *client, gpointer data)
{
  return GST_RTSP_FILTER_REMOVE;
}

static gboolean
leave (gpointer data)
{
  Service *self = data;

  gst_rtsp_server_client_filter (self->server, remove_client, NULL);
  self->goodbye = 0;
  g_main_loop_quit (self->loop);
  return G_SOURCE_REMOVE;
}

/* The goodbyes are on their way when the last stream has ended. */
static gboolean
say_goodbye (gpointer data)
{
  Service *self = data;

  if (self->goodbye == 0)
    self->goodbye = g_timeout_add (GOODBYE_MS, leave, self);
  return G_SOURCE_REMOVE;
}

typedef struct
{
  Service *service;
  gpointer media; /* which one; the pad that has this is its own */
} Ending;

static GstPadProbeReturn
note_end (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  const Ending *ending = data;
  Service *self = ending->service;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) != GST_EVENT_EOS)
    return GST_PAD_PROBE_OK;
  g_mutex_lock (&self->lock);
  note_end_of (self, ending->media);
  g_mutex_unlock (&self->lock);
  return GST_PAD_PROBE_REMOVE;
}

static void
end_media (gpointer media, gpointer service)
{
  Ending *ending = g_new (Ending, 1);
  g_autoptr (GstElement) bin = gst_rtsp_media_get_element (media);
  g_autoptr (GstElement)
      payloader = gst_bin_get_by_name (GST_BIN (bin), "pay0");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (payloader, "src");

  *ending = (Ending){ service, media };
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, note_end, ending,
      g_free);
  gst_element_send_event (bin, gst_event_new_eos ());
}

void
service_stop (Service *self, GMainLoop *loop)
{
  g_autoptr (GPtrArray) medias = NULL;

  self->loop = loop;
  g_clear_pointer (&self->door, door_close);
  g_mutex_lock (&self->lock);
  medias = g_ptr_array_copy (self->medias, ref_media, NULL);
  g_ptr_array_set_free_func (medias, g_object_unref);
  self->ending = g_ptr_array_copy (self->medias, ref_media, NULL);
  g_mutex_unlock (&self->lock);
  if (medias->len == 0) {
    leave (self);
    return;
  }
  self->patience = g_timeout_add (PATIENCE_MS, say_goodbye, self);
  g_ptr_array_foreach (medias, end_media, self);
}

static void
disconnect_media (gpointer media, gpointer service)
{
  g_signal_handlers_disconnect_by_data (media, service);
}

void
service_free (Service *self)
{
  if (!self)
    return;
  g_clear_handle_id (&self->cleanup, g_source_remove);
  g_clear_handle_id (&self->goodbye, g_source_remove);
  door_close (self->door);
  g_object_unref (self->server);
  g_ptr_array_foreach (self->medias, disconnect_media, self);
  g_ptr_array_unref (self->medias);
  g_clear_pointer (&self->ending, g_ptr_array_unref);
  g_mutex_clear (&self->lock);
  g_free (self);
}
