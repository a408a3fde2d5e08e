/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_GFL_H
#define DET_GFL_H

#include "decoder.h"

/* What NanoDet and PicoDet share: class probabilities and, per side of the box, a
 * distribution over distances in units of the stride, whose expectation is the
 * distance (Generalized Focal Loss, Li et al. 2020, section 3.2). */

#define DET_GFL_MAX_LEVELS 5

/* One pair of outputs per level, in any order: scores [1,n,C] and distances
 * [1,n,4*bins], n the level's cells. Roles come out as level*2 and level*2+1. */
DetMatch det_gfl_match_pairs (const DetModelInfo *info, const int *strides,
    int n_strides, int *roles, GString *why);
gboolean det_gfl_bind_pairs (DetHead *head, const DetModelInfo *info,
    const int *strides, int n_strides, float center, GError **error);

/* All levels in one output [1,N,C+4*bins]. */
DetMatch det_gfl_match_joined (const DetModelInfo *info, const int *strides,
    int n_strides, gint64 bins, GString *why);
gboolean det_gfl_bind_joined (DetHead *head, const DetModelInfo *info,
    const int *strides, int n_strides, gint64 bins, float center,
    GError **error);

/* Reads what either bind has bound. */
void det_gfl_decode (const DetHead *head, const DetTensor *outputs,
    float threshold, DetCandidates *out);

#endif
