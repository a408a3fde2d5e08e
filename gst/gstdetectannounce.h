/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_ANNOUNCE_H
#define GST_DETECT_ANNOUNCE_H

#include "meta/gstdetectmeta.h"

G_BEGIN_DECLS

/* Adds the signal `detections` to an element's class. */
void gst_detect_announce_install (GstElementClass *klass);

/* Tells the application what an inference found: by the signal, to whoever is
 * connected, and by a message when that is asked for. Called in the streaming
 * thread, without locks. */
void gst_detect_announce (GstElement *element, const GstDetectMeta *meta,
    gboolean post_message);

G_END_DECLS

#endif
