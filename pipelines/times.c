/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "times.h"

#include <math.h>

#define STEP 1.02

static int
find_bin (gint64 us)
{
  int bin = us > 1 ? (int) (log ((double) us) / log (STEP)) : 0;

  return MIN (bin, TIMES_BINS - 1);
}

void
times_add (Times *times, gint64 us)
{
  times->least_us = times->n > 0 ? MIN (times->least_us, us) : us;
  times->most_us = MAX (times->most_us, us);
  times->n++;
  times->sum_us += (double) us;
  times->bins[find_bin (us)]++;
}

double
times_mean_ms (const Times *times)
{
  return times->n > 0 ? times->sum_us / (double) times->n / 1000 : 0;
}

/* Nearest rank, told by the middle of its bin. */
double
times_percentile_ms (const Times *times, int percent)
{
  guint64 rank = (times->n * (guint64) percent + 99) / 100;
  guint64 seen = 0;

  for (int i = 0; i < TIMES_BINS && times->n > 0; i++) {
    seen += times->bins[i];
    if (seen >= MAX (rank, 1))
      return CLAMP (pow (STEP, i + 0.5), (double) times->least_us,
                 (double) times->most_us) /
          1000;
  }
  return 0;
}
