/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_ONNXRUNTIME_API_H
#define DET_ONNXRUNTIME_API_H

#include <glib.h>

/* ONNX Runtime's C API is a table of function pointers that only ever grows at its
 * end (onnxruntime_c_api.h, struct OrtApi). These are the slots that are used, by
 * their index. DET_ORT_API_VERSION is the lowest version that has them all: version 5
 * ends with slot 149 (onnxruntime_c_api.cc) and came with release 1.5. */

#define DET_ORT_API_VERSION 5
#define DET_ORT_LAST_SLOT 149
#define DET_ORT_FIRST_RELEASE "1.5"

typedef struct OrtStatus OrtStatus;
typedef struct OrtEnv OrtEnv;
typedef struct OrtSession OrtSession;
typedef struct OrtSessionOptions OrtSessionOptions;
typedef struct OrtRunOptions OrtRunOptions;
typedef struct OrtMemoryInfo OrtMemoryInfo;
typedef struct OrtAllocator OrtAllocator;
typedef struct OrtValue OrtValue;
typedef struct OrtTypeInfo OrtTypeInfo;
typedef struct OrtTensorTypeAndShapeInfo OrtTensorTypeAndShapeInfo;

typedef struct
{
  const void *(*get_api) (guint32 version);
  const char *(*get_version) (void);
} DetOrtBase;

typedef void (*DetOrtLogger) (void *data, int severity, const char *category,
    const char *id, const char *place, const char *message);

/* Values of OrtErrorCode, OrtLoggingLevel, ExecutionMode, GraphOptimizationLevel,
 * OrtAllocatorType, OrtMemType. */
enum
{
  DET_ORT_NO_SUCHFILE = 3,
  DET_ORT_INVALID_PROTOBUF = 7,
  DET_ORT_SEVERITY_ERROR = 3,
  DET_ORT_SEQUENTIAL = 0,
  DET_ORT_OPTIMISE_ALL = 99,
  DET_ORT_ALLOCATOR_ARENA = 1,
  DET_ORT_MEMORY_DEFAULT = 0
};

/* ONNXTensorElementDataType */
enum
{
  DET_ORT_FLOAT = 1,
  DET_ORT_UINT8 = 2,
  DET_ORT_INT8 = 3,
  DET_ORT_INT32 = 6,
  DET_ORT_INT64 = 7,
  DET_ORT_STRING = 8,
  DET_ORT_BOOL = 9,
  DET_ORT_FLOAT16 = 10,
  DET_ORT_DOUBLE = 11
};

/* index, result, name, arguments */
#define DET_ORT_SLOTS(X)                                                      \
  X (1, int, GetErrorCode, (const OrtStatus *) )                              \
  X (2, const char *, GetErrorMessage, (const OrtStatus *) )                  \
  X (4, OrtStatus *, CreateEnvWithCustomLogger,                               \
      (DetOrtLogger, void *, int, const char *, OrtEnv **) )                  \
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
  X (30, OrtStatus *, SessionGetInputCount, (const OrtSession *, gsize *) )   \
  X (31, OrtStatus *, SessionGetOutputCount, (const OrtSession *, gsize *) )  \
  X (33, OrtStatus *, SessionGetInputTypeInfo,                                \
      (const OrtSession *, gsize, OrtTypeInfo **) )                           \
  X (34, OrtStatus *, SessionGetOutputTypeInfo,                               \
      (const OrtSession *, gsize, OrtTypeInfo **) )                           \
  X (36, OrtStatus *, SessionGetInputName,                                    \
      (const OrtSession *, gsize, OrtAllocator *, char **) )                  \
  X (37, OrtStatus *, SessionGetOutputName,                                   \
      (const OrtSession *, gsize, OrtAllocator *, char **) )                  \
  X (49, OrtStatus *, CreateTensorWithDataAsOrtValue,                         \
      (const OrtMemoryInfo *, void *, gsize, const gint64 *, gsize, int,      \
          OrtValue **) )                                                      \
  X (51, OrtStatus *, GetTensorMutableData, (OrtValue *, void **) )           \
  X (55, OrtStatus *, CastTypeInfoToTensorInfo,                               \
      (const OrtTypeInfo *, const OrtTensorTypeAndShapeInfo **) )             \
  X (60, OrtStatus *, GetTensorElementType,                                   \
      (const OrtTensorTypeAndShapeInfo *, int *) )                            \
  X (61, OrtStatus *, GetDimensionsCount,                                     \
      (const OrtTensorTypeAndShapeInfo *, gsize *) )                          \
  X (62, OrtStatus *, GetDimensions,                                          \
      (const OrtTensorTypeAndShapeInfo *, gint64 *, gsize))                   \
  X (65, OrtStatus *, GetTensorTypeAndShape,                                  \
      (const OrtValue *, OrtTensorTypeAndShapeInfo **) )                      \
  X (69, OrtStatus *, CreateCpuMemoryInfo, (int, int, OrtMemoryInfo **) )     \
  X (76, OrtStatus *, AllocatorFree, (OrtAllocator *, void *) )               \
  X (78, OrtStatus *, GetAllocatorWithDefaultOptions, (OrtAllocator **) )     \
  X (93, void, ReleaseStatus, (OrtStatus *) )                                 \
  X (95, void, ReleaseSession, (OrtSession *) )                               \
  X (96, void, ReleaseValue, (OrtValue *) )                                   \
  X (98, void, ReleaseTypeInfo, (OrtTypeInfo *) )                             \
  X (99, void, ReleaseTensorTypeAndShapeInfo, (OrtTensorTypeAndShapeInfo *) ) \
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
