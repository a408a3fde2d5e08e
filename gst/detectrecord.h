/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_RECORD_H
#define GST_DETECT_RECORD_H

#include "detectionreader.h"

G_BEGIN_DECLS

/* One frame as it is written down: what was found on it, and when that was. */
typedef struct
{
  const gchar *input; /* what the frames come from; NULL: not told */
  guint64 frame;      /* number of the frame in its stream, from 0 */
  gint width;         /* of the frame, in pixels */
  gint height;
  gboolean is_new; /* the first frame that carries its result */

  /* Of the frame; each NONE when it is not known. pts is the time in the stream:
   * the buffer's PTS as the segment maps it. */
  GstClockTime pts;
  GstClockTime running_time;
  GstClockTime utc; /* since 1970 */

  GstClockTime inferred_pts; /* that of the frame that was inferred */
  const GstDetectReading *reading;
} GstDetectRecord;

/* Results stay on the frames that follow, so one is new only where its number
 * first turns up. Zeroed: none was seen. */
typedef struct
{
  gboolean known;
  guint64 frame_number;
} GstDetectSeen;

gboolean
gst_detect_seen_is_new (GstDetectSeen *seen, const GstDetectReading *reading);

/* Time in the stream, or pts itself where the segment does not tell. segment may
 * be NULL. */
GstClockTime
gst_detect_stream_time (const GstSegment *segment, GstClockTime pts);

/* Fills in the times. utc_base is the UTC of running time 0, or NONE; a reference
 * timestamp on the buffer comes before it. The reading must be set. */
void gst_detect_record_set_times (GstDetectRecord *record, GstBuffer *buffer,
    const GstSegment *segment, GstClockTime utc_base);

/* UTC of running time 0, or NONE: known when the pipeline's clock counts from a
 * known date. Only worth asking when the stream is live: otherwise a frame's
 * running time says when it is shown, not when it was. */
GstClockTime gst_detect_find_utc_base (GstElement *element);

/* Whether what comes in on the pad is produced as time goes by. */
gboolean gst_detect_pad_is_live (GstPad *sink);

/* Appends a time since 1970 as RFC 3339 text, to the microsecond; FALSE when that
 * has no such text. */
gboolean gst_detect_append_utc (GString *text, GstClockTime utc);

G_END_DECLS

#endif
