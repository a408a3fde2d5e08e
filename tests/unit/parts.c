/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames looked at in parts, and the part of them where objects count. */
#include "merge.h"
#include "region.h"
#include <detect/detect.h>
#include <glib/gstdio.h>
#include <string.h>

#include "testmodels.h"

/* ---- regions ---- */

typedef struct
{
  const char *text;
  gboolean ok;
  float x; /* in pixels of a frame of 200 × 100 */
  float y;
  gboolean holds;
} RegionCase;

static const RegionCase regions[] = {
  { "objects", TRUE, 1, 1, TRUE },
  { "0,0,0.5,0.5", TRUE, 50, 25, TRUE },
  { "0,0,0.5,0.5", TRUE, 150, 25, FALSE },
  { "0,0,0.5,0.5", TRUE, 50, 75, FALSE },
  { "0.5,0.5,0.9,0.9", TRUE, 190, 90, TRUE }, /* reaches over the border */
  { "100,50,100,50", TRUE, 150, 75, TRUE },
  { "100,50,100,50", TRUE, 50, 75, FALSE },
  { "0,0 1,0 0,1", TRUE, 40, 20, TRUE },
  { "0,0 1,0 0,1", TRUE, 160, 80, FALSE },
  { "0,0  200,0\n200,100 0,100 100,50", TRUE, 150, 50, TRUE },
  { "0,0 200,0 200,100 0,100 100,50", TRUE, 50, 50, FALSE }, /* the notch */
  { "0,0,1,0.5", TRUE, 50, 60, FALSE },
  { "10,40,50,20", TRUE, 12, 50, TRUE },
  { "10,40,50,20", TRUE, 58, 50, TRUE },
  /* One number above 1 makes all of them pixels. */
  { "2,0,1,1", TRUE, 2.5f, 0.5f, TRUE },
  { "1.5,0,1,1", TRUE, 2, 0.5f, TRUE },
  { "0,0 1.5,0 0,1", TRUE, 40, 20, FALSE },
  { "0,0 1,0 0,1.5", TRUE, 40, 20, FALSE },
  { "0,0,1,0", FALSE, 0, 0, FALSE },
  { "", FALSE, 0, 0, FALSE },
  { "objekts", FALSE, 0, 0, FALSE },
  { "1,2", FALSE, 0, 0, FALSE },
  { "1,2 3,4", FALSE, 0, 0, FALSE },
  { "1,2,3", FALSE, 0, 0, FALSE },
  { "0,0,0,1", FALSE, 0, 0, FALSE },
  { "0,0,1,1,1", FALSE, 0, 0, FALSE },
  { "0,0 1,0 0,1,2,3", FALSE, 0, 0, FALSE },
  { "0,0,1,1 0,0", FALSE, 0, 0, FALSE },
  { "0,0 1,0 0,x", FALSE, 0, 0, FALSE },
  { "0,0 1,0 0,nan", FALSE, 0, 0, FALSE },
  { "0,0 1,0 -1,1", FALSE, 0, 0, FALSE },
  { "0,0 1,0 0,1,", FALSE, 0, 0, FALSE },
};

static void
test_region (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (regions); i++) {
    const RegionCase *c = &regions[i];
    DetBox box = { c->x - 3, c->y - 2, c->x + 3, c->y + 2 };
    g_autoptr (GError) error = NULL;
    DetRegion region;

    g_test_message ("'%s'", c->text);
    g_assert_cmpint (det_region_parse (&region, c->text, &error), ==, c->ok);
    if (c->ok) {
      g_assert_no_error (error);
      g_assert_cmpint (det_region_holds (&region, &box, 200, 100), ==,
          c->holds);
    } else {
      g_assert_error (error, DET_ERROR, DET_ERROR_OPTION);
    }
    det_region_clear (&region);
  }
}

/* ---- merging ---- */

static DetPiece
make_piece (int part, int class_id, float score, float x0, float x1, guint cuts)
{
  return (DetPiece){ .object = { .box = { x0, 0, x1, 10 },
                         .score = score,
                         .class_id = class_id,
                         .part = part },
    .cuts = cuts };
}

