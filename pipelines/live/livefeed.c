/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "livefeed.h"

#include "failure.h"
#include "sources.h"

#include <gst/app/app.h>

/* What a network source may take, where it lets itself be told: long enough for a
 * bad line, short enough that a dead one is noticed. */
#define LATENCY_MS 200
#define CONNECT_US (G_GUINT64_CONSTANT (5) * G_USEC_PER_SEC)
#define UDP_US (G_GUINT64_CONSTANT (3) * G_USEC_PER_SEC)
#define HTTP_SECONDS 10

struct _LiveFeed
{
  const LiveFeedEvents *events;
  gpointer data;
  GstElement *pipeline;
  GstElement *sink;
  GSource *watch;
  gboolean remote;
  gboolean ended; /* the context's, as the next one */
  char *missing;  /* the plugin that is not there */

  GMutex state; /* held while the state changes */
  gboolean stopped;

  GDestroyNotify done;
  gpointer done_data;
};

/* ---- parts ---- */

static void
set_number (GstElement *element, const char *name, guint64 number)
{
  GParamSpec *spec =
      g_object_class_find_property (G_OBJECT_GET_CLASS (element), name);
  g_auto (GValue) value = G_VALUE_INIT;

  if (!spec)
    return;
  g_value_init (&value, G_TYPE_UINT64);
  g_value_set_uint64 (&value, number);
  g_object_set_property (G_OBJECT (element), name, &value);
}

static void
setup_source (GstElement *decodebin, GstElement *source, gpointer data)
{
  GstElementFactory *factory = gst_element_get_factory (source);
  const char *name = factory ? GST_OBJECT_NAME (factory) : "";

  if (g_str_equal (name, "rtspsrc")) {
    set_number (source, "latency", LATENCY_MS);
    set_number (source, "tcp-timeout", CONNECT_US);
    set_number (source, "timeout", UDP_US);
  } else if (g_str_equal (name, "souphttpsrc")) {
    set_number (source, "timeout", HTTP_SECONDS);
  }
}

static void
link_video (GstElement *decodebin, GstPad *pad, LiveFeed *feed)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (feed->sink, "sink");
  g_autoptr (GstCaps) current = gst_pad_get_current_caps (pad);
  g_autoptr (GstCaps) caps = current ? gst_caps_ref (current)
                                     : gst_pad_query_caps (pad, NULL);

  if (gst_caps_get_size (caps) > 0 &&
      gst_structure_has_name (gst_caps_get_structure (caps, 0),
          "video/x-raw") &&
      !gst_pad_is_linked (sink))
    gst_pad_link (pad, sink);
}

static GstFlowReturn
take_sample (GstAppSink *sink, gpointer data)
{
  LiveFeed *feed = data;
  g_autoptr (GstSample) sample = gst_app_sink_pull_sample (sink);

  if (!sample)
    return GST_FLOW_EOS;
  feed->events->frame (feed, sample, feed->data);
  return GST_FLOW_OK;
}

/* ---- messages ---- */

static void
end (LiveFeed *feed, const GError *error)
{
  if (feed->ended)
    return;
  feed->ended = TRUE;
  feed->events->ended (feed, error, feed->data);
}

/* All streams are known, and none is video: nothing would ever come. */
static void
check_video (GstElement *decodebin, LiveFeed *feed)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (feed->sink, "sink");

  if (!gst_pad_is_linked (pad))
    GST_ELEMENT_ERROR (feed->pipeline, STREAM, WRONG_TYPE,
        ("There is no video in it"), (NULL));
}

static void
remember_missing (LiveFeed *feed, GstMessage *message)
{
  const GstStructure *structure = gst_message_get_structure (message);
  const char *name = gst_structure_get_string (structure, "name");

  if (!feed->missing && name &&
      gst_structure_has_name (structure, "missing-plugin"))
    feed->missing = g_strdup (name);
}

