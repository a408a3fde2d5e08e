/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_MODEL_H
#define DET_MODEL_H

#include "decoder.h"
#include "engine.h"
#include "labels.h"
#include "preprocess.h"
#include <detect/model.h>

#define DET_MAX_INPUTS 4

/* What the other files of the core need of a model. */

const DetLabels *det_model_get_labels (const DetModel *model); /* or NULL */
const DetDecoder *det_model_get_decoder_row (const DetModel *model);
const DetHead *det_model_get_head (const DetModel *model);
const DetModelInfo *det_model_get_info (const DetModel *model);
const DetInputSpec *det_model_get_input_spec (const DetModel *model);
const char *det_model_get_labels_source (const DetModel *model);

/* One caller's scratch in the engine; NULL without error when the engine has
 * none. */
gpointer det_model_request_new (DetModel *model, GError **error);
void det_model_request_free (DetModel *model, gpointer request);

/* Keeps count of those who infer with the model: 1 comes, -1 goes. */
void det_model_count_user (DetModel *model, int change);

/* Runs the network on a prepared picture. The network that ran is lent until
 * det_model_release(), which is due after every run, failed or not, once the
 * outputs have been read. */
gboolean
det_model_run (DetModel *model, gpointer request, const DetTensor *picture,
    DetTensor *outputs, guint *n_outputs, gpointer *lease, GError **error);
void det_model_release (DetModel *model, gpointer lease);

/* Looks whether the values of a run are what the family's are, until once they were;
 * outputs in float32, their shapes checked. */
gboolean
det_model_check (DetModel *model, const DetTensor *outputs, GError **error);

/* Names the model's file in an error of a run, as long as no run has succeeded. */
void det_model_blame (const DetModel *model, GError **error);

#endif
