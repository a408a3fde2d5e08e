/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetectexportprivate.h"

#include <string.h>

const GstExportFormat *
gst_detect_export_get_format (const GstDetectExportSettings *settings)
{
  gint format = settings->format;

  return format > 0 ? gst_export_formats ()[format - 1] : NULL;
}

void
gst_detect_export_count (GstDetectExport *self, guint64 *counter, guint64 n)
{
  g_mutex_lock (&self->lock);
  *counter += n;
  g_mutex_unlock (&self->lock);
}

/* Kept until the lock is not held: who takes the message may ask for properties. */
static void
note_warning (GstDetectExport *self, gboolean *warned, gchar *text)
{
  if (!*warned && !self->warning)
    self->warning = g_steal_pointer (&text);
  *warned = TRUE;
  g_free (text);
}

static void
warn_of_stream (GstDetectExport *self, const gchar *what)
{
  note_warning (self, &self->warned_stream, g_strdup_printf ("meta: %s", what));
}

static void
send_start (GstDetectExport *self)
{
  GstPad *pad = gst_export_stream_get_pad (self->stream);
  g_autoptr (GstEvent)
      upstream = gst_pad_get_sticky_event (GST_BASE_TRANSFORM_SINK_PAD (self),
          GST_EVENT_STREAM_START, 0);
  g_autofree gchar *id =
      gst_pad_create_stream_id (pad, GST_ELEMENT (self), "meta");
  GstEvent *event = gst_event_new_stream_start (id);
  guint group = GST_GROUP_ID_INVALID;

  gst_event_set_stream_flags (event, GST_STREAM_FLAG_SPARSE);
  if (upstream && gst_event_parse_group_id (upstream, &group))
    gst_event_set_group_id (event, group);
  gst_export_stream_push_event (self->stream, event);
  self->started = TRUE;
}

/* The reader's choice; FALSE: it takes none of what there is. */
static gboolean
negotiate (GstDetectExport *self)
{
  GstPad *pad = gst_export_stream_get_pad (self->stream);
  g_autoptr (GstCaps) own = gst_pad_get_pad_template_caps (pad);
  g_autoptr (GstCaps) caps = gst_pad_peer_query_caps (pad, own);
  const GstExportFormat *wanted = gst_detect_export_get_format (&self->current);

  self->stream_format = NULL;
  if (gst_caps_is_empty (caps))
    return FALSE;
  caps = gst_caps_fixate (g_steal_pointer (&caps));
  self->stream_is_text =
      gst_structure_has_name (gst_caps_get_structure (caps, 0), "text/x-raw");
  self->stream_format = gst_export_format_for_caps (caps);
  /* JSON is text too, for who asks for it. */
  if (self->stream_is_text && wanted && wanted->caps)
    self->stream_format = wanted;
  g_autoptr (GstCaps) current = gst_pad_get_current_caps (pad);
  if (!current || !gst_caps_is_equal (current, caps))
    gst_export_stream_push_event (self->stream, gst_event_new_caps (caps));
  return TRUE;
}

static void
send_segment (GstDetectExport *self)
{
  GstEvent *segment =
      gst_pad_get_sticky_event (GST_BASE_TRANSFORM_SINK_PAD (self),
          GST_EVENT_SEGMENT, 0);

  if (!segment)
    return;
  gst_export_stream_push_event (self->stream, segment);
  self->has_segment = TRUE;
}

/* Sends whatever has to go before the next line. */
static gboolean
prepare_stream (GstDetectExport *self)
{
  if (!self->started)
    send_start (self);
  if (gst_pad_check_reconfigure (gst_export_stream_get_pad (self->stream)) ||
      !self->stream_format) {
    gst_export_stream_resume (self->stream);
    if (!negotiate (self)) {
      warn_of_stream (self,
          "what it is linked to takes neither application/x-json nor "
          "text/x-raw,format=utf8; link another element");
      return FALSE;
    }
  }
  if (!self->has_segment)
    send_segment (self);
  return TRUE;
}

