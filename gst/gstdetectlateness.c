/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetectlateness.h"

void
gst_detect_lateness_init (GstDetectLateness *lateness)
{
  g_mutex_init (&lateness->lock);
  lateness->until = GST_CLOCK_TIME_NONE;
}

void
gst_detect_lateness_clear (GstDetectLateness *lateness)
{
  g_mutex_clear (&lateness->lock);
}

static void
set_until (GstDetectLateness *lateness, GstClockTime until)
{
  g_mutex_lock (&lateness->lock);
  lateness->until = until;
  g_mutex_unlock (&lateness->lock);
}

void
gst_detect_lateness_reset (GstDetectLateness *lateness)
{
  set_until (lateness, GST_CLOCK_TIME_NONE);
}

void
gst_detect_lateness_take (GstDetectLateness *lateness, GstEvent *qos)
{
  GstClockTimeDiff jitter;
  GstClockTime timestamp;

  gst_event_parse_qos (qos, NULL, NULL, &jitter, &timestamp);
  set_until (lateness,
      GST_CLOCK_TIME_IS_VALID (timestamp) && jitter > 0
          ? timestamp + (GstClockTime) jitter
          : GST_CLOCK_TIME_NONE);
}

gboolean
gst_detect_lateness_is_late (GstDetectLateness *lateness,
    const GstSegment *segment, GstClockTime pts)
{
  if (segment->format != GST_FORMAT_TIME || !GST_CLOCK_TIME_IS_VALID (pts))
    return FALSE;

  GstClockTime running =
      gst_segment_to_running_time (segment, GST_FORMAT_TIME, pts);
  g_mutex_lock (&lateness->lock);
  GstClockTime until = lateness->until;
  g_mutex_unlock (&lateness->lock);
  return GST_CLOCK_TIME_IS_VALID (running) && GST_CLOCK_TIME_IS_VALID (until) &&
      running < until;
}
