/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "detections.h"

typedef struct
{
  DetDetections public;
  gatomicrefcount refs;
  DetModel *model;
  DetObject objects[];
} Detections;

const char *
det_stage_name (DetStage stage)
{
  static const char *const names[DET_N_STAGES] = {
    [DET_STAGE_PREPROCESS] = "preprocess",
    [DET_STAGE_INFERENCE] = "inference",
    [DET_STAGE_DECODE] = "decode",
  };

  return names[stage];
}

DetDetections *
det_detections_new (DetModel *model, guint n_objects, int width, int height)
{
  Detections *self =
      g_malloc (sizeof (Detections) + n_objects * sizeof (DetObject));

  self->public = (DetDetections){
    .width = width,
    .height = height,
    .n_objects = n_objects,
    .objects = self->objects,
  };
  g_atomic_ref_count_init (&self->refs);
  self->model = model ? det_model_ref (model) : NULL;
  return &self->public;
}

DetDetections *
det_detections_ref (DetDetections *detections)
{
  Detections *self = (Detections *) detections;

  g_atomic_ref_count_inc (&self->refs);
  return detections;
}

void
det_detections_unref (DetDetections *detections)
{
  Detections *self = (Detections *) detections;

  if (!self || !g_atomic_ref_count_dec (&self->refs))
    return;
  det_model_unref (self->model);
  g_free (self);
}
