/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef HTTP_PRIVATE_H
#define HTTP_PRIVATE_H

#include "http.h"
#include "listener.h"

#include <libsoup/soup.h>

/* What the files of the HTTP server share. */

#define HTTP_JSON "application/json"
#define HTTP_JSON_LINES "application/x-ndjson"

struct _HttpServer
{
  HttpSetup setup;
  SoupServer *soup;
  Listener *listener;
  GHashTable *exchanges; /* SoupServerMessage -> Exchange */
  guint n_clients;
  guint n_videos;   /* that come in or are looked at */
  guint64 buffered; /* bytes of bodies in memory */
  guint timer;
  gboolean closed;
};

typedef enum
{
  PHASE_READING,
  PHASE_WORKING,
  PHASE_WRITING,
} Phase;

/* One request and its answer. For the main thread; work that is done elsewhere
 * holds a reference. */
typedef struct
{
  int refs;
  HttpServer *server;
  SoupServerMessage *message; /* NULL when the client has gone */
  Phase phase;
  gint64 start_us;  /* of the phase; while writing, of the last progress */
  guint64 bytes;    /* of the body, so far */
  guint64 most;     /* bytes of the body that are taken */
  guint64 buffered; /* bytes of it in memory */
  gboolean refused; /* answered before the body was read */
  gboolean paused;
  gboolean counted; /* in the metrics */
  int spool;        /* the file a video is kept in, or -1 */
} Exchange;

Exchange *exchange_ref (Exchange *exchange);
void exchange_unref (Exchange *exchange);

/* Nothing is answered until exchange_resume(). */
void exchange_pause (Exchange *exchange);
void exchange_resume (Exchange *exchange);

/* Answers; @body is taken. */
void exchange_reply (Exchange *exchange, guint status, const char *type,
    GBytes *body);
void exchange_reply_text (Exchange *exchange, guint status, const char *type,
    GString *text);

/* {"error": text}, as a line. */
GString *http_failure (const char *text);

/* Answers that. */
void exchange_fail (Exchange *exchange, guint status, const char *text);

/* Answers that there is no room, and when to come back. */
#define EXCHANGE_RETRY_SECONDS "1"
#define EXCHANGE_BUSY "all are busy; come back in a second"

void exchange_fail_busy (Exchange *exchange);

void exchange_count (Exchange *exchange, guint status);

/* POST /v1/detect, when its body is there. */
void http_detect_pictures (Exchange *exchange, GHashTable *query);
void http_detect_video (Exchange *exchange);

/* What a body is, by its Content-Type. */
typedef enum
{
  BODY_NONE, /* not taken */
  BODY_PICTURE,
  BODY_PARTS, /* multipart, of pictures */
  BODY_VIDEO,
} BodyKind;

BodyKind http_body_kind (SoupServerMessage *message);

/* Opens the file that a video is kept in while it comes in; -1 with errno. */
int http_video_open_spool (void);

#endif
