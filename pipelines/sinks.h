/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SINKS_H
#define SINKS_H

#include <gst/gst.h>

/* Each gives an element with a pad `sink` for raw video. */

/* Takes the frames and drops them. */
GstElement *sink_null_new (GError **error);

/* Writes the first frame to @path in the format that @target's ending names. */
GstElement *
sink_picture_new (const char *path, const char *target, GError **error);

/* Encodes into @path; the container is what @target's ending names. All frames
 * get the size of the first, @video; where it is odd, or less than 16, black is added
 * at the right and the bottom, because 4:2:0 and the encoders need that. With
 * @sound there is a pad `sound` for sound of these caps. */
GstElement *sink_video_new (const char *path, const char *target,
    const GstCaps *video, const GstCaps *sound, GError **error);

/* A window. In @real_time frames wait for their time; those that come late are
 * left out. */
GstElement *sink_window_new (gboolean real_time, GError **error);

/* Whether a window can be opened. */
gboolean sink_window_check (GError **error);

#endif
