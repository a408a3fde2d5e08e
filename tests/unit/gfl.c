/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Scores and distributions over distances, in pairs of outputs or joined in one. */
#include "gfl.h"

#include <string.h>

#include "goldens.h"

static void
add_output (DetModelInfo *info, gint64 rows, gint64 columns)
{
  const gint64 dims[] = { 1, rows, columns };

  det_model_info_add_output (info, "out", DET_DTYPE_FLOAT32, 3, dims);
}

static const int levels[] = { 8, 16, 32 };

typedef struct
{
  gint64 columns[6]; /* of two outputs of each level */
  DetMatch match;
  gboolean distances_first;
} PairCase;

#define ALL(a, b)    \
  {                  \
    a, b, a, b, a, b \
  }

static const PairCase pair_cases[] = {
  { ALL (3, 32), DET_MATCH_SHAPE, FALSE },
  { ALL (32, 3), DET_MATCH_SHAPE, TRUE },
  { ALL (32, 32), DET_MATCH_SHAPE, FALSE },
  { ALL (16, 32), DET_MATCH_SHAPE, FALSE },
  { ALL (32, 16), DET_MATCH_SHAPE, TRUE },
  { ALL (32, 80), DET_MATCH_SHAPE, TRUE },
  { ALL (80, 32), DET_MATCH_SHAPE, FALSE },
  { ALL (20, 24), DET_MATCH_SHAPE, FALSE },
  { ALL (3, 8), DET_MATCH_SHAPE, FALSE },
  { ALL (8, 3), DET_MATCH_SHAPE, TRUE },
  { ALL (12, 7), DET_MATCH_SHAPE, TRUE },
  { ALL (7, 7), DET_MATCH_SHAPE, FALSE },
  { ALL (7, 9), DET_MATCH_NO, FALSE },
  { ALL (4, 3), DET_MATCH_NO, FALSE },
  { ALL (3, 4), DET_MATCH_NO, FALSE },
  { ALL (3, 30), DET_MATCH_NO, FALSE },
  /* Levels that differ. */
  { { 3, 32, 4, 32, 3, 32 }, DET_MATCH_NO, FALSE },
  { { 3, 32, 3, 32, 4, 32 }, DET_MATCH_NO, FALSE },
  { { 3, 32, 3, 28, 3, 32 }, DET_MATCH_NO, FALSE },
  { { 3, 32, 3, 32, 3, 28 }, DET_MATCH_NO, FALSE },
};

static void
test_pairs (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (pair_cases); i++) {
    const PairCase *c = &pair_cases[i];
    g_autoptr (DetModelInfo) info = make_info (DET_FILE_ONNX, 64, 64);
    g_autoptr (GString) why = g_string_new (NULL);
    int roles[6];

    g_test_message ("case %" G_GSIZE_FORMAT, i);
    for (int o = 0; o < 6; o++)
      add_output (info, 64 >> (o / 2 * 2), c->columns[o]);
    g_assert_cmpint (det_gfl_match_pairs (info, levels, 3, roles, why), ==,
        c->match);
    for (int o = 0; c->match == DET_MATCH_SHAPE && o < 6; o++)
      g_assert_cmpint (roles[o], ==, c->distances_first ? o ^ 1 : o);
  }
}

/* One output too many, and sizes that are not known. */
static void
test_pairs_beside (void)
{
  for (int n = 5; n <= 7; n++) {
    g_autoptr (DetModelInfo) info = make_info (DET_FILE_ONNX, 64, 64);
    g_autoptr (GString) why = g_string_new (NULL);
    int roles[6];

    for (int o = 0; o < n; o++)
      add_output (info, o == 0 ? -1 : 64, 32);
    g_assert_cmpint (det_gfl_match_pairs (info, levels, 3, roles, why), ==,
        n == 6 ? DET_MATCH_UNSURE : DET_MATCH_NO);
  }
}

static void
test_joined (void)
{
  static const struct
  {
    gint64 rows;
    gint64 columns;
    DetMatch match;
  } cases[] = { { 84, 33, DET_MATCH_SHAPE }, { 84, 32, DET_MATCH_NO },
    { 85, 33, DET_MATCH_NO }, { -1, 33, DET_MATCH_UNSURE } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (DetModelInfo) info = make_info (DET_FILE_ONNX, 64, 64);
    g_autoptr (GString) why = g_string_new (NULL);

    add_output (info, cases[i].rows, cases[i].columns);
    g_assert_cmpint (det_gfl_match_joined (info, levels, 3, 8, why), ==,
        cases[i].match);
    if (cases[i].match == DET_MATCH_NO)
      g_assert_nonnull (strstr (why->str, "[1,84,classes+32]"));
    add_output (info, cases[i].rows, cases[i].columns);
    g_assert_cmpint (det_gfl_match_joined (info, levels, 3, 8, why), ==,
        DET_MATCH_NO);
  }
}

/* No picture comes in, so that there are no levels: not even of one cell. */
static void
test_no_picture (void)
{
  g_autoptr (DetModelInfo) info = make_info (DET_FILE_ONNX, 64, 64);
  g_autoptr (GString) why = g_string_new (NULL);
  int roles[6];

  g_array_set_size (info->inputs, 0);
  for (int o = 0; o < 6; o++)
    add_output (info, 1, o < 3 ? 3 : 32);
  g_assert_cmpint (det_gfl_match_pairs (info, levels, 3, roles, why), ==,
      DET_MATCH_NO);
  g_array_set_size (info->outputs, 0);
  add_output (info, 3, 35);
  g_assert_cmpint (det_gfl_match_joined (info, levels, 3, 8, why), ==,
      DET_MATCH_NO);
}

/* Logits may be as large as they like, wherever the largest of them stands. */
static void
test_distances (void)
{
  const int bins = 8;

  for (int distance = 0; distance < bins; distance++) {
    Golden golden = { 0 };
    DetTensor outputs[DET_MAX_OUTPUTS];
    DetCandidates found = { 0 };
    DetHead head = { .input_width = 64, .input_height = 64 };
    float far = (float) distance * 8;

    golden_start (&golden, 64, 64);
    float *row = ADD (&golden, "out", 1, 84, 1 + 4 * bins);
    row[0] = 0.9f;
    for (int side = 0; side < 4; side++)
      row[1 + side * bins + distance] = 1000;
    g_assert_true (det_gfl_bind_joined (&head, golden.info, levels, 3, bins,
        0.5f, NULL));
    golden_view (&golden, outputs);
    det_gfl_decode (&head, outputs, 0.5f, &found);
    golden_expect (&golden, 4 - far, 4 - far, 4 + far, 4 + far, 0.9f, 0);
    golden_assert_found (&golden, &found);
    g_free (head.grid);
    det_candidates_clear (&found);
    golden_clear (&golden);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gfl/pairs", test_pairs);
  g_test_add_func ("/gfl/pairs-beside", test_pairs_beside);
  g_test_add_func ("/gfl/joined", test_joined);
  g_test_add_func ("/gfl/no-picture", test_no_picture);
  g_test_add_func ("/gfl/distances", test_distances);
  return g_test_run ();
}
