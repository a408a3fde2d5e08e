/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* gst-detect-server-1.0: finds objects in what clients send. */

#include "../processlimits.h"
#include "http.h"
#include "pool.h"
#include "serverlog.h"
#include "serveroptions.h"
#include "wireserver.h"

#include <glib-unix.h>
#include <gst/gst.h>
#include <locale.h>
#include <signal.h>

/* What is shared with the element logs to it. */
GST_DEBUG_CATEGORY (gst_detect_debug);

#define MIB (1024 * 1024)

enum
{
  STATUS_DONE = 0,
  STATUS_FAILED = 1,
  STATUS_USAGE = 2,
};

typedef struct
{
  ServerOptions options;
  DetDetector *detector;
  Metrics *metrics;
  Pool *pool;
  WireServer *wire;
  HttpServer *http;
} App;

/* What it shares with the element's options, the server's own flags decide. */
static gboolean
load_model (App *app, GError **error)
{
  g_autoptr (DetOptions) options = det_options_copy (app->options.options);

  if (g_strcmp0 (det_options_get_string (options, DET_OPT_REGION), "objects") ==
      0) {
    g_set_error (error, DET_ERROR, DET_ERROR_OPTION,
        "region=objects: pictures that clients send carry no objects yet; name "
        "corners, or leave it out");
    return FALSE;
  }
  det_options_set_int (options, DET_OPT_PARALLEL, app->options.parallel);
  det_options_set_int (options, DET_OPT_TIMEOUT_MS,
      (gint64) app->options.timeout * 1000);
  app->detector = det_detector_new (options, error);
  return app->detector != NULL;
}

static gboolean
start_pool (App *app, GError **error)
{
  PoolSetup setup = { .detector = app->detector,
    .n_workers = (guint) app->options.parallel,
    .most_queued = (guint) app->options.queue,
    .metrics = app->metrics };

  app->pool = pool_new (&setup, error);
  return app->pool != NULL;
}

static gboolean
start_wire (App *app, GError **error)
{
  const ServerOptions *options = &app->options;
  WireSetup setup = { .pool = app->pool,
    .metrics = app->metrics,
    .address = options->listen,
    .key = options->key,
    .max_message = (guint64) options->max_message * MIB,
    .max_buffered = (guint64) options->max_buffered * MIB,
    .max_clients = (guint) options->max_clients,
    .timeout = (guint) options->timeout };

  if (!options->listen)
    return TRUE;
  app->wire = wire_server_new (&setup, error);
  if (app->wire)
    server_note (NULL, "answers Python clients at port %u (%s)",
        wire_server_get_port (app->wire), options->listen);
  return app->wire != NULL;
}

static gboolean
start_http (App *app, GError **error)
{
  const ServerOptions *options = &app->options;
  HttpSetup setup = { .pool = app->pool,
    .metrics = app->metrics,
    .options = options->options,
    .address = options->http,
    .token = options->token,
    .max_body = (guint64) options->max_body * MIB,
    .max_video = (guint64) options->max_video * MIB,
    .max_buffered = (guint64) options->max_buffered * MIB,
    .max_clients = (guint) options->max_clients,
    .most_videos = (guint) options->parallel,
    .timeout = (guint) options->timeout };

  if (!options->http)
    return TRUE;
  app->http = http_server_new (&setup, error);
  if (app->http)
    server_note (NULL, "answers HTTP at port %u (%s)",
        http_server_get_port (app->http), options->http);
  return app->http != NULL;
}

static gboolean
quit (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_CONTINUE;
}

static void
run_until_signal (void)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  guint watches[] = { g_unix_signal_add (SIGINT, quit, loop),
    g_unix_signal_add (SIGTERM, quit, loop) };

  g_main_loop_run (loop);
  for (gsize i = 0; i < G_N_ELEMENTS (watches); i++)
    g_source_remove (watches[i]);
}

/* What is under way comes back once the pool breaks it off. */
static void
app_clear (App *app)
{
  wire_server_close (app->wire);
  http_server_close (app->http);
  pool_free (app->pool);
  while (g_main_context_iteration (NULL, FALSE)) {
  }
  wire_server_free (app->wire);
  http_server_free (app->http);
  det_detector_unref (app->detector);
  metrics_free (app->metrics);
  server_options_clear (&app->options);
}

static int
serve (App *app)
{
  g_autoptr (GError) error = NULL;

  GST_DEBUG_CATEGORY_INIT (gst_detect_debug, "detect", 0, "object detection");
  server_log_set_quiet (app->options.quiet);
  (void) signal (SIGPIPE, SIG_IGN);
  app->metrics = metrics_new ();
  if (!load_model (app, &error) || !start_pool (app, &error) ||
      !start_wire (app, &error) || !start_http (app, &error)) {
    server_log (NULL, "%s", error->message);
    return STATUS_FAILED;
  }
  run_until_signal ();
  return STATUS_DONE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  App app = { .detector = NULL };
  int status = STATUS_DONE;

  /* A client is a file descriptor; the usual limit is below --max-clients. */
  if (!limits_prepare ("gst-detect-server-1.0"))
    return STATUS_FAILED;
  (void) setlocale (LC_ALL, "");
  (void) setlocale (LC_NUMERIC, "C");
  switch (server_options_parse (&app.options, argc, argv, &error)) {
    case SERVER_OPTIONS_RUN:
      status = serve (&app);
      break;
    case SERVER_OPTIONS_SHOWN:
      break;
    case SERVER_OPTIONS_WRONG:
      server_log (NULL, "%s; gst-detect-server-1.0 --help lists all",
          error->message);
      status = STATUS_USAGE;
      break;
  }
  app_clear (&app);
  return status;
}
