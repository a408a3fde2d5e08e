/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_ONNXRUNTIME_LIBRARY_H
#define DET_ONNXRUNTIME_LIBRARY_H

#include "message.h"
#include "onnxruntime-api.h"
#include <detect/error.h>
#include <glib.h>

/* The library of this process: found and set up on first use, then immutable and
 * kept to the end, since it cannot be unloaded. */
typedef struct
{
  char *problem; /* why it is not there, and then nothing else is; or NULL */
  char *version; /* "1.21.0" */
  DetOrt api;
  OrtEnv *env;
  OrtMemoryInfo *memory; /* of the processor */
  OrtAllocator *allocator;
} DetOrtRuntime;

extern const DetEngineStep det_ort_loading;
extern const DetEngineStep det_ort_running;

/* From any thread. */
const DetOrtRuntime *det_ort_runtime (void);

/* TRUE for NULL, which is success. Takes the status over. */
gboolean
det_ort_check (OrtStatus *status, const DetEngineStep *step, GError **error);

/* The message of a status on one line, without what only the library's makers can
 * use; g_free. Takes the status over. */
char *det_ort_take_message (const DetOrt *api, OrtStatus *status);

#endif
