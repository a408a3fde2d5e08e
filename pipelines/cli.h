/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CLI_H
#define CLI_H

#include <detect/option.h>
#include <glib.h>

/* What the command line asks for. */
typedef struct
{
  DetOptions *options; /* for the element */
  char **inputs;
  char *output;
  char *json;
  char *csv;
  char *log;
  char *server;     /* URL of a server that looks at the frames, or NULL */
  char *token_file; /* with the token it asks for, or NULL */
  gboolean show;
  gboolean live;    /* inputs are looked at at once, and come back */
  gboolean explain; /* the model, instead of looking at inputs */
  gboolean quiet;
  int timeout; /* seconds without progress, 0: for ever */
} Cli;

typedef enum
{
  CLI_RUN,
  CLI_SHOWN, /* help or version was asked for and printed */
  CLI_WRONG,
} CliResult;

/* Reads the command line, GStreamer's own options included. With CLI_WRONG the
 * error says what is wrong. */
CliResult cli_parse (Cli *cli, int argc, char **argv, GError **error);
void cli_clear (Cli *cli);

/* Whether a row of the option table has a flag of its own name. */
gboolean cli_takes (DetOptionId id);

#endif
