/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TIMES_H
#define TIMES_H

#include <glib.h>

/* From 1 us to a quarter of an hour in steps of 2 %. */
#define TIMES_BINS 1050

/* Counts durations, of however long a stream, in constant memory: the mean is
 * exact, percentiles are within 1 %. Zeroed is empty. */
typedef struct
{
  guint64 n;
  double sum_us;
  gint64 least_us;
  gint64 most_us;
  guint64 bins[TIMES_BINS];
} Times;

void times_add (Times *times, gint64 us);
double times_mean_ms (const Times *times);
double times_percentile_ms (const Times *times, int percent);

#endif
