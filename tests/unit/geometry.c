/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "iou.h"

#include <detect/geometry.h>
#include <math.h>

typedef struct
{
  DetBox a, b;
  float iou;
} IouCase;

static const IouCase iou_cases[] = {
  { { 0, 0, 10, 10 }, { 0, 0, 10, 10 }, 1 },
  { { 0, 0, 10, 10 }, { 5, 0, 15, 10 }, 1 / 3.0f },
  { { 0, 0, 10, 10 }, { 10, 0, 20, 10 }, 0 }, /* half-open: they only touch */
  { { 0, 0, 10, 10 }, { 2, 2, 4, 4 }, 0.04f },
  { { 5, 5, 5, 9 }, { 0, 0, 10, 10 }, 0 },   /* empty */
  { { 10, 10, 0, 0 }, { 0, 0, 10, 10 }, 0 }, /* turned inside out */
  { { NAN, 0, 10, 10 }, { 0, 0, 10, 10 }, 0 },
  { { -INFINITY, 0, INFINITY, 10 }, { 0, 0, 10, 10 }, 0 },
  { { -3e38f, -3e38f, 3e38f, 3e38f }, { -3e38f, -3e38f, 3e38f, 3e38f }, 1 },
};

static void
test_iou (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (iou_cases); i++) {
    const IouCase *c = &iou_cases[i];

    g_test_message ("case %" G_GSIZE_FORMAT, i);
    g_assert_cmpfloat_with_epsilon ((double) det_box_iou (&c->a, &c->b),
        (double) c->iou, 1e-6);
    g_assert_cmpfloat (det_box_iou (&c->a, &c->b), ==,
        det_box_iou (&c->b, &c->a));
  }
}

/* How much of the second one lies in the first. */
static const IouCase covered_cases[] = {
  { { 0, 0, 10, 10 }, { 5, 0, 15, 10 }, 0.5f },
  { { 0, 0, 10, 10 }, { 5, 5, 15, 15 }, 0.25f },
  { { 2, 2, 4, 4 }, { 0, 0, 10, 10 }, 0.04f },
  { { 0, 0, 10, 10 }, { 2, 2, 4, 4 }, 1 },
  { { 0, 0, 1, 1 }, { 0.5f, 0, 0.75f, 1 }, 1 }, /* a quarter of a pixel */
  { { 0, 0, 10, 10 }, { 10, 0, 20, 10 }, 0 },
  { { 0, 0, 10, 10 }, { 5, 5, 5, 9 }, 0 },
  { { 0, 0, 10, 10 }, { 20, 20, 30, 30 }, 0 },
};

static void
test_covered (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (covered_cases); i++) {
    const DetBox *a = &covered_cases[i].a;
    const DetBox *b = &covered_cases[i].b;

    g_test_message ("case %" G_GSIZE_FORMAT, i);
    g_assert_cmpfloat_with_epsilon ((double) det_covered (a->x0, a->y0, a->x1,
                                        a->y1, b->x0, b->y0, b->x1, b->y1),
        (double) covered_cases[i].iou, 1e-6);
  }
}

typedef struct
{
  DetBox box;
  gboolean left;
  DetBox cut;
} ClipCase;

static const ClipCase clip_cases[] = {
  { { -5, -5, 5, 5 }, TRUE, { 0, 0, 5, 5 } },
  { { 90, 40, 200, 200 }, TRUE, { 90, 40, 100, 50 } },
  { { 1.5f, 2.5f, 3.5f, 4.5f }, TRUE, { 1.5f, 2.5f, 3.5f, 4.5f } },
  { { 100, 0, 110, 10 }, FALSE, { 0 } },
  { { 0, -10, 10, 0 }, FALSE, { 0 } },
  { { 5, 5, 5, 6 }, FALSE, { 0 } },
  { { NAN, 0, 1, 1 }, FALSE, { 0 } },
  { { 0, 0, INFINITY, 1 }, FALSE, { 0 } },
};

static void
test_clip (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (clip_cases); i++) {
    DetBox box = clip_cases[i].box;
    const DetBox *cut = &clip_cases[i].cut;

    g_assert_cmpint (det_box_clip (&box, 100, 50), ==, clip_cases[i].left);
    if (!clip_cases[i].left)
      continue;
    g_assert_true (box.x0 == cut->x0 && box.y0 == cut->y0 &&
        box.x1 == cut->x1 && box.y1 == cut->y1);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/geometry/iou", test_iou);
  g_test_add_func ("/geometry/covered", test_covered);
  g_test_add_func ("/geometry/clip", test_clip);
  return g_test_run ();
}
