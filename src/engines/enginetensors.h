/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_ENGINETENSORS_H
#define DET_ENGINETENSORS_H

#include "engine.h"

/* What the engines that take any network say and ask of a model's tensors. */

#define DET_ENGINE_MAX_INPUTS DET_MAX_OUTPUTS

/* FALSE: an input or output is not of numbers. */
gboolean det_engine_accepts_tensors (const DetModelInfo *info, GError **error);

/* FALSE: more inputs or outputs than are supported. */
gboolean det_engine_check_counts (const DetModelInfo *info, GError **error);

/* The error for one tensor of side "input" or "output"; always FALSE. */
gboolean det_engine_refuse_tensor (const DetTensorInfo *tensor,
    const char *side, GError **error);

/* Whether a call of run fits the network. */
gboolean det_engine_check_call (guint n_inputs, guint expected_inputs,
    guint room, guint n_outputs, GError **error);

/* -1: none of that name. */
gint det_engine_find_tensor (const GArray *tensors, const char *name);

/* What the file says counts; the engine fills in what it leaves open. */
void
det_engine_complete_tensor (DetTensorInfo *tensor, const DetTensorInfo *known);

#endif
