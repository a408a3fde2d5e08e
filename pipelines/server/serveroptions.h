/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SERVER_OPTIONS_H
#define SERVER_OPTIONS_H

#include <detect/option.h>
#include <glib.h>

/* What the command line of the server asks for. */
typedef struct
{
  DetOptions *options; /* of the model */
  char *listen;        /* HOST:PORT for Python clients, or NULL */
  char *http;          /* HOST:PORT for HTTP, or NULL */
  GBytes *key;         /* authkey, or NULL */
  char *token;         /* bearer token, or NULL */
  int parallel;
  int queue;
  int max_clients;
  int timeout;     /* seconds */
  int max_message; /* MiB, as the next ones */
  int max_buffered;
  int max_body;
  int max_video;
  gboolean quiet;
} ServerOptions;

typedef enum
{
  SERVER_OPTIONS_RUN,
  SERVER_OPTIONS_SHOWN, /* help or version was asked for and printed */
  SERVER_OPTIONS_WRONG,
} ServerOptionsResult;

ServerOptionsResult server_options_parse (ServerOptions *self, int argc,
    char **argv, GError **error);
void server_options_clear (ServerOptions *self);

#endif
