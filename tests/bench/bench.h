/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BENCH_H
#define BENCH_H

#include <glib.h>

/* What the measuring programs share: timing, and the tables they print. */

#define BENCH_RUNS 7 /* of what takes long: fresh processes, live pipelines */

/* Reads the command line, prints what machine this is, and the head of a table.
 * With --table the machine is left out, with --machine it is all. Also starts
 * GStreamer. The rest of the arguments stay in argv. */
void bench_start (int *argc, char ***argv, const char *title);

/* ---- samples ---- */

typedef GArray BenchSamples; /* of double */

BenchSamples *bench_samples_new (void);
void bench_samples_free (BenchSamples *samples);
void bench_samples_add (BenchSamples *samples, double value);
/* The value that percent of the samples do not exceed (nearest rank); sorts. */
double bench_percentile (BenchSamples *samples, guint percent);
double bench_median (BenchSamples *samples);

/* ---- the table ---- */

/* A figure that has to be reached: name says what is divided by what. Without a
 * target it is only told. */
typedef struct
{
  const char *name;
  double value;
  double target;
  gboolean at_most; /* else: at least */
  const char *unit; /* "×" when NULL */
} BenchRatio;

/* One row: median, least and most of the samples, and the ratio unless NULL. */
void bench_row (const char *what, const char *unit, BenchSamples *samples,
    const BenchRatio *ratio);
/* A row without samples: only what has to be reached. */
void bench_row_ratio (const BenchRatio *ratio);
void bench_row_note (const char *what, const char *note);
void bench_row_skipped (const char *what, const char *why);

/* ---- timing ---- */

double bench_now_ms (void);
/* Of all threads of this program, on processors. */
double bench_processor_ms (void);
/* The same of the calling thread alone. */
double bench_thread_ms (void);

/* Something that is run again and again. */
typedef struct
{
  const char *name;
  void (*run) (gpointer data);
  gpointer data;
  guint per_run;    /* how many of what is counted one call does; 0 is 1 */
  BenchSamples *ms; /* for one of them; made by bench_interleave() */
  BenchSamples *processor_ms; /* the same, on processors */
} BenchCase;

/* Runs the cases in turn, rounds times, each time for about sample_ms, so that
 * what else the machine does meets them all alike. */
void bench_interleave (BenchCase *cases, guint n_cases, guint rounds,
    double sample_ms);
void bench_cases_clear (BenchCase *cases, guint n_cases);

/* ---- where things are ---- */

/* The path of a file of DETECT_ASSETS, or NULL when it is not there. */
char *bench_asset (const char *name);

/* The path of this program. g_free. */
char *bench_program (void);

/* Runs a program; its standard output, or its errors. g_free. When it fails, so does
 * this one. */
char *bench_spawn (const char *const *arguments, gboolean wants_errors);

/* This program again, with arguments, as a process of its own; its standard output
 * as numbers with spaces between. Says why and ends the program when it fails. */
void bench_run_self (const char *const *arguments, double *numbers, guint n);

/* Ends the program when something that must work did not. */
void bench_fail (const char *format, ...) G_GNUC_PRINTF (1, 2) G_GNUC_NORETURN;
void bench_check (gboolean ok, const char *what, const GError *error);

#endif
