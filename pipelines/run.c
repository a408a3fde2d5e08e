/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run.h"

#include "assembly.h"
#include "failure.h"
#include "gate.h"
#include "returning.h"
#include "sources.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

/* How long the other streams of a live source are waited for. */
#define STREAMS_MS 3000
/* How long a picture stays in the window. */
#define PICTURE_MS 3000
/* How long files may take to be finished, and parts to stop, in seconds. */
#define FINISH_SECONDS 10
/* While a model loads there are no frames to be seen. */
#define LOADING_FACTOR 10

struct _Run
{
  RunSetup setup;
  RunOver over;
  gpointer over_data;
  guint over_idle;
  gboolean is_over;
  GstElement *pipeline;
  GstElement *source;
  Gate *gate;
  Tap *tap;
  Assembly assembly;
  char *part; /* what is written until it is finished */
  guint watch;

  gboolean live;
  gboolean ready;    /* the first frame waits */
  gboolean complete; /* all streams are known, or no longer waited for */
  gboolean linked;
  gboolean ending;  /* the streams were ended from here */
  gboolean loading; /* the detector says so */
  gboolean eos;

  RunEnd end;
  GError *error;
  char *missing; /* the plugin that is not there */
  GstStructure *stats;

  guint timer; /* whatever is waited for beside the bus */
  guint stall_timer;
  gint64 last_us; /* last sign of life, frames aside */
};

static gboolean
say_over (gpointer data)
{
  Run *run = data;

  run->over_idle = 0;
  run->over (run, run->over_data);
  return G_SOURCE_REMOVE;
}

/* Not at once, since nothing of the run may be left on the stack. */
static void
leave (Run *run)
{
  if (run->is_over)
    return;
  run->is_over = TRUE;
  run->over_idle = g_idle_add_full (G_PRIORITY_DEFAULT, say_over, run, NULL);
}

static void
quit (Run *run, RunEnd end, GError *error)
{
  if (!run->error) {
    run->end = end;
    run->error = error;
  } else {
    g_clear_error (&error);
  }
  leave (run);
}

static void
set_timer (Run *run, guint ms, GSourceFunc function)
{
  g_clear_handle_id (&run->timer, g_source_remove);
  run->timer = g_timeout_add (ms, function, run);
}

/* ---- what hangs ---- */

static gint64
patience_us (const Run *run)
{
  gint64 seconds = run->setup.timeout;

  if (run->ending)
    seconds = FINISH_SECONDS;
  else if (run->loading)
    seconds *= LOADING_FACTOR;
  return seconds * G_USEC_PER_SEC;
}

static gboolean watch_progress (gpointer data);

/* Looks again when the time is over, not before. */
static void
wait_for_progress (Run *run, gint64 left_us)
{
  gint64 ms = CLAMP (left_us / 1000 + 1, 100, G_MAXINT);

  g_clear_handle_id (&run->stall_timer, g_source_remove);
  if (patience_us (run) > 0)
    run->stall_timer = g_timeout_add ((guint) ms, watch_progress, run);
}

static void
rearm_watch (Run *run)
{
  run->last_us = g_get_monotonic_time ();
  wait_for_progress (run, patience_us (run));
}

static void finish (Run *run);

static void
give_up (Run *run)
{
  GError *error = g_error_new (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ,
      run->ending ? "could not be finished within %d seconds; try again"
                  : "no progress for %d seconds; check it, or give it longer "
                    "with --timeout",
      run->ending ? FINISH_SECONDS : run->setup.timeout);

  if (run->ending || !run->linked || tap_get_frames (run->tap) == 0) {
    quit (run, run->ending ? RUN_UNWRITTEN : RUN_BROKEN, error);
    return;
  }
  run->end = RUN_BROKEN;
  run->error = error;
  finish (run);
}

static gboolean
watch_progress (gpointer data)
{
  Run *run = data;
  gint64 last_us = MAX (run->last_us, tap_get_last_us (run->tap));
  gint64 left_us = last_us + patience_us (run) - g_get_monotonic_time ();
  /* A camera may pause; a file may not. */
  gboolean may_pause = run->live && !run->ending &&
      tap_get_frames (run->tap) > 0;

  run->stall_timer = 0;
  if (left_us <= 0 && !may_pause)
    give_up (run);
  else
    wait_for_progress (run, left_us > 0 ? left_us : patience_us (run));
  return G_SOURCE_REMOVE;
}

