/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BENCH_STREAM_H
#define BENCH_STREAM_H

#include <gst/gst.h>

/* A pipeline fed from memory by the calling thread: frames go through the named
 * elements into a fakesink, and nothing else is there: no queue, no decoder, no
 * second thread. 1080p NV12, 30 frames a second by their timestamps. */
typedef struct
{
  GstElement *pipeline;
  GstElement *element; /* the one called "tested" */
  GstPad *pad;
  GstBuffer *frames[8]; /* in turn, as a decoder's pool gives them */
  guint64 n_pushed;
  guint n_batch; /* frames of a batch */
} BenchStream;

/* elements: one in launch syntax, with name=tested. Only as far as READY. */
BenchStream *bench_stream_new (const char *elements);
/* To PLAYING, with the stream's first events sent. */
void bench_stream_play (BenchStream *stream);
/* Lets another stream use the same frames, before it plays. */
void bench_stream_lend (const BenchStream *from, BenchStream *to);
/* new and play in one, and the first frame, which waits for the model. */
BenchStream *bench_stream_open (const char *elements);
void bench_stream_free (BenchStream *stream);

/* Pushes one frame. */
void bench_stream_push (gpointer stream);
/* Waits until all that was pushed has come out. */
void bench_stream_drain (BenchStream *stream);
/* Both, for n_batch frames: what is under way does not run into what is measured
 * next. */
void bench_stream_push_batch (gpointer stream);

/* Writes a .null model of 640 × 640 input that finds n_objects in every frame; its
 * path. It is gone when the program ends. */
const char *bench_null_model (guint n_objects, guint delay_ms);

#endif
