/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli.h"

#include "clihelp.h"
#include "help.h"

#include <stdio.h>
#include <string.h>

#define DEFAULT_TIMEOUT 30

/* Flags that are not rows of the option table. */
typedef struct
{
  gboolean help;
  gboolean version;
} Asked;

gboolean
cli_takes (DetOptionId id)
{
  /* The program decides these itself. */
  return id != DET_OPT_OVERLAY && id != DET_OPT_ENABLED &&
      id != DET_OPT_POST_MESSAGES;
}

static gboolean
parse (Cli *cli, Asked *asked, char ***argv, GError **error)
{
  GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &cli->output, NULL, NULL },
    { "json", 0, 0, G_OPTION_ARG_FILENAME, &cli->json, NULL, NULL },
    { "csv", 0, 0, G_OPTION_ARG_FILENAME, &cli->csv, NULL, NULL },
    { "log", 0, 0, G_OPTION_ARG_FILENAME, &cli->log, NULL, NULL },
    { "server", 0, 0, G_OPTION_ARG_STRING, &cli->server, NULL, NULL },
    { "token-file", 0, 0, G_OPTION_ARG_FILENAME, &cli->token_file, NULL, NULL },
    { "show", 0, 0, G_OPTION_ARG_NONE, &cli->show, NULL, NULL },
    { "live", 0, 0, G_OPTION_ARG_NONE, &cli->live, NULL, NULL },
    { "explain", 0, 0, G_OPTION_ARG_NONE, &cli->explain, NULL, NULL },
    { "timeout", 0, 0, G_OPTION_ARG_INT, &cli->timeout, NULL, NULL },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &cli->quiet, NULL, NULL },
    { "help", 'h', 0, G_OPTION_ARG_NONE, &asked->help, NULL, NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &asked->version, NULL, NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &cli->inputs, NULL,
        NULL },
    { NULL },
  };

  return option_flags_parse (cli->options, cli_takes, entries, argv, error);
}

static gboolean
wrong (GError **error, const char *text)
{
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, text);
  return FALSE;
}

static gboolean
check (const Cli *cli, GError **error)
{
  if (cli->explain)
    return TRUE;
  if (!cli->inputs || !cli->inputs[0])
    return wrong (error,
        "no INPUT: name a picture, a folder, a video or a URI");
  if (cli->timeout < 0 || cli->timeout > G_MAXINT / 1000)
    return wrong (error,
        "--timeout: expected a number of seconds, 0: for ever");
  if (cli->token_file && !cli->server)
    return wrong (error, "--token-file: it goes with --server");
  if (cli->output && cli->output[0] == '\0')
    return wrong (error, "--output: expected a file or a folder");
  if ((cli->json && cli->json[0] == '\0') || (cli->csv && cli->csv[0] == '\0'))
    return wrong (error,
        "--json, --csv: expected a file, or - for standard output");
  if (g_strcmp0 (cli->json, "-") == 0 && g_strcmp0 (cli->csv, "-") == 0)
    return wrong (error,
        "--json - and --csv - cannot share standard output; name a file for "
        "one");
  return TRUE;
}

CliResult
cli_parse (Cli *cli, int argc, char **argv, GError **error)
{
  Asked asked = { FALSE, FALSE };
  /* parse takes words out of the array, so it works on a copy. */
  g_auto (GStrv) words = g_new0 (char *, argc + 1);

  for (int i = 0; i < argc; i++)
    words[i] = g_strdup (argv[i]);
  *cli = (Cli){ .options = det_options_new (), .timeout = DEFAULT_TIMEOUT };
  if (!parse (cli, &asked, &words, error))
    return CLI_WRONG;
  if (asked.help) {
    cli_help_print ();
    return CLI_SHOWN;
  }
  if (asked.version) {
    help_print_version ("gst-detect-1.0");
    return CLI_SHOWN;
  }
  return check (cli, error) ? CLI_RUN : CLI_WRONG;
}

void
cli_clear (Cli *cli)
{
  det_options_free (cli->options);
  g_strfreev (cli->inputs);
  g_free (cli->output);
  g_free (cli->json);
  g_free (cli->csv);
  g_free (cli->log);
  g_free (cli->server);
  g_free (cli->token_file);
}