/* ---- ending ---- */

/* Ends the streams, so that files are finished; EOS comes when they are. What
 * came through before a source broke is worth that, too. */
static void
finish (Run *run)
{
  if (run->ending)
    return;
  run->ending = TRUE;
  if (!run->linked || run->eos) {
    leave (run);
    return;
  }
  gate_end (run->gate);
  rearm_watch (run);
}

void
run_stop (Run *run)
{
  if (run->end == RUN_DONE)
    run->end = RUN_STOPPED;
  finish (run);
}

static gboolean
picture_was_seen (gpointer data)
{
  Run *run = data;

  run->timer = 0;
  leave (run);
  return G_SOURCE_REMOVE;
}

static void
handle_eos (Run *run)
{
  run->eos = TRUE;
  if (run->assembly.window && run->setup.input->kind != INPUT_STREAM &&
      run->end == RUN_DONE)
    set_timer (run, PICTURE_MS, picture_was_seen);
  else
    leave (run);
}

/* ---- linking ---- */

static void
link_parts (Run *run)
{
  AssemblySpec spec = { .detect = run->setup.detect,
    .path = run->part,
    .target = run->setup.input->target,
    .show = run->setup.show,
    .real_time = run->setup.real_time };
  g_autoptr (GstPad) video = gate_get_video (run->gate);
  g_autoptr (GstPad) sound = gate_get_sound (run->gate);
  GError *error = NULL;
  gint64 duration;

  if (gst_pad_query_duration (video, GST_FORMAT_TIME, &duration))
    tap_set_duration (run->tap, (GstClockTime) duration);
  if (!assembly_build (&run->assembly, run->pipeline, &spec, video, sound,
          &error)) {
    quit (run, RUN_UNWRITTEN, error);
    return;
  }
  run->linked = TRUE;
  gate_open (run->gate, run->setup.input->kind != INPUT_STREAM);
  /* A window waits for its first frame before time starts to run. */
  if (!run->assembly.window || run->live)
    gst_element_set_state (run->pipeline, GST_STATE_PLAYING);
}

static void link_when_ready (Run *run);

static gboolean
wait_no_longer (gpointer data)
{
  Run *run = data;

  run->timer = 0;
  run->complete = TRUE;
  link_when_ready (run);
  return G_SOURCE_REMOVE;
}

static gboolean
wants_sound (const Run *run)
{
  return run->setup.input->kind == INPUT_STREAM && run->setup.input->target &&
      !run->setup.live;
}

static void
link_when_ready (Run *run)
{
  if (!run->ready || run->linked || run->ending)
    return;
  if (run->complete || !wants_sound (run))
    link_parts (run);
  else
    set_timer (run, STREAMS_MS, wait_no_longer);
}

/* ---- messages ---- */

static void
handle_application (Run *run, GstMessage *message)
{
  if (returning_source_note (run->setup.input, message, run->setup.console))
    return;
  if (gst_message_has_name (message, GATE_READY)) {
    run->ready = TRUE;
    link_when_ready (run);
  } else if (gst_message_has_name (message, GATE_COMPLETE)) {
    g_autoptr (GstPad) video = gate_get_video (run->gate);

    run->complete = TRUE;
    if (video)
      link_when_ready (run);
    else
      quit (run, RUN_BROKEN, failure_without_video (run->missing));
  } else if (gst_message_has_name (message, GATE_EMPTY)) {
    if (!run->linked)
      quit (run, RUN_BROKEN,
          g_error_new (GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE,
              "not one frame could be decoded; the file may be damaged: copy "
              "it again, or convert it"));
  } else if (gst_message_has_name (message, TAP_REFUSED)) {
    run->end = RUN_REFUSED;
    finish (run);
  }
}

