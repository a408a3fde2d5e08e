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
  GstDetectReading reading;
  GstDetectSeen results;

  GMutex lock;
  GstClockTime duration;
  guint64 frames;
  gint64 last_us;
};

/* A picture stands nowhere in time. */
static void
set_times (Tap *tap, GstDetectRecord *record, GstPad *pad, GstBuffer *buffer)
{
  g_autoptr (GstEvent)
      event = gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  const GstSegment *segment = NULL;

  if (tap->input->kind != INPUT_STREAM) {
    record->pts = record->running_time = record->utc = record->inferred_pts =
        GST_CLOCK_TIME_NONE;
    return;
  }
  if (event)
    gst_event_parse_segment (event, &segment);
  gst_detect_record_set_times (record, buffer, segment,
      gst_detect_find_utc_base (tap->detect));
}

static void
fill_record (Tap *tap, GstDetectRecord *record, GstPad *pad, GstBuffer *buffer)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  GstVideoInfo info;
  gboolean has_info = caps && gst_video_info_from_caps (&info, caps);

  gst_detect_reading_take (&tap->reading, buffer, has_info ? &info : NULL);
  *record = (GstDetectRecord){ .input = tap->input->name,
    .width = tap->reading.width,
    .height = tap->reading.height,
    .is_new = gst_detect_seen_is_new (&tap->results, &tap->reading),
    .reading = &tap->reading };
  set_times (tap, record, pad, buffer);
}

static GstPadProbeReturn
read_frame (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Tap *tap = data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  const GstDetectMeta *meta = gst_buffer_get_detect_meta (buffer);
  FrameInfo frame = { .input = tap->input };

  fill_record (tap, &frame.record, pad, buffer);
  g_mutex_lock (&tap->lock);
  frame.record.frame = tap->frames++;
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
  gst_detect_reading_clear (&tap->reading);
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
