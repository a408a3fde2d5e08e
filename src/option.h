/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_OPTION_H
#define DET_OPTION_H

#include <detect/option.h>
#include <glib.h>

/* The rows, in optiontable.c. */
extern const DetOptionRow det_option_table[DET_N_OPTIONS];

/* What to say after a name that no option has; g_free. */
char *det_option_hint (const char *name);

/* Readers of values kept as text. They cannot fail on text that
 * det_options_set_text() took. */
gboolean det_option_parse_size (const char *text, int *width, int *height);
gboolean det_option_parse_triple (const char *text, float values[3]);

/* Appends one "name=value" line per set option of the scope, in table order. */
void det_options_describe (const DetOptions *options, DetOptionScope scope,
    GString *out);

#endif
