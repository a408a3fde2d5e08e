/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_INPUTSPEC_H
#define DET_INPUTSPEC_H

#include "decoder.h"
#include "modelinfo.h"
#include "preprocess.h"
#include <detect/option.h>

/* How a model wants to be fed: the options first, then what the file says, then
 * the family's row (decoder may be NULL: neutral values). image_input is the
 * index of the input that takes the picture. DET_ERROR_UNSUPPORTED,
 * DET_ERROR_OPTION. */
gboolean det_input_spec_resolve (const DetModelInfo *info,
    const DetDecoder *decoder, const DetOptions *options, DetInputSpec *spec,
    guint *image_input, GError **error);

/* Replaces the open dims of the image input by those of the spec. */
void det_input_spec_apply (const DetInputSpec *spec, DetModelInfo *info,
    guint image_input);

/* Fills the tensor of an input that is not the picture: original size, scale
 * factor or shape, as DETR and Paddle exports ask for. data must have room for
 * the elements of the dims, which come out in tensor. DET_ERROR_UNSUPPORTED. */
gboolean det_input_spec_fill_extra (const DetInputSpec *spec,
    const DetTensorInfo *input, DetTensor *tensor, GError **error);

#endif
