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

  /* Where nothing is linked they are all lost: none is to come out when something is,
   * which may want other caps. */
  while ((flow == GST_FLOW_OK || flow == GST_FLOW_NOT_LINKED) &&
      gst_detect_may_let_out (self))
    flow = release_first (self);
  /* It has been told; nobody wants to hear it of those behind it too. */
  if (flow == GST_FLOW_ERROR)
    gst_detect_forget_frames (self);
  gst_detect_releaser_wake_at (&self->releaser, gst_detect_get_deadline (self));
  return flow;
}

static void
note_left (GstDetect *self, GstFlowReturn flow)
{
  if (self->left == GST_FLOW_OK)
    self->left = flow;
}

/* What was not linked when a frame left may be since; caps that come first would hide
 * that. */
static void
forgive_relinked (GstDetect *self)
{
  if (self->left == GST_FLOW_NOT_LINKED &&
      gst_pad_needs_reconfigure (GST_BASE_TRANSFORM_SRC_PAD (self)))
    self->left = GST_FLOW_OK;
}

void
gst_detect_drain (GstDetect *self)
{
  GstFlowReturn flow = GST_FLOW_OK;

  forgive_relinked (self);
  while (flow == GST_FLOW_OK && gst_detect_line_peek (&self->line))
    flow = release_first (self);
  if (flow != GST_FLOW_OK)
    gst_detect_forget_frames (self);
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
  GstFlowReturn flow = gst_detect_release (self);

  /* Whoever stopped the stream on the way begins another without this. */
  if (self->releaser.job)
    note_left (self, flow);
}

/* ---- the thread ---- */

struct _GstDetectReleaserJob
{
  GstDetectReleaser *releaser;
  GstPad *pad;
  GstDetectReleaserFunc work;
  gpointer data;
  GThread *thread;

  gboolean stopped; /* changes with the lock of the stream and the releaser's */

  /* The releaser's lock guards what follows. */
  gboolean is_due;  /* it works, or waits for the stream */
  GstObject *owner; /* kept since it stopped; or NULL */
};

void
gst_detect_releaser_init (GstDetectReleaser *releaser)
{
  *releaser = (GstDetectReleaser){ .deadline = -1 };
  g_mutex_init (&releaser->lock);
  g_cond_init (&releaser->changed);
}

void
gst_detect_releaser_settle (GstDetectReleaser *releaser)
{
  g_mutex_lock (&releaser->lock);
  g_mutex_unlock (&releaser->lock);
}

void
gst_detect_releaser_clear (GstDetectReleaser *releaser)
{
  g_cond_clear (&releaser->changed);
  g_mutex_clear (&releaser->lock);
}

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
wait_until_due (GstDetectReleaserJob *job)
{
  GstDetectReleaser *releaser = job->releaser;

  g_mutex_lock (&releaser->lock);
  while (!job->stopped && !releaser->woken) {
    if (!wait_for_change (releaser)) {
      releaser->deadline = -1;
      releaser->woken = TRUE;
    }
  }
  gboolean is_due = job->is_due = !job->stopped;
  if (is_due)
    releaser->woken = FALSE;
  g_mutex_unlock (&releaser->lock);
  return is_due;
}

static void
set_done (GstDetectReleaserJob *job)
{
  g_mutex_lock (&job->releaser->lock);
  job->is_due = FALSE;
  g_mutex_unlock (&job->releaser->lock);
}

static gpointer
run (gpointer data)
{
  GstDetectReleaserJob *job = data;

  while (wait_until_due (job)) {
    GST_PAD_STREAM_LOCK (job->pad);
    if (!job->stopped)
      job->work (job->data);
    set_done (job);
    GST_PAD_STREAM_UNLOCK (job->pad);
  }
  g_clear_object (&job->owner);
  g_free (job);
  return NULL;
}

gboolean
gst_detect_releaser_start (GstDetectReleaser *releaser, GstPad *pad,
    GstDetectReleaserFunc work, gpointer data, GError **error)
{
  g_autoptr (GError) cause = NULL;

  if (releaser->job)
    return TRUE;
  GstDetectReleaserJob *job = g_new (GstDetectReleaserJob, 1);
  *job = (GstDetectReleaserJob){ .releaser = releaser,
    .pad = pad,
    .work = work,
    .data = data };
  releaser->deadline = -1;
  job->thread = g_thread_try_new ("detect-release", run, job, &cause);
  if (job->thread) {
    releaser->job = job;
    return TRUE;
  }
  g_free (job);
  g_set_error (error, DET_ERROR, DET_ERROR_FAILED,
      "no thread could be started (%s); raise the limit of processes",
      cause->message);
  return FALSE;
}

void
gst_detect_releaser_stop (GstDetectReleaser *releaser, GstObject *owner)
{
  GstDetectReleaserJob *job = g_steal_pointer (&releaser->job);

  if (!job)
    return;
  GThread *thread = job->thread; /* the job goes with it */
  g_mutex_lock (&releaser->lock);
  gboolean goes_alone = job->is_due;
  if (goes_alone)
    job->owner = gst_object_ref (owner);
  job->stopped = TRUE;
  g_cond_broadcast (&releaser->changed);
  g_mutex_unlock (&releaser->lock);
  if (goes_alone)
    g_thread_unref (thread);
  else
    g_thread_join (thread);
}

void
gst_detect_releaser_wake (gpointer data)
{
  GstDetectReleaser *releaser = data;

  g_mutex_lock (&releaser->lock);
  releaser->woken = TRUE;
  g_cond_broadcast (&releaser->changed);
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
    g_cond_broadcast (&releaser->changed);
  }
  g_mutex_unlock (&releaser->lock);
}
