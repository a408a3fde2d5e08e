/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine.h"
#include "engines/opencv-shim.h"
#include <detect/error.h>
#include <math.h>

/* Detectors that need no network: OpenCV's HOG people detector (Dalal and Triggs
 * 2005, trained on the INRIA people) and Haar or LBP cascades (Viola and Jones
 * 2001). They look like an engine whose output has a row per object. */

enum
{
  X0,
  Y0,
  X1,
  Y1,
  SCORE,
  CLASS,
  N_COLUMNS
};

/* In the 64×128 training windows people stand with a margin of 16 pixels on every
 * side (Dalal and Triggs, section 6: "64×128 window … 16 pixels of margin"). */
#define MARGIN_X (16.0 / 64)
#define MARGIN_Y (16.0 / 128)

typedef struct
{
  DetCvClassic *classic;
  gboolean is_people;
  float *rows;
  int allocated;
} Classic;

/* Platt's form for an SVM's margin (Platt 1999), with the slope set so that a margin
 * of 0, the plain classifier's border, is 0.5 and one of 1, the support vectors'
 * own, is 0.88. */
static float
people_score (double margin)
{
  return (float) (1 / (1 + exp (-2 * margin)));
}

/* The weight of a cascade's last stage is the sum of its trees less the stage's
 * threshold, so it is above 0 for whatever passed; the same form, stretched to
 * 0.5 … 1. */
static float
cascade_score (double weight)
{
  return (float) (1 / (1 + exp (-weight / 2)));
}

static void
unload (gpointer network)
{
  Classic *self = network;

  det_cv_classic_free (self->classic);
  g_free (self->rows);
  g_free (self);
}

static gpointer
load (DetModelInfo *info, const DetEngineConfig *config, GError **error)
{
  char *problem = NULL;
  DetCvClassic *classic = det_cv_classic_load (info->path, &problem);

  if (!classic) {
    g_set_error (error, DET_ERROR, DET_ERROR_CORRUPT,
        "%s: OpenCV cannot load the cascade: %s; fetch it again",
        info->path ? info->path : "the built-in model", problem);
    g_free (problem);
    return NULL;
  }
  Classic *self = g_new0 (Classic, 1);
  self->classic = classic;
  self->is_people = info->kind == DET_FILE_PEOPLE;
  return self;
}

static void
fill_row (const Classic *self, const DetCvHit *hit, float *row)
{
  double margin_x = self->is_people ? hit->width * MARGIN_X : 0;
  double margin_y = self->is_people ? hit->height * MARGIN_Y : 0;

  row[X0] = (float) (hit->x + margin_x);
  row[Y0] = (float) (hit->y + margin_y);
  row[X1] = (float) (hit->x + hit->width - margin_x);
  row[Y1] = (float) (hit->y + hit->height - margin_y);
  row[SCORE] = self->is_people ? people_score (hit->weight)
                               : cascade_score (hit->weight);
  row[CLASS] = 0;
}

static gboolean
run (gpointer network, gpointer request, const DetTensor *inputs,
    guint n_inputs, DetTensor *outputs, guint *n_outputs, GError **error)
{
  Classic *self = network;
  const DetCvHit *hits = NULL;
  char *problem = NULL;
  int n = 0;

  if (!det_cv_classic_run (self->classic, inputs[0].data,
          (int) inputs[0].dims[2], (int) inputs[0].dims[1], &hits, &n,
          &problem)) {
    g_set_error (error, DET_ERROR, DET_ERROR_ENGINE,
        "OpenCV's detector failed: %s; try another model", problem);
    g_free (problem);
    return FALSE;
  }
  if (n > self->allocated) {
    self->allocated = n * 2;
    self->rows =
        g_renew (float, self->rows, (gsize) self->allocated *N_COLUMNS);
  }
  for (int i = 0; i < n; i++)
    fill_row (self, &hits[i], self->rows + (gsize) i * N_COLUMNS);
  outputs[0] = (DetTensor){
    .dtype = DET_DTYPE_FLOAT32,
    .n_dims = 2,
    .dims = { n, N_COLUMNS },
    .data = self->rows,
  };
  *n_outputs = 1;
  return TRUE;
}

const DetEngine det_engine_classic = {
  .name = "opencv",
  .help = "OpenCV's people detector and cascades",
  .files = DET_FILE_BIT (DET_FILE_PEOPLE) | DET_FILE_BIT (DET_FILE_CASCADE),
  .shares_threads = TRUE,
  .version = det_cv_version,
  .is_present = det_cv_is_present,
  .load = load,
  .unload = unload,
  .run = run,
};
