/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "merge.h"

#include "iou.h"
#include <stdlib.h>

/* So much of a cut piece lies in another one that it is a piece of the same. */
#define MOST_OF_IT 0.6f

static int
compare_scores (const DetPiece *a, const DetPiece *b)
{
  if (a->object.score != b->object.score)
    return a->object.score < b->object.score ? 1 : -1;
  return a->object.part - b->object.part; /* the same order every time */
}

static int
by_score (const void *a, const void *b)
{
  return compare_scores (a, b);
}

static int
whole_first (const void *a, const void *b)
{
  const DetPiece *x = a;
  const DetPiece *y = b;

  return x->is_cut != y->is_cut ? x->is_cut - y->is_cut : compare_scores (x, y);
}

static gboolean
is_same (const DetPiece *kept, const DetPiece *piece, float iou_threshold,
    gboolean class_agnostic)
{
  const DetBox *a = &kept->object.box;
  const DetBox *b = &piece->object.box;

  if (kept->object.part == piece->object.part ||
      (!class_agnostic && kept->object.class_id != piece->object.class_id))
    return FALSE;
  return det_iou (a->x0, a->y0, a->x1, a->y1, b->x0, b->y0, b->x1, b->y1) >
      iou_threshold ||
      (piece->is_cut &&
          det_covered (a->x0, a->y0, a->x1, a->y1, b->x0, b->y0, b->x1, b->y1) >
              MOST_OF_IT);
}

guint
det_merge (DetPiece *pieces, guint n, float iou_threshold,
    gboolean class_agnostic)
{
  guint kept = 0;

  qsort (pieces, n, sizeof *pieces, whole_first);
  for (guint i = 0; i < n; i++) {
    guint k = 0;

    while (k < kept &&
        !is_same (&pieces[k], &pieces[i], iou_threshold, class_agnostic))
      k++;
    if (k == kept)
      pieces[kept++] = pieces[i];
  }
  qsort (pieces, kept, sizeof *pieces, by_score);
  return kept;
}
