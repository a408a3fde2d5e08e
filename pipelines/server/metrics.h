/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef METRICS_H
#define METRICS_H

#include <glib.h>

/* What the server counts, for Prometheus. Any thread may use it. */
typedef struct _Metrics Metrics;

/* The doors a client comes through. */
typedef enum
{
  DOOR_PYTHON,
  DOOR_HTTP,
  N_DOORS,
} Door;

typedef enum
{
  OUTCOME_OK,
  OUTCOME_ERROR,   /* could not be answered with a result */
  OUTCOME_REFUSED, /* not allowed, malformed or too large */
  OUTCOME_BUSY,    /* there was no room in the queue */
  N_OUTCOMES,
} Outcome;

Metrics *metrics_new (void);
void metrics_free (Metrics *metrics);

void metrics_count_request (Metrics *metrics, Door door, Outcome outcome,
    gint64 took_us);
void metrics_count_image (Metrics *metrics, guint n_objects, gint64 took_us);
void metrics_count_abandoned (Metrics *metrics);
void metrics_add_clients (Metrics *metrics, Door door, int n);

/* Appends all in Prometheus' text form. */
void metrics_print (Metrics *metrics, guint queued, GString *text);

#endif
