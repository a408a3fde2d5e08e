/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BENCH_PICTURE_H
#define BENCH_PICTURE_H

#include <detect/frame.h>
#include <gst/video/video.h>

#define BENCH_WIDTH 1920
#define BENCH_HEIGHT 1080

/* 30 frames a second. */
GstVideoInfo bench_video_info (GstVideoFormat format, gint width, gint height);

/* A street at that size when DETECT_ASSETS has it, else a test card: the buffer of
 * a decoder, with all planes in one memory and no gaps. */
GstBuffer *bench_picture_new (GstVideoFormat format, GstVideoInfo *info);

/* What the core is given of a mapped frame. */
DetFrame bench_frame_view (const GstVideoFrame *frame);

#endif
