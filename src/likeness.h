/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_LIKENESS_H
#define DET_LIKENESS_H

#include <glib.h>

/* The word most like name among NULL-terminated words, or NULL: what "did you
 * mean" of options, configuration and labels says. */
const char *det_nearest_word (const char *const *words, const char *name);

#endif
