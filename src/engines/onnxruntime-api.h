/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_ONNXRUNTIME_API_H
#define DET_ONNXRUNTIME_API_H

#include <glib.h>

/* ONNX Runtime's C API is a table of function pointers that only ever grows at its
 * end (onnxruntime_c_api.h, struct OrtApi). These are the slots that are used, by
 * their index; DET_ORT_API_VERSION is the lowest version that has them all. */

#define DET_ORT_API_VERSION 5
#define DET_ORT_FIRST_RELEASE "1.5"

typedef struct OrtStatus OrtStatus;
typedef struct OrtEnv OrtEnv;
typedef struct OrtSession OrtSession;
typedef struct OrtSessionOptions OrtSessionOptions;
typedef struct OrtRunOptions OrtRunOptions;
typedef struct OrtMemoryInfo OrtMemoryInfo;
typedef struct OrtValue OrtValue;
typedef struct OrtShapeInfo OrtShapeInfo; /* OrtTensorTypeAndShapeInfo */

typedef struct
{
  const void *(*get_api) (guint32 version);
  const char *(*get_version) (void);
} OrtApiBase;

typedef void (*OrtLogger) (void *data, int severity, const char *category,
    const char *id, const char *place, const char *message);

/* index, result, name, arguments */
#define DET_ORT_SLOTS(X)                                                      \
  X (2, const char *, GetErrorMessage, (const OrtStatus *) )                  \
  X (4, OrtStatus *, CreateEnvWithCustomLogger,                               \
      (OrtLogger, void *, int, const char *, OrtEnv **) )                     \
  X (7, OrtStatus *, CreateSession,                                           \
      (const OrtEnv *, const char *, const OrtSessionOptions *,               \
          OrtSession **) )                                                    \
  X (8, OrtStatus *, CreateSessionFromArray,                                  \
      (const OrtEnv *, const void *, gsize, const OrtSessionOptions *,        \
          OrtSession **) )                                                    \
  X (9, OrtStatus *, Run,                                                     \
      (OrtSession *, const OrtRunOptions *, const char *const *,              \
          const OrtValue *const *, gsize, const char *const *, gsize,         \
          OrtValue **) )                                                      \
  X (10, OrtStatus *, CreateSessionOptions, (OrtSessionOptions **) )          \
  X (13, OrtStatus *, SetSessionExecutionMode, (OrtSessionOptions *, int) )   \
  X (23, OrtStatus *, SetSessionGraphOptimizationLevel,                       \
      (OrtSessionOptions *, int) )                                            \
  X (24, OrtStatus *, SetIntraOpNumThreads, (OrtSessionOptions *, int) )      \
  X (25, OrtStatus *, SetInterOpNumThreads, (OrtSessionOptions *, int) )      \
  X (49, OrtStatus *, CreateTensorWithDataAsOrtValue,                         \
      (const OrtMemoryInfo *, void *, gsize, const gint64 *, gsize, int,      \
          OrtValue **) )                                                      \
  X (51, OrtStatus *, GetTensorMutableData, (OrtValue *, void **) )           \
  X (60, OrtStatus *, GetTensorElementType, (const OrtShapeInfo *, int *) )   \
  X (61, OrtStatus *, GetDimensionsCount, (const OrtShapeInfo *, gsize *) )   \
  X (62, OrtStatus *, GetDimensions, (const OrtShapeInfo *, gint64 *, gsize)) \
  X (65, OrtStatus *, GetTensorTypeAndShape,                                  \
      (const OrtValue *, OrtShapeInfo **) )                                   \
  X (69, OrtStatus *, CreateCpuMemoryInfo, (int, int, OrtMemoryInfo **) )     \
  X (92, void, ReleaseEnv, (OrtEnv *) )                                       \
  X (93, void, ReleaseStatus, (OrtStatus *) )                                 \
  X (94, void, ReleaseMemoryInfo, (OrtMemoryInfo *) )                         \
  X (95, void, ReleaseSession, (OrtSession *) )                               \
  X (96, void, ReleaseValue, (OrtValue *) )                                   \
  X (99, void, ReleaseTensorTypeAndShapeInfo, (OrtShapeInfo *) )              \
  X (100, void, ReleaseSessionOptions, (OrtSessionOptions *) )                \
  X (130, OrtStatus *, AddSessionConfigEntry,                                 \
      (OrtSessionOptions *, const char *, const char *) )

typedef struct
{
#define DET_ORT_MEMBER(index, result, name, arguments) result (*name) arguments;
  DET_ORT_SLOTS (DET_ORT_MEMBER)
#undef DET_ORT_MEMBER
} DetOrt;

#endif
