/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What pieces of objects in parts of a frame become. Each case is tried as it stands,
 * with the pieces the other way round, and with x and y exchanged. */
#include "merge.h"

#include <string.h>

#define L DET_CUT_LEFT
#define R DET_CUT_RIGHT
#define MOST 4

typedef struct
{
  const char *what;
  DetPiece pieces[MOST]; /* those without a score are none */
  const char *merged;    /* score in hundredths: box, … the surest first */
} MergeCase;

/* Part, class, score, box, the borders that cut it. */
#define PIECE(part_, class_, score_, x0_, y0_, x1_, y1_, cuts_) \
  {                                                             \
    .object = { .box = { x0_, y0_, x1_, y1_ },                  \
      .score = score_,                                          \
      .class_id = class_,                                       \
      .part = part_ },                                          \
    .cuts = cuts_                                               \
  }

static const MergeCase cases[] = {
  { "nothing", { { .cuts = 0 } }, "" },
  { "a piece by itself", { PIECE (1, 0, 0.5f, 0, 0, 9, 9, R) }, "50: 0,0,9,9" },
  { "the whole one before a surer piece of it",
      { PIECE (1, 0, 0.9f, 0, 0, 52, 10, R),
          PIECE (0, 0, 0.7f, 0, 0, 100, 10, 0) },
      "70: 0,0,100,10" },
  { "the surest first, cut or not",
      { PIECE (1, 0, 0.9f, 0, 0, 10, 10, R),
          PIECE (2, 0, 0.7f, 50, 0, 60, 10, 0) },
      "90: 0,0,10,10 70: 50,0,60,10" },
  { "most of a piece within another",
      { PIECE (0, 0, 0.8f, 0, 0, 100, 10, 0),
          PIECE (1, 0, 0.6f, 93, 0, 103, 10, L) },
      "80: 0,0,100,10" },
  { "a piece of less than a pixel",
      { PIECE (0, 0, 0.8f, 0, 0, 100, 10, 0),
          PIECE (1, 0, 0.6f, 10, 0, 10.5f, 0.5f, L) },
      "80: 0,0,100,10" },
  { "not most of it",
      { PIECE (0, 0, 0.8f, 0, 0, 100, 10, 0),
          PIECE (1, 0, 0.6f, 94.5f, 0, 104.5f, 10, L) },
      "80: 0,0,100,10 60: 94,0,104,10" },
  { "two halves",
      { PIECE (1, 0, 0.6f, 0, 0, 50, 10, R),
          PIECE (2, 0, 0.8f, 40, 2, 90, 12, L) },
      "80: 0,0,90,12" },
  { "two halves that share half a pixel",
      { PIECE (1, 0, 0.6f, 0, 0, 50.05f, 10, R),
          PIECE (2, 0, 0.8f, 50, 0, 90, 10, L) },
      "80: 0,0,90,10" },
  { "equally sure halves, the right one first by its part",
      { PIECE (2, 0, 0.6f, 0, 0, 50, 10, L | R),
          PIECE (1, 0, 0.6f, 40, 0, 90, 10, L) },
      "60: 0,0,90,10" },
  { "only one is cut there",
      { PIECE (1, 0, 0.6f, 0, 0, 50, 10, R),
          PIECE (2, 0, 0.8f, 40, 0, 90, 10, 0) },
      "80: 40,0,90,10 60: 0,0,50,10" },
  { "halves behind another object",
      { PIECE (3, 0, 0.9f, 200, 0, 210, 10, L),
          PIECE (1, 0, 0.6f, 0, 0, 50, 10, R),
          PIECE (2, 0, 0.8f, 40, 0, 90, 10, L) },
      "90: 200,0,210,10 80: 0,0,90,10" },
  { "halves with another class between them",
      { PIECE (1, 0, 0.9f, 0, 0, 50, 10, R),
          PIECE (2, 1, 0.8f, 40, 0, 90, 10, L),
          PIECE (2, 0, 0.7f, 40, 0, 90, 10, L) },
      "90: 0,0,90,10 80: 40,0,90,10" },
  /* 4.5 and 4 of 10 rows in both */
  { "enough of their height in both",
      { PIECE (1, 0, 0.6f, 0, 0, 50, 10, R),
          PIECE (2, 0, 0.8f, 40, 0, 90, 4.5f, L) },
      "80: 0,0,90,10" },
  { "too little of their height in both",
      { PIECE (1, 0, 0.6f, 0, 0, 50, 10, R),
          PIECE (2, 0, 0.8f, 40, 0, 90, 4, L) },
      "80: 40,0,90,4 60: 0,0,50,10" },
  { "one begins where the other does",
      { PIECE (1, 0, 0.6f, 0, 0, 50, 20, R),
          PIECE (2, 0, 0.8f, 0, 10, 90, 20, L) },
      "80: 0,10,90,20 60: 0,0,50,20" },
  { "one ends where the other does",
      { PIECE (1, 0, 0.6f, 0, 10, 90, 20, R),
          PIECE (2, 0, 0.8f, 40, 0, 90, 20, L) },
      "80: 40,0,90,20 60: 0,10,90,20" },
};

