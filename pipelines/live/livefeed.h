/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIVE_FEED_H
#define LIVE_FEED_H

#include <gst/gst.h>

/* One connection to a source, in a pipeline of its own, so that whatever happens
 * to it reaches nobody else. It is used once. */
typedef struct _LiveFeed LiveFeed;

typedef struct
{
  /* Called in a streaming thread, with a sample that is the caller's. */
  void (*frame) (LiveFeed *feed, GstSample *sample, gpointer data);
  /* Called at most once, in the context. @error is NULL when the source came to
   * its end. */
  void (*ended) (LiveFeed *feed, const GError *error, gpointer data);
} LiveFeedEvents;

/* Starts to connect; that goes on in the background. A source that is not live
 * is read at its own pace. */
LiveFeed *live_feed_new (const char *uri, GMainContext *context,
    const LiveFeedEvents *events, gpointer data, GError **error);

/* Disconnects and frees. No event comes afterwards. May take as long as the
 * source takes to stop. */
void live_feed_stop (LiveFeed *feed);

/* The same in another thread, which calls @done when it is over. */
void live_feed_stop_later (LiveFeed *feed, GDestroyNotify done, gpointer data);

#endif
