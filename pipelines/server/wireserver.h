/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WIRE_SERVER_H
#define WIRE_SERVER_H

#include "pool.h"

#include <gio/gio.h>

/* Answers old Python clients: multiprocessing.connection's messages on TCP. All of
 * it runs in the main thread but what wirejob.h does. */
typedef struct _WireServer WireServer;

typedef struct
{
  Pool *pool;
  Metrics *metrics;     /* outlives the pool */
  const char *address;  /* HOST:PORT */
  GBytes *key;          /* authkey, or NULL */
  guint64 max_message;  /* bytes of one */
  guint64 max_buffered; /* bytes of all clients' messages together */
  guint max_clients;
  guint timeout; /* seconds, see listener_is_too_slow() */
} WireSetup;

WireServer *wire_server_new (const WireSetup *setup, GError **error);
guint16 wire_server_get_port (const WireServer *server);

/* Takes no more clients and lets go of those there are. */
void wire_server_close (WireServer *server);

/* After the pool is gone and the main loop has run dry. */
void wire_server_free (WireServer *server);

#endif