static gboolean
is_from (GstMessage *message, GstElement *element)
{
  return element && GST_MESSAGE_SRC (message) &&
      (GST_MESSAGE_SRC (message) == GST_OBJECT (element) ||
          gst_object_has_as_ancestor (GST_MESSAGE_SRC (message),
              GST_OBJECT (element)));
}

static void
handle_source_error (Run *run, GstMessage *message)
{
  GError *error = failure_from_source (message, run->setup.input->path == NULL,
      run->linked ? NULL : run->missing);

  if (!run->linked || tap_get_frames (run->tap) == 0) {
    quit (run, RUN_BROKEN, error);
    return;
  }
  /* Behind a picture's one frame there may be anything. */
  if (run->setup.input->kind == INPUT_STREAM && !run->ending) {
    run->end = RUN_BROKEN;
    run->error = error;
  } else {
    g_error_free (error);
  }
  finish (run);
}

static void
handle_error (Run *run, GstMessage *message)
{
  if (run->error || run->eos)
    return;
  if (is_from (message, run->setup.detect))
    quit (run, RUN_DETECT, failure_from_own_message (message));
  else if (is_from (message, run->assembly.window) &&
      tap_get_frames (run->tap) > 0)
    run_stop (run);
  else if (is_from (message, run->assembly.window) ||
      is_from (message, run->assembly.writer))
    quit (run, RUN_UNWRITTEN, failure_from_message (message));
  else
    handle_source_error (run, message);
}

static void
handle_warning (Run *run, GstMessage *message)
{
  g_autoptr (GError) warning = NULL;

  if (!is_from (message, run->setup.detect))
    return;
  gst_message_parse_warning (message, &warning, NULL);
  console_note (run->setup.console, "%s: %s", run->setup.input->name,
      warning->message);
}

static void
handle_element (Run *run, GstMessage *message)
{
  const GstStructure *structure = gst_message_get_structure (message);
  const char *name = gst_structure_get_string (structure, "name");

  if (gst_structure_has_name (structure, "missing-plugin") && name &&
      !run->missing)
    run->missing = g_strdup (name);
}

static void
handle_progress (Run *run, GstMessage *message)
{
  GstProgressType type;

  if (!is_from (message, run->setup.detect))
    return;
  gst_message_parse_progress (message, &type, NULL, NULL);
  run->loading = type == GST_PROGRESS_TYPE_START ||
      type == GST_PROGRESS_TYPE_CONTINUE;
  rearm_watch (run);
}

static gboolean
handle_message (GstBus *bus, GstMessage *message, gpointer data)
{
  Run *run = data;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_APPLICATION:
      handle_application (run, message);
      break;
    case GST_MESSAGE_ELEMENT:
      handle_element (run, message);
      break;
    case GST_MESSAGE_ERROR:
      handle_error (run, message);
      break;
    case GST_MESSAGE_WARNING:
      handle_warning (run, message);
      break;
    case GST_MESSAGE_EOS:
      handle_eos (run);
      break;
    case GST_MESSAGE_ASYNC_DONE:
      if (run->linked)
        gst_element_set_state (run->pipeline, GST_STATE_PLAYING);
      break;
    case GST_MESSAGE_LATENCY:
      gst_bin_recalculate_latency (GST_BIN (run->pipeline));
      break;
    case GST_MESSAGE_PROGRESS:
      handle_progress (run, message);
      break;
    case GST_MESSAGE_STATE_CHANGED:
      run->last_us = g_get_monotonic_time ();
      break;
    default:
      break;
  }
  return G_SOURCE_CONTINUE;
}

/* ---- life ---- */

Run *
run_new (const RunSetup *setup, GError **error)
{
  const Input *input = setup->input;
  /* Only what is watched or kept needs frames while there are none. */
  GstElement *source = setup->live
      ? returning_source_new (input, setup->show || input->target)
      : source_new (input, setup->way,
            input->kind == INPUT_STREAM && input->target, error);

  if (!source)
    return NULL;
  Run *run = g_new0 (Run, 1);
  run->setup = *setup;
  run->pipeline = gst_pipeline_new (NULL);
  run->source = source;
  run->part = input->target ? g_strconcat (input->target, ".part", NULL) : NULL;
  gst_object_ref (setup->detect);
  gst_bin_add_many (GST_BIN (run->pipeline), source, setup->detect, NULL);
  run->gate = gate_new (source, wants_sound (run));
  run->tap = tap_new (setup->detect, input, setup->on_frame, setup->data);

  g_autoptr (GstBus) bus = gst_element_get_bus (run->pipeline);
  run->watch = gst_bus_add_watch (bus, handle_message, run);
  return run;
}

