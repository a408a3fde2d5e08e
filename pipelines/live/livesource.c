/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "livesource.h"

#include "livefeed.h"
#include "processlimits.h"
#include "slate.h"

#include <gst/app/app.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/* Waits between two tries. */
#define FIRST_PAUSE_MS 250
#define LONGEST_PAUSE_MS 8000
/* So often is looked whether frames come, and one is put in. */
#define TICK_MS 100
#define FILL_AFTER_US (1 * G_USEC_PER_SEC)
/* Without frames for so long a source counts as lost; a new one may take longer. */
#define STALL_US (5 * G_USEC_PER_SEC)
#define CONNECT_US (20 * G_USEC_PER_SEC)
/* A frame that is further off than this belongs to another time line. */
#define JUMP (2 * GST_SECOND)
/* Who is slower than the source loses frames here, not time. */
#define QUEUE_FRAMES 4
#define ARENAS 2
/* What a connection opens, and a little more: RTSP over UDP takes the most. */
#define FEED_FILES 18
#define LOCAL_FEED_FILES 6
/* Where the source's frame rate is open, or no rate of a camera. */
#define USUAL_FPS 25
#define MOST_FPS 240

struct _LiveSource
{
  GstBin parent;
  GstElement *queue; /* the appsrc */
  char *uri;
  char *name;
  gboolean fill;

  GMainContext *context; /* the worker's */
  GMainLoop *loop;
  GThread *worker;

  /* The worker's. */
  guint pause_ms;
  GSource *retry;
  gint64 tried_us;
  gboolean told; /* "lost" was said, and "found" not since */

  GMutex lock; /* guards what follows */
  GCond gone;
  int n_stopping; /* connections that are not gone yet */
  LiveFeed *feed;
  guint64 n_frames; /* of this connection */
  gint64 last_us;   /* monotonic time of the last frame that came */
  GstSample *last;
  GstSample *slate;
  GstCaps *caps_in; /* what the feed says, and what is made of it */
  GstCaps *caps_out;
  int fps_n;
  int fps_d;
  gboolean anchored;
  gint64 offset; /* from the feed's running time to ours */
  GstClockTime next;
};

G_DEFINE_TYPE (LiveSource, live_source, GST_TYPE_BIN)

enum
{
  SIGNAL_LOST,
  SIGNAL_FOUND,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* ---- frames out; all with the lock held ---- */

static GstClockTime
get_time (LiveSource *self)
{
  return gst_element_get_current_running_time (GST_ELEMENT (self));
}

static void
keep_rate (LiveSource *self, const GstCaps *caps)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);

  if (!gst_structure_get_fraction (structure, "framerate", &self->fps_n,
          &self->fps_d) ||
      self->fps_n < 1 || self->fps_d < 1 ||
      self->fps_n / self->fps_d > MOST_FPS) {
    self->fps_n = USUAL_FPS;
    self->fps_d = 1;
  }
}

/* A muxer that has begun with one frame rate takes no other, and some encoders
 * want one, so the first is kept. */
static void
set_caps (LiveSource *self, GstCaps *caps)
{
  if (self->caps_in == caps)
    return;
  gst_caps_replace (&self->caps_in, caps);
  if (self->fps_n == 0)
    keep_rate (self, caps);
  gst_clear_caps (&self->caps_out);
  self->caps_out = gst_caps_copy (caps);
  gst_caps_set_simple (self->caps_out, "framerate", GST_TYPE_FRACTION,
      self->fps_n, self->fps_d, NULL);
}

static void
push (LiveSource *self, GstSample *sample, GstClockTime pts, gboolean gap)
{
  GstBuffer *buffer = gst_buffer_copy (gst_sample_get_buffer (sample));
  g_autoptr (GstSample) out = NULL;

  pts = MAX (pts, self->next);
  self->next = pts + GST_MSECOND;
  GST_BUFFER_PTS (buffer) = pts;
  GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
  if (gap)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_GAP);
  set_caps (self, gst_sample_get_caps (sample));
  out = gst_sample_new (buffer, self->caps_out, NULL, NULL);
  gst_buffer_unref (buffer);
  gst_app_src_push_sample (GST_APP_SRC (self->queue), out);
}

