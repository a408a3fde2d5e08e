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
  { DET_RESIZE_STRETCH, DET_ROUND_DOWN, 5, 7, 320, 240, 0, 0, 320, 240 },
  /* 721 / 2 = 360.5 → 360 and 723 / 2 = 361.5 → 362, halves to even */
  { DET_RESIZE_LETTERBOX, DET_ROUND_NEAREST, 1280, 721, 640, 640, 0, 140, 640,
      360 },
  { DET_RESIZE_LETTERBOX, DET_ROUND_NEAREST, 1280, 723, 640, 640, 0, 139, 640,
      362 },
  /* 279 / 2 - 0.1 = 139.4 → 139 */
  { DET_RESIZE_LETTERBOX, DET_ROUND_DOWN, 1280, 723, 640, 640, 0, 139, 640,
      361 },
  { DET_RESIZE_TOP_LEFT, DET_ROUND_DOWN, 1280, 723, 640, 640, 0, 0, 640, 361 },
  /* up: 240 × 416 / 320 = 312; 104 / 2 = 52 */
  { DET_RESIZE_LETTERBOX, DET_ROUND_NEAREST, 320, 240, 416, 416, 0, 52, 416,
      312 },
  { DET_RESIZE_TOP_LEFT, DET_ROUND_DOWN, 320, 240, 416, 416, 0, 0, 416, 312 },
  /* 640 / 4000 = 0.16 of a pixel is still one */
  { DET_RESIZE_TOP_LEFT, DET_ROUND_DOWN, 4000, 1, 640, 640, 0, 0, 640, 1 },
  { DET_RESIZE_LETTERBOX, DET_ROUND_NEAREST, 1, 4000, 640, 640, 319, 0, 1,
      640 },
  { DET_RESIZE_LETTERBOX, DET_ROUND_NEAREST, 1, 1, 640, 640, 0, 0, 640, 640 },
  { DET_RESIZE_FIT, DET_ROUND_NEAREST, 768, 576, 800, 800, 0, 0, 768, 576 },
  { DET_RESIZE_FIT, DET_ROUND_NEAREST, 1920, 1080, 800, 800, 0, 0, 800, 450 },
  { DET_RESIZE_FIT, DET_ROUND_NEAREST, 1920, 1080, 0, 0, 0, 0, 1920, 1080 },
  { DET_RESIZE_FIT, DET_ROUND_NEAREST, 1920, 1080, 960, 0, 0, 0, 960, 540 },
  { DET_RESIZE_FIT, DET_ROUND_NEAREST, 1920, 1080, 0, 540, 0, 0, 960, 540 },
  { DET_RESIZE_FIT, DET_ROUND_NEAREST, 4, 4, 1, 0, 0, 0, 1, 1 },
  { DET_RESIZE_FIT, DET_ROUND_NEAREST, 4, 4, 0, 1, 0, 0, 1, 1 },
  /* 1083 / 2 = 541.5 */
  { DET_RESIZE_FIT, DET_ROUND_NEAREST, 1920, 1083, 960, 0, 0, 0, 960, 542 },
  { DET_RESIZE_FIT, DET_ROUND_DOWN, 1920, 1083, 960, 0, 0, 0, 960, 541 },
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

/* Half the distance of floats around a value: how far rounding can move it. */
static double
half_step (double value)
{
  float above = (float) value + 1; /* + 1: the next power of two too */

  return (double) (nextafterf (above, INFINITY) - above) / 2;
}

/* Both spaces are floats: nothing but their rounding may be lost on the way. */
static double
tolerance (int source, int input, int picture)
{
  return half_step (input) * source / picture + half_step (source);
}

static void
assert_round_trip (const DetLetterbox *box)
{
  double width = box->source_width;
  double height = box->source_height;
  double off_x = tolerance (box->source_width, box->input_width, box->width);
  double off_y = tolerance (box->source_height, box->input_height, box->height);
  DetBox in = { (float) (g_test_rand_double () * width),
    (float) (g_test_rand_double () * height),
    (float) (g_test_rand_double () * width),
    (float) (g_test_rand_double () * height) };
  DetModelBox there = det_letterbox_to_model (box, &in);
  DetBox back = det_letterbox_to_source (box, &there);
  DetModelPoint corner = { there.x0, there.y1 };
  DetPoint point = det_letterbox_point_to_source (box, &corner);

  g_assert_cmpfloat_with_epsilon ((double) back.x0, (double) in.x0, off_x);
  g_assert_cmpfloat_with_epsilon ((double) back.y0, (double) in.y0, off_y);
  g_assert_cmpfloat_with_epsilon ((double) back.x1, (double) in.x1, off_x);
  g_assert_cmpfloat_with_epsilon ((double) back.y1, (double) in.y1, off_y);
  g_assert_cmpfloat (point.x, ==, back.x0);
  g_assert_cmpfloat (point.y, ==, back.y1);
}

/* The corners of the picture are the corners of the frame. */
static void
assert_corners (const DetLetterbox *box)
{
  DetBox frame = { 0, 0, (float) box->source_width,
    (float) box->source_height };
  DetModelBox picture = det_letterbox_to_model (box, &frame);

  g_assert_cmpfloat (picture.x0, ==, (float) box->x);
  g_assert_cmpfloat (picture.y0, ==, (float) box->y);
  g_assert_cmpfloat (picture.x1, ==, (float) (box->x + box->width));
  g_assert_cmpfloat (picture.y1, ==, (float) (box->y + box->height));
}

/* Thousands of random sizes: the picture lies inside, and the way back is exact. */
static void
test_round_trip (void)
{
  for (int i = 0; i < 20000; i++) {
    DetResizeMode mode = (DetResizeMode) g_test_rand_int_range (0, 4);
    DetRounding rounding = (DetRounding) g_test_rand_int_range (0, 2);
    DetLetterbox box;

    det_letterbox_init (&box, mode, rounding, g_test_rand_int_range (1, 16385),
        g_test_rand_int_range (1, 16385), g_test_rand_int_range (1, 2049),
        g_test_rand_int_range (1, 2049));
    g_assert_cmpint (box.x, >=, 0);
    g_assert_cmpint (box.y, >=, 0);
    g_assert_cmpint (box.width, >=, 1);
    g_assert_cmpint (box.height, >=, 1);
    g_assert_cmpint (box.x + box.width, <=, box.input_width);
    g_assert_cmpint (box.y + box.height, <=, box.input_height);
    assert_corners (&box);
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
