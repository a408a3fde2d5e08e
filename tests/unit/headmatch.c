/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What decoders ask of a model's description, and what they share. */
#include "headmatch.h"

#include "head.h"
#include "yolo.h"
#include <math.h>
#include <string.h>

#include "goldens.h"

static void
add_output (DetModelInfo *info, const char *name, int n_dims,
    const gint64 *dims)
{
  det_model_info_add_output (info, name, DET_DTYPE_FLOAT32, n_dims, dims);
}

static void
set_metadata (DetModelInfo *info, const char *key, const char *value)
{
  if (value)
    g_hash_table_insert (info->metadata, g_strdup (key), g_strdup (value));
}

/* ---- dims ---- */

typedef struct
{
  int n_dims;
  gint64 dims[4];
  int width; /* -1: no picture */
  int height;
} InputCase;

static const InputCase input_cases[] = {
  { 4, { 1, 3, 96, 160 }, 160, 96 },
  { 4, { 1, 1, 96, 160 }, 160, 96 },
  { 4, { 1, 96, 160, 3 }, 160, 96 },
  { 4, { 1, 96, 160, 1 }, 160, 96 },
  { 4, { 1, 96, 160, 4 }, 4, 160 }, /* neither way: channels first */
  { 4, { 1, 2, 96, 160 }, 160, 96 },
  /* Both ways: channels first. */
  { 4, { 1, 3, 96, 3 }, 3, 96 },
  { 4, { 1, 3, 96, 1 }, 1, 96 },
  { 4, { 1, 1, 96, 3 }, 3, 96 },
  { 4, { 1, 1, 96, 1 }, 1, 96 },
  { 4, { 1, 3, 1, 160 }, 160, 1 },
  { 4, { 1, 3, 3, 160 }, 160, 3 },
  { 4, { 1, 96, 3, 160 }, 160, 3 },
  /* Open. */
  { 4, { 1, 3, -1, 160 }, 160, 0 },
  { 4, { 1, 3, 96, -1 }, 0, 96 },
  { 4, { 1, -1, -1, 3 }, 0, 0 },
  { 4, { 1, 3, 0, 160 }, 160, 0 },
  { 4, { 1, 3, DET_MAX_INPUT_SIDE, DET_MAX_INPUT_SIDE + 1 }, 0,
      DET_MAX_INPUT_SIDE },
  { 3, { 3, 96, 160 }, -1, -1 },
  { 2, { 1, 4 }, -1, -1 },
};

static void
assert_input_size (const DetModelInfo *info, const InputCase *c)
{
  int width = -1;
  int height = -1;

  g_assert_cmpint (det_match_input_size (info, &width, &height), ==,
      c->width >= 0);
  g_assert_cmpint (width, ==, c->width);
  g_assert_cmpint (height, ==, c->height);
}

static void
test_input_size (void)
{
  static const gint64 other[] = { 1, 2 };

  for (gsize i = 0; i < G_N_ELEMENTS (input_cases); i++) {
    const InputCase *c = &input_cases[i];
    g_autoptr (DetModelInfo) info = make_info (DET_FILE_ONNX, 1, 1);

    g_test_message ("case %" G_GSIZE_FORMAT, i);
    g_array_set_size (info->inputs, 0);
    det_model_info_add_input (info, "size", DET_DTYPE_FLOAT32, 2, other);
    det_model_info_add_input (info, "x", DET_DTYPE_FLOAT32, c->n_dims, c->dims);
    assert_input_size (info, c);
  }
}

static void
test_names (void)
{
  static const gint64 dims[] = { 1, 2 };
  g_autoptr (DetModelInfo) info = make_info (DET_FILE_ONNX, 160, 96);

  det_model_info_add_input (info, "size", DET_DTYPE_FLOAT32, 2, dims);
  add_output (info, "boxes", 2, dims);
  add_output (info, "scores", 2, dims);
  g_assert_true (det_match_has_input (info, "images"));
  g_assert_true (det_match_has_input (info, "size"));
  g_assert_false (det_match_has_input (info, "boxes"));
  g_assert_cmpint (det_match_output_named (info, "boxes"), ==, 0);
  g_assert_cmpint (det_match_output_named (info, "scores"), ==, 1);
  g_assert_cmpint (det_match_output_named (info, "images"), ==, -1);
}

