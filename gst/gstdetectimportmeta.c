/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetectimportprivate.h"

#include "detectrecord.h"
#include <pango/pango.h>
#include <string.h>

/* So many records may be ahead of the video; more have to wait. */
#define MAX_AHEAD 1000

void
gst_detect_import_post_complaint (GstDetectImport *self)
{
  g_mutex_lock (&self->lock);
  g_autofree gchar *text = gst_import_queue_take_complaint (&self->queue);
  g_autofree gchar *location = g_strdup (self->location);
  g_mutex_unlock (&self->lock);
  if (text)
    GST_ELEMENT_WARNING (self, STREAM, DECODE,
        ("%s: %s", location ? location : "meta", text),
        ("the other lines are read; later ones like it are only counted"));
}

void
gst_detect_import_set_flag (GstDetectImport *self, gboolean *flag,
    gboolean value)
{
  g_mutex_lock (&self->lock);
  *flag = value;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

/* Called with the lock. Waits while enough is ahead of the video. */
static GstFlowReturn
wait_for_video (GstDetectImport *self)
{
  while (!self->meta_stopped && !self->video_ended &&
      gst_import_queue_get_length (&self->queue) > MAX_AHEAD)
    g_cond_wait (&self->changed, &self->lock);
  if (self->video_ended)
    gst_import_queue_flush (&self->queue);
  return self->meta_stopped ? GST_FLOW_FLUSHING : GST_FLOW_OK;
}

/* Called with the lock. Whatever belongs before that time has come. */
static void
reach_time (GstDetectImport *self, GstPad *pad, GstClockTime pts)
{
  g_autoptr (GstEvent)
      sticky = gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  const GstSegment *segment = NULL;

  if (sticky)
    gst_event_parse_segment (sticky, &segment);
  if (GST_CLOCK_TIME_IS_VALID (pts))
    self->meta_time = gst_detect_stream_time (segment, pts);
}

/* Called with the lock. */
static void
take_gap (GstDetectImport *self, GstPad *pad, GstEvent *event)
{
  GstClockTime start;
  GstClockTime duration;

  gst_event_parse_gap (event, &start, &duration);
  if (GST_CLOCK_TIME_IS_VALID (start) && GST_CLOCK_TIME_IS_VALID (duration))
    start += duration;
  reach_time (self, pad, start);
}

/* Called with the lock. Some demuxers make markup of plain text. */
static void
feed (GstDetectImport *self, const gchar *text, gsize length)
{
  g_autofree gchar *plain = NULL;

  if (self->meta_is_markup && length <= GST_IMPORT_MAX_LINE &&
      pango_parse_markup (text, (gint) length, 0, NULL, &plain, NULL, NULL))
    gst_import_queue_feed (&self->queue, plain, strlen (plain));
  else
    gst_import_queue_feed (&self->queue, text, length);
  if (self->meta_is_text)
    gst_import_queue_end_line (&self->queue);
}

static GstFlowReturn
chain_meta (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  GstDetectImport *self = GST_DETECT_IMPORT (parent);
  GstFlowReturn flow = GST_FLOW_OK;
  GstMapInfo map;

  if (gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    g_mutex_lock (&self->lock);
    feed (self, (const gchar *) map.data, map.size);
    reach_time (self, pad, GST_BUFFER_PTS (buffer));
    g_cond_broadcast (&self->changed);
    flow = wait_for_video (self);
    g_mutex_unlock (&self->lock);
    gst_buffer_unmap (buffer, &map);
  }
  gst_buffer_unref (buffer);
  gst_detect_import_post_complaint (self);
  return flow;
}

/* Called with the lock. */
static void
take_caps (GstDetectImport *self, const GstStructure *caps)
{
  self->meta_is_text = gst_structure_has_name (caps, "text/x-raw");
  self->meta_is_markup = g_strcmp0 (gst_structure_get_string (caps, "format"),
                             "pango-markup") == 0;
}

/* Called with the lock. */
static void
take_meta_event (GstDetectImport *self, GstPad *pad, GstEvent *event)
{
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      take_caps (self, gst_caps_get_structure (caps, 0));
      break;
    case GST_EVENT_STREAM_START:
      self->meta_ended = FALSE;
      break;
    case GST_EVENT_SEGMENT:
      self->meta_time = GST_CLOCK_TIME_NONE;
      break;
    case GST_EVENT_GAP:
      take_gap (self, pad, event);
      break;
    case GST_EVENT_EOS:
      gst_import_queue_end_line (&self->queue);
      self->meta_ended = TRUE;
      break;
    case GST_EVENT_FLUSH_START:
      self->meta_stopped = TRUE;
      break;
    case GST_EVENT_FLUSH_STOP:
      self->meta_stopped = FALSE;
      self->meta_ended = FALSE;
      self->meta_time = GST_CLOCK_TIME_NONE;
      gst_import_queue_flush (&self->queue);
      break;
    default:
      break;
  }
}

/* They end here: the video has its own. */
static gboolean
handle_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstDetectImport *self = GST_DETECT_IMPORT (parent);
  gboolean live = GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT &&
      gst_detect_pad_is_live (pad);

  g_mutex_lock (&self->lock);
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT)
    self->meta_is_live = live;
  take_meta_event (self, pad, event);
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  gst_detect_import_post_complaint (self);
  gst_event_unref (event);
  return TRUE;
}

static void
wake (GstPad *pad, GstPad *peer, gpointer data)
{
  GstDetectImport *self = data;

  g_mutex_lock (&self->lock);
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

GstPad *
gst_detect_import_request_new_pad (GstElement *element,
    GstPadTemplate *pad_template, const gchar *name, const GstCaps *caps)
{
  GstDetectImport *self = GST_DETECT_IMPORT (element);

  g_mutex_lock (&self->lock);
  gboolean refused = self->meta || self->location;
  g_mutex_unlock (&self->lock);
  if (refused) {
    GST_WARNING_OBJECT (self,
        "there is one pad meta, and none beside location");
    return NULL;
  }

  GstPad *pad = gst_pad_new_from_template (pad_template, "meta");
  gst_pad_set_chain_function (pad, chain_meta);
  gst_pad_set_event_function (pad, handle_event);
  g_signal_connect_object (pad, "unlinked", G_CALLBACK (wake), self, 0);
  if (GST_STATE (element) > GST_STATE_READY)
    gst_pad_set_active (pad, TRUE);
  g_mutex_lock (&self->lock);
  self->meta = pad;
  self->meta_ended = FALSE;
  g_mutex_unlock (&self->lock);
  gst_element_add_pad (element, pad);
  return pad;
}

void
gst_detect_import_release_pad (GstElement *element, GstPad *pad)
{
  GstDetectImport *self = GST_DETECT_IMPORT (element);

  g_mutex_lock (&self->lock);
  gboolean was_stopped = self->meta_stopped;
  self->meta = NULL;
  self->meta_stopped = TRUE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (element, pad);
  gst_detect_import_set_flag (self, &self->meta_stopped, was_stopped);
}