/* The frames keep the distances that their source gave them; the quickest of them
 * says how far that clock is from ours. */
static GstClockTime
place (LiveSource *self, GstSample *sample, GstClockTime now)
{
  const GstSegment *segment = gst_sample_get_segment (sample);
  GstClockTime pts = GST_BUFFER_PTS (gst_sample_get_buffer (sample));
  GstClockTime theirs = segment->format == GST_FORMAT_TIME
      ? gst_segment_to_running_time (segment, GST_FORMAT_TIME, pts)
      : pts;

  if (!GST_CLOCK_TIME_IS_VALID (theirs))
    return now;
  gint64 delay = GST_CLOCK_DIFF (theirs, now);
  if (!self->anchored || delay < self->offset ||
      delay > self->offset + (gint64) JUMP)
    self->offset = delay;
  self->anchored = TRUE;
  return (GstClockTime) ((gint64) theirs + self->offset);
}

/* ---- the connection ---- */

static gboolean
say_found (gpointer data)
{
  LiveSource *self = data;

  if (self->told)
    g_signal_emit (self, signals[SIGNAL_FOUND], 0);
  self->told = FALSE;
  self->pause_ms = FIRST_PAUSE_MS;
  return G_SOURCE_REMOVE;
}

static void
invoke (LiveSource *self, GSourceFunc function)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, function, g_object_ref (self), g_object_unref);
  g_source_attach (source, self->context);
}

static void
take_frame (LiveFeed *feed, GstSample *sample, gpointer data)
{
  LiveSource *self = data;
  GstClockTime now = get_time (self);

  g_mutex_lock (&self->lock);
  if (feed == self->feed) {
    self->last_us = g_get_monotonic_time ();
    gst_sample_unref (self->last ? self->last : gst_sample_ref (sample));
    self->last = gst_sample_ref (sample);
    g_clear_pointer (&self->slate, gst_sample_unref);
    if (self->n_frames++ == 0)
      invoke (self, say_found);
    if (GST_CLOCK_TIME_IS_VALID (now))
      push (self, sample, place (self, sample, now), FALSE);
  }
  g_mutex_unlock (&self->lock);
}

static void connect_later (LiveSource *self, guint ms);

static gboolean
go_on (gpointer data)
{
  LiveSource *self = data;

  connect_later (self, self->pause_ms);
  return G_SOURCE_REMOVE;
}

static void
feed_is_gone (gpointer data)
{
  LiveSource *self = data;

  g_mutex_lock (&self->lock);
  invoke (self, go_on);
  self->n_stopping--;
  g_cond_signal (&self->gone);
  g_mutex_unlock (&self->lock);
  g_object_unref (self);
}

static void
say_lost (LiveSource *self, const char *reason)
{
  if (self->told)
    return;
  self->told = TRUE;
  g_signal_emit (self, signals[SIGNAL_LOST], 0, reason);
}

/* The next try comes when the connection before is gone. */
static void
lose (LiveSource *self, const char *reason)
{
  LiveFeed *feed;
  guint64 n_frames;

  g_mutex_lock (&self->lock);
  feed = g_steal_pointer (&self->feed);
  n_frames = self->n_frames;
  if (feed)
    self->n_stopping++;
  g_mutex_unlock (&self->lock);

  if (n_frames > 0)
    self->pause_ms = FIRST_PAUSE_MS;
  else
    self->pause_ms = MIN (self->pause_ms * 2, LONGEST_PAUSE_MS);
  if (reason)
    say_lost (self, reason);
  if (feed)
    live_feed_stop_later (feed, feed_is_gone, g_object_ref (self));
  else
    connect_later (self, self->pause_ms);
}

static void
feed_ended (LiveFeed *feed, const GError *error, gpointer data)
{
  LiveSource *self = data;
  gboolean again = !error && g_str_has_prefix (self->uri, "file:");

  lose (self, again ? NULL : error ? error->message : "it came to its end");
}

