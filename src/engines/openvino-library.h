/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_OPENVINO_LIBRARY_H
#define DET_OPENVINO_LIBRARY_H

#include "message.h"
#include "openvino-api.h"
#include "tensor.h"
#include <detect/error.h>
#include <glib.h>

/* The library of this process: found and set up on first use, then immutable and
 * kept to the end. */
typedef struct
{
  char *problem; /* why it is not there, and then nothing else is; or NULL */
  char *version; /* "2026.4.1" */
  DetOv api;
  DetOvCore *core;
  int types[DET_N_DTYPES]; /* this release's numbers; -1: none */
} DetOvRuntime;

extern const DetEngineStep det_ov_reading;
extern const DetEngineStep det_ov_loading;
extern const DetEngineStep det_ov_running;

/* From any thread. */
const DetOvRuntime *det_ov_runtime (void);

/* TRUE for a status that is success. */
gboolean det_ov_check (int status, const DetEngineStep *step, GError **error);

/* UNKNOWN for what the core has no name for. */
DetDType det_ov_dtype (int type);

/* A network of a model, on the processor, in full float32 precision. */
int det_ov_compile (const DetOvRuntime *runtime, const DetOvModel *model,
    int n_streams, int n_threads, DetOvCompiled **compiled);

#endif
