/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate.h"

#include <string.h>

typedef struct
{
  GstPad *pad;
  gulong hold; /* the probe that blocks the pad */
} Stream;

struct _Gate
{
  GstElement *source;
  gboolean wants_sound;

  GMutex lock; /* what follows is found by streaming threads */
  Stream video;
  Stream sound;

  int n_passed; /* frames of a picture; the streaming thread's */
};

static void
say (Gate *gate, const char *name)
{
  gst_element_post_message (gate->source,
      gst_message_new_application (GST_OBJECT (gate->source),
          gst_structure_new_empty (name)));
}

static GstPadProbeReturn
hold_video (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) {
    if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS)
      say (data, GATE_EMPTY);
    return GST_PAD_PROBE_PASS;
  }
  say (data, GATE_READY);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
hold_sound (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  return GST_PAD_PROBE_OK;
}

/* With the lock held. */
static void
stream_take (Stream *stream, GstPad *pad, GstPadProbeType what,
    GstPadProbeCallback hold, Gate *gate)
{
  if (stream->pad)
    return;
  stream->pad = gst_object_ref (pad);
  stream->hold = gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BLOCK | what, hold,
      gate, NULL);
}

static void
take_pad (GstElement *source, GstPad *pad, Gate *gate)
{
  g_autoptr (GstCaps) current = gst_pad_get_current_caps (pad);
  g_autoptr (GstCaps) caps = current ? gst_caps_ref (current)
                                     : gst_pad_query_caps (pad, NULL);
  const GstStructure *structure =
      gst_caps_get_size (caps) > 0 ? gst_caps_get_structure (caps, 0) : NULL;
  const char *type = structure ? gst_structure_get_name (structure) : "";

  g_mutex_lock (&gate->lock);
  if (strcmp (type, "video/x-raw") == 0)
    stream_take (&gate->video, pad,
        GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
        hold_video, gate);
  else if (gate->wants_sound && g_str_has_prefix (type, "audio/"))
    stream_take (&gate->sound, pad, GST_PAD_PROBE_TYPE_BUFFER, hold_sound,
        gate);
  g_mutex_unlock (&gate->lock);
}

static void
complete (GstElement *source, Gate *gate)
{
  say (gate, GATE_COMPLETE);
}

Gate *
gate_new (GstElement *source, gboolean wants_sound)
{
  Gate *gate = g_new0 (Gate, 1);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (source, "src");

  gate->source = gst_object_ref (source);
  gate->wants_sound = wants_sound;
  g_mutex_init (&gate->lock);
  if (pad) {
    stream_take (&gate->video, pad,
        GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
        hold_video, gate);
  } else {
    g_signal_connect (source, "pad-added", G_CALLBACK (take_pad), gate);
    g_signal_connect (source, "no-more-pads", G_CALLBACK (complete), gate);
  }
  return gate;
}

static void
stream_open (Stream *stream)
{
  if (stream->hold != 0)
    gst_pad_remove_probe (stream->pad, stream->hold);
  stream->hold = 0;
}

void
gate_free (Gate *gate)
{
  if (!gate)
    return;
  g_signal_handlers_disconnect_by_data (gate->source, gate);
  stream_open (&gate->video);
  stream_open (&gate->sound);
  gst_clear_object (&gate->video.pad);
  gst_clear_object (&gate->sound.pad);
  gst_object_unref (gate->source);
  g_mutex_clear (&gate->lock);
  g_free (gate);
}

static GstPad *
stream_get (Gate *gate, const Stream *stream)
{
  g_mutex_lock (&gate->lock);
  GstPad *pad = stream->pad ? gst_object_ref (stream->pad) : NULL;
  g_mutex_unlock (&gate->lock);
  return pad;
}

GstPad *
gate_get_video (Gate *gate)
{
  return stream_get (gate, &gate->video);
}

GstPad *
gate_get_sound (Gate *gate)
{
  return stream_get (gate, &gate->sound);
}

static GstPadProbeReturn
pass_first (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Gate *gate = data;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER)
    return gate->n_passed++ == 0 ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
  return gate->n_passed > 0 &&
          GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_CAPS
      ? GST_PAD_PROBE_DROP
      : GST_PAD_PROBE_OK;
}

void
gate_open (Gate *gate, gboolean only_first)
{
  g_mutex_lock (&gate->lock);
  if (only_first)
    gst_pad_add_probe (gate->video.pad,
        GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
        pass_first, gate, NULL);
  stream_open (&gate->sound);
  stream_open (&gate->video);
  g_mutex_unlock (&gate->lock);
}

static GstPadProbeReturn
send_eos (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  g_autoptr (GstPad) peer = gst_pad_get_peer (pad);

  if (peer)
    gst_pad_send_event (peer, gst_event_new_eos ());
  return GST_PAD_PROBE_REMOVE;
}

/* Between two buffers, or now when nothing flows. */
static void
end_stream (GstElement *source, gpointer pad)
{
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_IDLE, send_eos, NULL, NULL);
}

void
gate_end (Gate *gate)
{
  GstPad *const pads[] = { gate_get_video (gate), gate_get_sound (gate) };

  /* An event waits behind a query that waits behind a frame, so not in this
   * thread. */
  for (gsize i = 0; i < G_N_ELEMENTS (pads); i++) {
    if (pads[i])
      gst_element_call_async (gate->source, end_stream, pads[i],
          gst_object_unref);
  }
}
