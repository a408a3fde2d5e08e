/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exportstream.h"

struct _GstExportStream
{
  GstElement *element; /* not owned */
  GstPad *pad;

  GMutex lock;  /* guards what follows; no other is taken with it */
  GCond filled; /* there is something to push, or no need to wait for it */
  GQueue items; /* GstMiniObject: buffers and events, in order */
  guint n_lines;
  gboolean stopped;
  GstFlowReturn flow; /* unless it is OK, no lines are taken */
  guint n_resumed;    /* what comes of a push begun before is of no matter */
};

/* ---- the thread ---- */

/* NULL: the thread has to stop. n_resumed tells what a flow is of. */
static GstMiniObject *
wait_for_item (GstExportStream *stream, guint *n_resumed)
{
  GstMiniObject *item = NULL;

  g_mutex_lock (&stream->lock);
  while (!stream->stopped && g_queue_is_empty (&stream->items))
    g_cond_wait (&stream->filled, &stream->lock);
  if (!stream->stopped)
    item = g_queue_pop_head (&stream->items);
  if (GST_IS_BUFFER (item))
    stream->n_lines--;
  *n_resumed = stream->n_resumed;
  g_mutex_unlock (&stream->lock);
  return item;
}

/* With the lock held: lines that nobody was there for. */
static void
drop_lines (GstExportStream *stream)
{
  for (GList *link = stream->items.head; link;) {
    GList *next = link->next;

    if (GST_IS_BUFFER (link->data)) {
      gst_buffer_unref (link->data);
      g_queue_delete_link (&stream->items, link);
    }
    link = next;
  }
  stream->n_lines = 0;
}

/* What became of a line; those behind it fare no better. */
static void
take_flow (GstExportStream *stream, GstFlowReturn flow, guint n_resumed)
{
  g_mutex_lock (&stream->lock);
  if (!stream->stopped && stream->n_resumed == n_resumed) {
    stream->flow = flow;
    if (flow != GST_FLOW_OK)
      drop_lines (stream);
  }
  g_mutex_unlock (&stream->lock);
}

static void
push_next (gpointer data)
{
  GstExportStream *stream = data;
  guint n_resumed;
  GstMiniObject *item = wait_for_item (stream, &n_resumed);

  if (!item) {
    gst_pad_pause_task (stream->pad);
  } else if (GST_IS_EVENT (item)) {
    gst_pad_push_event (stream->pad, GST_EVENT_CAST (item));
  } else {
    GstFlowReturn flow = gst_pad_push (stream->pad, GST_BUFFER_CAST (item));

    take_flow (stream, flow, n_resumed);
  }
}

static void
set_stopped (GstExportStream *stream, gboolean stopped)
{
  g_mutex_lock (&stream->lock);
  stream->stopped = stopped;
  stream->flow = stopped ? GST_FLOW_FLUSHING : GST_FLOW_OK;
  stream->n_resumed++;
  g_queue_clear_full (&stream->items, (GDestroyNotify) gst_mini_object_unref);
  stream->n_lines = 0;
  g_cond_signal (&stream->filled);
  g_mutex_unlock (&stream->lock);
}

/* ---- the pad ---- */

static gboolean
activate (GstPad *pad, GstObject *parent, GstPadMode mode, gboolean active)
{
  GstExportStream *stream = gst_pad_get_element_private (pad);

  if (mode != GST_PAD_MODE_PUSH)
    return FALSE;
  set_stopped (stream, !active);
  return active ? gst_pad_start_task (pad, push_next, stream, NULL)
                : gst_pad_stop_task (pad);
}

/* Who reads detections late must not make the decoder drop frames; so only seeks
 * go on to the source. */
static gboolean
handle_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEEK)
    return gst_pad_event_default (pad, parent, event);
  gst_event_unref (event);
  return TRUE;
}

