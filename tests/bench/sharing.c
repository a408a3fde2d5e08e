/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sharing: what the second element of a process costs in memory that has the same
 * model and options as the first. Each figure is from a fresh process, in which the
 * engine's library is there already (another model of it is loaded), so that it does
 * not count for the first. Both elements have inferred frames; at last at the same
 * time, so that each has all the memory it ever takes. */

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
  for (guint i = 0; i < FRAMES; i++)
    bench_stream_push (data);
  return NULL;
}

static void
push_at_once (BenchStream **streams, guint n)
{
  GThread *threads[2];

  for (guint i = 0; i < n; i++)
    threads[i] = g_thread_new ("pusher", push_frames, streams[i]);
  for (guint i = 0; i < n; i++)
    g_thread_join (threads[i]);
}

/* In a process of its own: prints what the first and the second element cost. */
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
  double kb[3];

  /* Frames in memory are not what is measured. */
  for (guint i = 0; i < 2; i++)
    bases[i] = bench_stream_open ("identity name=tested");
  push_at_once (&before, 1);
  kb[0] = memory_kb ();
  for (guint i = 0; i < 2; i++) {
    streams[i] = bench_stream_new (same);
    bench_stream_lend (bases[i], streams[i]);
    bench_stream_play (streams[i]);
    push_at_once (streams, i + 1);
    kb[i + 1] = memory_kb ();
  }
  printf ("%.0f %.0f\n", kb[1] - kb[0], kb[2] - kb[1]);
}

static void
measure (const char *model, const char *other, const char *engine,
    double target)
{
  g_autofree char *first = g_strdup_printf ("%s: the first element", engine);
  g_autofree char *second = g_strdup_printf ("%s: the second element", engine);
  const char *arguments[] = { "--once", model, engine, other, NULL };
  BenchSamples *kb[] = { bench_samples_new (), bench_samples_new () };

  for (guint i = 0; i < BENCH_RUNS; i++) {
    double numbers[2];

    bench_run_self (arguments, numbers, 2);
    bench_samples_add (kb[0], numbers[0]);
    bench_samples_add (kb[1], numbers[1]);
  }
  BenchRatio ratio = { "second / first",
    bench_median (kb[1]) / bench_median (kb[0]), target, TRUE };
  bench_row (first, "kB", kb[0], NULL);
  bench_row (second, "kB", kb[1], &ratio);
  bench_samples_free (kb[0]);
  bench_samples_free (kb[1]);
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