static void
expect_scores (const DetPiece *pieces, guint n, const char *wanted)
{
  g_autoptr (GString) found = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append_printf (found, "%s%d", i > 0 ? "," : "",
        (int) (pieces[i].object.score * 100 + 0.5f));
  g_assert_cmpstr (found->str, ==, wanted);
}

static void
test_merge (void)
{
  /* A whole one, and what two tiles have of it, one of them surer. */
  DetPiece cut[] = { make_piece (1, 0, 0.9f, 0, 52, DET_CUT_RIGHT),
    make_piece (2, 0, 0.6f, 40, 100, DET_CUT_LEFT),
    make_piece (0, 0, 0.7f, 0, 100, 0) };
  expect_scores (cut, det_merge (cut, 3, 0.5f, FALSE), "70");

  /* The same one whole in two tiles: the better. */
  DetPiece twice[] = { make_piece (1, 0, 0.6f, 10, 50, 0),
    make_piece (2, 0, 0.8f, 11, 50, 0) };
  expect_scores (twice, det_merge (twice, 2, 0.5f, FALSE), "80");

  /* Neighbours in one part are for its own NMS. */
  DetPiece same_part[] = { make_piece (1, 0, 0.6f, 10, 50, 0),
    make_piece (1, 0, 0.8f, 11, 50, 0) };
  expect_scores (same_part, det_merge (same_part, 2, 0.5f, FALSE), "80,60");

  /* A small whole one in front of a large one stays. */
  DetPiece in_front[] = { make_piece (0, 0, 0.8f, 0, 100, 0),
    make_piece (1, 0, 0.6f, 10, 30, 0) };
  expect_scores (in_front, det_merge (in_front, 2, 0.5f, FALSE), "80,60");

  /* No part has it whole: it goes on over two borders. */
  DetPiece halves[] = { make_piece (1, 0, 0.6f, 0, 50, DET_CUT_RIGHT),
    make_piece (3, 0, 0.5f, 80, 120, DET_CUT_LEFT),
    make_piece (2, 0, 0.8f, 40, 90, DET_CUT_LEFT | DET_CUT_RIGHT) };
  expect_scores (halves, det_merge (halves, 3, 0.5f, FALSE), "80");
  g_assert_cmpfloat ((double) halves[0].object.box.x0, ==, 0);
  g_assert_cmpfloat ((double) halves[0].object.box.x1, ==, 120);
  g_assert_cmpuint (halves[0].cuts, ==, 0);

  /* They do not meet, or their borders do not face each other. */
  DetPiece apart[] = { make_piece (1, 0, 0.6f, 0, 50, DET_CUT_RIGHT),
    make_piece (2, 0, 0.8f, 51, 90, DET_CUT_LEFT) };
  expect_scores (apart, det_merge (apart, 2, 0.5f, FALSE), "80,60");
  DetPiece away[] = { make_piece (1, 0, 0.6f, 0, 50, DET_CUT_LEFT),
    make_piece (2, 0, 0.8f, 40, 90, DET_CUT_RIGHT) };
  expect_scores (away, det_merge (away, 2, 0.5f, FALSE), "80,60");

  DetPiece classes[] = { make_piece (0, 0, 0.6f, 0, 40, 0),
    make_piece (1, 1, 0.8f, 0, 40, 0) };
  expect_scores (classes, det_merge (classes, 2, 0.5f, FALSE), "80,60");
  expect_scores (classes, det_merge (classes, 2, 0.5f, TRUE), "80");
}

/* ---- sessions ---- */

/* 64 × 64; in cell 10 of 84: 24,16 – 56,32 at 0.75. */
#define CANNED                        \
  "[input images]\nshape=1;3;64;64\n" \
  "[output output0]\nshape=1;5;84\n"  \
  "data=10;40;94;24;178;32;262;16;346;0.75\n"

typedef struct
{
  char *path;
  DetModel *model;
  DetParams *params;
  DetSession *session;
} Bench;

