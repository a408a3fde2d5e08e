/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_META_TRANSFORM_H
#define GST_DETECT_META_TRANSFORM_H

#include "gstdetectmeta.h"

G_BEGIN_DECLS

/* How GstDetectMeta follows a frame into another buffer: GstMetaTransformFunction.
 * FALSE when it cannot, and then nothing was added. */
G_GNUC_INTERNAL
gboolean gst_detect_meta_transform (GstBuffer *to, GstMeta *meta,
    GstBuffer *from, GQuark type, gpointer data);

/* A homography between two rectangles, in pixels that count from their corners, as
 * GStreamer 1.28 describes it. */
typedef struct
{
  const GstVideoInfo *in_info;
  GstVideoRectangle in;
  const GstVideoInfo *out_info;
  GstVideoRectangle out;
  gfloat matrix[3][3];
} GstDetectMatrix;

/* Copies a meta of a buffer by a matrix. Boxes become the smallest upright ones around
 * their four corners, cut at the out rectangle; objects outside of it are left out,
 * and parents are numbered anew. */
G_GNUC_INTERNAL
gboolean gst_detect_meta_transform_matrix (const GstDetectMeta *meta,
    GstBuffer *from, GstBuffer *to, const GstDetectMatrix *matrix);

G_END_DECLS

#endif