typedef struct
{
  int n_dims;
  gint64 dims[5];
  gboolean fits; /* 5 × 7 */
} MatrixCase;

static const MatrixCase matrix_cases[] = {
  { 2, { 5, 7 }, TRUE },
  { 3, { 1, 5, 7 }, TRUE },
  { 3, { 4, 5, 7 }, TRUE }, /* a batch */
  { 3, { -1, 5, 7 }, TRUE },
  { 4, { 4, 1, 5, 7 }, TRUE },
  { 5, { 4, 1, 1, 5, 7 }, TRUE },
  { 4, { 1, 2, 5, 7 }, FALSE },
  { 5, { 1, 2, 1, 5, 7 }, FALSE },
  { 5, { 1, 1, 2, 5, 7 }, FALSE },
  { 1, { 35 }, FALSE },
  { 2, { 7, 5 }, FALSE },
  { 2, { 5, -1 }, FALSE },
};

static void
test_matrix (void)
{
  static const gint64 other[] = { 1, 9, 9 };
  static const gint64 empty[] = { 1, 0, 7 };
  g_autoptr (DetModelInfo) none = make_info (DET_FILE_ONNX, 160, 96);

  for (gsize i = 0; i < G_N_ELEMENTS (matrix_cases); i++) {
    const MatrixCase *c = &matrix_cases[i];
    g_autoptr (DetModelInfo) info = make_info (DET_FILE_ONNX, 160, 96);

    g_test_message ("case %" G_GSIZE_FORMAT, i);
    add_output (info, "other", 3, other);
    add_output (info, "it", c->n_dims, c->dims);
    if (c->fits)
      g_assert_true (det_match_squeeze (det_model_info_output (info, 1), 2,
          (gint64[]){ 0, 0 }));
    g_assert_cmpint (det_match_matrix (info, 0, 5, 7), ==, c->fits ? 1 : -1);
    g_assert_cmpint (det_match_matrix (info, 2, 5, 7), ==, -1);
    g_assert_cmpint (det_match_matrix (info, 1, 5, DET_ANY_DIM), ==,
        c->fits ? 1 : -1);
  }
  add_output (none, "none", 3, empty);
  g_assert_cmpint (det_match_matrix (none, 0, DET_ANY_DIM, 7), ==, 0);
}

static void
test_squeeze (void)
{
  static const gint64 dims[] = { 1, 2, 5, 7 };
  static const gint64 none[] = { 0, 5, 7 };
  g_autoptr (DetModelInfo) info = make_info (DET_FILE_ONNX, 160, 96);
  gint64 left[4];

  add_output (info, "it", 4, dims);
  g_assert_true (det_match_squeeze (det_model_info_output (info, 0), 3, left));
  g_assert_cmpint (left[2], ==, 7);
  g_assert_false (det_match_squeeze (det_model_info_output (info, 0), 2, left));
  add_output (info, "flat", 1, dims);
  g_assert_false (det_match_squeeze (det_model_info_output (info, 1), 2, left));
  /* The first dim may be 0 where it is no batch. */
  add_output (info, "none", 3, none);
  g_assert_true (det_match_squeeze (det_model_info_output (info, 2), 3, left));
  g_assert_false (det_match_squeeze (det_model_info_output (info, 2), 2, left));
}

/* ---- shared arithmetic ---- */

static void
test_grid (void)
{
  static const int strides[] = { 8, 16 };
  /* 17 × 8: 3 × 1 cells of 8, 2 × 1 of 16 */
  g_autofree DetGridCell *cells = det_grid_new (17, 8, strides, 2);

  g_assert_cmpint (det_grid_count (17, 8, strides, 1), ==, 3);
  g_assert_cmpint (det_grid_count (17, 8, strides, 2), ==, 5);
  g_assert_cmpint (det_grid_count (16, 8, strides, 1), ==, 2);
  g_assert_cmpfloat (cells[2].x, ==, 2);
  g_assert_cmpfloat (cells[4].x, ==, 1);
  g_assert_cmpfloat (cells[4].y, ==, 0);
  g_assert_cmpfloat (cells[4].stride, ==, 16);
}

