/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sharing: what the second element of a process costs in memory that has the same
 * model and options as the first. Each figure is from a fresh process, in which the
 * engine's library is there already (another model of it is loaded), so that it does
 * not count for the first. Each element infers frames, first in turn; then both at
 * once, when the engine needs room for a second run of the network: that is what
 * running at once costs, with one element or two. */

#include "bare.h"
#include "bench.h"
#include "picture.h"
#include "stream.h"
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#define FRAMES 20

/* Proportional set size, so that pages other processes have too count little. */
static double
memory_kb (void)
{
  g_autofree char *text = NULL;
  unsigned long kb = 0;

  malloc_trim (0);
  if (!g_file_get_contents ("/proc/self/smaps_rollup", &text, NULL, NULL))
    bench_fail ("/proc/self/smaps_rollup cannot be read");
  const char *line = strstr (text, "\nPss:");
  if (!line || sscanf (line, "\nPss: %lu", &kb) != 1)
    bench_fail ("/proc/self/smaps_rollup has no Pss");
  return (double) kb;
}

static gpointer
push_frames (gpointer data)
{
  BenchStream *stream = data;

  stream->n_batch = FRAMES;
  bench_stream_push_batch (stream);
  return NULL;
}

static void
push_at_once (BenchStream **streams)
{
  GThread *threads[2];

  for (guint i = 0; i < 2; i++)
    threads[i] = g_thread_new ("pusher", push_frames, streams[i]);
  for (guint i = 0; i < 2; i++)
    g_thread_join (threads[i]);
}

/* In a process of its own: prints what the first element costs, what the
 * second, and what both at once. */
static void
measure_once (const char *model, const char *engine, const char *other)
{
  g_autofree char *line = g_strdup_printf ("detect name=tested policy=sync "
                                           "threads=1 engine=%s model=",
      engine);
  g_autofree char *warm = g_strconcat (line, other, NULL);
  g_autofree char *same = g_strconcat (line, model, NULL);
  BenchStream *before = bench_stream_open (warm);
  BenchStream *bases[2];
  BenchStream *streams[2];
  double kb[4];

  /* Frames in memory are not what is measured. */
  for (guint i = 0; i < 2; i++)
    bases[i] = bench_stream_open ("identity name=tested");
  push_frames (before);
  kb[0] = memory_kb ();
  for (guint i = 0; i < 2; i++) {
    streams[i] = bench_stream_new (same);
    bench_stream_lend (bases[i], streams[i]);
    bench_stream_play (streams[i]);
    push_frames (streams[i]);
    kb[i + 1] = memory_kb ();
  }
  push_at_once (streams);
  kb[3] = memory_kb ();
  printf ("%.0f %.0f %.0f\n", kb[1] - kb[0], kb[2] - kb[1], kb[3] - kb[2]);
}

static void
measure (const char *model, const char *other, const char *engine,
    double target)
{
  static const char *const whats[] = { "the first element",
    "the second element", "more when both run at once" };
  const char *arguments[] = { "--once", model, engine, other, NULL };
  BenchSamples *kb[3];

  for (guint i = 0; i < 3; i++)
    kb[i] = bench_samples_new ();
  for (guint run = 0; run < BENCH_RUNS; run++) {
    double numbers[3];

    bench_run_self (arguments, numbers, 3);
    for (guint i = 0; i < 3; i++)
      bench_samples_add (kb[i], numbers[i]);
  }
  double first = bench_median (kb[0]);
  BenchRatio ratios[3] = {
    { 0 },
    { "second / first", bench_median (kb[1]) / first, target, TRUE },
    { "this / first", bench_median (kb[2]) / first },
  };
  for (guint i = 0; i < 3; i++) {
    g_autofree char *what = g_strdup_printf ("%s: %s", engine, whats[i]);

    bench_row (what, "kB", kb[i], i > 0 ? &ratios[i] : NULL);
    bench_samples_free (kb[i]);
  }
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *engine;
    double target; /* 0: an engine that takes no requests at once */
  } engines[] = { { "onnxruntime", 0.1 }, { "openvino", 0.1 },
    { "opencv", 0 } };

  if (argc == 6 && strcmp (argv[2], "--once") == 0) {
    bench_start (&argc, &argv, NULL);
    measure_once (argv[2], argv[3], argv[4]);
    return 0;
  }
  bench_start (&argc, &argv,
      "sharing: memory of elements with one model (yolox_nano), one process");
  g_autofree char *model = bench_asset ("models/yolox_nano.onnx");
  g_autofree char *other = bench_asset ("models/version-RFB-320.onnx");
  for (guint i = 0; i < G_N_ELEMENTS (engines); i++) {
    const char *engine = engines[i].engine;

    if (!model || !other)
      bench_row_skipped (engine, "no such models");
    else if (!bench_engine_runs (model, engine))
      bench_row_skipped (engine, "no such engine");
    else
      measure (model, other, engine, engines[i].target);
  }
  return 0;
}