static const LiveFeedEvents feed_events = { take_frame, feed_ended };

/* Not without files for what is opened on the way. */
static LiveFeed *
connect_feed (LiveSource *self, GError **error)
{
  int n_files = g_str_has_prefix (self->uri, "file:") ? LOCAL_FEED_FILES
                                                      : FEED_FILES;

  if (limits_count_free_files () >= n_files)
    return live_feed_new (self->uri, self->context, &feed_events, self, error);
  g_autofree char *reason = limits_explain_files ();
  g_set_error_literal (error, GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_NO_SPACE_LEFT, reason);
  return NULL;
}

static gboolean
try_again (gpointer data)
{
  LiveSource *self = data;
  g_autoptr (GError) error = NULL;
  LiveFeed *feed;

  g_clear_pointer (&self->retry, g_source_unref);
  self->tried_us = g_get_monotonic_time ();
  g_mutex_lock (&self->lock);
  self->n_frames = 0;
  self->anchored = FALSE;
  feed = connect_feed (self, &error);
  self->feed = feed;
  g_mutex_unlock (&self->lock);
  if (!feed)
    lose (self, error->message);
  return G_SOURCE_REMOVE;
}

static void
connect_later (LiveSource *self, guint ms)
{
  self->retry = g_timeout_source_new (ms);
  g_source_set_callback (self->retry, try_again, self, NULL);
  g_source_attach (self->retry, self->context);
}

/* ---- keeping alive ---- */

/* The picture to be shown now; made once for each loss. */
static GstSample *
find_slate (LiveSource *self)
{
  g_autoptr (GstSample) last = NULL;
  GstSample *slate;

  g_mutex_lock (&self->lock);
  slate = self->slate ? gst_sample_ref (self->slate) : NULL;
  last = self->last ? gst_sample_ref (self->last) : NULL;
  g_mutex_unlock (&self->lock);
  if (slate)
    return slate;
  /* A pause that is not yet a loss is bridged without a word. */
  if (last && !self->told)
    return g_steal_pointer (&last);

  g_autofree char *text =
      g_strdup_printf (last ? "No signal from %s" : "Waiting for %s",
          self->name);
  slate = slate_new (last, text);
  g_mutex_lock (&self->lock);
  if (slate && !self->slate && self->last == last)
    self->slate = gst_sample_ref (slate);
  g_mutex_unlock (&self->lock);
  return slate;
}

static void
fill_in (LiveSource *self)
{
  GstClockTime now = get_time (self);
  gint64 oldest_us = g_get_monotonic_time () - FILL_AFTER_US;
  g_autoptr (GstSample) slate = NULL;
  gboolean wanted;

  g_mutex_lock (&self->lock);
  wanted = self->last_us < oldest_us && GST_CLOCK_TIME_IS_VALID (now);
  g_mutex_unlock (&self->lock);
  slate = wanted ? find_slate (self) : NULL;
  if (!slate)
    return;
  g_mutex_lock (&self->lock);
  if (self->last_us < oldest_us)
    push (self, slate, now, TRUE);
  g_mutex_unlock (&self->lock);
}

static gboolean
tick (gpointer data)
{
  LiveSource *self = data;
  gint64 now_us = g_get_monotonic_time ();
  gboolean stalled;

  g_mutex_lock (&self->lock);
  stalled = self->feed &&
      (self->n_frames > 0 ? now_us - self->last_us > STALL_US
                          : now_us - self->tried_us > CONNECT_US);
  g_mutex_unlock (&self->lock);
  if (stalled)
    lose (self, "nothing comes from it; check that it is running");
  if (self->fill)
    fill_in (self);
  return G_SOURCE_CONTINUE;
}

/* ---- the element ---- */

