/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* gst-detect-1.0: finds objects in files, folders and URIs, and writes annotated
 * copies, JSON and CSV. */

#include "cli.h"
#include "container.h"
#include "detector.h"
#include "live/livesource.h"
#include "processlimits.h"
#include "progress.h"
#include "remote.h"
#include "report.h"
#include "run.h"
#include "sinks.h"
#include "sources.h"
#include "targets.h"

#include <detect/model.h>
#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum
{
  STATUS_DONE = 0,
  STATUS_FAILED = 1,
  STATUS_USAGE = 2,
};

typedef struct
{
  Cli cli;
  Console console;
  GPtrArray *inputs;
  Report *report;
  Summary *summary;
  GstElement *detector;
  ProgressBar progress;
  GPtrArray *runs; /* those that go on */
  GMainLoop *loop; /* turns while cameras are looked at */
  GMutex lock;     /* frames of several inputs come in several threads */
  guint watches[2];
  int caught;     /* the signal, or 0 */
  guint n_inputs; /* tried, or given up before */
  guint n_failed;
  gboolean fatal; /* the rest would fail as well */
} App;

/* ---- signals ---- */

static void
leave_at_once (int number)
{
  _exit (128 + number);
}

static void
catch_signal (App *app, int number)
{
  struct sigaction second = { .sa_handler = leave_at_once };

  /* The second one must work whatever hangs, so not through the main loop. The
   * watches stay, since GLib would put the default action back. */
  sigaction (SIGINT, &second, NULL);
  sigaction (SIGTERM, &second, NULL);
  app->caught = number;
  for (guint i = 0; i < app->runs->len; i++)
    run_stop (g_ptr_array_index (app->runs, i));
}

static gboolean
catch_interrupt (gpointer app)
{
  catch_signal (app, SIGINT);
  return G_SOURCE_CONTINUE;
}

static gboolean
catch_terminate (gpointer app)
{
  catch_signal (app, SIGTERM);
  return G_SOURCE_CONTINUE;
}

static void
watch_signals (App *app)
{
  app->watches[0] = g_unix_signal_add (SIGINT, catch_interrupt, app);
  app->watches[1] = g_unix_signal_add (SIGTERM, catch_terminate, app);
  /* A reader that goes away and a file that may not grow are errors of writing. */
  (void) signal (SIGPIPE, SIG_IGN);
  (void) signal (SIGXFSZ, SIG_IGN);
}

/* What looks at frames: here, or on a server. (transfer full) */
static GstElement *
looker_new (const Cli *cli, GError **error)
{
  gboolean draws = cli->output || cli->show;

  return cli->server
      ? remote_new (cli->server, cli->token_file, cli->options, draws, error)
      : detector_new (cli->options, draws, error);
}

/* ---- inputs ---- */

static gboolean
take_frame (const FrameInfo *frame, const GstDetectMeta *meta, gpointer data)
{
  App *app = data;

  g_mutex_lock (&app->lock);
  summary_add (app->summary, frame, meta);
  gboolean written = report_frame (app->report, &frame->record);
  g_mutex_unlock (&app->lock);
  return written;
}

static void
say_failed (App *app, const Input *input, const char *reason)
{
  console_error (&app->console, input->name, reason);
  app->n_failed++;
}

static void
leave_stuck (App *app, const Input *input, const GError *error)
{
  console_error (&app->console, input->name, error->message);
  report_close (app->report);
  _exit (STATUS_FAILED);
}

/* The end of a run whose input was readable. */
static void
judge_success (App *app, const Input *input, guint64 frames)
{
  if (frames == 0) {
    say_failed (app, input,
        "not one frame came out; the file may be damaged: copy it again");
  } else if (input->path && container_is_cut_off (input->path)) {
    g_autofree char *text = input->kind == INPUT_STREAM
        ? g_strdup_printf ("the file is cut off; its first %" G_GUINT64_FORMAT
                           " frames were looked at, copy it again for the rest",
              frames)
        : g_strdup ("the file is cut off; what there is was looked at, copy it "
                    "again for the rest");

    say_failed (app, input, text);
  }
}

static void
judge_broken (App *app, const Input *input, guint64 frames, const char *reason)
{
  g_autofree char *text = NULL;

  if (frames > 0)
    text = g_strdup_printf ("broke off after %" G_GUINT64_FORMAT " frames: %s",
        frames, reason);
  else if (input->path && container_is_cut_off (input->path))
    text = g_strdup_printf ("the file is cut off: %s", reason);
  say_failed (app, input, text ? text : reason);
}

