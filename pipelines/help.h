/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef HELP_H
#define HELP_H

#include "optionflags.h"

/* What --help shows of flags, to standard output. */

typedef struct
{
  const char *flag;
  const char *help;
} HelpLine;

void help_print_lines (const HelpLine *lines, gsize n);

/* The rows of a scope under a title. */
void
help_print_rows (DetOptionScope scope, const char *title, OptionFilter takes);

/* What --version shows. */
void help_print_version (const char *program);

#endif