/* The detector stays in READY, so it keeps its model for the next input. */
static void
stop_parts (GstElement *pipeline, gpointer data)
{
  GAsyncQueue *stopped = data;

  gst_element_set_state (pipeline, GST_STATE_READY);
  g_async_queue_push (stopped, pipeline);
  g_async_queue_unref (stopped);
}

/* A part that hangs would take us along, so it is stopped in another thread. */
static gboolean
stop (Run *run)
{
  g_autoptr (GAsyncQueue) stopped = g_async_queue_new ();

  gst_element_call_async (run->pipeline, stop_parts,
      g_async_queue_ref (stopped), NULL);
  if (!g_async_queue_timeout_pop (stopped,
          (guint64) FINISH_SECONDS * G_USEC_PER_SEC))
    return FALSE;
  gst_element_set_locked_state (run->setup.detect, TRUE);
  gst_element_set_state (run->pipeline, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (run->pipeline), run->setup.detect);
  gst_element_set_locked_state (run->setup.detect, FALSE);
  return TRUE;
}

static void
place_target (Run *run)
{
  gboolean finished = run->eos && tap_get_frames (run->tap) > 0 &&
      (!run->error || run->end == RUN_BROKEN);

  if (!run->part)
    return;
  if (!finished) {
    g_unlink (run->part);
  } else if (g_rename (run->part, run->setup.input->target) != 0) {
    run->end = RUN_UNWRITTEN;
    g_clear_error (&run->error);
    g_set_error (&run->error, G_FILE_ERROR, g_file_error_from_errno (errno),
        "%s cannot be written: %s; name another file", run->setup.input->target,
        g_strerror (errno));
  }
}

void
run_start (Run *run, RunOver over, gpointer data)
{
  GstStateChangeReturn change;

  run->over = over;
  run->over_data = data;
  rearm_watch (run);
  change = gst_element_set_state (run->pipeline, GST_STATE_PAUSED);
  run->live = change == GST_STATE_CHANGE_NO_PREROLL;
  if (run->live)
    gst_element_set_state (run->pipeline, GST_STATE_PLAYING);
}

RunEnd
run_finish (Run *run, GError **error)
{
  g_clear_handle_id (&run->timer, g_source_remove);
  g_clear_handle_id (&run->stall_timer, g_source_remove);
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (run->setup.detect),
          "stats"))
    g_object_get (run->setup.detect, "stats", &run->stats, NULL);
  if (!stop (run)) {
    g_clear_error (&run->error);
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_STATE_CHANGE,
        "something in it hangs and cannot be stopped; leave it out");
    return RUN_STUCK;
  }
  place_target (run);
  if (run->error)
    g_propagate_error (error, g_steal_pointer (&run->error));
  return run->end;
}

static void
quit_loop (Run *run, gpointer loop)
{
  g_main_loop_quit (loop);
}

RunEnd
run_process (Run *run, GError **error)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  run_start (run, quit_loop, loop);
  g_main_loop_run (loop);
  return run_finish (run, error);
}

const Input *
run_get_input (const Run *run)
{
  return run->setup.input;
}

guint64
run_get_frames (Run *run)
{
  return tap_get_frames (run->tap);
}

const GstStructure *
run_get_stats (const Run *run)
{
  return run->stats;
}

void
run_free (Run *run)
{
  if (!run)
    return;
  g_source_remove (run->watch);
  gate_free (run->gate);
  tap_free (run->tap);
  gst_object_unref (run->pipeline);
  gst_object_unref (run->setup.detect);
  g_clear_handle_id (&run->over_idle, g_source_remove);
  g_clear_error (&run->error);
  g_clear_pointer (&run->stats, gst_structure_free);
  g_free (run->missing);
  g_free (run->part);
  g_free (run);
}