static void
judge (App *app, Run *run, RunEnd end, const GError *error)
{
  const Input *input = run_get_input (run);
  guint64 frames = run_get_frames (run);

  switch (end) {
    case RUN_DONE:
      judge_success (app, input, frames);
      break;
    case RUN_STOPPED:
    case RUN_REFUSED:
      app->fatal = TRUE;
      break;
    case RUN_BROKEN:
      judge_broken (app, input, frames, error->message);
      break;
    case RUN_UNWRITTEN:
      say_failed (app, input, error->message);
      app->fatal = error->domain == GST_RESOURCE_ERROR ||
          error->domain == G_FILE_ERROR;
      break;
    case RUN_DETECT:
      say_failed (app, input, error->message);
      /* A model that has never worked will not do so with the next input. */
      app->fatal = summary_get_progress (app->summary).frames == 0;
      break;
    case RUN_STUCK:
      leave_stuck (app, input, error);
      break;
  }
}

/* Frames that wait for the detector come too late for a window that keeps the
 * video's pace, so there they move on at once. A picture has no next frame for the
 * result to ride on. */
static gboolean
set_pace (App *app, GstElement *detector, const Input *input)
{
  const Cli *cli = &app->cli;
  gboolean real_time = cli->show && !cli->output && !cli->json && !cli->csv &&
      input->kind == INPUT_STREAM;

  if (!cli->server && !det_options_is_set (cli->options, DET_OPT_POLICY))
    g_object_set (detector, "policy", real_time ? "async" : "auto", NULL);
  return real_time;
}

static Run *
begin (App *app, GstElement *detector, const Input *input, guint way,
    GError **error)
{
  RunSetup setup = { .detect = detector,
    .input = input,
    .way = way,
    .show = app->cli.show,
    .live = app->cli.live,
    .real_time = set_pace (app, detector, input),
    /* A camera may be away for as long as it likes. */
    .timeout = app->cli.live ? 0 : app->cli.timeout,
    .console = &app->console,
    .on_frame = take_frame,
    .data = app };
  Run *run = run_new (&setup, error);

  if (run)
    g_ptr_array_add (app->runs, run);
  return run;
}

static void
put_away (App *app, Run *run)
{
  if (run_get_stats (run))
    summary_set_model (app->summary, run_get_stats (run));
  g_ptr_array_remove (app->runs, run);
}

/* One way to read the input; FALSE when another one may do better. */
static gboolean
try_way (App *app, const Input *input, guint way, gboolean last,
    GError **first_error)
{
  g_autoptr (GError) error = NULL;
  Run *run = begin (app, app->detector, input, way, &error);
  RunEnd end = run ? run_process (run, &error) : RUN_BROKEN;
  gboolean unread = end == RUN_BROKEN && (!run || run_get_frames (run) == 0);

  if (unread && !*first_error)
    *first_error = g_steal_pointer (&error);
  if (unread && last)
    judge_broken (app, input, 0, (*first_error)->message);
  else if (!unread)
    judge (app, run, end, error);
  if (run)
    put_away (app, run);
  return !unread;
}

static void
process (App *app, const Input *input)
{
  g_autoptr (GError) first_error = NULL;
  guint n = sources_count (input->kind);

  app->n_inputs++;
  for (guint way = 0; way < n && !app->caught; way++) {
    if (try_way (app, input, way, way + 1 == n, &first_error))
      return;
  }
}

static void
process_all (App *app)
{
  progress_start (&app->progress, &app->console, app->summary,
      app->inputs->len);
  for (guint i = 0; i < app->inputs->len && !app->fatal && !app->caught; i++) {
    const Input *input = g_ptr_array_index (app->inputs, i);

    progress_set_input (&app->progress, input->name, i);
    process (app, input);
  }
  progress_stop (&app->progress);
}

/* ---- cameras ---- */

/* One that ends leaves the others alone. */
static void
end_camera (Run *run, gpointer data)
{
  App *app = data;
  g_autoptr (GError) error = NULL;
  RunEnd end = run_finish (run, &error);

  judge (app, run, end, error);
  put_away (app, run);
  if (app->runs->len == 0)
    g_main_loop_quit (app->loop);
}

/* Each has a detector of its own; the model is shared by all in the process. */
static gboolean
begin_camera (App *app, const Input *input, GError **error)
{
  GstElement *detector = app->runs->len == 0 ? gst_object_ref (app->detector)
                                             : looker_new (&app->cli, error);
  Run *run = detector ? begin (app, detector, input, 0, error) : NULL;

  if (run)
    run_start (run, end_camera, app);
  if (detector)
    gst_object_unref (detector);
  app->n_inputs++;
  return run != NULL;
}

