/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SUMMARY_H
#define SUMMARY_H

#include "console.h"
#include "frameinfo.h"
#include "meta/gstdetectmeta.h"

/* What a run came to. Any thread may use it. */
typedef struct _Summary Summary;

/* The run so far. */
typedef struct
{
  guint64 frames;
  double fps;      /* frames per second, or 0 while unknown */
  double fraction; /* of the input at hand, 0..1, 0 while unknown */
} Progress;

Summary *summary_new (void);
void summary_free (Summary *summary);

void summary_add (Summary *summary, const FrameInfo *frame,
    const GstDetectMeta *meta);

/* Takes engine and model from the element's `stats`. */
void summary_set_model (Summary *summary, const GstStructure *stats);

/* A new input begins. */
void summary_next_input (Summary *summary);

Progress summary_get_progress (Summary *summary);

/* Frames, objects per class, time per stage, engine and model; nothing when there
 * was no frame. */
void summary_print (Summary *summary, Console *console, guint n_inputs,
    guint n_failed);

#endif
