/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "detectrecord.h"

/* From 1900, where NTP counts from, to 1970. */
#define NTP_TO_UNIX (G_GUINT64_CONSTANT (2208988800) * GST_SECOND)

gboolean
gst_detect_seen_is_new (GstDetectSeen *seen, const GstDetectReading *reading)
{
  if (reading->source == GST_DETECT_SOURCE_NONE)
    return FALSE;
  /* Others than ours do not number their results: each is one of its own. */
  if (reading->source != GST_DETECT_SOURCE_DETECT)
    return TRUE;
  if (seen->known && seen->frame_number == reading->frame_number)
    return FALSE;
  seen->known = TRUE;
  seen->frame_number = reading->frame_number;
  return TRUE;
}

GstClockTime
gst_detect_stream_time (const GstSegment *segment, GstClockTime pts)
{
  guint64 time;

  if (!segment || segment->format != GST_FORMAT_TIME ||
      !GST_CLOCK_TIME_IS_VALID (pts))
    return pts;
  time = gst_segment_to_stream_time (segment, GST_FORMAT_TIME, pts);
  return GST_CLOCK_TIME_IS_VALID (time) ? time : pts;
}

static GstClockTime
ntp_to_unix (GstClockTime ntp)
{
  return ntp > NTP_TO_UNIX ? ntp - NTP_TO_UNIX : GST_CLOCK_TIME_NONE;
}

/* What the source says of the moment it took the frame. */
static GstClockTime
find_reference (GstBuffer *buffer)
{
  gpointer state = NULL;
  GstMeta *meta;

  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_REFERENCE_TIMESTAMP_META_API_TYPE))) {
    const GstReferenceTimestampMeta *reference =
        (GstReferenceTimestampMeta *) meta;
    const GstStructure *kind = gst_caps_get_structure (reference->reference, 0);

    if (gst_structure_has_name (kind, "timestamp/x-unix"))
      return reference->timestamp;
    if (gst_structure_has_name (kind, "timestamp/x-ntp"))
      return ntp_to_unix (reference->timestamp);
  }
  return GST_CLOCK_TIME_NONE;
}

static GstClockTime
find_utc (const GstDetectRecord *record, GstBuffer *buffer,
    GstClockTime utc_base)
{
  GstClockTime reference = find_reference (buffer);

  if (GST_CLOCK_TIME_IS_VALID (reference) ||
      !GST_CLOCK_TIME_IS_VALID (utc_base) ||
      !GST_CLOCK_TIME_IS_VALID (record->running_time))
    return reference;
  return utc_base + record->running_time;
}

void
gst_detect_record_set_times (GstDetectRecord *record, GstBuffer *buffer,
    const GstSegment *segment, GstClockTime utc_base)
{
  GstClockTime pts = GST_BUFFER_PTS (buffer);

  record->pts = gst_detect_stream_time (segment, pts);
  record->running_time = segment && segment->format == GST_FORMAT_TIME &&
          GST_CLOCK_TIME_IS_VALID (pts)
      ? gst_segment_to_running_time (segment, GST_FORMAT_TIME, pts)
      : GST_CLOCK_TIME_NONE;
  record->utc = find_utc (record, buffer, utc_base);
  record->inferred_pts = gst_detect_stream_time (segment, record->reading->pts);
}

/* By its name, since the type is in a library that nothing else here needs. */
static gboolean
counts_from_1900 (GstClock *clock)
{
  GType type = g_type_from_name ("GstNtpClock");

  return type != 0 && g_type_is_a (G_OBJECT_TYPE (clock), type);
}

static gboolean
counts_from_1970 (GstClock *clock)
{
  GstClockType type = GST_CLOCK_TYPE_MONOTONIC;

  if (G_OBJECT_TYPE (clock) != GST_TYPE_SYSTEM_CLOCK)
    return FALSE;
  g_object_get (clock, "clock-type", &type, NULL);
  return type == GST_CLOCK_TYPE_REALTIME;
}

GstClockTime
gst_detect_find_utc_base (GstElement *element)
{
  g_autoptr (GstClock) clock = gst_element_get_clock (element);
  GstClockTime base = gst_element_get_base_time (element);

  if (!clock || !GST_CLOCK_TIME_IS_VALID (base) || base == 0)
    return GST_CLOCK_TIME_NONE;
  if (counts_from_1970 (clock))
    return base;
  return counts_from_1900 (clock) ? ntp_to_unix (base) : GST_CLOCK_TIME_NONE;
}

gboolean
gst_detect_pad_is_live (GstPad *sink)
{
  GstQuery *query = gst_query_new_latency ();
  gboolean live = FALSE;

  if (gst_pad_peer_query (sink, query))
    gst_query_parse_latency (query, &live, NULL, NULL);
  gst_query_unref (query);
  return live;
}

gboolean
gst_detect_append_utc (GString *text, GstClockTime utc)
{
  g_autoptr (GDateTime) date = GST_CLOCK_TIME_IS_VALID (utc)
      ? g_date_time_new_from_unix_utc ((gint64) (utc / GST_SECOND))
      : NULL;
  g_autofree gchar *seconds =
      date ? g_date_time_format (date, "%Y-%m-%dT%H:%M:%S") : NULL;

  if (!seconds)
    return FALSE;
  g_string_append_printf (text, "%s.%06uZ", seconds,
      (guint) (utc % GST_SECOND / GST_USECOND));
  return TRUE;
}
