/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench.h"

#include "engine.h"
#include "engines/onnxruntime-library.h"
#include "engines/openvino-library.h"
#include <gst/gst.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *program; /* this very file, for running it again */

/* ---- the machine ---- */

static char *
processor_name (void)
{
  g_autofree char *text = NULL;
  g_autoptr (GRegex) regex = g_regex_new ("^model name\\s*:\\s*(.*)$",
      G_REGEX_MULTILINE, G_REGEX_MATCH_DEFAULT, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  if (g_file_get_contents ("/proc/cpuinfo", &text, NULL, NULL) &&
      g_regex_match (regex, text, G_REGEX_MATCH_DEFAULT, &match))
    return g_match_info_fetch (match, 1);
  return g_strdup ("unknown processor");
}

static void
print_machine (void)
{
  g_autofree char *processor = processor_name ();
  g_autofree char *gstreamer = gst_version_string ();
  const DetOrtRuntime *ort = det_ort_runtime ();
  const DetOvRuntime *ov = det_ov_runtime ();
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *day = g_date_time_format (now, "%Y-%m-%d");
  double load[1] = { 0 };

  getloadavg (load, 1);
  printf ("%s, %u processors, load %.1f, on %s; %s, OpenCV %s, ONNX Runtime "
          "%s, OpenVINO %s, GLib %u.%u.%u; built with %s\n",
      processor, g_get_num_processors (), load[0], day, gstreamer,
      OPENCV_VERSION, ort->problem ? "not there" : ort->version,
      ov->problem ? "not there" : ov->version, glib_major_version,
      glib_minor_version, glib_micro_version, COMPILER);
}

static gboolean
take_flag (int *argc, char **argv, const char *flag)
{
  for (int i = 1; i < *argc; i++) {
    if (strcmp (argv[i], flag) != 0)
      continue;
    memmove (&argv[i], &argv[i + 1], sizeof *argv * (gsize) (*argc - i));
    (*argc)--;
    return TRUE;
  }
  return FALSE;
}

void
bench_start (int *argc, char ***argv, const char *title)
{
  program = g_file_read_link ("/proc/self/exe", NULL);
  gst_init (argc, argv);
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
  gboolean only_machine = take_flag (argc, *argv, "--machine");
  gboolean only_table = take_flag (argc, *argv, "--table");

  setvbuf (stdout, NULL, _IOLBF, 0);
  if (!only_table)
    print_machine ();
  if (only_machine)
    exit (EXIT_SUCCESS);
  if (!title)
    return;
  printf ("\n### %s\n\n", title);
  printf ("| what | median | min | max | ratio | target | |\n");
  printf ("|---|--:|--:|--:|---|---|---|\n");
}

/* ---- samples ---- */

BenchSamples *
bench_samples_new (void)
{
  return g_array_new (FALSE, FALSE, sizeof (double));
}

void
bench_samples_free (BenchSamples *samples)
{
  if (samples)
    g_array_unref (samples);
}

void
bench_samples_add (BenchSamples *samples, double value)
{
  g_array_append_val (samples, value);
}

static int
compare (const void *a, const void *b)
{
  double x = *(const double *) a;
  double y = *(const double *) b;

  return (x > y) - (x < y);
}

double
bench_percentile (BenchSamples *samples, guint percent)
{
  guint rank = (samples->len * percent + 99) / 100;

  if (samples->len == 0)
    return NAN;
  g_array_sort (samples, compare);
  return g_array_index (samples, double, MAX (rank, 1) - 1);
}

double
bench_median (BenchSamples *samples)
{
  return bench_percentile (samples, 50);
}

/* ---- the table ---- */

/* Three digits that count, and no more. */
static void
print_number (double value, const char *unit)
{
  double size = fabs (value);
  int digits = size >= 99.95 || size == 0 ? 0
      : size >= 9.995                     ? 1
      : size >= 0.9995                    ? 2
                                          : 3;

  printf (" %.*f%s%s |", digits, value, *unit ? " " : "", unit);
}

static void
print_ratio (const BenchRatio *ratio)
{
  const char *unit = ratio->unit ? ratio->unit : "×";
  gboolean ok = ratio->at_most ? ratio->value <= ratio->target
                               : ratio->value >= ratio->target;

  if (ratio->target <= 0) {
    printf (" %s: %.3g%s | | |\n", ratio->name, ratio->value, unit);
    return;
  }
  printf (" %s: %.3g%s | at %s %g%s | %s |\n", ratio->name, ratio->value, unit,
      ratio->at_most ? "most" : "least", ratio->target, unit,
      ok ? "ok" : "MISSED");
}

void
bench_row (const char *what, const char *unit, BenchSamples *samples,
    const BenchRatio *ratio)
{
  printf ("| %s |", what);
  print_number (bench_percentile (samples, 50), unit);
  print_number (bench_percentile (samples, 0), unit);
  print_number (bench_percentile (samples, 100), unit);
  if (ratio)
    print_ratio (ratio);
  else
    printf (" | | |\n");
}

void
bench_row_ratio (const BenchRatio *ratio)
{
  printf ("| | | | |");
  print_ratio (ratio);
}

void
bench_row_note (const char *what, const char *note)
{
  printf ("| %s | %s | | | | | |\n", what, note);
}

void
bench_row_skipped (const char *what, const char *why)
{
  printf ("| %s | | | | skipped: %s | | |\n", what, why);
}

/* ---- timing ---- */

static double
read_clock (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);
  return (double) now.tv_sec * 1e3 + (double) now.tv_nsec / 1e6;
}

