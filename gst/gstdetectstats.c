/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetectstats.h"

#include <stdlib.h>
#include <string.h>

#define TOTAL DET_N_STAGES

void
gst_detect_stats_reset (GstDetectStats *stats)
{
  memset (stats, 0, sizeof *stats);
}

void
gst_detect_stats_count_frame (GstDetectStats *stats)
{
  stats->last_us = g_get_monotonic_time ();
  if (stats->frames == 0)
    stats->first_us = stats->last_us;
  stats->frames++;
}

static void
count_stage (GstDetectStats *stats, gint stage, gint64 us)
{
  gint64 slot = (gint64) (stats->inferred % GST_DETECT_STATS_WINDOW);

  stats->sum_us[stage] += (gdouble) us;
  stats->window_us[stage][slot] = (guint32) CLAMP (us, 0, G_MAXUINT32);
}

void
gst_detect_stats_count_inference (GstDetectStats *stats,
    const DetDetections *detections)
{
  gint64 total = 0;

  for (gint i = 0; i < DET_N_STAGES; i++) {
    count_stage (stats, i, detections->stage_us[i]);
    total += detections->stage_us[i];
  }
  count_stage (stats, TOTAL, total);
  stats->inferred++;
  stats->objects += detections->n_objects;
}

static int
compare_us (const void *a, const void *b)
{
  guint32 x = *(const guint32 *) a;
  guint32 y = *(const guint32 *) b;

  return (x > y) - (x < y);
}

/* Nearest-rank percentile. */
static gdouble
percentile_ms (const guint32 *sorted, gsize n, guint percent)
{
  gsize rank = (n * percent + 99) / 100;

  return n == 0 ? 0 : sorted[MAX (rank, 1) - 1] / 1000.0;
}

static void
set_number (GstStructure *structure, const gchar *stage, const gchar *what,
    gdouble ms)
{
  g_autofree gchar *name = g_strdup_printf ("%s-ms-%s", stage, what);

  gst_structure_set (structure, name, G_TYPE_DOUBLE, ms, NULL);
}

static void
describe_stage (GstStructure *structure, const GstDetectStats *stats,
    gint stage)
{
  guint32 sorted[GST_DETECT_STATS_WINDOW];
  gsize n = (gsize) MIN (stats->inferred, GST_DETECT_STATS_WINDOW);
  const gchar *name = stage == TOTAL ? "total"
                                     : det_stage_name ((DetStage) stage);
  gdouble count = (gdouble) MAX (stats->inferred, 1);

  memcpy (sorted, stats->window_us[stage], n * sizeof *sorted);
  qsort (sorted, n, sizeof *sorted, compare_us);
  set_number (structure, name, "mean", stats->sum_us[stage] / count / 1000.0);
  set_number (structure, name, "p50", percentile_ms (sorted, n, 50));
  set_number (structure, name, "p95", percentile_ms (sorted, n, 95));
  set_number (structure, name, "p99", percentile_ms (sorted, n, 99));
}

GstStructure *
gst_detect_stats_to_structure (const GstDetectStats *stats)
{
  gdouble seconds = (gdouble) (stats->last_us - stats->first_us) / 1e6;
  gdouble fps = seconds > 0 ? (gdouble) (stats->frames - 1) / seconds : 0.0;
  GstStructure *structure =
      gst_structure_new ("detect-stats", "frames", G_TYPE_UINT64, stats->frames,
          "inferred", G_TYPE_UINT64, stats->inferred, "skipped", G_TYPE_UINT64,
          stats->skipped, "late", G_TYPE_UINT64, stats->late, "errors",
          G_TYPE_UINT64, stats->errors, "timeouts", G_TYPE_UINT64,
          stats->timeouts, "dropped", G_TYPE_UINT64, stats->dropped, "objects",
          G_TYPE_UINT64, stats->objects, "fps", G_TYPE_DOUBLE, fps, NULL);

  for (gint i = 0; i < GST_DETECT_STATS_STAGES; i++)
    describe_stage (structure, stats, i);
  return structure;
}