static GstBuffer *
make_line (GstDetectExport *self, const GstDetectRecord *record,
    const GstBuffer *frame)
{
  gsize length;

  g_string_truncate (self->text, 0);
  self->stream_format->append (self->text, record);
  length = self->text->len;
  if (self->stream_is_text && length > 0 && self->text->str[length - 1] == '\n')
    length--;

  GstBuffer *line = gst_buffer_new_memdup (self->text->str, length);
  GST_BUFFER_PTS (line) = GST_BUFFER_PTS (frame);
  GST_BUFFER_DURATION (line) = GST_BUFFER_DURATION (frame);
  if (!GST_BUFFER_DURATION_IS_VALID (line) && self->has_info &&
      GST_VIDEO_INFO_FPS_N (&self->info) > 0)
    GST_BUFFER_DURATION (line) = gst_util_uint64_scale_int (GST_SECOND,
        GST_VIDEO_INFO_FPS_D (&self->info), GST_VIDEO_INFO_FPS_N (&self->info));
  return line;
}

static void
warn_of_size (GstDetectExport *self, gsize size)
{
  note_warning (self, &self->warned_size,
      g_strdup_printf ("meta: a line of %" G_GSIZE_FORMAT
                       " bytes is left out, since max-size is %u; raise it, or "
                       "let fewer objects be found",
          size, self->current.max_size));
}

static void
count_push (GstDetectExport *self, GstExportPush push)
{
  switch (push) {
    case GST_EXPORT_TAKEN:
      gst_detect_export_count (self, &self->counters.sent, 1);
      return;
    case GST_EXPORT_FULL:
      warn_of_stream (self,
          "whoever reads it is too slow, lines are left out; put a queue or a "
          "faster element behind it, or raise max-lines");
      break;
    case GST_EXPORT_CLOSED: {
      GstFlowReturn flow = gst_export_stream_get_flow (self->stream);

      if (flow == GST_FLOW_NOT_LINKED)
        warn_of_stream (self,
            "it is not linked; link it, or do not request it");
      else if (flow < GST_FLOW_EOS)
        warn_of_stream (self,
            "whoever reads it failed, and gets no more lines; look at the "
            "element behind it");
      break;
    }
  }
  gst_detect_export_count (self, &self->counters.dropped, 1);
}

void
gst_detect_export_send_line (GstDetectExport *self,
    const GstDetectRecord *record, const GstBuffer *frame)
{
  guint max_size = self->current.max_size;

  if (!prepare_stream (self)) {
    gst_detect_export_count (self, &self->counters.dropped, 1);
    return;
  }

  GstBuffer *line = make_line (self, record, frame);
  gsize size = gst_buffer_get_size (line);
  if (max_size > 0 && size > max_size) {
    warn_of_size (self, size);
    gst_detect_export_count (self, &self->counters.too_long, 1);
    gst_buffer_unref (line);
    return;
  }
  count_push (self,
      gst_export_stream_push (self->stream, line, self->current.max_lines));
}

/* Whoever reads has to know that time goes on. */
void
gst_detect_export_send_gap (GstDetectExport *self, GstClockTime pts,
    GstClockTime duration)
{
  if (prepare_stream (self))
    gst_export_stream_push_gap (self->stream, pts, duration,
        self->current.max_lines);
}

void
gst_detect_export_pass_event (GstDetectExport *self, GstEvent *event)
{
  GstClockTime start;
  GstClockTime duration;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      self->started = FALSE;
      break;
    case GST_EVENT_SEGMENT:
      self->has_segment = FALSE;
      break;
    case GST_EVENT_GAP:
      gst_event_parse_gap (event, &start, &duration);
      gst_detect_export_send_gap (self, start, duration);
      break;
    case GST_EVENT_FLUSH_STOP:
      self->has_segment = FALSE;
      G_GNUC_FALLTHROUGH;
    case GST_EVENT_FLUSH_START:
      gst_export_stream_flush (self->stream, gst_event_ref (event));
      break;
    case GST_EVENT_EOS:
    case GST_EVENT_SEGMENT_DONE:
      (void) prepare_stream (self);
      gst_export_stream_push_event (self->stream, gst_event_ref (event));
      break;
    default:
      break;
  }
}

void
gst_detect_export_reset_stream (GstDetectExport *self)
{
  self->started = FALSE;
  self->has_segment = FALSE;
  self->stream_format = NULL;
}

void
gst_detect_export_post_warning (GstDetectExport *self)
{
  g_mutex_lock (&self->stream_lock);
  g_autofree gchar *warning = g_steal_pointer (&self->warning);
  g_mutex_unlock (&self->stream_lock);
  if (warning)
    GST_ELEMENT_WARNING (self, STREAM, FAILED, ("%s", warning),
        ("the video goes on; later lines that are left out are only counted"));
}
