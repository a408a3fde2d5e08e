/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_TUNE_H
#define DET_TUNE_H

#include "engine.h"
#include <detect/option.h>

/* Which engine runs a model fastest on this machine, and with how many threads. */
typedef struct
{
  const DetEngine *engine;
  int threads; /* 0: one per processor */
} DetTuneChoice;

#define DET_TUNE_MAX_CHOICES 16

/* What may be tried: the engines that run the model and are not ruled out by
 * options, each with the counts of threads that are not; in auto's order. Returns how
 * many. */
guint det_tune_list (const DetModelInfo *info, const DetOptions *options,
    DetTuneChoice choices[DET_TUNE_MAX_CHOICES]);

/* Tries choices until the time is over, each with a share of what is left, and gives
 * the fastest that runs. attempt is given one with its share; it returns what it loaded
 * and the time of a run, or NULL. discard frees what it loaded; the fastest's is
 * returned. NULL: none runs, and the error is the first one's. */
gpointer det_tune_measure (const DetTuneChoice *choices, guint n_choices,
    gint64 budget_us,
    gpointer (*attempt) (const DetTuneChoice *choice, gint64 share_us,
        gint64 *run_us, gpointer data, GError **error),
    GDestroyNotify discard, gpointer data, DetTuneChoice *chosen,
    GError **error);

/* Names what a measurement holds for: the model's bytes, how it is fed, the choices
 * with their releases, and the machine. g_free. */
char *det_tune_key (const DetModelInfo *info, int input_width, int input_height,
    gboolean spin, const DetTuneChoice *choices, guint n_choices);

/* Finds what was measured before, among the choices. The file is
 * detect/tune.ini in the user's folder for caches; what cannot be read is as if it
 * were not there. */
gboolean det_tune_recall (const char *key, const DetTuneChoice *choices,
    guint n_choices, DetTuneChoice *chosen);
void det_tune_remember (const char *key, const DetTuneChoice *chosen);

#endif
