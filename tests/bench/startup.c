/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* startup: from READY to the first frame that was inferred, against the bare
 * engine's load and first run; how long set_state takes; how long going back to NULL
 * takes while a model is loading. Each figure is from a fresh process. The engine's
 * library is looked up before the clock starts, in both: the element does that on
 * its way to READY. */

#include "bare.h"
#include "bench.h"
#include "picture.h"
#include "stream.h"
#include <stdio.h>
#include <string.h>

#define THREADS 1

static BenchStream *
ready_stream (const char *model, const char *engine)
{
  g_autofree char *line = g_strdup_printf ("detect name=tested policy=sync "
                                           "threads=%d engine=%s model=%s",
      THREADS, engine, model);
  BenchStream *frames = bench_stream_open ("identity name=tested");
  BenchStream *stream = bench_stream_new (line);

  bench_stream_lend (frames, stream);
  bench_stream_free (frames);
  return stream;
}

static void
print_element (const char *model, const char *engine)
{
  BenchStream *stream = ready_stream (model, engine);
  double start = bench_now_ms ();

  bench_stream_play (stream);
  double playing = bench_now_ms ();
  bench_stream_push (stream);
  bench_stream_drain (stream);
  printf ("%f %f\n", bench_now_ms () - start, playing - start);
  bench_stream_free (stream);
}

static void
print_bare (const char *model, const char *engine)
{
  BenchBare *bare = bench_bare_new (model, engine, THREADS);
  GstVideoInfo info;
  g_autoptr (GstBuffer)
      picture = bench_picture_new (GST_VIDEO_FORMAT_NV12, &info);
  GstVideoFrame frame;

  bench_check (gst_video_frame_map (&frame, &info, picture, GST_MAP_READ),
      "gst_video_frame_map", NULL);
  DetFrame view = bench_frame_view (&frame);
  bench_bare_feed (bare, &view);
  gst_video_frame_unmap (&frame);
  double start = bench_now_ms ();
  bench_bare_load (bare);
  double loaded = bench_now_ms ();
  bench_bare_run (bare);
  printf ("%f %f\n", bench_now_ms () - start, loaded - start);
  bench_bare_free (bare);
}

/* To NULL right after the load has begun. */
static void
print_null (const char *model, const char *engine)
{
  BenchStream *stream = ready_stream (model, engine);

  bench_stream_play (stream);
  g_usleep (5000);
  double start = bench_now_ms ();
  gst_element_set_state (stream->pipeline, GST_STATE_NULL);
  printf ("%f\n", bench_now_ms () - start);
  bench_stream_free (stream);
}

static void
print_once (const char *what, const char *model, const char *engine)
{
  if (strcmp (what, "element") == 0)
    print_element (model, engine);
  else if (strcmp (what, "bare") == 0)
    print_bare (model, engine);
  else
    print_null (model, engine);
}

static void
measure (const char *model, const char *engine, double target)
{
  const char *element[] = { "--once", "element", model, engine, NULL };
  const char *bare[] = { "--once", "bare", model, engine, NULL };
  const char *null[] = { "--once", "null", model, engine, NULL };
  BenchSamples *ms[4];
  g_autofree char *names[4] = {
    g_strdup_printf ("%s: bare load and first run", engine),
    g_strdup_printf ("%s: READY to the first inferred frame", engine),
    g_strdup_printf ("%s: set_state to PLAYING alone", engine),
    g_strdup_printf ("%s: set_state to NULL during the load", engine),
  };

  for (guint i = 0; i < 4; i++)
    ms[i] = bench_samples_new ();
  for (guint i = 0; i < BENCH_RUNS; i++) {
    double theirs[2];
    double ours[2];
    double to_null;

    bench_run_self (bare, theirs, 2);
    bench_run_self (element, ours, 2);
    bench_run_self (null, &to_null, 1);
    bench_samples_add (ms[0], theirs[0]);
    bench_samples_add (ms[1], ours[0]);
    bench_samples_add (ms[2], ours[1]);
    bench_samples_add (ms[3], to_null);
  }
  BenchRatio ratios[4] = {
    { 0 },
    { "element / bare", bench_median (ms[1]) / bench_median (ms[0]), target,
        TRUE },
    { "set_state", bench_median (ms[2]), 10, TRUE, " ms" },
    { "NULL", bench_median (ms[3]), 100, TRUE, " ms" },
  };
  for (guint i = 0; i < 4; i++) {
    bench_row (names[i], "ms", ms[i], i > 0 ? &ratios[i] : NULL);
    bench_samples_free (ms[i]);
    g_free (names[i]);
    names[i] = NULL;
  }
}

int
main (int argc, char **argv)
{
  static const char *const engines[] = { "onnxruntime", "openvino", "opencv" };

  if (argc == 6 && strcmp (argv[2], "--once") == 0) {
    bench_start (&argc, &argv, NULL);
    print_once (argv[2], argv[3], argv[4]);
    return 0;
  }
  bench_start (&argc, &argv, "startup: yolox_nano, one thread");
  g_autofree char *model = bench_asset ("models/yolox_nano.onnx");
  for (guint i = 0; i < G_N_ELEMENTS (engines); i++) {
    if (!model)
      bench_row_skipped (engines[i], "no such model");
    else if (!bench_engine_runs (model, engines[i]))
      bench_row_skipped (engines[i], "no such engine");
    else
      measure (model, engines[i], i == 0 ? 1.2 : 0);
  }
  return 0;
}
