/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WIRE_JOB_H
#define WIRE_JOB_H

#include "pool.h"

/* Most pictures of one message. */
#define WIRE_MAX_PICTURES 256

/* Called in the main thread: with the reply, framed, or with what is wrong with the
 * message. */
typedef void (*WireJobDone) (GByteArray *reply, const GError *error,
    gpointer data);

/* Answers a message of an old Python client: reads the pictures out of it, looks
 * at them, and writes the reply that it unpacks. Takes the message. */
void
wire_job_start (Pool *pool, GBytes *message, WireJobDone done, gpointer data);

#endif
