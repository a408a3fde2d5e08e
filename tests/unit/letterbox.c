/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "letterbox.h"

#include <math.h>

typedef struct
{
  DetResizeMode mode;
  DetRounding rounding;
  int source_width, source_height, input_width, input_height;
  int x, y, width, height;
} Case;

/* Worked by hand from Ultralytics' LetterBox (round half to even, left = round
 * (dw / 2 - 0.1)) and YOLOX's preproc (int). */
static const Case cases[] = {
  { DET_RESIZE_LETTERBOX, DET_ROUND_NEAREST, 1920, 1080, 640, 640, 0, 140, 640,
      360 },
  { DET_RESIZE_LETTERBOX, DET_ROUND_NEAREST, 810, 1080, 640, 640, 80, 0, 480,
      640 },
  /* 424 × 416 / 640 = 275.6 → 276; 140 / 2 = 70 */
  { DET_RESIZE_LETTERBOX, DET_ROUND_NEAREST, 640, 424, 416, 416, 0, 70, 416,
      276 },
  /* 427 × 416 / 641 = 277.1 → 277; 139 / 2 - 0.1 = 69.4 → 69 */
  { DET_RESIZE_LETTERBOX, DET_ROUND_NEAREST, 641, 427, 416, 416, 0, 69, 416,
      277 },
  { DET_RESIZE_TOP_LEFT, DET_ROUND_DOWN, 640, 424, 416, 416, 0, 0, 416, 275 },
  { DET_RESIZE_TOP_LEFT, DET_ROUND_NEAREST, 640, 424, 416, 416, 0, 0, 416,
      276 },
  { DET_RESIZE_STRETCH, DET_ROUND_NEAREST, 640, 424, 320, 240, 0, 0, 320, 240 },
  { DET_RESIZE_LETTERBOX, DET_ROUND_NEAREST, 1, 4000, 640, 640, 319, 0, 1,
      640 },
  { DET_RESIZE_LETTERBOX, DET_ROUND_NEAREST, 1, 1, 640, 640, 0, 0, 640, 640 },
  { DET_RESIZE_FIT, DET_ROUND_NEAREST, 768, 576, 800, 800, 0, 0, 768, 576 },
  { DET_RESIZE_FIT, DET_ROUND_NEAREST, 1920, 1080, 800, 800, 0, 0, 800, 450 },
  { DET_RESIZE_FIT, DET_ROUND_NEAREST, 1920, 1080, 0, 0, 0, 0, 1920, 1080 },
};

static void
test_known (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    const Case *c = &cases[i];
    DetLetterbox box;

    g_test_message ("case %" G_GSIZE_FORMAT, i);
    det_letterbox_init (&box, c->mode, c->rounding, c->source_width,
        c->source_height, c->input_width, c->input_height);
    g_assert_cmpint (box.x, ==, c->x);
    g_assert_cmpint (box.y, ==, c->y);
    g_assert_cmpint (box.width, ==, c->width);
    g_assert_cmpint (box.height, ==, c->height);
    if (c->mode == DET_RESIZE_FIT) {
      g_assert_cmpint (box.input_width, ==, c->width);
      g_assert_cmpint (box.input_height, ==, c->height);
    }
  }
}

static void
assert_round_trip (const DetLetterbox *letterbox)
{
  float width = (float) letterbox->source_width;
  float height = (float) letterbox->source_height;
  DetBox box = { (float) g_test_rand_double () * width,
    (float) g_test_rand_double () * height,
    (float) g_test_rand_double () * width,
    (float) g_test_rand_double () * height };
  DetModelBox there = det_letterbox_to_model (letterbox, &box);
  DetBox back = det_letterbox_to_source (letterbox, &there);
  DetModelPoint corner = { there.x0, there.y1 };
  DetPoint point = det_letterbox_point_to_source (letterbox, &corner);
  /* The model's pixel may be many of the source's: what its float cannot hold is
   * the bound. */
  double tolerance = MAX (1e-3,
      4e-7 * MAX (letterbox->input_width, letterbox->input_height) *
          MAX ((double) letterbox->source_width / letterbox->width,
              (double) letterbox->source_height / letterbox->height));

  g_assert_cmpfloat_with_epsilon ((double) back.x0, (double) box.x0, tolerance);
  g_assert_cmpfloat_with_epsilon ((double) back.y0, (double) box.y0, tolerance);
  g_assert_cmpfloat_with_epsilon ((double) back.x1, (double) box.x1, tolerance);
  g_assert_cmpfloat_with_epsilon ((double) back.y1, (double) box.y1, tolerance);
  g_assert_cmpfloat_with_epsilon ((double) point.x, (double) box.x0, tolerance);
  g_assert_cmpfloat_with_epsilon ((double) point.y, (double) box.y1, tolerance);
}

/* Thousands of random sizes: the picture lies inside, and the way back is exact. */
static void
test_round_trip (void)
{
  for (int i = 0; i < 20000; i++) {
    DetResizeMode mode = (DetResizeMode) g_test_rand_int_range (0, 4);
    DetRounding rounding = (DetRounding) g_test_rand_int_range (0, 2);
    DetLetterbox box;

    det_letterbox_init (&box, mode, rounding, g_test_rand_int_range (1, 4097),
        g_test_rand_int_range (1, 4097), g_test_rand_int_range (1, 1281),
        g_test_rand_int_range (1, 1281));
    g_assert_cmpint (box.x, >=, 0);
    g_assert_cmpint (box.y, >=, 0);
    g_assert_cmpint (box.width, >=, 1);
    g_assert_cmpint (box.height, >=, 1);
    g_assert_cmpint (box.x + box.width, <=, box.input_width);
    g_assert_cmpint (box.y + box.height, <=, box.input_height);
    assert_round_trip (&box);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/letterbox/known", test_known);
  g_test_add_func ("/letterbox/round-trip", test_round_trip);
  return g_test_run ();
}
