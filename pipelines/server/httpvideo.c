/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A video over HTTP: it is kept in a file while it comes in, then a thread looks at
 * it frame by frame and the lines leave as they come. */

#include "httpprivate.h"

#include "../../gst/exportformat.h"
#include "../detector.h"
#include "../failure.h"
#include "../parts.h"
#include "../tap.h"

#include <fcntl.h>
#include <gst/base/gsttypefindhelper.h>
#include <unistd.h>

/* Lines that may wait for a slow client. */
#define MOST_WAITING 64
#define HEAD_BYTES 65536
#define POLL_MS 200
/* Of some damaged files decodebin says nothing at all. */
#define FIRST_FRAME_SECONDS 10

typedef struct
{
  int refs; /* atomic: the thread's, and one for each line under way */
  Exchange *exchange; /* the main thread's */
  int spool;
  DetOptions *options;
  Metrics *metrics;
  guint timeout;
  Input input;
  Tap *tap;
  gint gone; /* atomic: nobody reads any more */

  GMutex lock; /* guards the next ones */
  GCond changed;
  gint64 written_us;  /* when one was written last */
  guint n_waiting;    /* lines that have not been written to the client */
  gulong handlers[2]; /* the main thread's, as the next one */
  gboolean started;
} Video;

int
http_video_open_spool (void)
{
  int fd = open (g_get_tmp_dir (), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  g_autofree char *name = NULL;

  if (fd >= 0)
    return fd;
  /* Not every file system has files without a name. */
  fd = g_file_open_tmp ("detect-XXXXXX", &name, NULL);
  if (fd >= 0)
    unlink (name);
  return fd;
}

static Video *
video_ref (Video *video)
{
  g_atomic_int_inc (&video->refs);
  return video;
}

/* In the main thread. */
static void
video_unref (Video *video)
{
  if (!g_atomic_int_dec_and_test (&video->refs))
    return;
  exchange_unref (video->exchange);
  close (video->spool);
  det_options_free (video->options);
  g_cond_clear (&video->changed);
  g_mutex_clear (&video->lock);
  g_free (video->input.name);
  g_free (video);
}

/* ---- the main thread ---- */

static void
let_go (Video *video)
{
  g_atomic_int_set (&video->gone, TRUE);
  g_mutex_lock (&video->lock);
  g_cond_broadcast (&video->changed);
  g_mutex_unlock (&video->lock);
}

static void
handle_wrote_chunk (SoupServerMessage *message, gpointer data)
{
  Video *video = data;

  g_mutex_lock (&video->lock);
  if (video->n_waiting > 0)
    video->n_waiting--;
  video->written_us = g_get_monotonic_time ();
  g_cond_broadcast (&video->changed);
  g_mutex_unlock (&video->lock);
}

static void
handle_end (SoupServerMessage *message, gpointer data)
{
  let_go (data);
}

static void
start_answer (Video *video)
{
  SoupServerMessage *message = video->exchange->message;
  SoupMessageHeaders *headers =
      soup_server_message_get_response_headers (message);

  exchange_count (video->exchange, SOUP_STATUS_OK);
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_message_headers_set_content_type (headers, HTTP_JSON_LINES, NULL);
  soup_message_headers_set_encoding (headers,
      soup_server_message_get_http_version (message) == SOUP_HTTP_1_0
          ? SOUP_ENCODING_EOF
          : SOUP_ENCODING_CHUNKED);
  soup_message_body_set_accumulate (
      soup_server_message_get_response_body (message), FALSE);
  video->started = TRUE;
}

typedef struct
{
  Video *video;
  GString *text; /* NULL: nothing comes any more */
  gboolean failed;
} Line;

static void
finish_answer (Video *video)
{
  SoupServerMessage *message = video->exchange->message;

  for (gsize i = 0; message && i < G_N_ELEMENTS (video->handlers); i++)
    g_signal_handler_disconnect (message, video->handlers[i]);
  video->exchange->server->n_videos--;
  if (!message)
    return;
  if (!video->started)
    start_answer (video);
  soup_message_body_complete (soup_server_message_get_response_body (message));
  video->exchange->phase = PHASE_WRITING;
  video->exchange->start_us = g_get_monotonic_time ();
  exchange_resume (video->exchange);
}

static void
send_line (Video *video, Line *line)
{
  Exchange *exchange = video->exchange;

  if (!exchange->message) {
    let_go (video);
    return;
  }
  /* What fails before the first frame is an error of the request. */
  if (line->failed && !video->started) {
    soup_server_message_set_status (exchange->message, SOUP_STATUS_BAD_REQUEST,
        NULL);
    exchange_count (exchange, SOUP_STATUS_BAD_REQUEST);
    soup_message_headers_set_content_type (
        soup_server_message_get_response_headers (exchange->message), HTTP_JSON,
        NULL);
    video->started = TRUE;
  } else if (!video->started) {
    start_answer (video);
  }
  g_autoptr (GBytes)
      text = g_string_free_to_bytes (g_steal_pointer (&line->text));
  soup_message_body_append_bytes (
      soup_server_message_get_response_body (exchange->message), text);
  exchange_resume (exchange);
  exchange->paused = TRUE; /* libsoup waits for more by itself */
}

static gboolean
take_line (gpointer data)
{
  Line *line = data;
  Video *video = line->video;

  if (line->text)
    send_line (video, line);
  else
    finish_answer (video);
  if (line->text)
    g_string_free (line->text, TRUE);
  g_free (line);
  video_unref (video);
  return G_SOURCE_REMOVE;
}

/* ---- the thread ---- */

static void
post (Video *video, GString *text, gboolean failed)
{
  Line *line = g_new (Line, 1);

  *line = (Line){ video_ref (video), text, failed };
  g_idle_add_full (G_PRIORITY_DEFAULT, take_line, line, NULL);
}

static void
post_failure (Video *video, const char *text)
{
  post (video, http_failure (text), TRUE);
}

static void
count_frame (Video *video, const GstDetectRecord *record)
{
  gint64 us = 0;

  if (!record->is_new)
    return;
  for (int i = 0; i < GST_DETECT_N_STAGES; i++)
    us += record->reading->stage_us[i];
  metrics_count_image (video->metrics, record->reading->n_objects, us);
}

/* The streaming thread waits for a client that reads slowly. */
static gboolean
take_frame (const FrameInfo *frame, const GstDetectMeta *meta, gpointer data)
{
  Video *video = data;
  GString *json = g_string_new (NULL);

  gst_export_format_find ("jsonlines")->append (json, &frame->record);
  count_frame (video, &frame->record);
  post (video, json, FALSE);
  g_mutex_lock (&video->lock);
  video->n_waiting++;
  while (video->n_waiting > MOST_WAITING && !g_atomic_int_get (&video->gone))
    g_cond_wait (&video->changed, &video->lock);
  g_mutex_unlock (&video->lock);
  return !g_atomic_int_get (&video->gone);
}

/* Lists of other addresses are no videos: nothing is fetched for a client. */
static gboolean
is_video (int spool)
{
  guint8 *head = g_malloc (HEAD_BYTES);
  gssize n = pread (spool, head, HEAD_BYTES, 0);
  g_autoptr (GstCaps) caps = n > 0
      ? gst_type_find_helper_for_data (NULL, head, (gsize) n, NULL)
      : NULL;
  const char *type =
      caps ? gst_structure_get_name (gst_caps_get_structure (caps, 0)) : "";

  g_free (head);
  return g_str_has_prefix (type, "video/") ||
      g_strcmp0 (type, "application/ogg") == 0 ||
      g_strcmp0 (type, "application/mxf") == 0;
}

static void
judge_message (Video *video, GstMessage *message)
{
  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR)
    return;
  g_autoptr (GError) error = failure_from_message (message);
  post_failure (video, error->message);
}

