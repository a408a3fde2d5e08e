/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nms.h"

#include "iou.h"
#include <math.h>
#include <stdlib.h>

/* Ultralytics' max_nms: more than this adds time, not objects. */
#define MAX_CANDIDATES 30000

void
det_candidates_clear (DetCandidates *candidates)
{
  g_free (candidates->items);
  g_free (candidates->order);
  *candidates = (DetCandidates){ 0 };
}

DetCandidate *
det_candidates_add (DetCandidates *candidates, DetModelBox box, float score,
    int class_id)
{
  if (candidates->n == candidates->allocated) {
    candidates->allocated = MAX (256, candidates->allocated * 2);
    candidates->items =
        g_renew (DetCandidate, candidates->items, candidates->allocated);
  }

  DetCandidate *item = &candidates->items[candidates->n++];
  item->box = box;
  item->score = score;
  item->class_id = class_id;
  item->n_landmarks = 0;
  return item;
}

static gboolean
is_sound (const DetCandidate *item)
{
  const DetModelBox *box = &item->box;

  return isfinite (box->x0) && isfinite (box->y0) && isfinite (box->x1) &&
      isfinite (box->y1) && isfinite (item->score) && box->x1 > box->x0 &&
      box->y1 > box->y0;
}

static int
compare (const void *a, const void *b, void *data)
{
  const DetCandidate *items = data;
  guint32 i = *(const guint32 *) a;
  guint32 j = *(const guint32 *) b;

  if (items[i].score != items[j].score)
    return items[i].score > items[j].score ? -1 : 1;
  return (i > j) - (i < j);
}

static guint
sort (DetCandidates *candidates)
{
  guint n = 0;

  if (candidates->order_allocated < candidates->n) {
    candidates->order_allocated = candidates->allocated;
    candidates->order =
        g_renew (guint32, candidates->order, candidates->order_allocated);
  }
  for (guint i = 0; i < candidates->n; i++) {
    if (is_sound (&candidates->items[i]))
      candidates->order[n++] = i;
  }
  if (n > 1)
    qsort_r (candidates->order, n, sizeof (guint32), compare,
        candidates->items);
  return MIN (n, MAX_CANDIDATES);
}

static gboolean
is_suppressed (const DetCandidates *candidates, guint kept,
    const DetCandidate *item, float iou_threshold, gboolean class_agnostic)
{
  const DetModelBox *a = &item->box;

  for (guint i = 0; i < kept; i++) {
    const DetCandidate *better = &candidates->items[candidates->order[i]];
    const DetModelBox *b = &better->box;

    if (!class_agnostic && better->class_id != item->class_id)
      continue;
    if (det_iou (a->x0, a->y0, a->x1, a->y1, b->x0, b->y0, b->x1, b->y1) >
        iou_threshold)
      return TRUE;
  }
  return FALSE;
}

guint
det_nms (DetCandidates *candidates, float iou_threshold,
    gboolean class_agnostic, guint max_out)
{
  guint n = sort (candidates);
  guint kept = 0;

  if (iou_threshold >= 1)
    return MIN (n, max_out);
  for (guint i = 0; i < n && kept < max_out; i++) {
    guint32 index = candidates->order[i];

    if (!is_suppressed (candidates, kept, &candidates->items[index],
            iou_threshold, class_agnostic))
      candidates->order[kept++] = index;
  }
  return kept;
}