static DetBox
turn_box (DetBox box)
{
  return (DetBox){ box.y0, box.x0, box.y1, box.x1 };
}

static DetPiece
turn (DetPiece piece)
{
  guint cuts = piece.cuts;

  piece.object.box = turn_box (piece.object.box);
  piece.cuts = (cuts & L ? DET_CUT_TOP : 0) | (cuts & R ? DET_CUT_BOTTOM : 0);
  return piece;
}

static guint
lay_out (const MergeCase *c, gboolean backwards, gboolean turned,
    DetPiece *pieces)
{
  guint n = 0;

  while (n < MOST && c->pieces[n].object.score > 0)
    n++;
  for (guint i = 0; i < n; i++) {
    pieces[i] = c->pieces[backwards ? n - 1 - i : i];
    if (turned)
      pieces[i] = turn (pieces[i]);
  }
  return n;
}

static void
assert_merged (const MergeCase *c, gboolean backwards, gboolean turned)
{
  DetPiece pieces[MOST];
  guint n = lay_out (c, backwards, turned, pieces);
  /* Of just the size, so that a sanitizer sees what lies beyond. */
  g_autofree DetPiece *own = g_memdup2 (pieces, n * sizeof *pieces);
  g_autoptr (GString) found = g_string_new (NULL);

  n = det_merge (own, n, 0.5f, FALSE);
  for (guint i = 0; i < n; i++) {
    DetBox box = own[i].object.box;

    if (turned)
      box = turn_box (box);
    g_string_append_printf (found, "%s%d: %d,%d,%d,%d", i > 0 ? " " : "",
        (int) (own[i].object.score * 100 + 0.5f), (int) box.x0, (int) box.y0,
        (int) box.x1, (int) box.y1);
  }
  g_assert_cmpstr (found->str, ==, c->merged);
}

static void
test_cases (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    for (int way = 0; way < 4; way++) {
      g_test_message ("%s%s%s", cases[i].what, way & 1 ? ", backwards" : "",
          way & 2 ? ", turned" : "");
      assert_merged (&cases[i], way & 1, way & 2);
    }
  }
}

/* Of two that are equally sure, the joined one is what the first was. */
static void
test_equally_sure (void)
{
  DetPiece pieces[] = { PIECE (1, 3, 0.6f, 0, 0, 50, 10, R),
    PIECE (2, 4, 0.6f, 40, 0, 90, 10, L) };

  g_assert_cmpuint (det_merge (pieces, 2, 0.5f, TRUE), ==, 1);
  g_assert_cmpint (pieces[0].object.class_id, ==, 3);
  g_assert_cmpint (pieces[0].object.part, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/merge/cases", test_cases);
  g_test_add_func ("/merge/equally-sure", test_equally_sure);
  return g_test_run ();
}