static gint64
patience (Video *video)
{
  return tap_get_frames (video->tap) > 0
      ? video->timeout
      : MIN (video->timeout, FIRST_FRAME_SECONDS);
}

/* Until the end, an error, or silence. */
static void
wait_for_end (Video *video, GstElement *pipeline)
{
  const GstMessageType ends =
      GST_MESSAGE_ERROR | GST_MESSAGE_EOS | GST_MESSAGE_APPLICATION;
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  gint64 start = g_get_monotonic_time ();

  while (!g_atomic_int_get (&video->gone)) {
    g_autoptr (GstMessage)
        message = gst_bus_timed_pop_filtered (bus, POLL_MS * GST_MSECOND, ends);
    gint64 last = MAX (start, tap_get_last_us (video->tap));
    gboolean held_up;

    if (message) {
      judge_message (video, message);
      return;
    }
    g_mutex_lock (&video->lock);
    held_up = video->n_waiting > MOST_WAITING;
    last = MAX (last, video->written_us);
    g_mutex_unlock (&video->lock);
    if (g_get_monotonic_time () - last <= patience (video) * G_USEC_PER_SEC)
      continue;
    /* A client that does not read is dropped by the main thread. */
    if (!held_up)
      post_failure (video,
          "no frame comes out of the video; it may be damaged: convert it");
    return;
  }
}

