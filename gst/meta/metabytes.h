/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_META_BYTES_H
#define GST_DETECT_META_BYTES_H

#include "gstdetectmeta.h"

G_BEGIN_DECLS

/* GstDetectMeta as bytes for another process: in this order, with nothing between,
 * little endian. Version 1:
 *
 *   frame number           u64
 *   pts                    u64, nanoseconds; all bits set: none
 *   age                    u32, frames
 *   age as time            u64, nanoseconds; all bits set: not known
 *   width, height          i32 each
 *   stage times            i64 each, microseconds: preprocess, inference, decode
 *   when it began          i64, microseconds of UTC since 1970; 0: not known
 *   model id               string
 *   number of objects      u32, and of each object:
 *     x0, y0, x1, y1       f32 each, fractions of the frame
 *     score                f32
 *     class id, track id   i32 each
 *     parent id            i32
 *     label                string
 *     number of landmarks  u8, and of each of them x and y, f32
 *
 * A string is its length (u32, without a zero at its end; 0xffffffff: NULL) and its
 * UTF-8. */
#define GST_DETECT_META_BYTES_VERSION 1

G_GNUC_INTERNAL
GBytes *gst_detect_meta_to_bytes (const GstDetectMeta *meta);

/* Adds a meta that bytes describe to a buffer. The bytes may come from anybody:
 * NULL, and nothing added, when they are not exactly a meta with finite numbers,
 * sizes and microseconds from 0 on, GST_DETECT_MAX_LANDMARKS landmarks at most and
 * strings in UTF-8. */
G_GNUC_INTERNAL
GstDetectMeta *gst_detect_meta_from_bytes (GstBuffer *buffer,
    const guint8 *data, gsize size, guint8 version);

G_END_DECLS

#endif
