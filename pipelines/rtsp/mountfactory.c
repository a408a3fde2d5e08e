/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mountfactory.h"

#include "detector.h"
#include "door.h"
#include "encoders.h"
#include "failure.h"
#include "live/livesource.h"
#include "parts.h"
#include "processlimits.h"

#include <gst/video/video.h>

/* What 4:2:0 and the encoders take. */
#define LEAST_SIDE 16
#define MULTICAST_PORTS 10
#define MULTICAST_TTL 1

struct _MountFactory
{
  GstRTSPMediaFactory parent;
  const Mount *mount;
  MountNotify notify;
  gpointer data;
};

G_DEFINE_TYPE (MountFactory, mount_factory, GST_TYPE_RTSP_MEDIA_FACTORY)

/* ---- media ---- */

/* A media that says why it fails; the library only tells its log. */
typedef struct
{
  GstRTSPMedia parent;
  MountFactory *factory; /* the first that it fails for */
} MountMedia;

typedef struct
{
  GstRTSPMediaClass parent_class;
} MountMediaClass;

GType mount_media_get_type (void);

G_DEFINE_TYPE (MountMedia, mount_media, GST_TYPE_RTSP_MEDIA)

static gboolean
is_detector (GstObject *source)
{
  GstElementFactory *factory = GST_IS_ELEMENT (source)
      ? gst_element_get_factory (GST_ELEMENT (source))
      : NULL;

  return factory && g_str_equal (GST_OBJECT_NAME (factory), "detect");
}

static gboolean
handle_message (GstRTSPMedia *media, GstMessage *message)
{
  MountMedia *self = (MountMedia *) media;
  MountFactory *factory = self->factory;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR && factory) {
    /* The detector words its next step itself. */
    g_autoptr (GError) error = is_detector (GST_MESSAGE_SRC (message))
        ? failure_from_own_message (message)
        : failure_from_message (message);

    self->factory = NULL;
    factory->notify (factory->mount, error->message, factory->data);
    g_object_unref (factory);
  }
  return GST_RTSP_MEDIA_CLASS (mount_media_parent_class)
      ->handle_message (media, message);
}

static void
mount_media_dispose (GObject *object)
{
  g_clear_object (&((MountMedia *) object)->factory);
  G_OBJECT_CLASS (mount_media_parent_class)->dispose (object);
}

static void
mount_media_class_init (MountMediaClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = mount_media_dispose;
  GST_RTSP_MEDIA_CLASS (klass)->handle_message = handle_message;
}

static void
mount_media_init (MountMedia *self)
{
}

/* Before the media starts to run. */
static void
configure (GstRTSPMediaFactory *factory, GstRTSPMedia *media)
{
  GstRTSPMediaFactoryClass *parent =
      GST_RTSP_MEDIA_FACTORY_CLASS (mount_factory_parent_class);

  ((MountMedia *) media)->factory = g_object_ref (MOUNT_FACTORY (factory));
  parent->configure (factory, media);
}

/* ---- size ---- */

typedef struct
{
  GstElement *filter; /* the bin's, which the pad belongs to as well */
  int width;
  int height;
} SizeLock;

/* Clients were told a size; whatever the source turns into is fitted into it. */
static GstPadProbeReturn
lock_size (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  const SizeLock *size = data;
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  GstVideoInfo video;
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return GST_PAD_PROBE_OK;
  gst_event_parse_caps (event, &caps);
  if (!gst_video_info_from_caps (&video, caps))
    return GST_PAD_PROBE_OK;
  int width = size->width > 0 ? size->width : video.width;
  int height = size->height > 0 ? size->height : video.height;
  g_autoptr (GstCaps)
      locked = gst_caps_new_simple ("video/x-raw", "format", G_TYPE_STRING,
          "I420", "width", G_TYPE_INT, MAX (width + width % 2, LEAST_SIDE),
          "height", G_TYPE_INT, MAX (height + height % 2, LEAST_SIDE),
          "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, NULL);

  if (GST_VIDEO_INFO_IS_YUV (&video)) {
    g_autofree char *colour =
        gst_video_colorimetry_to_string (&video.colorimetry);

    if (colour)
      gst_caps_set_simple (locked, "colorimetry", G_TYPE_STRING, colour, NULL);
  }
  g_object_set (size->filter, "caps", locked, NULL);
  return GST_PAD_PROBE_REMOVE;
}

static void
lock_size_of_first (const Mount *mount, GstElement *detect, GstElement *tail)
{
  SizeLock *size = g_new0 (SizeLock, 1);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (detect, "src");
  g_autoptr (GstElement) filter = gst_bin_get_by_name (GST_BIN (tail), "size");

  *size = (SizeLock){ filter, mount->width, mount->height };
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, lock_size, size,
      g_free);
}

/* ---- parts ---- */

static void
say_lost (LiveSource *source, const char *reason, MountFactory *self)
{
  self->notify (self->mount, reason, self->data);
}

static void
say_found (LiveSource *source, MountFactory *self)
{
  self->notify (self->mount, NULL, self->data);
}