static void
test_argmax (void)
{
  static const float values[] = { 1, 9, 3, 9, 3, 7 };
  static const float none[] = { NAN, NAN };
  float best;

  g_assert_cmpint (det_argmax (values, 6, 1, &best), ==, 1); /* the first */
  g_assert_cmpfloat (best, ==, 9);
  g_assert_cmpint (det_argmax (values, 3, 2, &best), ==, 1); /* 1, 3, 3 */
  g_assert_cmpfloat (best, ==, 3);
  g_assert_cmpint (det_argmax (none, 2, 1, &best), ==, 0);
  g_assert_true (best < 0);
}

static void
test_landmarks (void)
{
  static const float points[] = { 1, 2, 3, 4 };
  const DetGridCell cell = { 10, 20, 8 };
  DetCandidate candidate = { .landmarks[2] = { 99, 99 } };

  det_head_set_landmarks (&candidate, &cell, points, 2);
  g_assert_cmpint (candidate.n_landmarks, ==, 2);
  g_assert_cmpfloat (candidate.landmarks[0].x, ==, 88);
  g_assert_cmpfloat (candidate.landmarks[0].y, ==, 176);
  g_assert_cmpfloat (candidate.landmarks[1].x, ==, 104);
  g_assert_cmpfloat (candidate.landmarks[1].y, ==, 192);
  g_assert_cmpfloat (candidate.landmarks[2].x, ==, 99);
}

/* Of outputs that may be anything, once the network has run. */
static void
test_count_rows (void)
{
  static const struct
  {
    DetTensor output;
    gint64 rows;
  } cases[] = {
    { { DET_DTYPE_FLOAT32, 2, { 3, 7 }, NULL }, 3 },
    { { DET_DTYPE_FLOAT32, 2, { 1, 1 }, NULL }, 1 },
    { { DET_DTYPE_FLOAT32, 4, { 1, 1, 3, 7 }, NULL }, 3 },
    { { DET_DTYPE_FLOAT32, 2, { 0, 7 }, NULL }, 0 },
    { { DET_DTYPE_FLOAT32, 2, { 3, 0 }, NULL }, 0 },
    { { DET_DTYPE_FLOAT32, 3, { 0, 3, 7 }, NULL }, 0 },
    { { DET_DTYPE_FLOAT32, 1, { 7 }, NULL }, 0 },
    { { DET_DTYPE_FLOAT32, 0, { 0 }, NULL }, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_test_message ("case %" G_GSIZE_FORMAT, i);
    g_assert_cmpint (det_head_count_rows (&cases[i].output), ==, cases[i].rows);
  }
}

/* ---- YOLO's columns ---- */

typedef struct
{
  const char *task;
  const char *keypoints;
  const char *names;
  gint64 columns; /* 4 of them are the box */
  DetMatch match;
  int n_classes;
  int n_keypoints;
} ColumnCase;

static const ColumnCase column_cases[] = {
  { NULL, NULL, NULL, 5, DET_MATCH_SHAPE, 1, 0 },
  { NULL, NULL, NULL, 4, DET_MATCH_NO, 0, 0 },
  { NULL, NULL, NULL, 4 + G_MAXINT16, DET_MATCH_SHAPE, G_MAXINT16, 0 },
  { NULL, NULL, NULL, 5 + G_MAXINT16, DET_MATCH_NO, 0, 0 },
  { NULL, NULL, "{0: 'a'}", 5, DET_MATCH_SURE, 1, 0 },
  { NULL, NULL, "{0: 'a'}", 6, DET_MATCH_NO, 0, 0 },
  { NULL, NULL, "{0: 'a', 1: 'b'}", 5, DET_MATCH_NO, 0, 0 },
  { "obb", NULL, NULL, 6, DET_MATCH_SHAPE, 1, 0 },
  { "segment", NULL, NULL, 4 + 32, DET_MATCH_NO, 0, 0 },
  { "segment", NULL, NULL, 4 + 32 + 1, DET_MATCH_SHAPE, 1, 0 },
  { "pose", "[17, 3]", NULL, 4 + 51, DET_MATCH_NO, 0, 0 },
  { "pose", "[17, 3]", NULL, 4 + 51 + 1, DET_MATCH_SHAPE, 1, 17 },
  { "pose", "[17,3]", NULL, 4 + 51 + 2, DET_MATCH_SHAPE, 2, 17 },
  { "pose", "[1, 2]", NULL, 4 + 2 + 1, DET_MATCH_SHAPE, 1, 1 },
  { "pose", "[1000, 2]", NULL, 4 + 2000 + 1, DET_MATCH_SHAPE, 1, 1000 },
  /* What is no shape of key points is not believed. */
  { "pose", "[1001, 2]", NULL, 4 + 3000, DET_MATCH_SHAPE, 3000, 0 },
  { "pose", "[0, 2]", NULL, 4 + 9, DET_MATCH_SHAPE, 9, 0 },
  { "pose", "[2, 1]", NULL, 4 + 9, DET_MATCH_SHAPE, 9, 0 },
  { "pose", "[2, 4]", NULL, 4 + 9, DET_MATCH_SHAPE, 9, 0 },
  { "pose", "2, 3", NULL, 4 + 9, DET_MATCH_SHAPE, 9, 0 },
  { "pose", NULL, NULL, 4 + 9, DET_MATCH_SHAPE, 9, 0 },
  { "detect", "[2, 3]", NULL, 4 + 9, DET_MATCH_SHAPE, 9, 0 },
};

static DetModelInfo *
make_columns (const ColumnCase *c)
{
  const gint64 dims[] = { 1, 84, c->columns }; /* 8 × 8 + 4 × 4 + 2 × 2 */
  DetModelInfo *info = make_info (DET_FILE_ONNX, 64, 64);

  add_output (info, "out", 3, dims);
  set_metadata (info, "task", c->task);
  set_metadata (info, "kpt_shape", c->keypoints);
  set_metadata (info, "names", c->names);
  return info;
}

static void
test_columns (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (column_cases); i++) {
    const ColumnCase *c = &column_cases[i];
    g_autoptr (DetModelInfo) info = make_columns (c);
    g_autoptr (GString) why = g_string_new (NULL);
    DetYoloShape shape;

    g_test_message ("case %" G_GSIZE_FORMAT, i);
    g_assert_cmpint (det_yolo_match (info, 4, FALSE, &shape, why), ==,
        c->match);
    if (c->match == DET_MATCH_NO) {
      g_assert_nonnull (strstr (why->str, "[1,cells,4+classes]"));
      continue;
    }
    g_assert_cmpint (shape.n_classes, ==, c->n_classes);
    g_assert_cmpint (shape.n_keypoints, ==, c->n_keypoints);
    g_assert_cmpint (shape.keypoint_at, ==,
        c->n_keypoints > 0 ? 4 + c->n_classes : 0);
  }
}

