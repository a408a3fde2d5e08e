/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WIRE_JOB_H
#define WIRE_JOB_H

#include "pool.h"

/* Most pictures of one message. */
#define WIRE_MAX_PICTURES 256

/* Called in a worker: sends what it can of a framed reply without waiting, and says
 * how many bytes that were. */
typedef gsize (*WireJobSend) (const guint8 *bytes, gsize n, gpointer data);

/* Called in the main thread: with the reply, framed, of which some bytes are sent
 * already, or with what is wrong with the message. */
typedef void (*WireJobDone) (GByteArray *reply, gsize sent, const GError *error,
    gpointer data);

/* Answers a message of an old Python client: reads the pictures out of it, looks
 * at them, and writes the reply that it unpacks. Takes the message. */
void wire_job_start (Pool *pool, GBytes *message, WireJobSend send,
    WireJobDone done, gpointer data);

/* The same in a worker, which begins with it at once. */
void wire_job_run (PoolWorker *worker, GBytes *message, WireJobSend send,
    WireJobDone done, gpointer data);

#endif
