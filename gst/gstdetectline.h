/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_LINE_H
#define GST_DETECT_LINE_H

#include "gstdetectresult.h"

G_BEGIN_DECLS

/* What option parallel may be at most. */
#define GST_DETECT_MAX_PARALLEL 64

/* One frame more than are inferred at once is prepared. */
#define GST_DETECT_MAX_SESSIONS (GST_DETECT_MAX_PARALLEL + 1)

/* A frame that was taken in and has not left yet. */
typedef struct
{
  GstBuffer *buffer; /* owned; its metadata is writable */
  guint64 number;
  gboolean looked; /* an inference of it was begun */
  gboolean waits;  /* it does not leave without that one's result */
  gboolean is_new; /* a result came in with it */
} GstDetectWaiting;

/* Frames in the order they came. */
typedef struct
{
  GstDetectWaiting items[GST_DETECT_MAX_SESSIONS];
  guint first;
  guint n;
} GstDetectLine;

void gst_detect_line_push (GstDetectLine *line, const GstDetectWaiting *frame);
const GstDetectWaiting *gst_detect_line_peek (const GstDetectLine *line);
GstDetectWaiting gst_detect_line_pop (GstDetectLine *line);
void gst_detect_line_clear (GstDetectLine *line);

/* An inference under way. */
typedef struct
{
  GstDetectResult pending; /* of its frame; without detections */
  gint64 since_us;         /* monotonic time: begun, or its turn came later */
  guint session;           /* number of the session that runs it */
  gboolean is_forgotten;   /* nobody wants its result any more */
} GstDetectFlight;

/* Inferences in the order they were begun. Sessions take turns, so as many as there
 * are sessions can be under way; where there are more than run at once, the last ones
 * wait for their turn. */
typedef struct
{
  GstDetectFlight items[GST_DETECT_MAX_SESSIONS];
  guint n_sessions;
  guint n_at_once;
  guint first;
  guint n;
} GstDetectFlights;

/* None is under way: the sessions are new. */
void gst_detect_flights_reset (GstDetectFlights *flights, guint n_sessions,
    guint n_at_once);

/* Those under way go on, but nobody wants their results any more. How many that is
 * news to. */
guint gst_detect_flights_forget (GstDetectFlights *flights);
gboolean gst_detect_flights_is_full (const GstDetectFlights *flights);

/* The session whose turn is next. */
guint gst_detect_flights_next_session (const GstDetectFlights *flights);

/* Begins the next one; the caller fills in pending and since_us. */
GstDetectFlight *gst_detect_flights_begin (GstDetectFlights *flights);

/* The one that was begun first, or NULL. */
GstDetectFlight *gst_detect_flights_peek (GstDetectFlights *flights);
void gst_detect_flights_end (GstDetectFlights *flights, gint64 now);

G_END_DECLS

#endif