static gboolean
handle_message (GstBus *bus, GstMessage *message, gpointer data)
{
  LiveFeed *feed = data;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ERROR: {
      g_autoptr (GError)
          error = failure_from_source (message, feed->remote, feed->missing);

      end (feed, error);
      return G_SOURCE_CONTINUE;
    }
    case GST_MESSAGE_EOS:
      end (feed, NULL);
      return G_SOURCE_CONTINUE;
    case GST_MESSAGE_ELEMENT:
      remember_missing (feed, message);
      break;
    case GST_MESSAGE_LATENCY:
      gst_bin_recalculate_latency (GST_BIN (feed->pipeline));
      break;
    default:
      break;
  }
  return G_SOURCE_CONTINUE;
}

/* ---- life ---- */

static void
start (GstElement *pipeline, gpointer data)
{
  LiveFeed *feed = data;

  g_mutex_lock (&feed->state);
  if (!feed->stopped) {
    GstStateChangeReturn change =
        gst_element_set_state (pipeline, GST_STATE_PAUSED);

    /* What is live has its pace from its clock, and waiting only adds delay. */
    g_object_set (feed->sink, "sync", change != GST_STATE_CHANGE_NO_PREROLL,
        NULL);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
  }
  g_mutex_unlock (&feed->state);
}

static void
build (LiveFeed *feed, GstElement *source, GMainContext *context)
{
  GstAppSinkCallbacks callbacks = { .new_sample = take_sample };
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple ("video/x-raw");
  g_autoptr (GstBus) bus = NULL;

  feed->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  feed->sink = gst_element_factory_make ("appsink", NULL);
  g_object_set (feed->sink, "caps", caps, "max-buffers", 2, "drop", TRUE, NULL);
  gst_app_sink_set_callbacks (GST_APP_SINK (feed->sink), &callbacks, feed,
      NULL);
  gst_bin_add_many (GST_BIN (feed->pipeline), source, feed->sink, NULL);
  g_signal_connect (source, "source-setup", G_CALLBACK (setup_source), NULL);
  g_signal_connect (source, "pad-added", G_CALLBACK (link_video), feed);
  g_signal_connect (source, "no-more-pads", G_CALLBACK (check_video), feed);

  bus = gst_element_get_bus (feed->pipeline);
  feed->watch = gst_bus_create_watch (bus);
  g_source_set_callback (feed->watch, G_SOURCE_FUNC (handle_message), feed,
      NULL);
  g_source_attach (feed->watch, context);
}

LiveFeed *
live_feed_new (const char *uri, GMainContext *context,
    const LiveFeedEvents *events, gpointer data, GError **error)
{
  GstElement *source = source_decodebin_new (uri, FALSE, error);

  if (!source)
    return NULL;
  LiveFeed *feed = g_new0 (LiveFeed, 1);
  g_mutex_init (&feed->state);
  feed->events = events;
  feed->data = data;
  feed->remote = !g_str_has_prefix (uri, "file:");
  build (feed, source, context);
  gst_element_call_async (feed->pipeline, start, feed, NULL);
  return feed;
}

void
live_feed_stop (LiveFeed *feed)
{
  if (!feed)
    return;
  g_source_destroy (feed->watch);
  g_source_unref (feed->watch);
  g_mutex_lock (&feed->state);
  feed->stopped = TRUE;
  gst_element_set_state (feed->pipeline, GST_STATE_NULL);
  g_mutex_unlock (&feed->state);
  gst_object_unref (feed->pipeline);
  g_mutex_clear (&feed->state);
  g_free (feed->missing);
  g_free (feed);
}

static void
stop (GstElement *pipeline, gpointer data)
{
  LiveFeed *feed = data;
  GDestroyNotify done = feed->done;
  gpointer done_data = feed->done_data;

  live_feed_stop (feed);
  done (done_data);
}

void
live_feed_stop_later (LiveFeed *feed, GDestroyNotify done, gpointer data)
{
  feed->done = done;
  feed->done_data = data;
  gst_element_call_async (feed->pipeline, stop, feed, NULL);
}
