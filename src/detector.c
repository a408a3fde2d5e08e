/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "detector.h"

#include "detections.h"
#include "merge.h"
#include <detect/error.h>
#include <math.h>

/* So near a border of its part, as a fraction of the part, a box counts as cut. */
#define CUT_MARGIN 0.01f

/* Boxes from different parts that overlap more are one object, whatever
 * iou-threshold says of boxes from one part. */
#define SAME_OBJECT 0.5f

/* ---- a frame ---- */

void
det_job_begin (DetJob *job, int width, int height, DetParams *params)
{
  job->n_parts = 0;
  job->preprocess_us = 0;
  job->frame_width = width;
  job->frame_height = height;
  det_params_ref (params);
  det_params_unref (job->params);
  job->params = params;
}

void
det_job_clear (DetJob *job)
{
  for (guint i = 0; i < job->n_parts_allocated; i++)
    det_preprocess_free (job->parts[i].preprocess);
  g_free (job->parts);
  det_params_unref (job->params);
}

DetPart *
det_job_next_part (DetJob *job, const DetModel *model)
{
  if (job->n_parts == job->n_parts_allocated) {
    job->parts = g_renew (DetPart, job->parts, job->n_parts_allocated + 1);
    job->parts[job->n_parts_allocated++] = (DetPart){
      .preprocess = det_preprocess_new (det_model_get_input_spec (model)),
    };
  }
  return &job->parts[job->n_parts];
}

/* ---- its way ---- */

gboolean
det_run_init (DetRun *run, DetModel *model, GError **error)
{
  GError *cause = NULL;
  gpointer request = det_model_request_new (model, &cause);

  if (cause) {
    g_propagate_error (error, cause);
    return FALSE;
  }
  *run = (DetRun){
    .model = det_model_ref (model),
    .request = request,
    .pieces = g_array_new (FALSE, FALSE, sizeof (DetPiece)),
  };
  return TRUE;
}

void
det_run_clear (DetRun *run)
{
  det_model_request_free (run->model, run->request);
  g_array_unref (run->pieces);
  det_outputs_clear (&run->outputs);
  det_candidates_clear (&run->candidates);
  det_model_unref (run->model);
}

static DetPoint
to_frame (const DetPart *part, const DetModelPoint *point)
{
  DetPoint at = det_letterbox_point_to_source (
      det_preprocess_get_letterbox (part->preprocess), point);

  return (DetPoint){ at.x + (float) part->x, at.y + (float) part->y };
}

/* A point that is no number is left out, with all behind it: its place says what it
 * is. */
static DetObject
to_object (const DetRun *run, const DetJob *job, guint i,
    const DetCandidate *candidate, const DetBox *box)
{
  const DetPart *part = &job->parts[i];
  DetObject object = {
    .box = *box,
    .score = CLAMP (candidate->score, 0.0f, 1.0f),
    .class_id = candidate->class_id,
    .track_id = DET_TRACK_NONE,
    .label = det_model_get_label (run->model, candidate->class_id),
    .part = (int) i,
  };

  for (int k = 0; k < candidate->n_landmarks; k++) {
    DetPoint point = to_frame (part, &candidate->landmarks[k]);

    if (!isfinite (point.x) || !isfinite (point.y))
      break;
    object.landmarks[k] = point;
    object.n_landmarks = k + 1;
  }
  return object;
}

/* Where a box, in the part's pixels, ends at a border that is not the frame's. */
static guint
find_cuts (const DetJob *job, const DetPart *part, const DetBox *box)
{
  const DetLetterbox *letterbox =
      det_preprocess_get_letterbox (part->preprocess);
  int width = letterbox->source_width;
  int height = letterbox->source_height;
  float near_x = MAX (2, (float) width * CUT_MARGIN);
  float near_y = MAX (2, (float) height * CUT_MARGIN);
  guint cuts = 0;

  if (part->x > 0 && box->x0 < near_x)
    cuts |= DET_CUT_LEFT;
  if (part->y > 0 && box->y0 < near_y)
    cuts |= DET_CUT_TOP;
  if (part->x + width < job->frame_width && box->x1 > (float) width - near_x)
    cuts |= DET_CUT_RIGHT;
  if (part->y + height < job->frame_height && box->y1 > (float) height - near_y)
    cuts |= DET_CUT_BOTTOM;
  return cuts;
}

