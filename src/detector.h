/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_DETECTOR_H
#define DET_DETECTOR_H

#include "model.h"
#include "outputs.h"
#include "params.h"
#include "preprocess.h"

/* A part of the frame that the network looks at by itself. */
typedef struct
{
  DetPreprocess *preprocess;
  int x; /* where it lies in the frame */
  int y;
} DetPart;

/* A frame that is prepared for a model. */
typedef struct
{
  DetPart *parts;
  guint n_parts;
  guint n_parts_allocated; /* these have a preprocess */
  DetParams *params;
  gint64 preprocess_us; /* before a worker has it */
  int frame_width;
  int frame_height;
} DetJob;

/* A frame of which no part is prepared. */
void det_job_begin (DetJob *job, int width, int height, DetParams *params);
void det_job_clear (DetJob *job);

/* The part that counts next, once its frame is prepared and n_parts is one more. */
DetPart *det_job_next_part (DetJob *job, const DetModel *model);

/* What the way of a frame through a model needs, for one thread. */
typedef struct
{
  DetModel *model;
  gpointer request;
  DetOutputs outputs;
  DetCandidates candidates;
  GArray *pieces; /* of DetPiece: what was found in the parts */
} DetRun;

/* On failure there is nothing to clear. */
gboolean det_run_init (DetRun *run, DetModel *model, GError **error);
void det_run_clear (DetRun *run);

/* What all parts hold, in the frame's pixels. */
DetDetections *det_run_infer (DetRun *run, const DetJob *job, GError **error);

#endif
