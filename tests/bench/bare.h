/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include <detect/frame.h>
#include <glib.h>

/* An engine with nothing around it: the network and its input tensors. */
typedef struct _BenchBare BenchBare;

/* Looks the engine's library up, but loads no model yet. engine may be "auto". */
BenchBare *bench_bare_new (const char *model, const char *engine, int threads);
void bench_bare_load (BenchBare *bare);
void bench_bare_free (BenchBare *bare);

/* Whether this machine has the engine, and it runs the model. */
gboolean bench_engine_runs (const char *model, const char *engine);

/* Makes the input that every run is given. */
void bench_bare_feed (BenchBare *bare, const DetFrame *frame);
void bench_bare_run (gpointer bare);

#endif