static gpointer
work (gpointer data)
{
  LiveSource *self = data;
  g_autoptr (GSource) ticks = g_timeout_source_new (TICK_MS);

  g_main_context_push_thread_default (self->context);
  g_source_set_callback (ticks, tick, self, NULL);
  g_source_attach (ticks, self->context);
  try_again (self);
  g_main_loop_run (self->loop);
  g_source_destroy (ticks);
  if (self->retry)
    g_source_destroy (self->retry);
  g_clear_pointer (&self->retry, g_source_unref);
  g_main_context_pop_thread_default (self->context);
  return NULL;
}

static void
start_work (LiveSource *self)
{
  self->context = g_main_context_new ();
  self->loop = g_main_loop_new (self->context, FALSE);
  self->last_us = g_get_monotonic_time ();
  self->pause_ms = FIRST_PAUSE_MS;
  self->next = 0;
  self->fps_n = 0;
  self->told = FALSE;
  self->worker = g_thread_new ("live-source", work, self);
}

static gboolean
quit (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_REMOVE;
}

static void
stop_work (LiveSource *self)
{
  LiveFeed *feed;

  if (!self->worker)
    return;
  g_main_context_invoke (self->context, quit, self->loop);
  g_thread_join (g_steal_pointer (&self->worker));
  g_mutex_lock (&self->lock);
  feed = g_steal_pointer (&self->feed);
  while (self->n_stopping > 0)
    g_cond_wait (&self->gone, &self->lock);
  g_mutex_unlock (&self->lock);
  live_feed_stop (feed);
  g_clear_pointer (&self->loop, g_main_loop_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_pointer (&self->last, gst_sample_unref);
  g_clear_pointer (&self->slate, gst_sample_unref);
  gst_clear_caps (&self->caps_in);
  gst_clear_caps (&self->caps_out);
}

static GstStateChangeReturn
change_state (GstElement *element, GstStateChange transition)
{
  LiveSource *self = LIVE_SOURCE (element);
  GstElementClass *parent = GST_ELEMENT_CLASS (live_source_parent_class);

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    start_work (self);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    stop_work (self);
  return parent->change_state (element, transition);
}

static void
live_source_finalize (GObject *object)
{
  LiveSource *self = LIVE_SOURCE (object);

  g_mutex_clear (&self->lock);
  g_cond_clear (&self->gone);
  g_free (self->uri);
  g_free (self->name);
  G_OBJECT_CLASS (live_source_parent_class)->finalize (object);
}

static void
live_source_class_init (LiveSourceClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = live_source_finalize;
  GST_ELEMENT_CLASS (klass)->change_state = change_state;
  signals[SIGNAL_LOST] = g_signal_new ("lost", live_source_get_type (),
      G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[SIGNAL_FOUND] = g_signal_new ("found", live_source_get_type (),
      G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
live_source_init (LiveSource *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->gone);
  self->queue = gst_element_factory_make ("appsrc", NULL);
  g_object_set (self->queue, "is-live", TRUE, "format", GST_FORMAT_TIME,
      "leaky-type", GST_APP_LEAKY_TYPE_DOWNSTREAM, "max-buffers",
      (guint64) QUEUE_FRAMES, "max-bytes", (guint64) 0, NULL);
  gst_bin_add (GST_BIN (self), self->queue);

  g_autoptr (GstPad) pad = gst_element_get_static_pad (self->queue, "src");
  gst_element_add_pad (GST_ELEMENT (self), gst_ghost_pad_new ("src", pad));
}

GstElement *
live_source_new (const char *uri, gboolean fill)
{
  LiveSource *self = g_object_new (live_source_get_type (), NULL);

  self->uri = g_strdup (uri);
  self->name = live_source_describe_uri (uri);
  self->fill = fill;
  return GST_ELEMENT (self);
}

void
live_source_prepare_process (void)
{
#ifdef __GLIBC__
  (void) mallopt (M_ARENA_MAX, ARENAS);
#endif
}

char *
live_source_describe_uri (const char *uri)
{
  g_autoptr (GUri) parsed = g_uri_parse (uri,
      G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_PARSE_RELAXED |
          G_URI_FLAGS_ENCODED,
      NULL);

  return parsed ? g_uri_to_string_partial (parsed, G_URI_HIDE_USERINFO)
                : g_strdup (uri);
}
