/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef HTTP_H
#define HTTP_H

#include "pool.h"

#include <gio/gio.h>

/* Answers HTTP; docs/openapi.yaml says what. All of it runs in the main thread but
 * the work itself. */
typedef struct _HttpServer HttpServer;

typedef struct
{
  Pool *pool;
  Metrics *metrics; /* outlives the pool */
  const DetOptions *options;
  const char *address;  /* HOST:PORT */
  const char *token;    /* bearer token, or NULL */
  guint64 max_body;     /* bytes of pictures in a request */
  guint64 max_video;    /* bytes of a video */
  guint64 max_buffered; /* bytes of all bodies together */
  guint max_clients;
  guint most_videos; /* at once */
  guint timeout;     /* seconds, see listener_is_too_slow() */
} HttpSetup;

HttpServer *http_server_new (const HttpSetup *setup, GError **error);
guint16 http_server_get_port (const HttpServer *server);

/* Takes no more clients and lets go of those there are. */
void http_server_close (HttpServer *server);

/* After the pool is gone and the main loop has run dry. */
void http_server_free (HttpServer *server);

#endif
