/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "httpprivate.h"

#include "../../gst/json.h"

#include <unistd.h>

Exchange *
exchange_ref (Exchange *exchange)
{
  exchange->refs++;
  return exchange;
}

void
exchange_unref (Exchange *exchange)
{
  if (--exchange->refs > 0)
    return;
  if (exchange->spool >= 0) {
    exchange->server->n_videos--;
    close (exchange->spool);
  }
  g_free (exchange);
}

void
exchange_pause (Exchange *exchange)
{
  exchange->phase = PHASE_WORKING;
  exchange->start_us = g_get_monotonic_time ();
  exchange->paused = TRUE;
#if SOUP_CHECK_VERSION(3, 2, 0)
  soup_server_message_pause (exchange->message);
#else
  soup_server_pause_message (exchange->server->soup, exchange->message);
#endif
}

void
exchange_resume (Exchange *exchange)
{
  if (!exchange->message || !exchange->paused)
    return;
  exchange->paused = FALSE;
#if SOUP_CHECK_VERSION(3, 2, 0)
  soup_server_message_unpause (exchange->message);
#else
  soup_server_unpause_message (exchange->server->soup, exchange->message);
#endif
}

static Outcome
outcome_of (guint status)
{
  if (status == SOUP_STATUS_SERVICE_UNAVAILABLE)
    return OUTCOME_BUSY;
  if (SOUP_STATUS_IS_SUCCESSFUL (status))
    return OUTCOME_OK;
  return status >= 500 ? OUTCOME_ERROR : OUTCOME_REFUSED;
}

void
exchange_count (Exchange *exchange, guint status)
{
  if (!exchange->counted)
    metrics_count_request (exchange->server->setup.metrics, DOOR_HTTP,
        outcome_of (status), g_get_monotonic_time () - exchange->start_us);
  exchange->counted = TRUE;
}

void
exchange_reply (Exchange *exchange, guint status, const char *type,
    GBytes *body)
{
  if (exchange->message) {
    exchange_count (exchange, status);
    soup_server_message_set_status (exchange->message, status, NULL);
    soup_message_headers_set_content_type (
        soup_server_message_get_response_headers (exchange->message), type,
        NULL);
    soup_message_body_append_bytes (
        soup_server_message_get_response_body (exchange->message), body);
    exchange->phase = PHASE_WRITING;
    exchange->start_us = g_get_monotonic_time ();
    exchange_resume (exchange);
  }
  g_bytes_unref (body);
}

void
exchange_reply_text (Exchange *exchange, guint status, const char *type,
    GString *text)
{
  exchange_reply (exchange, status, type, g_string_free_to_bytes (text));
}

GString *
http_failure (const char *text)
{
  GString *json = g_string_new (NULL);

  json_open (json, '{');
  json_key (json, "error");
  json_string (json, text);
  json_close (json, '}');
  g_string_append_c (json, '\n');
  return json;
}

void
exchange_fail (Exchange *exchange, guint status, const char *text)
{
  exchange_reply_text (exchange, status, HTTP_JSON, http_failure (text));
}

void
exchange_fail_busy (Exchange *exchange)
{
  if (exchange->message)
    soup_message_headers_replace (
        soup_server_message_get_response_headers (exchange->message),
        "Retry-After", EXCHANGE_RETRY_SECONDS);
  exchange_fail (exchange, SOUP_STATUS_SERVICE_UNAVAILABLE, EXCHANGE_BUSY);
}
