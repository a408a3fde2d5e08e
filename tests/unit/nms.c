/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nms.h"

#include <math.h>
#include <string.h>

/* ---- a reference that shares nothing ---- */

static double
overlap (const DetModelBox *a, const DetModelBox *b)
{
  double w = fmin ((double) a->x1, (double) b->x1) -
      fmax ((double) a->x0, (double) b->x0);
  double h = fmin ((double) a->y1, (double) b->y1) -
      fmax ((double) a->y0, (double) b->y0);
  double area_a =
      ((double) a->x1 - (double) a->x0) * ((double) a->y1 - (double) a->y0);
  double area_b =
      ((double) b->x1 - (double) b->x0) * ((double) b->y1 - (double) b->y0);

  return w > 0 && h > 0 ? w * h / (area_a + area_b - w * h) : 0;
}

/* The best that is left, taken away with all it suppresses, until none is left. */
static guint
brute_force (const DetCandidates *set, double threshold, gboolean agnostic,
    guint max_out, guint *kept)
{
  g_autofree gboolean *gone = g_new0 (gboolean, set->n + 1);
  guint n = 0;

  while (n < max_out) {
    int best = -1;

    for (guint i = 0; i < set->n; i++) {
      if (!gone[i] &&
          (best < 0 || set->items[i].score > set->items[best].score))
        best = (int) i;
    }
    if (best < 0)
      break;
    kept[n++] = (guint) best;
    gone[best] = TRUE;
    for (guint i = 0; i < set->n; i++) {
      if (!gone[i] &&
          (agnostic || set->items[i].class_id == set->items[best].class_id) &&
          (float) overlap (&set->items[i].box, &set->items[best].box) >
              (float) threshold)
        gone[i] = TRUE;
    }
  }
  return n;
}

static void
fill_randomly (DetCandidates *set, guint n)
{
  set->n = 0;
  for (guint i = 0; i < n; i++) {
    float x = (float) g_test_rand_int_range (0, 40);
    float y = (float) g_test_rand_int_range (0, 40);
    DetModelBox box = { x, y, x + (float) g_test_rand_int_range (1, 30),
      y + (float) g_test_rand_int_range (1, 30) };

    /* Few scores, so that ties are common. */
    det_candidates_add (set, box, (float) g_test_rand_int_range (1, 20) / 20,
        g_test_rand_int_range (0, 3));
  }
}

static void
test_brute_force (void)
{
  DetCandidates set = { 0 };

  for (int round = 0; round < 3000; round++) {
    guint n = (guint) g_test_rand_int_range (0, 60);
    float threshold = (float) g_test_rand_int_range (0, 10) / 10;
    gboolean agnostic = g_test_rand_bit ();
    guint max_out = g_test_rand_bit () ? G_MAXUINT : 5;
    guint expected[64];

    fill_randomly (&set, n);
    guint n_expected =
        brute_force (&set, (double) threshold, agnostic, max_out, expected);
    g_assert_cmpuint (det_nms (&set, threshold, agnostic, max_out), ==,
        n_expected);
    for (guint i = 0; i < n_expected; i++)
      g_assert_cmpuint (set.order[i], ==, expected[i]);
  }
  det_candidates_clear (&set);
}

static void
test_unsound (void)
{
  static const DetModelBox bad[] = { { NAN, 0, 1, 1 }, { 0, 0, INFINITY, 1 },
    { 5, 5, 5, 9 }, { 9, 0, 1, 1 }, { 5, 5, 9, 5 }, { 0, 9, 1, 1 } };
  DetCandidates set = { 0 };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    det_candidates_add (&set, bad[i], 0.9f, 0);
  det_candidates_add (&set, (DetModelBox){ 0, 0, 1, 1 }, NAN, 0);
  det_candidates_add (&set, (DetModelBox){ 0, 0, 1, 1 }, 0.5f, 0);
  g_assert_cmpuint (det_nms (&set, 0.5f, FALSE, G_MAXUINT), ==, 1);
  g_assert_cmpuint (set.order[0], ==, 7);
  det_candidates_clear (&set);
}

static void
test_keep_all (void)
{
  DetCandidates set = { 0 };

  for (int i = 0; i < 10; i++)
    det_candidates_add (&set, (DetModelBox){ 0, 0, 1, 1 }, (float) i / 10, 0);
  g_assert_cmpuint (det_nms (&set, 1, FALSE, G_MAXUINT), ==, 10);
  g_assert_cmpuint (set.order[0], ==, 9);
  g_assert_cmpuint (det_nms (&set, 0.99f, FALSE, G_MAXUINT), ==, 1);
  det_candidates_clear (&set);
}

/* More than anybody needs is cut to the best 30000. Where none can suppress another
 * they are not compared: that would take a minute here. */
static void
test_many (void)
{
  DetCandidates set = { 0 };

  for (int i = 0; i < 40000; i++)
    det_candidates_add (&set, (DetModelBox){ (float) i, 0, (float) i + 1, 1 },
        (float) i / 40000, 0);
  for (int round = 0; round < 10; round++) {
    g_assert_cmpuint (det_nms (&set, 1, FALSE, G_MAXUINT), ==, 30000);
    g_assert_cmpuint (set.order[0], ==, 39999);
  }
  det_candidates_clear (&set);
}

/* A set is used anew for every frame: nothing of the last one is left. */
static void
test_again (void)
{
  const DetModelBox box = { 0, 0, 1, 1 };
  DetCandidates set = { 0 };

  det_candidates_add (&set, box, 0.5f, 0)->n_landmarks = 5;
  set.n = 0;
  g_assert_cmpint (det_candidates_add (&set, box, 0.5f, 0)->n_landmarks, ==, 0);
  det_candidates_clear (&set);
  g_assert_null (set.items);
  g_assert_cmpuint (set.n, ==, 0);
  det_candidates_add (&set, box, 0.5f, 0);
  g_assert_cmpuint (det_nms (&set, 0.5f, FALSE, G_MAXUINT), ==, 1);
  det_candidates_clear (&set);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nms/brute-force", test_brute_force);
  g_test_add_func ("/nms/unsound", test_unsound);
  g_test_add_func ("/nms/keep-all", test_keep_all);
  g_test_add_func ("/nms/many", test_many);
  g_test_add_func ("/nms/again", test_again);
  return g_test_run ();
}
