/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetectline.h"

/* ---- frames ---- */

void
gst_detect_line_push (GstDetectLine *line, const GstDetectWaiting *frame)
{
  g_return_if_fail (line->n < GST_DETECT_MAX_SESSIONS);

  line->items[(line->first + line->n++) % GST_DETECT_MAX_SESSIONS] = *frame;
}

const GstDetectWaiting *
gst_detect_line_peek (const GstDetectLine *line)
{
  return line->n > 0 ? &line->items[line->first] : NULL;
}

GstDetectWaiting
gst_detect_line_pop (GstDetectLine *line)
{
  GstDetectWaiting frame = line->items[line->first];

  line->items[line->first] = (GstDetectWaiting){ 0 };
  line->first = (line->first + 1) % GST_DETECT_MAX_SESSIONS;
  line->n--;
  return frame;
}

void
gst_detect_line_clear (GstDetectLine *line)
{
  while (line->n > 0) {
    GstDetectWaiting frame = gst_detect_line_pop (line);

    gst_buffer_unref (frame.buffer);
  }
}

/* ---- inferences ---- */

void
gst_detect_flights_reset (GstDetectFlights *flights, guint n_sessions,
    guint n_at_once)
{
  flights->n_sessions = n_sessions;
  flights->n_at_once = n_at_once;
  flights->first = flights->n = 0;
}

static guint
wrap (const GstDetectFlights *flights, guint at)
{
  return at % MAX (flights->n_sessions, 1);
}

guint
gst_detect_flights_forget (GstDetectFlights *flights)
{
  guint n = 0;

  for (guint i = 0; i < flights->n; i++) {
    GstDetectFlight *flight =
        &flights->items[wrap (flights, flights->first + i)];

    n += !flight->is_forgotten;
    flight->is_forgotten = TRUE;
  }
  return n;
}

gboolean
gst_detect_flights_is_full (const GstDetectFlights *flights)
{
  return flights->n == flights->n_sessions;
}

guint
gst_detect_flights_next_session (const GstDetectFlights *flights)
{
  return wrap (flights, flights->first + flights->n);
}

GstDetectFlight *
gst_detect_flights_begin (GstDetectFlights *flights)
{
  guint session = gst_detect_flights_next_session (flights);
  GstDetectFlight *flight = &flights->items[session];

  *flight = (GstDetectFlight){ .session = session };
  flights->n++;
  return flight;
}

GstDetectFlight *
gst_detect_flights_peek (GstDetectFlights *flights)
{
  return flights->n > 0 ? &flights->items[flights->first] : NULL;
}

void
gst_detect_flights_end (GstDetectFlights *flights, gint64 now)
{
  guint n = flights->n_at_once;

  if (n > 0 && flights->n > n)
    flights->items[wrap (flights, flights->first + n)].since_us = now;
  flights->first = wrap (flights, flights->first + 1);
  flights->n--;
}
