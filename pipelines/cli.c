/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli.h"

#include "clihelp.h"

#include <gst/gst.h>
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

char
cli_letter (DetOptionId id)
{
  if (id == DET_OPT_MODEL)
    return 'm';
  return id == DET_OPT_LABELS ? 'l' : '\0';
}

/* A row by its name, its letter, or the short word for one. */
static DetOptionId
find_row (const char *flag)
{
  for (int i = 0; i < DET_N_OPTIONS; i++) {
    if (flag[0] != '\0' && flag[1] == '\0' && cli_letter (i) == flag[0])
      return i;
  }
  return strcmp (flag, "every") == 0 ? DET_OPT_INTERVAL
                                     : (DetOptionId) det_option_find (flag);
}

static gboolean
set_option (const char *flag, const char *value, gpointer data, GError **error)
{
  DetOptions *options = data;
  DetOptionId id = find_row (flag + strspn (flag, "-"));
  g_autoptr (GError) reason = NULL;

  if (det_options_set_text (options, id, value, &reason))
    return TRUE;
  /* The reason begins with the row's name, which need not be the flag's. */
  const char *text = reason->message;
  if (g_str_has_prefix (text, det_option_rows ()[id].name))
    text += strlen (det_option_rows ()[id].name);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s%s", flag,
      text);
  return FALSE;
}

static void
add_entry (GArray *entries, const char *name, char letter, int flags)
{
  GOptionEntry entry = { .long_name = name,
    .short_name = letter,
    .flags = flags,
    .arg = G_OPTION_ARG_CALLBACK,
    .arg_data = set_option };

  g_array_append_val (entries, entry);
}

/* One entry per row. */
static GOptionGroup *
table_group (DetOptions *options)
{
  g_autoptr (GArray) entries = g_array_new (TRUE, TRUE, sizeof (GOptionEntry));
  const DetOptionRow *rows = det_option_rows ();
  GOptionGroup *group =
      g_option_group_new ("detect", "Detection", "", options, NULL);

  for (int i = 0; i < DET_N_OPTIONS; i++) {
    if (cli_takes (i))
      add_entry (entries, rows[i].name, cli_letter (i),
          rows[i].type == DET_OPTION_FILE ? G_OPTION_FLAG_FILENAME : 0);
  }
  add_entry (entries, "every", 0, 0);
  g_option_group_add_entries (group, (const GOptionEntry *) entries->data);
  return group;
}

static gboolean
parse (Cli *cli, Asked *asked, char ***argv, GError **error)
{
  GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &cli->output, NULL, NULL },
    { "json", 0, 0, G_OPTION_ARG_FILENAME, &cli->json, NULL, NULL },
    { "csv", 0, 0, G_OPTION_ARG_FILENAME, &cli->csv, NULL, NULL },
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
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  /* Help is laid out by ourselves: GOption neither wraps nor groups. */
  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, table_group (cli->options));
  g_option_context_add_group (context, gst_init_get_option_group ());
  return g_option_context_parse_strv (context, argv, error);
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
    g_autofree char *gstreamer = gst_version_string ();

    printf ("gst-detect-1.0 %s (%s)\n", PACKAGE_VERSION, gstreamer);
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
}
