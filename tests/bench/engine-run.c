/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* engine-run MODEL ENGINE THREADS: the time of one bare run of the engine, in
 * milliseconds: the median of a moment, of all moments the quietest, so that what else
 * the machine does stays out. A process of its own, since OpenCV's threads are the
 * process's. */

#include "bare.h"
#include "bench.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define WARM_UP_MS 300
#define MEASURE_MS 1500
#define MOMENT_MS 100
#define LEAST_RUNS 5 /* of a moment */
#define SIDE 256     /* of the picture that is fed */

static double
measure_moment (BenchBare *bare)
{
  BenchSamples *ms = bench_samples_new ();
  double start = bench_now_ms ();

  while (ms->len < LEAST_RUNS || bench_now_ms () - start < MOMENT_MS) {
    double before = bench_now_ms ();

    bench_bare_run (bare);
    bench_samples_add (ms, bench_now_ms () - before);
  }
  double median = bench_median (ms);
  bench_samples_free (ms);
  return median;
}

static double
measure (BenchBare *bare)
{
  double start = bench_now_ms ();
  double best = INFINITY;

  while (bench_now_ms () - start < WARM_UP_MS)
    bench_bare_run (bare);
  start = bench_now_ms ();
  while (bench_now_ms () - start < MEASURE_MS)
    best = MIN (best, measure_moment (bare));
  return best;
}

int
main (int argc, char **argv)
{
  guint8 pixels[SIDE * SIDE];
  DetFrame frame;

  if (argc != 4)
    bench_fail ("three arguments are expected: MODEL ENGINE THREADS");
  BenchBare *bare = bench_bare_new (argv[1], argv[2], atoi (argv[3]));

  /* A grey ramp, so that no engine is spared work by zeros. */
  for (int i = 0; i < SIDE * SIDE; i++)
    pixels[i] = (guint8) (i % 251);
  det_frame_init_packed (&frame, DET_PIXEL_FORMAT_GRAY8, SIDE, SIDE, SIDE,
      pixels);
  bench_bare_feed (bare, &frame);
  bench_bare_load (bare);
  printf ("%.3f\n", measure (bare));
  bench_bare_free (bare);
  return 0;
}
