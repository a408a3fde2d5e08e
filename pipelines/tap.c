/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tap.h"

struct _Tap
{
  const Input *input;
  TapFunc function;
  gpointer data;
  GstElement *detect;
  GstPad *pad;
  gulong probe;

  gboolean refused; /* the streaming thread's, as the next two */
  gboolean known;   /* there was a result */
  guint64 seen;     /* number of the frame it is of */

  GMutex lock;
  GstClockTime duration;
  guint64 frames;
  gint64 last_us;
};

/* Where a frame stands in its input; a picture stands nowhere. */
static GstClockTime
find_position (const Tap *tap, GstPad *pad, GstBuffer *buffer)
{
  g_autoptr (GstEvent)
      event = gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  const GstSegment *segment = NULL;
  GstClockTime pts = GST_BUFFER_PTS (buffer);

  if (tap->input->kind != INPUT_STREAM || !GST_CLOCK_TIME_IS_VALID (pts))
    return GST_CLOCK_TIME_NONE;
  if (event)
    gst_event_parse_segment (event, &segment);
  if (!segment || segment->format != GST_FORMAT_TIME)
    return pts;
  guint64 position = gst_segment_to_stream_time (segment, GST_FORMAT_TIME, pts);
  return GST_CLOCK_TIME_IS_VALID (position) ? position : pts;
}

/* A result stays on the frames that follow; when frames do not wait for it, it even
 * starts on a later one. */
static gboolean
is_fresh (Tap *tap, const GstDetectMeta *meta)
{
  if (!meta || (tap->known && tap->seen == meta->frame_number))
    return FALSE;
  tap->known = TRUE;
  tap->seen = meta->frame_number;
  return TRUE;
}

static GstPadProbeReturn
read_frame (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Tap *tap = data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  const GstDetectMeta *meta = gst_buffer_get_detect_meta (buffer);
  FrameInfo frame = { .input = tap->input,
    .position = find_position (tap, pad, buffer),
    .fresh = is_fresh (tap, meta) };

  if (caps) {
    const GstStructure *structure = gst_caps_get_structure (caps, 0);

    gst_structure_get_int (structure, "width", &frame.width);
    gst_structure_get_int (structure, "height", &frame.height);
  }
  g_mutex_lock (&tap->lock);
  frame.number = tap->frames++;
  frame.duration = tap->duration;
  tap->last_us = g_get_monotonic_time ();
  g_mutex_unlock (&tap->lock);

  /* What a source puts in while nothing comes is no frame of the input's. */
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP))
    return GST_PAD_PROBE_OK;
  if (!tap->refused && !tap->function (&frame, meta, tap->data)) {
    tap->refused = TRUE;
    gst_element_post_message (tap->detect,
        gst_message_new_application (GST_OBJECT (tap->detect),
            gst_structure_new_empty (TAP_REFUSED)));
  }
  return GST_PAD_PROBE_OK;
}

Tap *
tap_new (GstElement *detect, const Input *input, TapFunc function,
    gpointer data)
{
  Tap *tap = g_new0 (Tap, 1);

  g_mutex_init (&tap->lock);
  tap->input = input;
  tap->function = function;
  tap->data = data;
  tap->duration = GST_CLOCK_TIME_NONE;
  tap->detect = gst_object_ref (detect);
  tap->pad = gst_element_get_static_pad (detect, "src");
  tap->probe = gst_pad_add_probe (tap->pad, GST_PAD_PROBE_TYPE_BUFFER,
      read_frame, tap, NULL);
  return tap;
}

void
tap_free (Tap *tap)
{
  if (!tap)
    return;
  gst_pad_remove_probe (tap->pad, tap->probe);
  gst_object_unref (tap->pad);
  gst_object_unref (tap->detect);
  g_mutex_clear (&tap->lock);
  g_free (tap);
}

void
tap_set_duration (Tap *tap, GstClockTime duration)
{
  g_mutex_lock (&tap->lock);
  tap->duration = duration;
  g_mutex_unlock (&tap->lock);
}

guint64
tap_get_frames (Tap *tap)
{
  g_mutex_lock (&tap->lock);
  guint64 frames = tap->frames;
  g_mutex_unlock (&tap->lock);
  return frames;
}

gint64
tap_get_last_us (Tap *tap)
{
  g_mutex_lock (&tap->lock);
  gint64 last_us = tap->last_us;
  g_mutex_unlock (&tap->lock);
  return last_us;
}