double
bench_now_ms (void)
{
  return read_clock (CLOCK_MONOTONIC);
}

double
bench_processor_ms (void)
{
  return read_clock (CLOCK_PROCESS_CPUTIME_ID);
}

double
bench_thread_ms (void)
{
  return read_clock (CLOCK_THREAD_CPUTIME_ID);
}

static double
time_case (const BenchCase *c, guint n, double *processor_ms)
{
  double count = (double) n * MAX (c->per_run, 1);
  double start = bench_now_ms ();
  double processor_start = bench_processor_ms ();

  for (guint i = 0; i < n; i++)
    c->run (c->data);
  *processor_ms = (bench_processor_ms () - processor_start) / count;
  return (bench_now_ms () - start) / count;
}

void
bench_interleave (BenchCase *cases, guint n_cases, guint rounds,
    double sample_ms)
{
  g_autofree guint *n = g_new (guint, n_cases);
  double processor_ms;

  for (guint i = 0; i < n_cases; i++) {
    BenchCase *c = &cases[i];

    c->ms = bench_samples_new ();
    c->processor_ms = bench_samples_new ();
    time_case (c, 2, &processor_ms); /* the first ones fill caches */
    double once = time_case (c, 2, &processor_ms) * MAX (c->per_run, 1);
    n[i] = (guint) CLAMP (sample_ms / once, 1, 100000);
  }
  for (guint round = 0; round < rounds; round++) {
    for (guint i = 0; i < n_cases; i++) {
      bench_samples_add (cases[i].ms,
          time_case (&cases[i], n[i], &processor_ms));
      bench_samples_add (cases[i].processor_ms, processor_ms);
    }
  }
}

void
bench_cases_clear (BenchCase *cases, guint n_cases)
{
  for (guint i = 0; i < n_cases; i++) {
    g_clear_pointer (&cases[i].ms, bench_samples_free);
    g_clear_pointer (&cases[i].processor_ms, bench_samples_free);
  }
}

/* ---- where things are ---- */

char *
bench_asset (const char *name)
{
  const char *folder = g_getenv ("DETECT_ASSETS");
  g_autofree char *path = folder ? g_build_filename (folder, name, NULL) : NULL;

  return path && g_file_test (path, G_FILE_TEST_EXISTS)
      ? g_steal_pointer (&path)
      : NULL;
}

char *
bench_program (void)
{
  return g_strdup (program);
}

char *
bench_spawn (const char *const *arguments, gboolean wants_errors)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *output = NULL;
  g_autofree char *errors = NULL;
  int status = 0;
  gboolean ok =
      g_spawn_sync (NULL, (char **) arguments, NULL, G_SPAWN_SEARCH_PATH, NULL,
          NULL, &output, wants_errors ? &errors : NULL, &status, &error) &&
      g_spawn_check_wait_status (status, &error);

  bench_check (ok, arguments[0], error);
  return wants_errors ? g_steal_pointer (&errors) : g_steal_pointer (&output);
}

void
bench_run_self (const char *const *arguments, double *numbers, guint n)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  g_strv_builder_add_many (builder, program, "--table", NULL);
  g_strv_builder_addv (builder, (const char **) arguments);
  g_auto (GStrv) argv = g_strv_builder_end (builder);
  g_autofree char *output = bench_spawn ((const char *const *) argv, FALSE);
  char *at = output;

  for (guint i = 0; i < n; i++) {
    char *end = at;

    numbers[i] = g_ascii_strtod (at, &end);
    if (end == at)
      bench_fail ("%s printed '%s' where %u numbers were expected", program,
          output, n);
    at = end;
  }
}

void
bench_fail (const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *message = g_strdup_vprintf (format, args);
  va_end (args);
  fprintf (stderr, "%s\n", message);
  exit (EXIT_FAILURE);
}

void
bench_check (gboolean ok, const char *what, const GError *error)
{
  if (!ok)
    bench_fail ("%s: %s", what, error ? error->message : "failed");
}
