/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* element: what the element costs on top of the engine. 1080p NV12 frames from
 * memory through detect into a fakesink, against runs of the same engine with the
 * same threads on a tensor that is ready, in one process and in turn. */

#include "bare.h"
#include "bench.h"
#include "picture.h"
#include "stream.h"

#define ROUNDS 11
#define SAMPLE_MS 200
#define OBJECTS 20
#define FRAMES 16 /* between two waits for all to come out */

static BenchStream *
open_detect (const char *model, const char *engine, const char *more)
{
  g_autofree char *line =
      g_strdup_printf ("detect name=tested policy=sync model=%s engine=%s %s",
          model, engine, more);

  BenchStream *stream = bench_stream_open (line);
  stream->n_batch = FRAMES;
  return stream;
}

static BenchBare *
open_bare (const char *model, const char *engine, int threads)
{
  BenchBare *bare = bench_bare_new (model, engine, threads);
  GstVideoInfo info;
  g_autoptr (GstBuffer)
      picture = bench_picture_new (GST_VIDEO_FORMAT_NV12, &info);
  GstVideoFrame frame;

  bench_check (gst_video_frame_map (&frame, &info, picture, GST_MAP_READ),
      "gst_video_frame_map", NULL);
  DetFrame view = bench_frame_view (&frame);
  bench_bare_feed (bare, &view);
  gst_video_frame_unmap (&frame);
  bench_bare_load (bare);
  return bare;
}

/* Where the time of a frame goes: the element's own medians of its stages, and what
 * is left of it. */
static void
tell_stages (const BenchStream *stream, double frame_ms)
{
  g_autoptr (GstStructure) stats = NULL;
  double ms[3] = { 0 };

  g_object_get (stream->element, "stats", &stats, NULL);
  gst_structure_get (stats, "preprocess-ms-p50", G_TYPE_DOUBLE, &ms[0],
      "inference-ms-p50", G_TYPE_DOUBLE, &ms[1], "decode-ms-p50", G_TYPE_DOUBLE,
      &ms[2], NULL);
  g_autofree char *note =
      g_strdup_printf ("%.2f inference + %.2f decode + %.2f the rest, while "
                       "the next one has %.2f preprocess, ms",
          ms[1], ms[2], frame_ms - ms[1] - ms[2], ms[0]);
  bench_row_note ("that is", note);
}

/* What is left when whatever else runs on the machine is left out. */
static void
tell_processor_time (BenchCase *cases)
{
  double bare = bench_median (cases[0].processor_ms);
  double frame = bench_median (cases[1].processor_ms);
  g_autofree char *note =
      g_strdup_printf ("%.2f bare, %.2f through detect, ms: %.3f×", bare, frame,
          bare / frame);

  bench_row_note ("on processors", note);
}

static void
measure_model (const char *name, const char *engine, int threads, double target)
{
  g_autofree char *file = g_strdup_printf ("models/%s", name);
  g_autofree char *model = bench_asset (file);
  g_autofree char *what =
      g_strdup_printf ("%s, %s, threads=%d", name, engine, threads);
  g_autofree char *ours = g_strdup_printf ("%s: a frame through detect", what);
  g_autofree char *theirs = g_strdup_printf ("%s: a bare run", what);
  g_autofree char *options = g_strdup_printf ("threads=%d", threads);

  if (!model || !bench_engine_runs (model, engine)) {
    bench_row_skipped (what, model ? "no such engine" : "no such model");
    return;
  }
  BenchStream *stream = open_detect (model, engine, options);
  BenchBare *bare = open_bare (model, engine, threads);
  BenchCase cases[] = {
    { theirs, bench_bare_run, bare },
    { ours, bench_stream_push_batch, stream, FRAMES },
  };
  bench_interleave (cases, 2, ROUNDS, SAMPLE_MS);
  BenchRatio ratio = { "frames/s over runs/s",
    bench_median (cases[0].ms) / bench_median (cases[1].ms), target };
  bench_row (theirs, "ms", cases[0].ms, NULL);
  bench_row (ours, "ms", cases[1].ms, &ratio);
  tell_stages (stream, bench_median (cases[1].ms));
  tell_processor_time (cases);
  bench_cases_clear (cases, 2);
  bench_bare_free (bare);
  bench_stream_free (stream);
}

static void
row_of_difference (BenchCase *c, BenchCase *identity, double target_us)
{
  BenchRatio ratio = { "beyond identity",
    (bench_median (c->ms) - bench_median (identity->ms)) * 1000, target_us,
    TRUE, " µs" };

  bench_row (c->name, "ms", c->ms, &ratio);
}

/* What a frame costs where the engine costs nothing. */
static void
measure_frames (void)
{
  const char *empty = bench_null_model (0, 0);
  const char *full = bench_null_model (OBJECTS, 0);
  BenchStream *streams[] = {
    bench_stream_open ("identity name=tested"),
    open_detect (empty, "null", "interval=1000000"),
    open_detect (full, "null", "interval=1000000 max-age=3600000"),
    open_detect (empty, "null", ""),
    open_detect (full, "null", ""),
  };
  BenchCase cases[] = {
    { "identity", bench_stream_push, streams[0] },
    { "a frame that is not inferred", bench_stream_push, streams[1] },
    { "a frame that is not inferred, and carries the last 20 objects",
        bench_stream_push, streams[2] },
    { "null engine (640 × 640), nothing found", bench_stream_push_batch,
        streams[3], FRAMES },
    { "null engine (640 × 640), 20 objects", bench_stream_push_batch,
        streams[4], FRAMES },
  };

  bench_interleave (cases, G_N_ELEMENTS (cases), ROUNDS, SAMPLE_MS / 4);
  bench_row (cases[0].name, "ms", cases[0].ms, NULL);
  row_of_difference (&cases[1], &cases[0], 20);
  row_of_difference (&cases[2], &cases[0], 20);
  row_of_difference (&cases[3], &cases[0], 0);
  row_of_difference (&cases[4], &cases[0], 0);
  bench_cases_clear (cases, G_N_ELEMENTS (cases));
  for (guint i = 0; i < G_N_ELEMENTS (streams); i++)
    bench_stream_free (streams[i]);
}

int
main (int argc, char **argv)
{
  static const char *const engines[] = { "onnxruntime", "openvino", "opencv" };

  bench_start (&argc, &argv, "element: detect on top of its engine");
  for (guint i = 0; i < G_N_ELEMENTS (engines); i++) {
    gboolean is_first = i == 0; /* what the target is meant for */

    measure_model ("yolox_nano.onnx", engines[i], 1, is_first ? 0.95 : 0);
    measure_model ("version-RFB-320.onnx", engines[i], 1, is_first ? 0.9 : 0);
  }
  measure_model ("yolox_nano.onnx", "onnxruntime", 2, 0.95);
  measure_frames ();
  return 0;
}