static GstElement *
build (Video *video, GstElement *detect, GError **error)
{
  GstElement *pipeline =
      gst_parse_launch ("filesrc name=source ! decodebin ! video/x-raw ! "
                        "queue name=last max-size-buffers=2",
          error);
  GstElement *sink = parts_parse ("fakesink sync=false", error);

  if (!pipeline || !sink) {
    g_clear_object (&pipeline);
    return NULL;
  }
  g_autoptr (GstElement)
      source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  g_autoptr (GstElement)
      last = gst_bin_get_by_name (GST_BIN (pipeline), "last");
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", video->spool);
  g_object_set (source, "location", path, NULL);
  gst_bin_add_many (GST_BIN (pipeline), detect, sink, NULL);
  if (gst_element_link_many (last, detect, sink, NULL))
    return pipeline;
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_PAD,
      "the elements cannot be linked");
  gst_object_unref (pipeline);
  return NULL;
}

static void
play (Video *video, GError **error)
{
  GstElement *detect = detector_new (video->options, FALSE, error);
  g_autoptr (GstElement) pipeline = detect ? build (video, detect, error)
                                           : NULL;

  if (pipeline) {
    video->tap = tap_new (detect, &video->input, take_frame, video);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    wait_for_end (video, pipeline);
    let_go (video); /* or the streaming thread would wait for ever */
    gst_element_set_state (pipeline, GST_STATE_NULL);
    g_clear_pointer (&video->tap, tap_free);
    gst_bin_remove (GST_BIN (pipeline), detect);
  }
  detector_free (detect);
}

static gboolean
end_thread (gpointer data)
{
  video_unref (data);
  return G_SOURCE_REMOVE;
}

static gpointer
look_at (gpointer data)
{
  Video *video = data;
  g_autoptr (GError) error = NULL;

  if (!is_video (video->spool))
    post_failure (video, "the body is no video; send a file of one");
  else
    play (video, &error);
  if (error)
    post_failure (video, error->message);
  post (video, NULL, FALSE);
  g_idle_add_full (G_PRIORITY_DEFAULT, end_thread, video, NULL);
  return NULL;
}

void
http_detect_video (Exchange *exchange)
{
  Video *video = g_new0 (Video, 1);
  SoupServerMessage *message = exchange->message;

  video->refs = 1;
  video->exchange = exchange_ref (exchange);
  video->spool = exchange->spool;
  exchange->spool = -1;
  video->options = det_options_copy (exchange->server->setup.options);
  video->metrics = exchange->server->setup.metrics;
  video->timeout = exchange->server->setup.timeout;
  video->input = (Input){ .name = g_strdup ("video"), .kind = INPUT_STREAM };
  g_mutex_init (&video->lock);
  g_cond_init (&video->changed);
  video->handlers[0] = g_signal_connect (message, "wrote-chunk",
      G_CALLBACK (handle_wrote_chunk), video);
  video->handlers[1] =
      g_signal_connect (message, "finished", G_CALLBACK (handle_end), video);
  exchange_pause (exchange);
  g_thread_unref (g_thread_new ("video", look_at, video));
}