static void
process_cameras (App *app)
{
  live_source_prepare_process ();
  app->loop = g_main_loop_new (NULL, FALSE);
  progress_start (&app->progress, &app->console, app->summary, 1);
  for (guint i = 0; i < app->inputs->len; i++) {
    const Input *input = g_ptr_array_index (app->inputs, i);
    g_autoptr (GError) error = NULL;

    if (!begin_camera (app, input, &error))
      /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): there is an error */
      say_failed (app, input, error->message);
  }
  if (app->runs->len > 0)
    g_main_loop_run (app->loop);
  progress_stop (&app->progress);
  g_clear_pointer (&app->loop, g_main_loop_unref);
}

/* ---- the program ---- */

static gboolean
prepare_detector (App *app, GError **error)
{
  const Cli *cli = &app->cli;

  if (cli->show && !sink_window_check (error))
    return FALSE;
  app->detector = looker_new (cli, error);
  return app->detector != NULL;
}

/* A file cannot come back; it would only be looked at again and again. */
static gboolean
check_cameras (const App *app, GError **error)
{
  for (guint i = 0; i < app->inputs->len; i++) {
    Input *input = g_ptr_array_index (app->inputs, i);

    if (input->path) {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
          "--live: %s is a file; name a camera's URI, or leave --live out",
          input->name);
      return FALSE;
    }
    input->kind = INPUT_STREAM;
  }
  return TRUE;
}

static int
prepare (App *app, GError **error)
{
  const Cli *cli = &app->cli;

  app->inputs = inputs_find (cli->inputs, &app->console, &app->n_failed);
  app->n_inputs = app->n_failed;
  if (cli->live && !check_cameras (app, error))
    return STATUS_USAGE;
  if (app->inputs->len > 0 && !prepare_detector (app, error))
    return STATUS_FAILED;
  if (!targets_plan (cli, app->inputs, error))
    return STATUS_USAGE;
  app->report = report_new (cli->json, cli->csv, cli->log, error);
  return app->report ? STATUS_DONE : STATUS_FAILED;
}

static int
conclude (App *app)
{
  gboolean written = report_close (app->report);

  if (!written)
    console_error (&app->console, NULL,
        report_get_error (app->report)->message);
  summary_print (app->summary, &app->console, app->n_inputs, app->n_failed);
  if (app->caught)
    return 128 + app->caught;
  return written && app->n_failed == 0 ? STATUS_DONE : STATUS_FAILED;
}

static void
app_clear (App *app)
{
  detector_free (app->detector);
  report_free (app->report);
  summary_free (app->summary);
  g_clear_pointer (&app->inputs, g_ptr_array_unref);
  g_ptr_array_unref (app->runs);
  g_mutex_clear (&app->lock);
  for (gsize i = 0; i < G_N_ELEMENTS (app->watches); i++)
    g_clear_handle_id (&app->watches[i], g_source_remove);
  cli_clear (&app->cli);
}

static int
run_app (App *app)
{
  g_autoptr (GError) error = NULL;
  int status = prepare (app, &error);

  if (status != STATUS_DONE) {
    console_error (&app->console, NULL, error->message);
    return status;
  }
  if (app->cli.live)
    process_cameras (app);
  else
    process_all (app);
  return conclude (app);
}

static int
explain (const Cli *cli)
{
  gboolean understood = FALSE;
  g_autofree char *text = det_explain (cli->options, &understood);

  (void) fputs (text, stdout);
  return understood ? STATUS_DONE : STATUS_FAILED;
}

int
main (int argc, char **argv)
{
  if (!limits_prepare ("gst-detect-1.0"))
    return STATUS_FAILED;

  g_autoptr (GError) error = NULL;
  App app = { .summary = summary_new (),
    .runs = g_ptr_array_new_with_free_func ((GDestroyNotify) run_free) };
  int status = STATUS_DONE;

  (void) setlocale (LC_ALL, "");
  (void) setlocale (LC_NUMERIC, "C");
  g_mutex_init (&app.lock);
  switch (cli_parse (&app.cli, argc, argv, &error)) {
    case CLI_RUN:
      if (app.cli.explain) {
        status = explain (&app.cli);
        break;
      }
      console_init (&app.console, app.cli.quiet);
      watch_signals (&app);
      status = run_app (&app);
      break;
    case CLI_SHOWN:
      break;
    case CLI_WRONG: {
      g_autofree char *text =
          g_strdup_printf ("%s; gst-detect-1.0 --help lists all",
              error->message);

      console_init (&app.console, FALSE);
      console_error (&app.console, NULL, text);
      status = STATUS_USAGE;
      break;
    }
  }
  app_clear (&app);
  return status;
}
