/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* allocations: how many times a frame asks for memory in the steady state, and
 * whose code asks. The null engine runs, so that the engine does not count. malloc
 * is counted by a library that is preloaded (malloc-count.c), and GLib's slices are
 * told to be plain mallocs. --places tells from which lines, for addr2line. */

#include "bench.h"
#include "malloc-count.h"
#include "stream.h"
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WARM_UP 50
#define FRAMES 200
#define OBJECTS 20

static BenchCount files[COUNT_MAX_FILES];
static BenchPlace places[COUNT_MAX_PLACES];
static gboolean tells_places;

/* What was asked for per frame, by whom. */
typedef struct
{
  double all;
  double core;      /* libdetect */
  double plugin;    /* libgstdetect */
  double meta;      /* libgstdetect-1.0 */
  double gstreamer; /* the rest */
} Counts;

/* Preloads the counter into this very program. */
static void
preload (char **argv)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = g_path_get_dirname (self);
  g_autofree char *library =
      g_build_filename (folder, "libbench-malloc-count.so", NULL);

  if (dlsym (RTLD_DEFAULT, COUNT_START))
    return;
  if (g_getenv ("BENCH_COUNTS"))
    bench_fail ("%s could not be preloaded", library);
  g_setenv ("BENCH_COUNTS", "1", TRUE);
  g_setenv ("LD_PRELOAD", library, TRUE);
  g_setenv ("G_SLICE", "always-malloc", TRUE);
  execv (self, argv);
  bench_fail ("%s cannot be run again", self);
}

static gboolean
is_of (const char *file, const char *library)
{
  g_autofree char *name = g_path_get_basename (file);

  return g_str_has_prefix (name, library);
}

static Counts
sum_up (guint n_files)
{
  Counts counts = { 0 };

  for (guint i = 0; i < n_files; i++) {
    double n = (double) files[i].n / FRAMES;
    double *to = is_of (files[i].file, "libgstdetect-1.0.so") ? &counts.meta
        : is_of (files[i].file, "libgstdetect.so")            ? &counts.plugin
        : is_of (files[i].file, "libdetect.so")               ? &counts.core
                                                : &counts.gstreamer;

    /* The program itself is the source of the frames. */
    if (*files[i].file == '\0')
      continue;
    *to += n;
    counts.all += n;
  }
  return counts;
}

static Counts
count_frames (const char *elements)
{
  BenchCountStart start = (BenchCountStart) dlsym (RTLD_DEFAULT, COUNT_START);
  BenchCountStop stop = (BenchCountStop) dlsym (RTLD_DEFAULT, COUNT_STOP);
  BenchStream *stream = bench_stream_open (elements);
  guint n_places = 0;

  for (guint i = 0; i < WARM_UP; i++)
    bench_stream_push (stream);
  bench_stream_drain (stream);
  start ();
  for (guint i = 0; i < FRAMES; i++)
    bench_stream_push (stream);
  bench_stream_drain (stream);
  guint n_files = stop (files, places, &n_places);
  for (guint i = 0; tells_places && i < n_places; i++)
    fprintf (stderr, "%s %#lx %g\n", places[i].file, places[i].offset,
        (double) places[i].n / FRAMES);
  bench_stream_free (stream);
  return sum_up (n_files);
}

static void
print_row (const char *what, const Counts *counts)
{
  printf ("| %s | %g | %g | %g | %g | %g |", what, counts->all,
      counts->gstreamer, counts->meta, counts->core, counts->plugin);
}

static void
measure (const char *what, const char *model, const char *more)
{
  g_autofree char *line =
      g_strdup_printf ("detect name=tested policy=sync model=%s %s", model,
          more);
  Counts counts = count_frames (line);
  /* One is the list of detections, which is what there is to hand over. */
  double own = counts.plugin + MAX (counts.core - 1, 0);

  print_row (what, &counts);
  printf (" %g | %s |\n", own, own <= 0 ? "ok" : "MISSED");
}

int
main (int argc, char **argv)
{
  preload (argv);
  tells_places = argc > 1 && strcmp (argv[argc - 1], "--places") == 0;
  bench_start (&argc, &argv, NULL);
  printf ("\n### allocations: calls of malloc per frame, null engine\n\n");
  printf ("| what | all | by GStreamer | by the meta's library | by the core | "
          "by the element | our own beyond detections and meta (target 0) | "
          "|\n");
  printf ("|---|--:|--:|--:|--:|--:|--:|---|\n");
  Counts identity = count_frames ("identity name=tested");
  print_row ("identity", &identity);
  printf (" | |\n");
  measure ("every frame inferred, nothing found", bench_null_model (0, 0), "");
  measure ("every frame inferred, 20 objects", bench_null_model (OBJECTS, 0),
      "");
  measure ("the same, boxes and labels drawn", bench_null_model (OBJECTS, 0),
      "overlay=true");
  measure ("not inferred", bench_null_model (0, 0), "interval=1000000");
  return 0;
}
