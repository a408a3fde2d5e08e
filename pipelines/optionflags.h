/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPTION_FLAGS_H
#define OPTION_FLAGS_H

#include <detect/option.h>
#include <glib.h>

/* The rows of the option table as flags of a program. */

/* Whether a program has a flag for a row. */
typedef gboolean (*OptionFilter) (DetOptionId id);

/* The one-letter flag of a row, or NUL. */
char option_flags_letter (DetOptionId id);

/* Whether a row says how boxes are drawn, not what is found. */
gboolean option_flags_draws (DetOptionId id);

/* Takes a program's own flags, those of the rows, which are set in @options, and
 * GStreamer's out of @words, a strv. */
gboolean option_flags_parse (DetOptions *options, OptionFilter takes,
    const GOptionEntry *own, char ***words, GError **error);

#endif
