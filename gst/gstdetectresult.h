/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_RESULT_H
#define GST_DETECT_RESULT_H

#include "gstdetectparts.h"
#include "meta/gstdetectmeta.h"
#include <detect/detect.h>
#include <gst/video/video.h>

G_BEGIN_DECLS

/* What one inference found, with the frame it belongs to. */
typedef struct
{
  DetDetections *detections; /* NULL: nothing was inferred yet */
  const gchar *model_id;     /* interned */
  guint64 frame_number;
  GstClockTime pts;
  gint64 started_us;      /* UTC since 1970 */
  GstVideoRectangle crop; /* the part of the frame that was looked at */
  gint width;             /* of the whole frame */
  gint height;
  gint parents[GST_DETECT_MAX_PARTS]; /* the objects that the parts are */
} GstDetectResult;

void gst_detect_result_clear (GstDetectResult *result);

/* Notes the frame an inference begins with, and what of it is looked at; model_id is
 * interned here. */
void
gst_detect_result_begin (GstDetectResult *result, const GstVideoFrame *frame,
    const GstDetectParts *parts, guint64 frame_number, const gchar *model_id);

/* Stream time between the result's frame and one at pts; NONE when either has no
 * time. */
GstClockTime
gst_detect_result_get_age (const GstDetectResult *result, GstClockTime pts);

/* Whether the result may still stand on a frame at pts. */
gboolean gst_detect_result_is_fresh (const GstDetectResult *result,
    GstClockTime max_age, GstClockTime pts);

/* Puts the result on a buffer, age frames after its own: GstDetectMeta, and
 * what mirrors it for others. */
GstDetectMeta *gst_detect_result_attach (const GstDetectResult *result,
    GstBuffer *buffer, guint age);

G_END_DECLS

#endif
