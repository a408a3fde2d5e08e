/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RUN_H
#define RUN_H

#include "console.h"
#include "inputs.h"
#include "tap.h"

#include <gst/gst.h>

/* One input's way through a pipeline. For the main thread. */
typedef struct _Run Run;

typedef struct
{
  GstElement *detect; /* in READY, without a parent; so it comes back */
  const Input *input;
  guint way; /* which of the ways to read it */
  gboolean show;
  gboolean live;      /* the source is tried again when it is lost */
  gboolean real_time; /* the window keeps the video's pace */
  int timeout;        /* seconds without progress, 0: for ever */
  Console *console;
  TapFunc on_frame;
  gpointer data;
} RunSetup;

typedef enum
{
  RUN_DONE,
  RUN_STOPPED,   /* run_stop(), or the window was closed */
  RUN_REFUSED,   /* on_frame wants no more */
  RUN_BROKEN,    /* the input cannot be read, or not to its end */
  RUN_UNWRITTEN, /* the output cannot be written */
  RUN_DETECT,    /* the detector failed */
  RUN_STUCK,     /* parts do not even stop: the program can only be left */
} RunEnd;

Run *run_new (const RunSetup *setup, GError **error);

/* Until the end. The target is in its place afterwards when it was finished;
 * otherwise what was there before is untouched. With RUN_BROKEN, RUN_UNWRITTEN,
 * RUN_DETECT and RUN_STUCK the error says more. */
RunEnd run_process (Run *run, GError **error);

/* The two halves of run_process(), for several runs at once: the first comes back
 * at once, and @over is called in the main context when the second is due. */
typedef void (*RunOver) (Run *run, gpointer data);
void run_start (Run *run, RunOver over, gpointer data);
RunEnd run_finish (Run *run, GError **error);

/* (transfer none). */
const Input *run_get_input (const Run *run);

/* Lets a run finish its files and end. */
void run_stop (Run *run);

guint64 run_get_frames (Run *run);

/* (transfer none) (nullable): the detector's figures at the end. */
const GstStructure *run_get_stats (const Run *run);

void run_free (Run *run);

#endif
