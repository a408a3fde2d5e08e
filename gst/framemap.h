/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRAME_MAP_H
#define FRAME_MAP_H

#include <gst/video/video.h>

G_BEGIN_DECLS

/* gst_video_frame_map() that believes no GstVideoMeta: of what it describes, all rows
 * of all planes lie within the memory that was mapped, and the format is that of info.
 * The frame takes no reference. Memories that a plane spans are merged, for which the
 * buffer has to be writable. FALSE: there is no such frame in the buffer. */
gboolean gst_detect_frame_map (GstVideoFrame *frame, const GstVideoInfo *info,
    GstBuffer *buffer, GstMapFlags flags);

G_END_DECLS

#endif
