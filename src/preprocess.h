/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_PREPROCESS_H
#define DET_PREPROCESS_H

#include "letterbox.h"
#include "tensor.h"
#include <detect/frame.h>
#include <glib.h>

typedef enum
{
  DET_LAYOUT_NCHW,
  DET_LAYOUT_NHWC
} DetLayout;

typedef enum
{
  DET_ORDER_RGB,
  DET_ORDER_BGR,
  DET_ORDER_GRAY /* one channel of luma, in full range */
} DetColorOrder;

/* What a network wants to be fed. value = (pixel - mean) * scale, pixel 0..255,
 * mean and scale in the order of the channels. */
typedef struct
{
  int width;      /* 0: any (only with DET_RESIZE_FIT) */
  int height;     /* 0: any */
  int batch;      /* first dim of the tensor; the rest of the batch is zero */
  DetDType dtype; /* FLOAT32, FLOAT16, UINT8, INT8 */
  DetLayout layout;
  DetColorOrder order;
  float mean[3];
  float scale[3];
  guint8 pad; /* pixel value of the padding, before mean and scale */
  gboolean
      half_chroma; /* chroma of a plane of its own: only for every second row */
  DetResizeMode resize;
  DetRounding rounding;
} DetInputSpec;

/* Frame -> tensor for one session: the tensor, the scratch rows and the plan,
 * which is made anew only when the frame's format, size or colour changes. */
typedef struct _DetPreprocess DetPreprocess;

DetPreprocess *det_preprocess_new (const DetInputSpec *spec);
void det_preprocess_free (DetPreprocess *self);

/* A frame in the calling thread. Fails only on a malformed frame, or with FIT on one too large for the memory
 * (DET_ERROR_FRAME). */
gboolean
det_preprocess_run (DetPreprocess *self, const DetFrame *frame, GError **error);

/* The same in two threads: what begin takes is made by work, and another thread may
 * help meanwhile. The tensor is there when work and every help have returned; until
 * then the frame is read. */
gboolean det_preprocess_begin (DetPreprocess *self, const DetFrame *frame,
    GError **error);
void det_preprocess_work (DetPreprocess *self);
void det_preprocess_help (DetPreprocess *self);

/* In two steps: while set, work and help end when the frame need not be read any more,
 * and finish makes the tensor of what they took, in any thread. */
void det_preprocess_set_deferring (DetPreprocess *self, gboolean deferring);

/* The second step; nothing if there is none. */
void det_preprocess_finish (DetPreprocess *self);

/* The tensor of the last run; owned by the preprocess. */
const DetTensor *det_preprocess_get_tensor (const DetPreprocess *self);
const DetLetterbox *det_preprocess_get_letterbox (const DetPreprocess *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DetPreprocess, det_preprocess_free)

#endif
