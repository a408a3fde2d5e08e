/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_PRIVATE_H
#define GST_DETECT_PRIVATE_H

#include "gstdetect.h"

#include "gstdetectframe.h"
#include "gstdetectlateness.h"
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

  /* The streaming thread's. */
  GstDetectSettings settings;
  GstVideoInfo info;
  GstDetectFrameReader reader;
  GstOverlayPainter *painter;
  gboolean warned_unpaintable;
  gboolean is_live;
  gboolean slow_load_told;
  guint64 frame_number;
  GstDetectPacer pacer;
  gboolean under_way;      /* async: the worker has a frame */
  GstDetectResult pending; /* that frame, without detections yet */
  GstDetectResult result;  /* the newest that is known */
};

/* Takes over options that have changed since the last frame. FALSE: an error was
 * posted. */
gboolean gst_detect_update_options (GstDetect *self);

/* One frame's way through the detector, by the element's policy. looked tells that
 * an inference of it began, is_new that a result came in. */
GstFlowReturn gst_detect_look (GstDetect *self, GstBuffer *buffer,
    gboolean *looked, gboolean *is_new);

/* Puts the newest result on the frame when it may still stand there, and draws
 * it. */
void gst_detect_show (GstDetect *self, GstBuffer *buffer, gboolean is_new);

G_END_DECLS

#endif
