/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_MODELINFO_H
#define DET_MODELINFO_H

#include "tensor.h"
#include <glib.h>

/* The largest side of a picture that a network may ask for, in pixels. */
#define DET_MAX_INPUT_SIDE 16384

/* What kind of file a model is. */
typedef enum
{
  DET_FILE_PEOPLE, /* no file: OpenCV's HOG people detector */
  DET_FILE_CASCADE,
  DET_FILE_ONNX,
  DET_FILE_DARKNET,
  DET_FILE_CAFFE,
  DET_FILE_TENSORFLOW,
  DET_FILE_OPENVINO,
  DET_FILE_TFLITE,
  DET_FILE_PADDLE,
  DET_FILE_CANNED, /* tensors written down in a .null file, for tests */
  DET_N_FILE_KINDS
} DetFileKind;

/* Whether arithmetic lies between an output and the last layer with weights. */
typedef enum
{
  DET_ARITHMETIC_UNKNOWN,
  DET_ARITHMETIC_NONE,
  DET_ARITHMETIC_SOME
} DetArithmetic;

typedef struct
{
  char *name;
  DetDType dtype;
  int n_dims;                       /* -1: the file does not say */
  gint64 dims[DET_TENSOR_MAX_DIMS]; /* -1: dynamic */
  DetArithmetic arithmetic;         /* outputs only */
} DetTensorInfo;

/* What a model file says of itself, without an engine. */
typedef struct
{
  DetFileKind kind;
  char *path;      /* NULL for DET_FILE_PEOPLE */
  char *companion; /* .cfg, .prototxt, .pbtxt, .bin … beside it, or NULL */
  GArray
      *inputs; /* DetTensorInfo; what the caller must feed; empty when only an
                      engine can read the file, until one has */
  GArray *outputs; /* DetTensorInfo; may be empty when the file does not say */
  GHashTable *metadata;        /* char* -> char*; ONNX metadata_props */
  GHashTable *operators;       /* set of char*: operator types in the graph */
  gboolean multiplies_results; /* a MatMul whose factors are both computed, as
                                  attention has it */
  gboolean weights_are_inputs; /* old exports list weights as graph inputs */
} DetModelInfo;

/* Finds out what FILE is by its content, and reads its header. NULL for the
 * built-in people detector. Errors: NOT_FOUND, UNREADABLE, CORRUPT. */
DetModelInfo *det_model_info_new (const char *path, GError **error);
DetModelInfo *det_model_info_copy (const DetModelInfo *info);
void det_model_info_free (DetModelInfo *info);

const char *det_file_kind_name (DetFileKind kind);
const DetTensorInfo *det_model_info_input (const DetModelInfo *info, guint i);
const DetTensorInfo *det_model_info_output (const DetModelInfo *info, guint i);
void det_model_info_add_input (DetModelInfo *info, const char *name,
    DetDType dtype, int n_dims, const gint64 *dims);
void det_model_info_add_output (DetModelInfo *info, const char *name,
    DetDType dtype, int n_dims, const gint64 *dims);

/* Makes the outputs those of another description of the same model. */
void det_model_info_take_outputs (DetModelInfo *info, const DetModelInfo *from);

/* "output0 float32[1,84,8400], …" for messages. */
char *det_model_info_print_outputs (const DetModelInfo *info);
char *det_model_info_print_inputs (const DetModelInfo *info);

/* Whether a dim or rank of an output is open. */
gboolean det_model_info_is_open (const DetModelInfo *info);

/* onnx.c: fills inputs, outputs, metadata, operators from an ONNX file's bytes.
 * Every length is checked; weights are skipped, not read. */
gboolean det_onnx_read (DetModelInfo *info, const guint8 *bytes, gsize size,
    GError **error);

/* openvinoir.c: the same from the text of an OpenVINO model. */
gboolean det_openvino_ir_read (DetModelInfo *info, const char *text, gsize size,
    GError **error);

/* A copy of an ONNX file without the graph inputs that are weights: optimisers take
 * an input for something that may change, and fold nothing behind it. */
GBytes *det_onnx_hide_weights (const guint8 *bytes, gsize size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DetModelInfo, det_model_info_free)

#endif
