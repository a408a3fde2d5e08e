/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_META_BYTES_H
#define GST_DETECT_META_BYTES_H

#include "gstdetectmeta.h"

G_BEGIN_DECLS

/* GstDetectMeta as bytes for another process, little endian. Version 1: frame
 * number and pts (u64), age (u32), width and height (i32), the three stage times
 * (i64), model id (string), the number of objects (u32), and of each object: box
 * and score (5 f32), class id and track id (i32), label (string), the number of
 * landmarks (u8) and their x and y (f32). A string is its length (u32, without a
 * zero at its end; 0xffffffff: NULL) and its UTF-8. */
#define GST_DETECT_META_BYTES_VERSION 1

G_GNUC_INTERNAL
GBytes *gst_detect_meta_to_bytes (const GstDetectMeta *meta);

/* Adds a meta that bytes describe to a buffer. The bytes may come from anybody:
 * NULL, and nothing added, when they are not exactly a meta with finite numbers,
 * times from 0 on and labels in UTF-8. */
G_GNUC_INTERNAL
GstDetectMeta *gst_detect_meta_from_bytes (GstBuffer *buffer,
    const guint8 *data, gsize size, guint8 version);

G_END_DECLS

#endif
