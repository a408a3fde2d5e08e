/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine.h"
#include "inputspec.h"
#include "preprocess.h"

#include <detect/frame.h>
#include <detect/option.h>
#include <stdlib.h>

/* engine-run MODEL ENGINE THREADS: the time of one bare run of the engine, in
 * milliseconds: the median of a moment, of all moments the quietest, so that what else
 * the machine does stays out. A process of its own, since OpenCV's threads are the
 * process's. */

#define WARM_UP_US (300 * 1000)
#define MEASURE_US (1500 * 1000)
#define MOMENT_US (100 * 1000)
#define LEAST_RUNS 5 /* of a moment */
#define SIDE 256     /* of the picture that is fed */

typedef struct
{
  const DetEngine *engine;
  gpointer network;
  gpointer request;
  DetTensor inputs[DET_MAX_OUTPUTS];
  guint n_inputs;
} Bench;

static void
check (gboolean ok, const GError *error)
{
  if (ok)
    return;
  g_printerr ("%s\n", error ? error->message : "failed");
  exit (1);
}

static void
run_once (Bench *bench)
{
  DetTensor outputs[DET_MAX_OUTPUTS];
  guint n = DET_MAX_OUTPUTS;
  g_autoptr (GError) error = NULL;

  check (bench->engine->run (bench->network, bench->request, bench->inputs,
             bench->n_inputs, outputs, &n, &error),
      error);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  gint64 first = *(const gint64 *) a;
  gint64 second = *(const gint64 *) b;

  return (first > second) - (first < second);
}

static gint64
measure_moment (Bench *bench)
{
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (gint64));
  gint64 start = g_get_monotonic_time ();

  while (times->len < LEAST_RUNS ||
      g_get_monotonic_time () - start < MOMENT_US) {
    gint64 before = g_get_monotonic_time ();

    run_once (bench);
    gint64 took = g_get_monotonic_time () - before;
    g_array_append_val (times, took);
  }
  g_array_sort (times, compare);
  return g_array_index (times, gint64, times->len / 2);
}

static double
measure (Bench *bench)
{
  gint64 start = g_get_monotonic_time ();
  gint64 best = G_MAXINT64;

  while (g_get_monotonic_time () - start < WARM_UP_US)
    run_once (bench);
  start = g_get_monotonic_time ();
  while (g_get_monotonic_time () - start < MEASURE_US)
    best = MIN (best, measure_moment (bench));
  return (double) best / 1000;
}

/* A grey ramp, so that no engine is spared work by zeros. */
static void
draw (guint8 *pixels)
{
  for (int i = 0; i < SIDE * SIDE; i++)
    pixels[i] = (guint8) (i % 251);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DetOptions) options = det_options_new ();
  Bench bench = { 0 };
  DetInputSpec spec;
  guint image = 0;

  check (argc == 4, NULL);
  g_autoptr (DetModelInfo) info = det_model_info_new (argv[1], &error);
  check (info != NULL, error);
  bench.engine = det_engine_choose (info, argv[2], &error);
  check (bench.engine != NULL, error);
  const DetDecoder *decoder = det_decoder_choose (info, "auto", NULL);
  check (det_input_spec_resolve (info, decoder, options, &spec, &image, &error),
      error);
  det_input_spec_apply (&spec, info, image);
  const DetEngineConfig config = { .threads = atoi (argv[3]),
    .input_width = spec.width,
    .input_height = spec.height };
  bench.network = bench.engine->load (info, &config, &error);
  check (bench.network != NULL, error);
  if (bench.engine->request_new)
    bench.request = bench.engine->request_new (bench.network, &error);
  check (!error, error);

  g_autofree guint8 *pixels = g_malloc (SIDE * SIDE);
  g_autoptr (DetPreprocess) preprocess = det_preprocess_new (&spec);
  gint64 extra[2 * DET_MAX_OUTPUTS] = { 0 };
  DetFrame frame;
  draw (pixels);
  det_frame_init_packed (&frame, DET_PIXEL_FORMAT_GRAY8, SIDE, SIDE, SIDE,
      pixels);
  check (det_preprocess_run (preprocess, &frame, &error), error);
  bench.n_inputs = info->inputs->len;
  for (guint i = 0; i < bench.n_inputs; i++) {
    bench.inputs[i].data = &extra[2 * i];
    if (i == image)
      bench.inputs[i] = *det_preprocess_get_tensor (preprocess);
    else
      check (det_input_spec_fill_extra (&spec, det_model_info_input (info, i),
                 &bench.inputs[i], &error),
          error);
  }
  g_print ("%.3f\n", measure (&bench));
  return 0;
}