GstExportStream *
gst_export_stream_new (GstElement *element, GstPadTemplate *pad_template,
    const gchar *name)
{
  GstExportStream *stream = g_new0 (GstExportStream, 1);

  g_mutex_init (&stream->lock);
  g_cond_init (&stream->filled);
  g_queue_init (&stream->items);
  stream->stopped = TRUE;
  stream->flow = GST_FLOW_FLUSHING;
  stream->element = element;
  stream->pad = gst_pad_new_from_template (pad_template, name);
  gst_pad_set_element_private (stream->pad, stream);
  gst_pad_set_activatemode_function (stream->pad, activate);
  gst_pad_set_event_function (stream->pad, handle_event);
  /* An element that runs wants pads that do. */
  if (GST_STATE (element) > GST_STATE_READY)
    gst_pad_set_active (stream->pad, TRUE);
  gst_element_add_pad (element, stream->pad);
  return stream;
}

void
gst_export_stream_free (GstExportStream *stream)
{
  gst_pad_set_active (stream->pad, FALSE);
  gst_element_remove_pad (stream->element, stream->pad);
  g_queue_clear_full (&stream->items, (GDestroyNotify) gst_mini_object_unref);
  g_cond_clear (&stream->filled);
  g_mutex_clear (&stream->lock);
  g_free (stream);
}

GstPad *
gst_export_stream_get_pad (const GstExportStream *stream)
{
  return stream->pad;
}

/* ---- what goes in ---- */

static void
enqueue (GstExportStream *stream, gpointer item)
{
  g_queue_push_tail (&stream->items, item);
  g_cond_signal (&stream->filled);
}

GstExportPush
gst_export_stream_push (GstExportStream *stream, GstBuffer *buffer,
    guint max_lines)
{
  GstExportPush result = GST_EXPORT_TAKEN;

  g_mutex_lock (&stream->lock);
  if (stream->flow != GST_FLOW_OK) {
    result = GST_EXPORT_CLOSED;
  } else if (stream->n_lines >= max_lines) {
    result = GST_EXPORT_FULL;
  } else {
    enqueue (stream, buffer);
    stream->n_lines++;
  }
  g_mutex_unlock (&stream->lock);
  if (result != GST_EXPORT_TAKEN)
    gst_buffer_unref (buffer);
  return result;
}

void
gst_export_stream_push_event (GstExportStream *stream, GstEvent *event)
{
  g_mutex_lock (&stream->lock);
  if (!stream->stopped)
    enqueue (stream, g_steal_pointer (&event));
  g_mutex_unlock (&stream->lock);
  gst_clear_event (&event);
}

static gboolean
is_gap (gpointer item)
{
  return GST_IS_EVENT (item) &&
      GST_EVENT_TYPE (GST_EVENT_CAST (item)) == GST_EVENT_GAP;
}

void
gst_export_stream_push_gap (GstExportStream *stream, GstClockTime pts,
    GstClockTime duration, guint max_lines)
{
  GstClockTime start = pts;

  if (!GST_CLOCK_TIME_IS_VALID (pts))
    return;
  g_mutex_lock (&stream->lock);
  if (!stream->stopped && stream->items.length >= max_lines &&
      is_gap (g_queue_peek_tail (&stream->items))) {
    g_autoptr (GstEvent) last = g_queue_pop_tail (&stream->items);

    gst_event_parse_gap (last, &start, NULL);
    if (start < pts && GST_CLOCK_TIME_IS_VALID (duration))
      duration += pts - start;
    else
      start = pts;
  }
  if (!stream->stopped)
    enqueue (stream, gst_event_new_gap (start, duration));
  g_mutex_unlock (&stream->lock);
}

void
gst_export_stream_flush (GstExportStream *stream, GstEvent *event)
{
  gboolean start = GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_START;

  if (start) {
    gst_pad_push_event (stream->pad, event);
    set_stopped (stream, TRUE);
    gst_pad_pause_task (stream->pad);
    return;
  }
  set_stopped (stream, FALSE);
  gst_pad_push_event (stream->pad, event);
  gst_pad_start_task (stream->pad, push_next, stream, NULL);
}

void
gst_export_stream_resume (GstExportStream *stream)
{
  g_mutex_lock (&stream->lock);
  if (!stream->stopped)
    stream->flow = GST_FLOW_OK;
  stream->n_resumed++;
  g_mutex_unlock (&stream->lock);
}

GstFlowReturn
gst_export_stream_get_flow (GstExportStream *stream)
{
  g_mutex_lock (&stream->lock);
  GstFlowReturn flow = stream->flow;
  g_mutex_unlock (&stream->lock);
  return flow;
}
