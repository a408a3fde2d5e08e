/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_PRIVATE_H
#define GST_DETECT_PRIVATE_H

#include "gstdetect.h"

#include "gstdetectframe.h"
#include "gstdetectlateness.h"
#include "gstdetectline.h"
#include "gstdetectrelease.h"
#include "gstdetectresult.h"
#include "gstdetectrunner.h"
#include "gstdetectsettings.h"
#include "gstdetectstats.h"
#include "overlaypainter.h"
#include <gst/video/video.h>

G_BEGIN_DECLS

GST_DEBUG_CATEGORY_EXTERN (gst_detect_debug);

struct _GstDetect
{
  GstBaseTransform parent;
  GstDetectRunner runner;

  GstDetectLateness lateness;

  GMutex lock;              /* guards what follows; no other is taken with it */
  DetOptions *options;      /* as the properties were set */
  gboolean options_changed; /* since the streaming thread last looked */
  gboolean model_changed;   /* an option of model scope, since the check */
  DetModelSpec *spec;       /* checked, not loading yet */
  GstDetectStats stats;
  GstClockTime latency; /* that frames wait for those behind them */

  /* The streaming thread's. */
  GstDetectSettings settings;
  GstVideoInfo info;
  GstDetectFrameReader reader;
  GstDetectReading reading; /* scratch: what others found on a frame */
  GstDetectParts parts;     /* scratch */
  GstOverlayPainter *painter;
  gboolean warned_unpaintable;
  gboolean is_live;
  gboolean slow_load_told;
  gboolean warned_failing; /* since the last inference that succeeded */
  guint n_timeouts;        /* in a row */
  gboolean gave_up;        /* on an engine that hangs time and again */
  guint64 frame_number;    /* of the next frame */
  GstDetectPacer pacer;
  GstDetectFlights flights;
  GstDetectResult result; /* the newest that is known */
  GstDetectLine line;     /* frames on their way through */
  GstFlowReturn left;     /* what became of frames that left between two others;
                             the source hears of it with the next one */

  GstDetectReleaser releaser; /* takes the stream's lock */
};

/* Whether frames move on without waiting for their inference. */
gboolean gst_detect_is_async (const GstDetect *self);

/* Whether a frame is to be prepared while those before it are inferred. A live one
 * would only come out later for it. */
gboolean gst_detect_looks_ahead (const GstDetect *self);

/* ---- gstdetectlook.c ---- */

/* Takes a frame over: begins an inference of it by the element's policy, and puts it
 * in line. Whatever comes back, the buffer is no longer the caller's. */
GstFlowReturn gst_detect_take_in (GstDetect *self, GstBuffer *buffer);

/* Whether the first frame in line can leave at once, or has to. */
gboolean gst_detect_may_let_out (GstDetect *self);

/* No inference is under way: the sessions are new, or gone. */
void gst_detect_reset_flights (GstDetect *self);

/* Takes the first frame out of the line, once what it waits for is there, with the
 * newest result attached and drawn. */
GstFlowReturn gst_detect_let_out (GstDetect *self, GstBuffer **buffer);

/* When the frame that is first in line has to leave, in monotonic time; -1: none
 * waits. */
gint64 gst_detect_get_deadline (GstDetect *self);

/* Forgets frames and inferences under way. */
void gst_detect_forget_frames (GstDetect *self);

/* And the newest result. */
void gst_detect_forget (GstDetect *self);

/* ---- gstdetectrelease.c; but for the last, with the stream's lock ---- */

/* Sends on the frames that can leave. */
GstFlowReturn gst_detect_release (GstDetect *self);

/* Sends on all frames that are still in line; for what comes between two frames. */
void gst_detect_drain (GstDetect *self);

/* What there is to tell the source of frames that left between two others. */
GstFlowReturn gst_detect_take_left (GstDetect *self);

/* The releaser's work. */
void gst_detect_release_due (gpointer data);

/* ---- gstdetectopen.c ---- */

/* Takes over options that have changed since the last frame. FALSE: an error was
 * posted. */
gboolean gst_detect_update_options (GstDetect *self);

/* Opens the sessions once the model is loaded. In sync the frame waits for it; in
 * async it does not, and the sessions stay closed for now. */
GstFlowReturn gst_detect_open_sessions (GstDetect *self, gboolean may_wait);

/* ---- gstdetectshow.c ---- */

/* Puts the newest result on the frame when it may still stand there, and draws it. */
void gst_detect_show (GstDetect *self, const GstDetectWaiting *frame);

G_END_DECLS

#endif
