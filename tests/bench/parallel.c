/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* parallel: frames per second with two single-thread requests at once, against
 * one. Means something on an otherwise idle machine of two processors or more. */

#include "bare.h"
#include "bench.h"
#include "stream.h"

#define ROUNDS 9
#define SAMPLE_MS 600
#define FRAMES 24 /* between two waits for all to come out */

static gboolean
has_property (const char *name)
{
  g_autoptr (GstElement) detect = gst_element_factory_make ("detect", NULL);

  bench_check (detect != NULL, "the element detect", NULL);
  gst_object_ref_sink (detect);
  return g_object_class_find_property (G_OBJECT_GET_CLASS (detect), name) !=
      NULL;
}

static BenchStream *
open_parallel (const char *model, const char *engine, int parallel)
{
  g_autofree char *line = g_strdup_printf ("detect name=tested policy=sync "
                                           "threads=1 parallel=%d engine=%s "
                                           "model=%s",
      parallel, engine, model);

  BenchStream *stream = bench_stream_open (line);
  stream->n_batch = FRAMES;
  return stream;
}

static void
measure (const char *model, const char *engine, double target)
{
  g_autofree char *one = g_strdup_printf ("%s, parallel=1, a frame", engine);
  g_autofree char *two = g_strdup_printf ("%s, parallel=2, a frame", engine);
  BenchStream *streams[] = { open_parallel (model, engine, 1),
    open_parallel (model, engine, 2) };
  BenchCase cases[] = {
    { one, bench_stream_push_batch, streams[0], FRAMES },
    { two, bench_stream_push_batch, streams[1], FRAMES },
  };

  bench_interleave (cases, 2, ROUNDS, SAMPLE_MS);
  BenchRatio ratio = { "frames/s of 2 over 1",
    bench_median (cases[0].ms) / bench_median (cases[1].ms), target };
  bench_row (one, "ms", cases[0].ms, NULL);
  bench_row (two, "ms", cases[1].ms, &ratio);
  bench_cases_clear (cases, 2);
  bench_stream_free (streams[0]);
  bench_stream_free (streams[1]);
}

int
main (int argc, char **argv)
{
  static const char *const engines[] = { "onnxruntime", "openvino", "opencv" };

  bench_start (&argc, &argv, "parallel: yolox_nano, threads=1");
  g_autofree char *model = bench_asset ("models/yolox_nano.onnx");
  for (guint i = 0; i < G_N_ELEMENTS (engines); i++) {
    if (!model)
      bench_row_skipped (engines[i], "no such model");
    else if (!has_property ("parallel"))
      bench_row_skipped (engines[i], "the element has no property parallel");
    else if (!bench_engine_runs (model, engines[i]))
      bench_row_skipped (engines[i], "no such engine");
    else
      measure (model, engines[i], i == 0 ? 1.8 : 0);
  }
  return 0;
}
