/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_HEADMATCH_H
#define DET_HEADMATCH_H

#include "decoder.h"
#include "modelinfo.h"

/* What decoders ask of a model's description. A dim is "open" when it is -1. */

#define DET_ANY_DIM (-2)

/* Size of the picture input in pixels; 0 where the file leaves it open, or asks for
 * more than DET_MAX_INPUT_SIDE. FALSE when no input takes a picture. */
gboolean
det_match_input_size (const DetModelInfo *info, int *width, int *height);

/* Index of the input or output of that name, or -1. */
int det_match_output_named (const DetModelInfo *info, const char *name);
gboolean det_match_has_input (const DetModelInfo *info, const char *name);

gboolean det_match_has_operator (const DetModelInfo *info, const char *name);
gboolean det_match_metadata_is (const DetModelInfo *info, const char *key,
    const char *value);

/* Drops leading dims of 1 (batch) until rank dims are left. FALSE when the output
 * has fewer, or the dropped ones are not 1 or open. Only the first dim may be
 * more than 1, a fixed batch; never 0: then there are no rows, whatever follows. */
gboolean
det_match_squeeze (const DetTensorInfo *output, int rank, gint64 *dims);

/* First output, from index from on, that squeezes to [rows, columns], or -1.
 * DET_ANY_DIM fits any dim that is not open. */
int det_match_matrix (const DetModelInfo *info, int from, gint64 rows,
    gint64 columns);

/* Sets DET_ERROR_UNRECOGNISED for a decoder that was asked for and does not fit. */
gboolean det_match_refuse (const DetModelInfo *info, const char *expected,
    GError **error);

#endif
