/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CLIHELP_H
#define CLIHELP_H

/* Prints what --help shows, to standard output. */
void cli_help_print (void);

#endif
