/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* gst-detect-rtsp-1.0: serves videos over RTSP with what is found in them. */

#include "console.h"
#include "live/livesource.h"
#include "processlimits.h"
#include "rtspcli.h"
#include "service.h"

#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <unistd.h>

enum
{
  STATUS_DONE = 0,
  STATUS_FAILED = 1,
  STATUS_USAGE = 2,
};

typedef struct
{
  Console console;
  Serving *serving;
  Service *service;
  GMainLoop *loop;
} App;

/* ---- notes ---- */

typedef struct
{
  App *app;
  const Mount *mount; /* NULL: of the clients */
  char *reason;
} Note;

static void
print_mount_note (const Note *note)
{
  g_autofree char *uri = live_source_describe_uri (note->mount->input);

  if (note->reason)
    console_note (&note->app->console, "%s: %s: %s; trying again",
        note->mount->path, uri, note->reason);
  else
    console_note (&note->app->console, "%s: %s: frames come again",
        note->mount->path, uri);
}

static gboolean
print_note (gpointer data)
{
  Note *note = data;

  if (note->mount)
    print_mount_note (note);
  else if (note->reason)
    console_note (&note->app->console, "clients have to wait: %s",
        note->reason);
  else
    console_note (&note->app->console, "clients are taken again");
  g_free (note->reason);
  g_free (note);
  return G_SOURCE_REMOVE;
}

/* In any thread; the console is the main thread's. */
static void
take_note (const Mount *mount, const char *reason, gpointer app)
{
  Note *note = g_new0 (Note, 1);

  *note = (Note){ app, mount, g_strdup (reason) };
  g_idle_add (print_note, note);
}

static void
print_addresses (App *app)
{
  for (guint i = 0; i < app->serving->mounts->len; i++) {
    const Mount *mount = g_ptr_array_index (app->serving->mounts, i);
    g_autofree char *uri = live_source_describe_uri (mount->input);

    console_note (&app->console, "serving %s at %s://%s:%d%s", uri,
        app->serving->certificate ? "rtsps" : "rtsp", app->serving->address,
        service_get_port (app->service), mount->path);
  }
}

/* ---- signals ---- */

static void
leave_at_once (int number)
{
  _exit (128 + number);
}

static gboolean
catch_signal (gpointer data)
{
  App *app = data;
  struct sigaction second = { .sa_handler = leave_at_once };

  /* The second one must work whatever hangs, so not through the main loop. The
   * watches stay, since GLib would put the default action back. */
  sigaction (SIGINT, &second, NULL);
  sigaction (SIGTERM, &second, NULL);
  if (app->service)
    service_stop (app->service, app->loop);
  return G_SOURCE_CONTINUE;
}

/* ---- the program ---- */

static gboolean
check_mounts (App *app, GError **error)
{
  for (guint i = 0; i < app->serving->mounts->len; i++) {
    const Mount *mount = g_ptr_array_index (app->serving->mounts, i);

    if (!mount_factory_check (mount, error)) {
      g_prefix_error (error, "%s: ", mount->path);
      return FALSE;
    }
  }
  return TRUE;
}

static int
serve (App *app)
{
  g_autoptr (GError) error = NULL;
  guint watches[2];

  if (check_mounts (app, &error))
    app->service = service_new (app->serving, take_note, app, &error);
  if (!app->service) {
    console_error (&app->console, NULL, error->message);
    return STATUS_FAILED;
  }
  (void) signal (SIGPIPE, SIG_IGN);
  app->loop = g_main_loop_new (NULL, FALSE);
  watches[0] = g_unix_signal_add (SIGINT, catch_signal, app);
  watches[1] = g_unix_signal_add (SIGTERM, catch_signal, app);
  print_addresses (app);
  g_main_loop_run (app->loop);
  for (gsize i = 0; i < G_N_ELEMENTS (watches); i++)
    g_source_remove (watches[i]);
  service_free (app->service);
  g_main_loop_unref (app->loop);
  return STATUS_DONE;
}

int
main (int argc, char **argv)
{
  if (!limits_prepare ("gst-detect-rtsp-1.0"))
    return STATUS_FAILED;

  g_autoptr (GError) error = NULL;
  gboolean quiet = FALSE;
  App app = { .serving = serving_new () };
  int status = STATUS_DONE;

  live_source_prepare_process ();
  (void) setlocale (LC_ALL, "");
  (void) setlocale (LC_NUMERIC, "C");
  RtspCliResult result = rtsp_cli_parse (app.serving, &quiet, argv, &error);
  console_init (&app.console, quiet);
  app.console.program = "gst-detect-rtsp-1.0";
  switch (result) {
    case RTSP_CLI_RUN:
      status = serve (&app);
      break;
    case RTSP_CLI_SHOWN:
      break;
    case RTSP_CLI_WRONG:
      console_error (&app.console, NULL, error->message);
      status = STATUS_USAGE;
      break;
  }
  serving_free (app.serving);
  return status;
}