static GstElement *
tail_new (const Mount *mount, GError **error)
{
  g_autofree char *encoder =
      encoder_describe (mount->codec, mount->bitrate, error);
  g_autofree char *description = encoder
      ? g_strdup_printf ("queue max-size-buffers=3 max-size-bytes=0 "
                         "max-size-time=0 leaky=downstream ! videoconvert ! "
                         "videoscale add-borders=true ! "
                         "capsfilter name=size ! %s",
            encoder)
      : NULL;

  return description ? gst_parse_bin_from_description_full (description, FALSE,
                           NULL, GST_PARSE_FLAG_FATAL_ERRORS, error)
                     : NULL;
}

/* gst_parse_bin_from_description_full() would make a pad of the payloader, which
 * the media wants for itself. */
static void
add_entry (GstElement *tail)
{
  g_autoptr (GstPad)
      pad = gst_bin_find_unlinked_pad (GST_BIN (tail), GST_PAD_SINK);

  gst_element_add_pad (tail, gst_ghost_pad_new ("sink", pad));
}

static GstElement *
mount_detector_new (const Mount *mount, GError **error)
{
  gboolean overlay = det_options_is_set (mount->options, DET_OPT_OVERLAY)
      ? det_options_get_boolean (mount->options, DET_OPT_OVERLAY)
      : TRUE;

  GstElement *detect = detector_new (mount->options, overlay, error);
  /* Who watches a camera wants to go on watching. */
  if (detect && !det_options_is_set (mount->options, DET_OPT_ON_ERROR))
    g_object_set (detect, "on-error", "pass", NULL);
  return detect;
}

static GstElement *
build (MountFactory *self, GError **error)
{
  const Mount *mount = self->mount;
  GstElement *detect = mount_detector_new (mount, error);
  GstElement *tail = detect ? tail_new (mount, error) : NULL;

  if (!tail) {
    detector_free (detect);
    return NULL;
  }
  GstElement *bin = gst_bin_new (NULL);
  GstElement *source = live_source_new (mount->input, TRUE);

  g_signal_connect_object (source, "lost", G_CALLBACK (say_lost), self, 0);
  g_signal_connect_object (source, "found", G_CALLBACK (say_found), self, 0);
  gst_bin_add_many (GST_BIN (bin), source, detect, tail, NULL);
  gst_object_unref (detect);
  add_entry (tail);
  lock_size_of_first (mount, detect, tail);
  gst_element_link_many (source, detect, tail, NULL);
  return bin;
}

gboolean
mount_factory_check (const Mount *mount, GError **error)
{
  GstElement *detect = mount_detector_new (mount, error);
  GstElement *tail = detect ? tail_new (mount, error) : NULL;
  gboolean ok = tail != NULL;

  detector_free (detect);
  if (tail)
    gst_object_unref (gst_object_ref_sink (tail));
  return ok;
}

/* ---- the factory ---- */

static GstElement *
create_element (GstRTSPMediaFactory *factory, const GstRTSPUrl *url)
{
  MountFactory *self = MOUNT_FACTORY (factory);
  g_autoptr (GError) error = NULL;

  if (limits_count_free_files () < MOUNT_FILES) {
    g_autofree char *reason = limits_explain_files ();

    self->notify (self->mount, reason, self->data);
    return NULL;
  }
  GstElement *bin = build (self, &error);

  if (!bin)
    self->notify (self->mount, error->message, self->data);
  return bin;
}

static void
mount_factory_class_init (MountFactoryClass *klass)
{
  GST_RTSP_MEDIA_FACTORY_CLASS (klass)->create_element = create_element;
  GST_RTSP_MEDIA_FACTORY_CLASS (klass)->configure = configure;
}

static void
mount_factory_init (MountFactory *self)
{
}

static void
set_multicast (GstRTSPMediaFactory *factory, const Mount *mount,
    const char *interface)
{
  g_autoptr (GstRTSPAddressPool) pool = gst_rtsp_address_pool_new ();

  gst_rtsp_address_pool_add_range (pool, mount->multicast, mount->multicast,
      (guint16) mount->multicast_port,
      (guint16) MIN (mount->multicast_port + MULTICAST_PORTS - 1, G_MAXUINT16),
      MULTICAST_TTL);
  gst_rtsp_media_factory_set_address_pool (factory, pool);
  gst_rtsp_media_factory_set_bind_mcast_address (factory, TRUE);
  if (interface)
    gst_rtsp_media_factory_set_multicast_iface (factory, interface);
}

GstRTSPMediaFactory *
mount_factory_new (const Mount *mount, const char *multicast_interface,
    MountNotify notify, gpointer data)
{
  MountFactory *self = g_object_new (mount_factory_get_type (), NULL);
  GstRTSPMediaFactory *factory = GST_RTSP_MEDIA_FACTORY (self);

  self->mount = mount;
  self->notify = notify;
  self->data = data;
  gst_rtsp_media_factory_set_media_gtype (factory, mount_media_get_type ());
  gst_rtsp_media_factory_set_shared (factory, TRUE);
  gst_rtsp_media_factory_set_protocols (factory, mount->protocols);
  if (mount->multicast)
    set_multicast (factory, mount, multicast_interface);
  gst_rtsp_media_factory_add_role (factory, MOUNT_ROLE,
      GST_RTSP_PERM_MEDIA_FACTORY_ACCESS, G_TYPE_BOOLEAN, TRUE,
      GST_RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, G_TYPE_BOOLEAN, TRUE, NULL);
  return factory;
}
