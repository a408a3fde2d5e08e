/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* instructions: how many a frame takes, as valgrind counts them, where the engine
 * takes none. Unlike times, they do not depend on what else the machine does; so
 * this is the figure to look at before and after a change. Slow, and not among what
 * run.sh runs by itself. */

#include "bench.h"
#include "stream.h"
#include <stdlib.h>
#include <string.h>

#define FEW 5
#define MANY 45
#define OBJECTS 20

static double
count_of_run (const char *elements, guint n_frames)
{
  g_autofree char *self = bench_program ();
  g_autofree char *frames = g_strdup_printf ("%u", n_frames);
  const char *arguments[] = { "valgrind", "--tool=callgrind",
    "--callgrind-out-file=/dev/null", self, "--table", "--frames", frames,
    elements, NULL };
  g_autofree char *output = bench_spawn (arguments, TRUE);
  const char *collected = strstr (output, "Collected : ");

  if (!collected)
    bench_fail ("valgrind did not say how many: %s", output);
  return g_ascii_strtod (collected + strlen ("Collected : "), NULL);
}

static void
measure (const char *what, const char *elements)
{
  double few = count_of_run (elements, FEW);
  double many = count_of_run (elements, MANY);
  BenchSamples *samples = bench_samples_new ();

  bench_samples_add (samples, (many - few) / (MANY - FEW) / 1000);
  bench_row (what, "thousand", samples, NULL);
  bench_samples_free (samples);
}

static void
measure_detect (const char *what, guint n_objects, const char *more)
{
  g_autofree char *elements =
      g_strdup_printf ("detect name=tested policy=sync model=%s %s",
          bench_null_model (n_objects, 0), more);

  measure (what, elements);
}

int
main (int argc, char **argv)
{
  gboolean pushes = argc == 5 && strcmp (argv[2], "--frames") == 0;

  bench_start (&argc, &argv,
      pushes ? NULL : "instructions of a 1080p NV12 frame, null engine");
  if (pushes) {
    BenchStream *stream = bench_stream_open (argv[3]);

    for (int i = 0; i < atoi (argv[2]); i++)
      bench_stream_push (stream);
    bench_stream_free (stream);
    return 0;
  }
  measure ("identity", "identity name=tested");
  measure_detect ("not inferred", 0, "interval=1000000");
  measure_detect ("inferred, nothing found", 0, "");
  measure_detect ("inferred, 20 objects", OBJECTS, "");
  measure_detect ("inferred, 20 objects drawn", OBJECTS, "overlay=true");
  return 0;
}