/* ---- YOLO's rows ---- */

typedef struct
{
  gint64 width;
  gint64 height;
  gint64 rows;
  int n_levels; /* 0: does not fit */
  int n_anchors;
} RowCase;

static const RowCase row_cases[] = {
  { 64, 64, 84, 3, 1 },
  { 64, 64, 85, 4, 1 },
  { 64, 64, 3 * 84, 3, 3 },
  { 64, 64, 3 * 85, 4, 3 },
  { 64, 64, 80, 0, 0 },
  { 64, 64, 2 * 84, 0, 0 },
  { 64, 64, 0, 0, 0 },
  { 1, 1, 3, 3, 1 },
  { 1, 1, 1, 0, 0 },
  { 1, 1, 5, 0, 0 }, /* no fifth level */
  { 1, 64, 14, 3, 1 },
  { 64, 1, 14, 3, 1 },
  { 1, 64, 99, 0, 0 },
  { 64, 1, 99, 0, 0 },
  /* 520 × 8 + 260 × 4 + 130 × 2 (+ 65) */
  { 4160, 64, 5460, 3, 1 },
  { 4160, 64, 5525, 4, 1 },
};

static void
test_rows (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (row_cases); i++) {
    const RowCase *c = &row_cases[i];
    const gint64 dims[] = { 1, 6, c->rows };
    g_autoptr (DetModelInfo)
        info = make_info (DET_FILE_ONNX, c->width, c->height);
    g_autoptr (GString) why = g_string_new (NULL);
    DetYoloShape shape;

    g_test_message ("case %" G_GSIZE_FORMAT, i);
    add_output (info, "out", 3, dims);
    g_assert_cmpint (det_yolo_match (info, 4, TRUE, &shape, why), ==,
        c->n_levels > 0 ? DET_MATCH_SHAPE : DET_MATCH_NO);
    if (c->n_levels == 0)
      continue;
    g_assert_cmpint (shape.rows, ==, c->rows);
    g_assert_cmpint (shape.n_levels, ==, c->n_levels);
    g_assert_cmpint (shape.n_anchors, ==, c->n_anchors);
  }
}

