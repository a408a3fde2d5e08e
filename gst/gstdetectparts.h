/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_PARTS_H
#define GST_DETECT_PARTS_H

#include "detectionreader.h"
#include "gstdetectsettings.h"
#include <gst/video/video.h>

G_BEGIN_DECLS

/* The whole frame and eight by eight tiles. */
#define GST_DETECT_MAX_PARTS 65

/* What of a frame the network looks at, one after the other. */
typedef struct
{
  guint n;
  GstVideoRectangle areas[GST_DETECT_MAX_PARTS]; /* in the frame's pixels */
  gint parents[GST_DETECT_MAX_PARTS]; /* ids of the objects they are; or -1 */
} GstDetectParts;

/* Plans the parts of a frame of which shown is to be looked at: all of it, tiles, or
 * the objects that the buffer's metadata tells of (the most certain, when they are
 * too many). reading is scratch. */
void gst_detect_parts_plan (GstDetectParts *parts,
    const GstDetectSettings *settings, const GstVideoRectangle *shown,
    GstBuffer *buffer, const GstVideoInfo *info, GstDetectReading *reading);

G_END_DECLS

#endif
