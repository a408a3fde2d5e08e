/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_STATS_H
#define GST_DETECT_STATS_H

#include <detect/detections.h>
#include <gst/gst.h>

G_BEGIN_DECLS

/* How many of the newest inferences percentiles are taken from. */
#define GST_DETECT_STATS_WINDOW 1024

/* The core's stages, and their sum. */
#define GST_DETECT_STATS_STAGES (DET_N_STAGES + 1)

/* Counters of one element from its start. Not thread-safe. */
typedef struct
{
  guint64 frames;
  guint64 inferred;
  guint64 skipped;  /* passed on without an inference of their own */
  guint64 late;     /* of these, since the sink would have dropped them */
  guint64 errors;   /* inferences that failed */
  guint64 timeouts; /* inferences that were given up */
  guint64 dropped;  /* inferences whose stream went away before they ended */
  guint64 objects;  /* found, summed over the inferred frames */
  gint64 first_us;  /* monotonic time of the first frame */
  gint64 last_us;
  gdouble sum_us[GST_DETECT_STATS_STAGES];
  guint32 window_us[GST_DETECT_STATS_STAGES][GST_DETECT_STATS_WINDOW];
} GstDetectStats;

void gst_detect_stats_reset (GstDetectStats *stats);
void gst_detect_stats_count_frame (GstDetectStats *stats);
void gst_detect_stats_count_inference (GstDetectStats *stats,
    const DetDetections *detections);

/* Times are in milliseconds, fps is frames per second of wall time. */
GstStructure *gst_detect_stats_to_structure (const GstDetectStats *stats);

G_END_DECLS

#endif