/* Candidates in the model's pixels -> pieces in the frame's. */
static void
keep_pieces (DetRun *run, const DetJob *job, guint i)
{
  const DetParams *params = job->params;
  const DetPart *part = &job->parts[i];
  const DetLetterbox *letterbox =
      det_preprocess_get_letterbox (part->preprocess);
  DetCandidates *candidates = &run->candidates;
  guint n = det_nms (candidates, params->iou_threshold, params->class_agnostic,
      G_MAXUINT);
  guint kept = 0;

  for (guint c = 0; c < n && kept < params->max_detections; c++) {
    const DetCandidate *candidate = &candidates->items[candidates->order[c]];
    DetBox box = det_letterbox_to_source (letterbox, &candidate->box);
    DetPiece piece = { .cuts = find_cuts (job, part, &box) };

    if (!det_box_clip (&box, letterbox->source_width, letterbox->source_height))
      continue;
    box.x0 += (float) part->x;
    box.x1 += (float) part->x;
    box.y0 += (float) part->y;
    box.y1 += (float) part->y;
    if (!det_params_box_counts (params, &box, job->frame_width,
            job->frame_height))
      continue;
    piece.object = to_object (run, job, i, candidate, &box);
    g_array_append_val (run->pieces, piece);
    kept++;
  }
}

static DetDetections *
to_detections (DetRun *run, const DetJob *job)
{
  const DetParams *params = job->params;
  DetPiece *pieces = (DetPiece *) (void *) run->pieces->data;
  guint n = run->pieces->len;

  if (job->n_parts > 1)
    n = det_merge (pieces, n, MIN (params->iou_threshold, SAME_OBJECT),
        params->class_agnostic);
  n = MIN (n, params->max_detections);
  DetDetections *detections =
      det_detections_new (run->model, n, job->frame_width, job->frame_height);
  for (guint i = 0; i < n; i++)
    detections->objects[i] = pieces[i].object;
  return detections;
}

static gboolean
take_outputs (DetRun *run, const DetTensor *raw, guint n, GError **error)
{
  return det_outputs_take (&run->outputs, raw, n, error) &&
      det_outputs_check (&run->outputs, det_model_get_info (run->model),
          det_model_get_head (run->model)->n_rows == 0, error) &&
      det_model_check (run->model, run->outputs.tensors, error);
}

/* Runs the network on a part and reads its outputs into candidates. */
static gboolean
infer (DetRun *run, const DetJob *job, const DetPart *part, gint64 *inferred,
    GError **error)
{
  const DetDecoder *decoder = det_model_get_decoder_row (run->model);
  DetTensor raw[DET_MAX_OUTPUTS];
  guint n = DET_MAX_OUTPUTS;
  gpointer lease;
  gboolean ok = det_model_run (run->model, run->request,
                    det_preprocess_get_tensor (part->preprocess), raw, &n,
                    &lease, error) &&
      take_outputs (run, raw, n, error);

  *inferred = g_get_monotonic_time ();
  run->candidates.n = 0;
  if (ok)
    decoder->decode (det_model_get_head (run->model), run->outputs.tensors,
        job->params->threshold, &run->candidates);
  else
    det_model_blame (run->model, error);
  det_model_release (run->model, lease);
  return ok;
}

DetDetections *
det_run_infer (DetRun *run, const DetJob *job, GError **error)
{
  gint64 preprocess_us = job->preprocess_us;
  gint64 inference_us = 0;
  gint64 decode_us = 0;
  gint64 start = g_get_monotonic_time ();

  g_array_set_size (run->pieces, 0);
  for (guint i = 0; i < job->n_parts; i++) {
    gint64 inferred;

    det_preprocess_finish (job->parts[i].preprocess);
    gint64 prepared = g_get_monotonic_time ();
    preprocess_us += prepared - start;
    if (!infer (run, job, &job->parts[i], &inferred, error))
      return NULL;
    det_params_gate (job->params, &run->candidates);
    keep_pieces (run, job, i);
    inference_us += inferred - prepared;
    start = g_get_monotonic_time ();
    decode_us += start - inferred;
  }
  DetDetections *detections = to_detections (run, job);
  detections->stage_us[DET_STAGE_PREPROCESS] = preprocess_us;
  detections->stage_us[DET_STAGE_INFERENCE] = inference_us;
  detections->stage_us[DET_STAGE_DECODE] =
      decode_us + g_get_monotonic_time () - start;
  return detections;
}
