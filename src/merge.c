/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "merge.h"

#include "iou.h"
#include <stdlib.h>

/* So much of a cut piece lies in another one that it is a piece of the same. */
#define MOST_OF_IT 0.6f

/* So much of two pieces' joint extent along a border is in both, when they are one
 * object that the border cuts. */
#define SAME_EXTENT 0.4f

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
  int cut = (x->cuts != 0) - (y->cuts != 0);

  return cut != 0 ? cut : compare_scores (x, y);
}

static gboolean
may_be_same (const DetPiece *a, const DetPiece *b, gboolean class_agnostic)
{
  return a->object.part != b->object.part &&
      (class_agnostic || a->object.class_id == b->object.class_id);
}

static gboolean
is_same (const DetPiece *kept, const DetPiece *piece, float iou_threshold)
{
  const DetBox *a = &kept->object.box;
  const DetBox *b = &piece->object.box;

  return det_iou (a->x0, a->y0, a->x1, a->y1, b->x0, b->y0, b->x1, b->y1) >
      iou_threshold ||
      (piece->cuts != 0 &&
          det_covered (a->x0, a->y0, a->x1, a->y1, b->x0, b->y0, b->x1, b->y1) >
              MOST_OF_IT);
}

static guint
drop_doubles (DetPiece *pieces, guint n, float iou_threshold,
    gboolean class_agnostic)
{
  guint kept = 0;

  if (n == 0)
    return 0;
  qsort (pieces, n, sizeof *pieces, whole_first);
  for (guint i = 0; i < n; i++) {
    guint k = 0;

    while (k < kept &&
        !(may_be_same (&pieces[k], &pieces[i], class_agnostic) &&
            is_same (&pieces[k], &pieces[i], iou_threshold)))
      k++;
    if (k == kept)
      pieces[kept++] = pieces[i];
  }
  return kept;
}

/* ---- one object on both sides of a border ---- */

/* The share of what two stretches cover together that is in both. */
static float
common_extent (float a0, float a1, float b0, float b1)
{
  return det_iou (a0, 0, a1, 1, b0, 0, b1, 1);
}

/* Whether a goes on in b over a border that cuts a on the side, and b on the other. */
static gboolean
goes_on (const DetPiece *a, const DetPiece *b, DetCut side, DetCut other)
{
  const DetBox *x = &a->object.box;
  const DetBox *y = &b->object.box;
  gboolean is_beside = side == DET_CUT_RIGHT;

  if (!(a->cuts & side) || !(b->cuts & other) ||
      det_common_area (x->x0, x->y0, x->x1, x->y1, y->x0, y->y0, y->x1,
          y->y1) <= 0)
    return FALSE;
  return is_beside ? x->x0 < y->x0 && x->x1 < y->x1 &&
          common_extent (x->y0, x->y1, y->y0, y->y1) > SAME_EXTENT
                   : x->y0 < y->y0 && x->y1 < y->y1 &&
          common_extent (x->x0, x->x1, y->x0, y->x1) > SAME_EXTENT;
}

static DetPiece
join (const DetPiece *a, const DetPiece *b, DetCut side, DetCut other)
{
  const DetPiece *best = b->object.score > a->object.score ? b : a;
  DetPiece both = *best;

  both.object.box = (DetBox){
    .x0 = MIN (a->object.box.x0, b->object.box.x0),
    .y0 = MIN (a->object.box.y0, b->object.box.y0),
    .x1 = MAX (a->object.box.x1, b->object.box.x1),
    .y1 = MAX (a->object.box.y1, b->object.box.y1),
  };
  both.cuts = (a->cuts & ~(guint) side) | (b->cuts & ~(guint) other);
  return both;
}

static gboolean
join_if_one (DetPiece *a, const DetPiece *b)
{
  static const struct
  {
    DetCut side;
    DetCut other;
  } borders[] = { { DET_CUT_RIGHT, DET_CUT_LEFT },
    { DET_CUT_BOTTOM, DET_CUT_TOP } };

  for (gsize i = 0; i < G_N_ELEMENTS (borders); i++) {
    DetCut side = borders[i].side;
    DetCut other = borders[i].other;

    if (goes_on (a, b, side, other))
      *a = join (a, b, side, other);
    else if (goes_on (b, a, side, other))
      *a = join (b, a, side, other);
    else
      continue;
    return TRUE;
  }
  return FALSE;
}

/* What was joined may go on over another border. */
static guint
join_cut (DetPiece *pieces, guint n, gboolean class_agnostic)
{
  for (guint i = 0; i < n; i++) {
    for (guint k = i + 1; k < n; k++) {
      if (!may_be_same (&pieces[i], &pieces[k], class_agnostic) ||
          !join_if_one (&pieces[i], &pieces[k]))
        continue;
      pieces[k] = pieces[--n];
      k = i;
    }
  }
  return n;
}

guint
det_merge (DetPiece *pieces, guint n, float iou_threshold,
    gboolean class_agnostic)
{
  n = drop_doubles (pieces, n, iou_threshold, class_agnostic);
  n = join_cut (pieces, n, class_agnostic);
  n = drop_doubles (pieces, n, iou_threshold, class_agnostic);
  if (n > 0)
    qsort (pieces, n, sizeof *pieces, by_score);
  return n;
}
