/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serveroptions.h"

#include "../help.h"
#include "../secret.h"

#include <gst/gst.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_LISTEN "localhost:9006"
#define DEFAULT_HTTP "localhost:8080"
#define MOST_PARALLEL 64

typedef struct
{
  char *listen;
  char *http;
  char *key_file;
  char *token_file;
  gboolean help;
  gboolean version;
} Asked;

static const char usage[] =
    "Usage: gst-detect-server-1.0 [OPTION...]\n"
    "\n"
    "Finds objects in the pictures that clients send: Python scripts with "
    "pickles\n"
    "over multiprocessing.connection, and anything that speaks HTTP.\n";

static const HelpLine own_lines[] = {
  { "--listen=HOST:PORT",
      "Where Python clients are answered; none: nowhere (default: "
      "localhost:9006)" },
  { "--http=HOST:PORT",
      "Where HTTP is answered; none: nowhere (default: localhost:8080)" },
  { "--authkey-file=FILE", "The key that Python clients must know" },
  { "--token-file=FILE", "The bearer token that HTTP clients must send" },
  { "--parallel=N",
      "How many pictures are looked at at once (1 to 64; default: one for each "
      "processor)" },
  { "--queue=N",
      "How many pictures of HTTP clients may wait, others are told to come "
      "back "
      "(default: 64)" },
  { "--max-clients=N", "Most clients of each kind (default: 1024)" },
  { "--max-message=MIB", "Largest message of a Python client (default: 256)" },
  { "--max-buffered=MIB",
      "Most memory for all their messages together (default: 1024)" },
  { "--max-body=MIB", "Largest body of pictures over HTTP (default: 64)" },
  { "--max-video=MIB", "Largest video over HTTP (default: 1024)" },
  { "--timeout=SECONDS",
      "How long a slow client, and an inference, is borne (default: 30)" },
  { "-q, --quiet", "Say nothing but what is refused and what fails" },
  { "--version", "Print the version" },
  { "-h, --help", "Print this help" },
};

static const char status[] =
    "\n"
    "Exit status: 0 ended by a signal; 1 could not start; 2 wrong usage.\n";

/* Of the element's options only those that say how boxes are drawn. */
static gboolean
takes (DetOptionId id)
{
  return det_option_rows ()[id].scope != DET_SCOPE_ELEMENT ||
      option_flags_draws (id);
}

static void
print_help (void)
{
  printf ("%s\nServing\n", usage);
  help_print_lines (own_lines, G_N_ELEMENTS (own_lines));
  help_print_rows (DET_SCOPE_MODEL, "Model", takes);
  help_print_rows (DET_SCOPE_SESSION, "Objects", takes);
  help_print_rows (DET_SCOPE_ELEMENT, "Drawing", takes);
  printf ("%s", status);
}

static gboolean
parse (ServerOptions *self, Asked *asked, char ***words, GError **error)
{
  char **rest = NULL;
  const GOptionEntry entries[] = {
    { "listen", 0, 0, G_OPTION_ARG_STRING, &asked->listen, NULL, NULL },
    { "http", 0, 0, G_OPTION_ARG_STRING, &asked->http, NULL, NULL },
    { "authkey-file", 0, 0, G_OPTION_ARG_FILENAME, &asked->key_file, NULL,
        NULL },
    { "token-file", 0, 0, G_OPTION_ARG_FILENAME, &asked->token_file, NULL,
        NULL },
    { "parallel", 0, 0, G_OPTION_ARG_INT, &self->parallel, NULL, NULL },
    { "queue", 0, 0, G_OPTION_ARG_INT, &self->queue, NULL, NULL },
    { "max-clients", 0, 0, G_OPTION_ARG_INT, &self->max_clients, NULL, NULL },
    { "max-message", 0, 0, G_OPTION_ARG_INT, &self->max_message, NULL, NULL },
    { "max-buffered", 0, 0, G_OPTION_ARG_INT, &self->max_buffered, NULL, NULL },
    { "max-body", 0, 0, G_OPTION_ARG_INT, &self->max_body, NULL, NULL },
    { "max-video", 0, 0, G_OPTION_ARG_INT, &self->max_video, NULL, NULL },
    { "timeout", 0, 0, G_OPTION_ARG_INT, &self->timeout, NULL, NULL },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &self->quiet, NULL, NULL },
    { "help", 'h', 0, G_OPTION_ARG_NONE, &asked->help, NULL, NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &asked->version, NULL, NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &rest, NULL, NULL },
    { NULL },
  };

  gboolean ok =
      option_flags_parse (self->options, takes, entries, words, error);
  if (ok && rest) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "%s: inputs come from clients; gst-detect-1.0 looks at files", rest[0]);
    ok = FALSE;
  }
  g_strfreev (rest);
  return ok;
}