static void
open_bench (Bench *bench, const char *region)
{
  g_autoptr (DetOptions) options = det_options_new ();
  g_autoptr (GError) error = NULL;

  bench->path = test_file ("canned.null", CANNED, -1);
  det_options_set_string (options, DET_OPT_MODEL, bench->path);
  det_options_set_string (options, DET_OPT_REGION, region);
  bench->model = det_model_new (options, &error);
  g_assert_no_error (error);
  bench->params = det_params_new (bench->model, options, &error);
  g_assert_no_error (error);
  bench->session = det_session_new (bench->model, &error);
  g_assert_no_error (error);
}

static void
close_bench (Bench *bench)
{
  det_session_free (bench->session);
  det_params_unref (bench->params);
  det_model_unref (bench->model);
  test_file_remove (bench->path);
  g_free (bench->path);
}

/* Looks at parts of 64 × 64 of a frame of 640 × 64. */
static DetDetections *
look (Bench *bench, const int *offsets, guint n)
{
  static guint8 pixels[64 * 64];
  g_autoptr (GError) error = NULL;
  DetFrame frame;

  det_frame_init_packed (&frame, DET_PIXEL_FORMAT_GRAY8, 64, 64, 64, pixels);
  g_assert_true (det_session_begin (bench->session, 640, 64, bench->params,
      &error));
  for (guint i = 0; i < n; i++)
    g_assert_true (det_session_add (bench->session, &frame, offsets[i], 0,
        &error));
  det_session_start (bench->session);
  DetDetections *found = det_session_wait (bench->session, -1, &error);
  g_assert_no_error (error);
  return found;
}

/* Objects come out in the frame's pixels, and say which part they are from. */
static void
test_parts (void)
{
  static const int offsets[] = { 0, 100, 300, 200 };
  Bench bench;

  open_bench (&bench, NULL);
  for (int round = 0; round < 2; round++) {
    guint n = round == 0 ? 4 : 2; /* fewer parts than before */
    g_autoptr (DetDetections) found = look (&bench, offsets, n);

    g_assert_cmpint (found->width, ==, 640);
    g_assert_cmpint (found->height, ==, 64);
    g_assert_cmpuint (found->n_objects, ==, n);
    for (guint i = 0; i < n; i++) {
      const DetObject *object = &found->objects[i];

      g_assert_cmpint (object->part, ==, (int) i);
      g_assert_cmpfloat_with_epsilon ((double) object->box.x0, 24 + offsets[i],
          1e-3);
      g_assert_cmpfloat_with_epsilon ((double) object->box.x1, 56 + offsets[i],
          1e-3);
      g_assert_cmpfloat_with_epsilon ((double) object->box.y0, 16, 1e-3);
    }
  }
  close_bench (&bench);
}

/* The same object seen in two parts is one; without parts there is none. */
static void
test_overlapping_parts (void)
{
  static const int offsets[] = { 0, 2, 100 };
  Bench bench;

  open_bench (&bench, NULL);
  g_autoptr (DetDetections) found = look (&bench, offsets, 3);
  g_assert_cmpuint (found->n_objects, ==, 2);
  g_autoptr (DetDetections) none = look (&bench, offsets, 0);
  g_assert_cmpuint (none->n_objects, ==, 0);
  close_bench (&bench);
}

/* A region is the whole frame's, whatever the parts. */
static void
test_region_of_parts (void)
{
  static const int offsets[] = { 0, 100, 300, 200 };
  Bench bench;

  open_bench (&bench, "0.2,0,0.5,1"); /* 128 – 448 */
  g_autoptr (DetDetections) found = look (&bench, offsets, 4);
  g_assert_cmpuint (found->n_objects, ==, 3);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpfloat ((double) found->objects[i].box.x0, >, 100);
  close_bench (&bench);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/parts/region", test_region);
  g_test_add_func ("/parts/merge", test_merge);
  g_test_add_func ("/parts/session", test_parts);
  g_test_add_func ("/parts/overlapping", test_overlapping_parts);
  g_test_add_func ("/parts/region-of-parts", test_region_of_parts);
  return g_test_run ();
}
