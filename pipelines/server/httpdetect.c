/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Pictures over HTTP. */

#include "annotate.h"
#include "framejson.h"
#include "httpprivate.h"
#include "picture.h"

#include "../../gst/json.h"

#include <string.h>

#define MAX_PARTS 256

/* One picture of a request, and what was found in it. */
typedef struct
{
  struct _Job *job;
  char *name;
  GBytes *bytes;
  GString *json; /* the record */
  char *error;
  gboolean unable; /* it is not the picture's fault */
} Part;

typedef struct _Job
{
  Exchange *exchange; /* the main thread's */
  Pool *pool;
  const DetOptions *options;
  gboolean several;
  gboolean annotated;
  Part *parts;
  guint n_parts;
  gint pending; /* atomic: parts that are not done */
  GBytes *drawn;
} Job;

BodyKind
http_body_kind (SoupServerMessage *message)
{
  const char *type = soup_message_headers_get_content_type (
      soup_server_message_get_request_headers (message), NULL);

  if (!type)
    return BODY_NONE;
  if (g_ascii_strcasecmp (type, "image/jpeg") == 0 ||
      g_ascii_strcasecmp (type, "image/png") == 0)
    return BODY_PICTURE;
  if (g_ascii_strcasecmp (type, "multipart/form-data") == 0 ||
      g_ascii_strcasecmp (type, "multipart/mixed") == 0)
    return BODY_PARTS;
  return g_ascii_strncasecmp (type, "video/", 6) == 0 ? BODY_VIDEO : BODY_NONE;
}

static void
job_free (Job *job)
{
  for (guint i = 0; i < job->n_parts; i++) {
    Part *part = &job->parts[i];

    g_free (part->name);
    g_bytes_unref (part->bytes);
    if (part->json)
      g_string_free (part->json, TRUE);
    g_free (part->error);
  }
  g_free (job->parts);
  g_clear_pointer (&job->drawn, g_bytes_unref);
  exchange_unref (job->exchange);
  g_free (job);
}

/* ---- the answer ---- */

static void
reply_several (Job *job)
{
  GString *json = g_string_new (NULL);

  json_open (json, '[');
  for (guint i = 0; i < job->n_parts; i++) {
    const Part *part = &job->parts[i];

    if (i > 0)
      g_string_append (json, ",\n");
    if (part->json) {
      g_string_append_len (json, part->json->str, (gssize) part->json->len - 1);
      continue;
    }
    g_autoptr (GString) failed = g_string_new (NULL);
    json_open (failed, '{');
    json_key (failed, "input");
    json_string (failed, part->name);
    json_key (failed, "error");
    json_string (failed, part->error);
    json_close (failed, '}');
    g_string_append (json, failed->str);
  }
  json_close (json, ']');
  g_string_append_c (json, '\n');
  exchange_reply_text (job->exchange, SOUP_STATUS_OK, HTTP_JSON, json);
}

static void
reply (Job *job)
{
  const Part *part = &job->parts[0];

  if (job->several)
    reply_several (job);
  else if (part->error)
    exchange_fail (job->exchange,
        part->unable ? SOUP_STATUS_INTERNAL_SERVER_ERROR
                     : SOUP_STATUS_BAD_REQUEST,
        part->error);
  else if (job->drawn)
    exchange_reply (job->exchange, SOUP_STATUS_OK, "image/jpeg",
        g_steal_pointer (&job->drawn));
  else
    exchange_reply_text (job->exchange, SOUP_STATUS_OK, HTTP_JSON,
        g_steal_pointer (&job->parts[0].json));
}

static gboolean
report (gpointer data)
{
  Job *job = data;

  reply (job);
  job_free (job);
  return G_SOURCE_REMOVE;
}

/* ---- the work ---- */

static void
take_found (Job *job, Part *part, Picture *picture, DetDetections *found,
    GError **error)
{
  if (job->annotated) {
    job->drawn = annotate (picture, pool_get_model (job->pool), found,
        job->options, error);
    return;
  }
  part->json = g_string_new (NULL);
  frame_json (part->json, part->name, pool_get_model (job->pool), found);
}

