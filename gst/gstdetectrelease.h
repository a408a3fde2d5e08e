/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_RELEASE_H
#define GST_DETECT_RELEASE_H

#include <gst/gst.h>

G_BEGIN_DECLS

/* A thread that is woken when an inference has ended, or has had its time. Whoever
 * makes the frames may wait for one that is held here, so frames cannot wait for the
 * next one to come. */
typedef struct _GstDetectReleaserJob GstDetectReleaserJob;
typedef struct
{
  GMutex lock; /* guards what follows; no other is taken with it */
  GCond changed;
  gboolean woken;
  gint64 deadline; /* when it wakes by itself, in monotonic time; or -1 */

  GstDetectReleaserJob *job; /* the thread's; NULL: there is none */
} GstDetectReleaser;

void gst_detect_releaser_init (GstDetectReleaser *releaser);
void gst_detect_releaser_clear (GstDetectReleaser *releaser);

/* Before the owner falls apart: what its thread has done is seen by who does that,
 * with locks, since a count of references is not seen by every tool. */
void gst_detect_releaser_settle (GstDetectReleaser *releaser);

/* work is called on the thread each time it was woken, with the lock of the pad's
 * stream. A thread that is there already stays. */
typedef void (*GstDetectReleaserFunc) (gpointer data);
gboolean gst_detect_releaser_start (GstDetectReleaser *releaser, GstPad *pad,
    GstDetectReleaserFunc work, gpointer data, GError **error);

/* With the lock of the pad's stream, also from within work: it is not called any more.
 * Whoever holds the lock for longer must not wait for a thread that waits for the lock;
 * owner, which everything here lives in, is then kept until the thread has ended. */
void gst_detect_releaser_stop (GstDetectReleaser *releaser, GstObject *owner);

/* data is the releaser. From any thread, and under any lock. Calls for a thread that
 * was not started yet, or has ended, are of no consequence. */
void gst_detect_releaser_wake (gpointer data);

/* At that monotonic time at the latest; -1: no matter when. */
void gst_detect_releaser_wake_at (GstDetectReleaser *releaser, gint64 time);

G_END_DECLS

#endif