typedef struct
{
  const char *name;
  int value;
  int most;
} Range;

static gboolean
check (const ServerOptions *self, GError **error)
{
  const Range ranges[] = {
    { "parallel", self->parallel, MOST_PARALLEL },
    { "queue", self->queue, 1000000 },
    { "max-clients", self->max_clients, 1000000 },
    { "timeout", self->timeout, 3600 },
    { "max-message", self->max_message, 2047 },
    { "max-buffered", self->max_buffered, 1 << 20 },
    { "max-body", self->max_body, 2047 },
    { "max-video", self->max_video, 1 << 20 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ranges); i++) {
    if (ranges[i].value < 1 || ranges[i].value > ranges[i].most) {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
          "--%s: expected a number from 1 to %d", ranges[i].name,
          ranges[i].most);
      return FALSE;
    }
  }
  if (!self->listen && !self->http) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--listen and --http are both none; name an address for one");
    return FALSE;
  }
  return TRUE;
}

static gboolean
read_secrets (ServerOptions *self, const Asked *asked, GError **error)
{
  if (asked->key_file) {
    char *key = secret_read (asked->key_file, error);

    if (!key)
      return FALSE;
    self->key = g_bytes_new_take (key, strlen (key));
  }
  if (asked->token_file)
    self->token = secret_read (asked->token_file, error);
  return !asked->token_file || self->token;
}

static char *
choose_address (const char *asked, const char *standard)
{
  if (g_strcmp0 (asked, "none") == 0)
    return NULL;
  return g_strdup (asked ? asked : standard);
}

static ServerOptionsResult
take (ServerOptions *self, const Asked *asked, GError **error)
{
  if (asked->help) {
    print_help ();
    return SERVER_OPTIONS_SHOWN;
  }
  if (asked->version) {
    help_print_version ("gst-detect-server-1.0");
    return SERVER_OPTIONS_SHOWN;
  }
  self->listen = choose_address (asked->listen, DEFAULT_LISTEN);
  self->http = choose_address (asked->http, DEFAULT_HTTP);
  return check (self, error) && read_secrets (self, asked, error)
      ? SERVER_OPTIONS_RUN
      : SERVER_OPTIONS_WRONG;
}

ServerOptionsResult
server_options_parse (ServerOptions *self, int argc, char **argv,
    GError **error)
{
  Asked asked = { NULL };
  g_auto (GStrv) words = g_new0 (char *, argc + 1);
  ServerOptionsResult result = SERVER_OPTIONS_WRONG;

  for (int i = 0; i < argc; i++)
    words[i] = g_strdup (argv[i]);
  *self = (ServerOptions){
    .options = det_options_new (),
    .parallel = (int) MIN (g_get_num_processors (), MOST_PARALLEL),
    .queue = 64,
    .max_clients = 1024,
    .timeout = 30,
    .max_message = 256,
    .max_buffered = 1024,
    .max_body = 64,
    .max_video = 1024,
  };
  if (parse (self, &asked, &words, error))
    result = take (self, &asked, error);
  g_free (asked.listen);
  g_free (asked.http);
  g_free (asked.key_file);
  g_free (asked.token_file);
  return result;
}

void
server_options_clear (ServerOptions *self)
{
  det_options_free (self->options);
  g_free (self->listen);
  g_free (self->http);
  g_clear_pointer (&self->key, g_bytes_unref);
  g_free (self->token);
}