static void
look_at (PoolWorker *worker, gpointer data)
{
  Part *part = data;
  Job *job = part->job;
  Picture picture = { .pixels = NULL };
  g_autoptr (GError) error = NULL;
  gsize size;
  const guint8 *bytes = g_bytes_get_data (part->bytes, &size);

  if (picture_decode (&picture, bytes, size, TRUE, &error)) {
    g_autoptr (DetDetections)
        found = pool_worker_detect (worker, &picture.frame, &error);

    part->unable = found == NULL;
    if (found)
      take_found (job, part, &picture, found, &error);
  }
  picture_clear (&picture);
  if (error)
    part->error = g_strdup (error->message);
  if (g_atomic_int_dec_and_test (&job->pending))
    g_idle_add_full (G_PRIORITY_DEFAULT, report, job, NULL);
}

/* The others are pushed by the first, which found room in the queue for all. */
static void
begin (PoolWorker *worker, gpointer data)
{
  Job *job = data;
  guint n = job->n_parts;
  Part *parts = job->parts;

  g_atomic_int_set (&job->pending, (gint) n);
  for (guint i = 1; i < n; i++)
    pool_push_always (job->pool, look_at, &parts[i]);
  look_at (worker, &parts[0]);
}

/* ---- the request ---- */

static void
add_part (Job *job, const char *name, GBytes *bytes)
{
  job->parts[job->n_parts++] = (Part){ .job = job,
    .name = g_strdup (name),
    .bytes = g_bytes_ref (bytes) };
}

static void
add_body_part (Job *job, SoupMultipart *multipart, int i)
{
  SoupMessageHeaders *headers;
  GBytes *bytes;
  g_autofree char *disposition = NULL;
  GHashTable *params = NULL;
  const char *name = NULL;

  soup_multipart_get_part (multipart, i, &headers, &bytes);
  if (soup_message_headers_get_content_disposition (headers, &disposition,
          &params)) {
    name = g_hash_table_lookup (params, "filename");
    if (!name)
      name = g_hash_table_lookup (params, "name");
  }
  add_part (job, name ? name : "picture", bytes);
  g_clear_pointer (&params, g_hash_table_unref);
}

static const char *
read_parts (Job *job, GBytes *body)
{
  SoupMultipart *multipart = soup_multipart_new_from_message (
      soup_server_message_get_request_headers (job->exchange->message), body);
  int n = multipart ? soup_multipart_get_length (multipart) : 0;
  const char *wrong = NULL;

  job->several = TRUE;
  if (n < 1 || n > MAX_PARTS) {
    wrong = n < 1 ? "the multipart body cannot be read; send parts that hold a "
                    "picture each"
                  : "there are too many parts; send 256 at most";
  } else {
    job->parts = g_new0 (Part, (gsize) n);
    for (int i = 0; i < n; i++)
      add_body_part (job, multipart, i);
  }
  g_clear_pointer (&multipart, soup_multipart_free);
  return wrong;
}

static const char *
read_query (Job *job, GHashTable *query)
{
  const char *annotated = query ? g_hash_table_lookup (query, "annotated")
                                : NULL;

  if (!annotated || strcmp (annotated, "0") == 0)
    return NULL;
  if (strcmp (annotated, "1") != 0)
    return "annotated: expected 0 or 1";
  if (job->several)
    return "annotated=1 is for one picture; send it as image/jpeg or image/png";
  job->annotated = TRUE;
  return NULL;
}

void
http_detect_pictures (Exchange *exchange, GHashTable *query)
{
  Job *job = g_new0 (Job, 1);
  g_autoptr (GBytes) body = soup_message_body_flatten (
      soup_server_message_get_request_body (exchange->message));
  const char *wrong = NULL;

  job->exchange = exchange_ref (exchange);
  job->pool = exchange->server->setup.pool;
  job->options = exchange->server->setup.options;
  if (http_body_kind (exchange->message) == BODY_PARTS) {
    wrong = read_parts (job, body);
  } else {
    job->parts = g_new0 (Part, 1);
    add_part (job, "picture", body);
  }
  if (!wrong)
    wrong = read_query (job, query);
  if (wrong) {
    exchange_fail (exchange, SOUP_STATUS_BAD_REQUEST, wrong);
  } else {
    exchange_pause (exchange);
    if (pool_push (job->pool, begin, job))
      return;
    exchange_fail_busy (exchange);
  }
  job_free (job);
}
