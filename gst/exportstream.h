/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_EXPORT_STREAM_H
#define GST_EXPORT_STREAM_H

#include <gst/gst.h>

G_BEGIN_DECLS

/* A source pad with a queue and a thread of its own, so that whoever pushes never
 * waits for the one who reads. What does not fit is refused. */
typedef struct _GstExportStream GstExportStream;

typedef enum
{
  GST_EXPORT_TAKEN,
  GST_EXPORT_FULL, /* the reader is slow */
  GST_EXPORT_CLOSED, /* the reader takes nothing more; gst_export_stream_get_flow()
                        says why */
} GstExportPush;

/* Makes the pad and adds it to the element, which owns it. */
GstExportStream *gst_export_stream_new (GstElement *element,
    GstPadTemplate *pad_template, const gchar *name);

/* Ends the thread and takes the pad away. */
void gst_export_stream_free (GstExportStream *stream);

GstPad *gst_export_stream_get_pad (const GstExportStream *stream);

/* Takes the buffer, whatever comes of it. At most max_lines wait. */
GstExportPush gst_export_stream_push (GstExportStream *stream,
    GstBuffer *buffer, guint max_lines);

/* Takes a serialized event; it keeps its place among the buffers. */
void gst_export_stream_push_event (GstExportStream *stream, GstEvent *event);

/* Says that there is nothing for a while. When more than max_lines wait, gaps in a
 * row become one; not before, since muxers want a gap for each picture. */
void gst_export_stream_push_gap (GstExportStream *stream, GstClockTime pts,
    GstClockTime duration, guint max_lines);

/* FLUSH_START and FLUSH_STOP, which do not wait in the queue. */
void gst_export_stream_flush (GstExportStream *stream, GstEvent *event);

/* There is a reader, or another one: lines are taken again. */
void gst_export_stream_resume (GstExportStream *stream);

/* What the reader said last. */
GstFlowReturn gst_export_stream_get_flow (GstExportStream *stream);

G_END_DECLS

#endif
