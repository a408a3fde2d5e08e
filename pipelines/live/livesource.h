/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIVE_SOURCE_H
#define LIVE_SOURCE_H

#include <gst/gst.h>

/* An element that gives the raw video of a URI on its pad `src` and never ends or
 * fails: where the source is lost it tries again, waiting longer each time, up to
 * some seconds. It is live, with the time of arrival in its frames; what comes
 * back with another size or format is announced with new caps; the frame rate in
 * them stays the first. A file starts again at its end.
 *
 * The connection runs from READY to PAUSED until the way back. Thread-safe. */

G_DECLARE_FINAL_TYPE (LiveSource, live_source, LIVE, SOURCE, GstBin)

/* With @fill, frames go on while nothing comes: the last one, or black, with a
 * line that says so; they carry GST_BUFFER_FLAG_GAP. (transfer floating) */
GstElement *live_source_new (const char *uri, gboolean fill);

/* To be called before there are threads, by programs that run for days: each
 * connection brings new ones, and left to itself the allocator of the GNU library
 * keeps memory for many of them. */
void live_source_prepare_process (void);

/* (transfer full): a URI as it may be shown, without user and password. */
char *live_source_describe_uri (const char *uri);

/* Signal "lost" (const char *reason): the source was lost, or cannot be reached.
 * Signal "found": frames come again, or for the first time. Both in a thread of
 * the element's, and one after the other. */

#endif
