/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_OUTPUTS_H
#define DET_OUTPUTS_H

#include "modelinfo.h"
#include "tensor.h"

/* The outputs of a run as decoders want them: float32, of the dims that were
 * bound. Scratch grows to what is needed and stays. */
typedef struct
{
  DetTensor tensors[DET_MAX_OUTPUTS];
  guint n;
  float *scratch[DET_MAX_OUTPUTS];
  gsize allocated[DET_MAX_OUTPUTS];
} DetOutputs;

void det_outputs_clear (DetOutputs *outputs);

/* Takes in what an engine gave: views stay views where they are float32 already.
 * DET_ERROR_ENGINE when there are too many or a type cannot be read. */
gboolean det_outputs_take (DetOutputs *outputs, const DetTensor *raw, guint n,
    GError **error);

/* Copies what is still a view, so that the engine may go on. */
void det_outputs_own (DetOutputs *outputs);

/* Whether number, ranks and dims are those of info. With rows_vary only the last
 * dim of each is compared. DET_ERROR_ENGINE. */
gboolean det_outputs_check (const DetOutputs *outputs, const DetModelInfo *info,
    gboolean rows_vary, GError **error);

/* Sets in info what the file left open. */
void det_outputs_complete_info (const DetOutputs *outputs, DetModelInfo *info);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DetOutputs, det_outputs_clear)

#endif
