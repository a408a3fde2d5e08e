/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetectprivate.h"

#define GST_CAT_DEFAULT gst_detect_debug

/* ---- frames leave ---- */

static GstFlowReturn
release_first (GstDetect *self)
{
  GstBuffer *buffer = NULL;
  GstFlowReturn flow = gst_detect_let_out (self, &buffer);

  return flow == GST_FLOW_OK
      ? gst_pad_push (GST_BASE_TRANSFORM_SRC_PAD (self), buffer)
      : flow;
}

GstFlowReturn
gst_detect_release (GstDetect *self)
{
  GstFlowReturn flow = GST_FLOW_OK;

  while (flow == GST_FLOW_OK && gst_detect_may_let_out (self))
    flow = release_first (self);
  gst_detect_releaser_wake_at (&self->releaser, gst_detect_get_deadline (self));
  return flow;
}

/* Of a pad that is not linked the next frame tells, if that still is so then. */
static void
note_left (GstDetect *self, GstFlowReturn flow)
{
  if (self->left == GST_FLOW_OK && flow != GST_FLOW_NOT_LINKED)
    self->left = flow;
}

void
gst_detect_drain (GstDetect *self)
{
  GstFlowReturn flow = GST_FLOW_OK;

  while (flow == GST_FLOW_OK && gst_detect_line_peek (&self->line))
    flow = release_first (self);
  gst_detect_line_clear (&self->line);
  note_left (self, flow);
}

GstFlowReturn
gst_detect_take_left (GstDetect *self)
{
  GstFlowReturn flow = self->left;

  self->left = GST_FLOW_OK;
  return flow;
}

void
gst_detect_release_due (gpointer data)
{
  GstDetect *self = data;
  GstPad *pad = GST_BASE_TRANSFORM_SINK_PAD (self);

  GST_PAD_STREAM_LOCK (pad);
  note_left (self, gst_detect_release (self));
  GST_PAD_STREAM_UNLOCK (pad);
}

/* ---- the thread ---- */

void
gst_detect_releaser_init (GstDetectReleaser *releaser)
{
  *releaser = (GstDetectReleaser){ .deadline = -1 };
  g_mutex_init (&releaser->lock);
  g_cond_init (&releaser->changed);
}

void
gst_detect_releaser_clear (GstDetectReleaser *releaser)
{
  gst_detect_releaser_stop (releaser);
  g_cond_clear (&releaser->changed);
  g_mutex_clear (&releaser->lock);
}

typedef struct
{
  GstDetectReleaser *releaser;
  GstDetectReleaserFunc work;
  gpointer data;
} Job;

/* With the lock held. FALSE: it is time. */
static gboolean
wait_for_change (GstDetectReleaser *releaser)
{
  if (releaser->deadline < 0) {
    g_cond_wait (&releaser->changed, &releaser->lock);
    return TRUE;
  }
  return g_cond_wait_until (&releaser->changed, &releaser->lock,
      releaser->deadline);
}

/* FALSE: the thread is to end. */
static gboolean
wait_until_due (GstDetectReleaser *releaser)
{
  gboolean go_on;

  g_mutex_lock (&releaser->lock);
  while (!releaser->woken && !releaser->stopped) {
    if (!wait_for_change (releaser)) {
      releaser->deadline = -1;
      releaser->woken = TRUE;
    }
  }
  releaser->woken = FALSE;
  go_on = !releaser->stopped;
  g_mutex_unlock (&releaser->lock);
  return go_on;
}

static gpointer
run (gpointer data)
{
  g_autofree Job *job = data;

  while (wait_until_due (job->releaser))
    job->work (job->data);
  return NULL;
}

gboolean
gst_detect_releaser_start (GstDetectReleaser *releaser,
    GstDetectReleaserFunc work, gpointer data, GError **error)
{
  g_autoptr (GError) cause = NULL;

  if (releaser->thread)
    return TRUE;
  Job *job = g_new (Job, 1);
  *job = (Job){ releaser, work, data };
  releaser->stopped = FALSE;
  releaser->deadline = -1;
  releaser->thread = g_thread_try_new ("detect-release", run, job, &cause);
  if (releaser->thread)
    return TRUE;
  g_free (job);
  g_set_error (error, DET_ERROR, DET_ERROR_FAILED,
      "no thread could be started (%s); raise the limit of processes",
      cause->message);
  return FALSE;
}

void
gst_detect_releaser_stop (GstDetectReleaser *releaser)
{
  if (!releaser->thread)
    return;
  g_mutex_lock (&releaser->lock);
  releaser->stopped = TRUE;
  g_cond_signal (&releaser->changed);
  g_mutex_unlock (&releaser->lock);
  g_thread_join (g_steal_pointer (&releaser->thread));
}

void
gst_detect_releaser_wake (gpointer data)
{
  GstDetectReleaser *releaser = data;

  g_mutex_lock (&releaser->lock);
  releaser->woken = TRUE;
  g_cond_signal (&releaser->changed);
  g_mutex_unlock (&releaser->lock);
}

void
gst_detect_releaser_wake_at (GstDetectReleaser *releaser, gint64 time)
{
  if (time < 0)
    return;
  g_mutex_lock (&releaser->lock);
  if (releaser->deadline < 0 || time < releaser->deadline) {
    releaser->deadline = time;
    g_cond_signal (&releaser->changed);
  }
  g_mutex_unlock (&releaser->lock);
}
