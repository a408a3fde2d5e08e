/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_ROWSCALE_H
#define DET_ROWSCALE_H

#include <glib.h>

/* Bilinear scaling in two steps, sample centres on sample centres as OpenCV's
 * INTER_LINEAR has them: source = (target + 0.5) × ratio - 0.5, held at the
 * borders. */

/* Which two source rows a target row lies between. */
typedef struct {
  int first;
  int weight; /* of the row after it, in 1/256; 0: first alone */
} DetRowBlend;

/* One entry per target row. A plane with half the rows (shift 1) is sampled where
 * the luma row lies. */
DetRowBlend *det_row_blend_new (int source, int shift, int target);

typedef struct {
  int source;
  int target;
  gint32 *first; /* for what libyuv does not do; NULL: libyuv does it */
  guint8 *weight;
} DetRowScale;

void det_row_scale_init (DetRowScale *scale, int source, int shift, int target);
void det_row_scale_clear (DetRowScale *scale);
gboolean det_row_scale_is_identity (const DetRowScale *scale);
void det_row_scale_run (
    const DetRowScale *scale, const guint8 *source, guint8 *target);

#endif
