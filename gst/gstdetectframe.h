/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_FRAME_H
#define GST_DETECT_FRAME_H

#include <detect/detect.h>
#include <gst/video/video.h>

G_BEGIN_DECLS

/* GstVideoFrame -> DetFrame. Formats the core reads are only described; others go
 * through GstVideoConverter at the model's size. One thread at a time. */
typedef struct
{
  GstVideoInfo info; /* of the caps */
  DetPixelFormat format;
  GstVideoConverter *converter; /* only for formats the core does not read */
  GstVideoInfo converted_info;
  GstVideoRectangle converted_crop; /* what of the frame it converts */
  GstBuffer *converted;
  GstVideoFrame mapped; /* of converted, between get and release */
  gboolean is_mapped;
} GstDetectFrameReader;

void gst_detect_frame_reader_init (GstDetectFrameReader *reader,
    const GstVideoInfo *info);
void gst_detect_frame_reader_clear (GstDetectFrameReader *reader);

/* The part of the picture that GstVideoCropMeta says is shown; all without. */
GstVideoRectangle gst_detect_frame_get_crop (const GstVideoFrame *frame);

/* Describes a part of a mapped frame. The view is valid until release. session
 * tells the size a conversion is made at. */
gboolean gst_detect_frame_reader_get (GstDetectFrameReader *reader,
    DetSession *session, GstVideoFrame *frame, const GstVideoRectangle *area,
    DetFrame *view, GError **error);
void gst_detect_frame_reader_release (GstDetectFrameReader *reader);

G_END_DECLS

#endif