/* ---- YOLO's outputs ---- */

typedef struct
{
  DetFileKind kind;
  gint64 width;
  gint64 height;
  struct
  {
    int n_dims;
    gint64 dims[5];
  } outputs[3]; /* those without dims are none; -2: of an open rank */
  const char *end2end;
  DetMatch match;
  int output; /* and of how many classes */
  int n_classes;
} OutputCase;

#define ONNX_64 DET_FILE_ONNX, 64, 64
#define ROWS(columns) \
  {                   \
    3,                \
    {                 \
      1, 84, columns  \
    }                 \
  }
#define OPEN    \
  {             \
    3,          \
    {           \
      1, -1, -1 \
    }           \
  }

static const OutputCase output_cases[] = {
  { ONNX_64, { ROWS (6) }, NULL, DET_MATCH_SHAPE, 0, 2 },
  { ONNX_64, { ROWS (6) }, "true", DET_MATCH_NO, 0, 0 },
  { ONNX_64, { { 2, { 84, 6 } } }, NULL, DET_MATCH_SHAPE, 0, 2 },
  { ONNX_64, { { 4, { 1, 1, 84, 6 } } }, NULL, DET_MATCH_NO, 0, 0 },
  /* Masks beside it, on either side. */
  { ONNX_64, { ROWS (38), { 4, { 1, 32, 16, 16 } } }, NULL, DET_MATCH_SHAPE, 0,
      2 },
  { ONNX_64, { { 4, { 1, 32, 16, 16 } }, ROWS (38) }, NULL, DET_MATCH_SHAPE, 1,
      2 },
  /* What are no masks. */
  { ONNX_64, { ROWS (38), { 4, { 1, 31, 32, 16 } } }, NULL, DET_MATCH_SHAPE, 0,
      34 },
  { ONNX_64, { ROWS (38), { 5, { 1, 32, 16, 16, 1 } } }, NULL, DET_MATCH_SHAPE,
      0, 34 },
  { ONNX_64, { ROWS (38), { 3, { 1, 32, 16 } } }, NULL, DET_MATCH_SHAPE, 0,
      34 },
  { ONNX_64, { ROWS (6), { 1, { 1 } }, { 1, { 1 } } }, NULL, DET_MATCH_NO, 0,
      0 },
  { ONNX_64, { { 0 } }, NULL, DET_MATCH_NO, 0, 0 },
  /* Open, so that it may be one. */
  { ONNX_64, { OPEN }, NULL, DET_MATCH_UNSURE, 0, 0 },
  { ONNX_64, { { -2, { 0 } } }, NULL, DET_MATCH_UNSURE, 0, 0 },
  { ONNX_64, { OPEN, { 1, { 1 } } }, NULL, DET_MATCH_UNSURE, 0, 0 },
  { ONNX_64, { OPEN, { 1, { 1 } }, { 1, { 1 } } }, NULL, DET_MATCH_NO, 0, 0 },
  { ONNX_64, { { 4, { 1, 1, -1, -1 } } }, NULL, DET_MATCH_NO, 0, 0 },
  { ONNX_64, { { 2, { -1, -1 } } }, NULL, DET_MATCH_NO, 0, 0 },
  { ONNX_64, { OPEN }, "true", DET_MATCH_NO, 0, 0 },
  { DET_FILE_CAFFE, 64, 64, { OPEN }, NULL, DET_MATCH_NO, 0, 0 },
  { DET_FILE_ONNX, -1, 64, { ROWS (6) }, NULL, DET_MATCH_UNSURE, 0, 0 },
  { DET_FILE_ONNX, 64, -1, { ROWS (6) }, NULL, DET_MATCH_UNSURE, 0, 0 },
};

