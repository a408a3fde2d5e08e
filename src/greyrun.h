/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_GREYRUN_H
#define DET_GREYRUN_H

#include "model.h"
#include "outputs.h"

/* Runs a model, which need not be complete, once on a grey picture. The outputs are
 * copies, in float32. */
gboolean det_grey_run (DetModel *model, DetOutputs *outputs, GError **error);

/* The median time of a run, of as many as there is time for until end (monotonic, as
 * all times in microseconds); of one at least. */
gboolean
det_grey_time (DetModel *model, gint64 end, gint64 *run_us, GError **error);

#endif
