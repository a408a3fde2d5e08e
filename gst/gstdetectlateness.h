/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_LATENESS_H
#define GST_DETECT_LATENESS_H

#include <gst/gst.h>

G_BEGIN_DECLS

/* What the sink has said, by QoS events, of frames that come too late. Any thread
 * may call all but init and clear. */
typedef struct
{
  GMutex lock;
  GstClockTime until; /* running time before which frames are late, or NONE */
} GstDetectLateness;

void gst_detect_lateness_init (GstDetectLateness *lateness);
void gst_detect_lateness_clear (GstDetectLateness *lateness);
void gst_detect_lateness_reset (GstDetectLateness *lateness);
void gst_detect_lateness_take (GstDetectLateness *lateness, GstEvent *qos);
gboolean gst_detect_lateness_is_late (GstDetectLateness *lateness,
    const GstSegment *segment, GstClockTime pts);

G_END_DECLS

#endif