static DetModelInfo *
make_outputs (const OutputCase *c)
{
  DetModelInfo *info = make_info (c->kind, c->width, c->height);

  for (gsize o = 0; o < G_N_ELEMENTS (c->outputs); o++) {
    int n_dims = c->outputs[o].n_dims;

    if (n_dims != 0)
      add_output (info, "out", n_dims == -2 ? -1 : n_dims, c->outputs[o].dims);
  }
  set_metadata (info, "end2end", c->end2end);
  return info;
}

static void
test_outputs (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (output_cases); i++) {
    const OutputCase *c = &output_cases[i];
    g_autoptr (DetModelInfo) info = make_outputs (c);
    g_autoptr (GString) why = g_string_new (NULL);
    DetYoloShape shape;

    g_test_message ("case %" G_GSIZE_FORMAT, i);
    g_assert_cmpint (det_yolo_match (info, 4, FALSE, &shape, why), ==,
        c->match);
    if (c->match != DET_MATCH_SHAPE)
      continue;
    g_assert_cmpint (shape.output, ==, c->output);
    g_assert_cmpint (shape.n_classes, ==, c->n_classes);
  }
}

/* No picture comes in: nothing fits. */
static void
test_no_picture (void)
{
  static const gint64 dims[] = { 1, -1, -1 };
  g_autoptr (DetModelInfo) info = make_info (DET_FILE_ONNX, 64, 64);
  g_autoptr (GString) why = g_string_new (NULL);
  DetYoloShape shape;

  g_array_set_size (info->inputs, 0);
  add_output (info, "out", 3, dims);
  g_assert_cmpint (det_yolo_match (info, 4, FALSE, &shape, why), ==,
      DET_MATCH_NO);
}

/* ---- YOLO's values ---- */

typedef struct
{
  int row;
  int column;
  float value;
  gboolean decoded;
  gboolean raw;
} ValueCase;

/* In a picture of 96 × 160: an eighth of the longer side is 20, half of it 80. */
static const ValueCase value_cases[] = {
  { 0, 0, 0, TRUE, TRUE }, /* cannot be told */
  { 0, 0, 20, FALSE, TRUE },
  { 0, 0, 20.5f, TRUE, TRUE },
  { 2, 1, 20.5f, TRUE, TRUE },
  { 2, 1, -20.5f, TRUE, TRUE },
  { 1, 0, 79.5f, TRUE, TRUE },
  { 1, 0, 80, TRUE, FALSE },
  { 2, 2, 99, FALSE, TRUE }, /* a width */
  { 0, 2, 99, FALSE, TRUE },
};

static void
test_values (void)
{
  for (gsize i = 0; i < 2 * G_N_ELEMENTS (value_cases); i++) {
    const ValueCase *c = &value_cases[i / 2];
    DetYoloShape shape = { .rows = 3, .columns = 5, .is_transposed = i % 2 };
    const DetHead head = { .input_width = 96,
      .input_height = 160,
      .grid = &shape };
    g_autofree float *data = g_new0 (float, 15);
    const DetTensor tensor = { DET_DTYPE_FLOAT32, 2, { 3, 5 }, data };

    g_test_message ("case %" G_GSIZE_FORMAT, i);
    if (c->value != 0)
      data[shape.is_transposed ? 3 : 0] = 1; /* something is there */
    data[shape.is_transposed ? c->column * 3 + c->row
                             : c->row * 5 + c->column] = c->value;
    g_assert_cmpint (det_yolo_looks_decoded (&head, &tensor), ==, c->decoded);
    g_assert_cmpint (det_yolo_looks_raw (&head, &tensor), ==, c->raw);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/headmatch/input-size", test_input_size);
  g_test_add_func ("/headmatch/names", test_names);
  g_test_add_func ("/headmatch/matrix", test_matrix);
  g_test_add_func ("/headmatch/squeeze", test_squeeze);
  g_test_add_func ("/head/grid", test_grid);
  g_test_add_func ("/head/argmax", test_argmax);
  g_test_add_func ("/head/landmarks", test_landmarks);
  g_test_add_func ("/head/count-rows", test_count_rows);
  g_test_add_func ("/yolo/columns", test_columns);
  g_test_add_func ("/yolo/rows", test_rows);
  g_test_add_func ("/yolo/outputs", test_outputs);
  g_test_add_func ("/yolo/no-picture", test_no_picture);
  g_test_add_func ("/yolo/values", test_values);
  return g_test_run ();
}
