/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decoder.h"

#include <detect/error.h>
#include <math.h>
#include <string.h>

/* A golden writes one known object into outputs of a family's form, by arithmetic
 * of its own, and says what must come out. Every row of the decoders' table must have
 * one here. */

#define MOST_VALUES (1 << 18)

typedef struct
{
  DetModelInfo *info;
  float *data[DET_MAX_OUTPUTS];
  guint n;
  /* what must come out */
  DetModelBox box;
  float score;
  int class_id;
  int n_landmarks;
  DetModelPoint landmark; /* the second one */
} Golden;

static DetModelInfo *
make_info (DetFileKind kind, gint64 width, gint64 height)
{
  gint64 dims[] = { 1, 3, height, width };
  DetModelInfo *info = det_model_info_new (NULL, NULL);

  g_array_set_size (info->inputs, 0);
  g_array_set_size (info->outputs, 0);
  g_hash_table_remove_all (info->metadata);
  info->kind = kind;
  info->path = g_strdup ("model");
  det_model_info_add_input (info, "images", DET_DTYPE_FLOAT32, 4, dims);
  return info;
}

static void
start (Golden *golden, gint64 width, gint64 height)
{
  golden->info = make_info (DET_FILE_ONNX, width, height);
}

static float *
add (Golden *golden, const char *name, int n_dims, const gint64 *dims)
{
  gint64 n = 1;

  for (int i = 0; i < n_dims; i++)
    n *= dims[i];
  g_assert_cmpint (n, <, MOST_VALUES);
  det_model_info_add_output (golden->info, name, DET_DTYPE_FLOAT32, n_dims,
      dims);
  return golden->data[golden->n++] = g_new0 (float, n);
}

#define ADD(golden, name, ...)                                      \
  add (golden, name,                                                \
      (int) (sizeof ((gint64[]){ __VA_ARGS__ }) / sizeof (gint64)), \
      (gint64[]){ __VA_ARGS__ })

static void
expect (Golden *golden, float x0, float y0, float x1, float y1, float score,
    int class_id)
{
  golden->box = (DetModelBox){ x0, y0, x1, y1 };
  golden->score = score;
  golden->class_id = class_id;
}

static void
set_arithmetic (Golden *golden, DetArithmetic arithmetic)
{
  g_array_index (golden->info->outputs, DetTensorInfo, 0).arithmetic =
      arithmetic;
}

static void
set_metadata (Golden *golden, const char *key, const char *value)
{
  g_hash_table_insert (golden->info->metadata, g_strdup (key),
      g_strdup (value));
}

/* 160 × 96: 240 + 60 + 15 cells of 8, 16, 32. */
enum
{
  CELLS = 315
};

static void
yolov8 (Golden *g)
{
  static const float values[] = { 60, 40, 20, 10 };

  start (g, 160, 96);
  float *data = ADD (g, "output0", 1, 84, CELLS);
  for (int i = 0; i < 4; i++)
    data[i * CELLS + 300] = values[i];
  data[(4 + 17) * CELLS + 300] = 0.8f;
  data[(4 + 16) * CELLS + 300] = 0.7f;
  expect (g, 50, 35, 70, 45, 0.8f, 17);
}

static void
yolov8_rows (Golden *g)
{
  static const float row[] = { 60, 40, 20, 10, 0.2f, 0.8f };

  start (g, 160, 96);
  memcpy (ADD (g, "output0", 1, CELLS, 6) + 7 * 6, row, sizeof row);
  set_metadata (g, "names", "['a', 'b']");
  expect (g, 50, 35, 70, 45, 0.8f, 1);
}

static void
yolov5 (Golden *g)
{
  static const float row[] = { 60, 40, 20, 10, 0.5f, 0.2f, 0.8f };

  start (g, 160, 96);
  memcpy (ADD (g, "output0", 1, 3 * CELLS, 7) + 9 * 7, row, sizeof row);
  set_arithmetic (g, DET_ARITHMETIC_SOME);
  expect (g, 50, 35, 70, 45, 0.4f, 1);
}

/* Cell 240 + 11 lies at column 1, row 1 of stride 16. */
static void
yolox (Golden *g)
{
  static const float row[] = { 0.5f, 0.25f, 0, 0.6931472f, 0.5f, 0.2f, 0.8f };

  start (g, 160, 96);
  memcpy (ADD (g, "output", 1, CELLS, 7) + 251 * 7, row, sizeof row);
  set_arithmetic (g, DET_ARITHMETIC_NONE);
  expect (g, 24 - 8, 20 - 16, 24 + 8, 20 + 16, 0.4f, 1);
}

static void
end2end (Golden *g)
{
  static const float row[] = { 50, 35, 70, 45, 0.4f, 7 };

  start (g, 160, 96);
  memcpy (ADD (g, "output0", 1, 300, 6) + 6, row, sizeof row);
  set_metadata (g, "end2end", "True");
  expect (g, 50, 35, 70, 45, 0.4f, 7);
}

static void
detr_end2end (Golden *g)
{
  end2end (g);
  g_hash_table_remove_all (g->info->metadata);
  g_hash_table_add (g->info->operators, g_strdup ("GridSample"));
}

static void
yolov7_end2end (Golden *g)
{
  static const float rows[] = { 1, 0, 0, 9, 9, 3, 0.9f, /* another picture */
    0, 50, 35, 70, 45, 7, 0.4f };

  start (g, 160, 96);
  memcpy (ADD (g, "output", 2, 7), rows, sizeof rows);
  expect (g, 50, 35, 70, 45, 0.4f, 7);
}

static void
detr (Golden *g)
{
  static const float box[] = { 50, 35, 70, 45 };

  start (g, 160, 96);
  /* Not in the usual order. */
  ADD (g, "scores", 1, 300)[2] = 0.6f;
  ADD (g, "labels", 1, 300)[2] = 11;
  memcpy (ADD (g, "boxes", 1, 300, 4) + 8, box, sizeof box);
  expect (g, 50, 35, 70, 45, 0.6f, 11);
}

static void
detr_raw (Golden *g)
{
  static const float box[] = { 60 / 160.0f, 40 / 96.0f, 20 / 160.0f,
    10 / 96.0f };

  start (g, 160, 96);
  memcpy (ADD (g, "pred_boxes", 1, 100, 4), box, sizeof box);
  float *logits = ADD (g, "logits", 1, 100, 5);
  for (int i = 0; i < 500; i++)
    logits[i] = -9;
  logits[3] = 1;
  expect (g, 50, 35, 70, 45, 1 / (1 + expf (-1)), 3);
}

/* One bin far above the others: the distance is its number. */
static void
set_distances (float *at, int bins, const int distances[4])
{
  for (int side = 0; side < 4; side++)
    at[side * bins + distances[side]] = 60;
}

static void
nanodet (Golden *g)
{
  static const int distances[] = { 1, 2, 3, 4 };

  start (g, 160, 96);
  ADD (g, "a", 1, 240, 3);
  float *distance = ADD (g, "b", 1, 60, 32);
  ADD (g, "c", 1, 15, 3);
  ADD (g, "d", 1, 240, 32);
  float *score = ADD (g, "e", 1, 60, 3);
  ADD (g, "f", 1, 15, 32);
  score[11 * 3 + 2] = 0.9f;
  set_distances (distance + 11 * 32, 8, distances);
  /* centre 1.5 × 16 */
  expect (g, 24 - 16, 24 - 32, 24 + 48, 24 + 64, 0.9f, 2);
}

static void
nanodet_plus (Golden *g)
{
  static const int distances[] = { 1, 2, 3, 4 };
  /* … and 2 × 3 cells of 64. */
  const int cells = CELLS + 6;

  start (g, 160, 96);
  float *data = ADD (g, "output", 1, cells, 3 + 32) + (240 + 11) * 35;
  data[2] = 0.9f;
  set_arithmetic (g, DET_ARITHMETIC_NONE);
  set_distances (data + 3, 8, distances);
  /* centre 1 × 16: no half cell */
  expect (g, 16 - 16, 16 - 32, 16 + 48, 16 + 64, 0.9f, 2);
}

static void
picodet (Golden *g)
{
  static const int distances[] = { 1, 2, 3, 4 };

  start (g, 160, 96);
  g_free (g_array_index (g->info->inputs, DetTensorInfo, 0).name);
  g_array_index (g->info->inputs, DetTensorInfo, 0).name = g_strdup ("image");
  ADD (g, "s0", 1, 240, 3);
  float *score = ADD (g, "s1", 1, 60, 3);
  ADD (g, "s2", 1, 15, 3);
  ADD (g, "s3", 1, 6, 3);
  ADD (g, "d0", 1, 240, 32);
  float *distance = ADD (g, "d1", 1, 60, 32);
  ADD (g, "d2", 1, 15, 32);
  ADD (g, "d3", 1, 6, 32);
  score[11 * 3 + 1] = 0.9f;
  set_distances (distance + 11 * 32, 8, distances);
  expect (g, 24 - 16, 24 - 32, 24 + 48, 24 + 64, 0.9f, 1);
}

static void
fastestdet (Golden *g)
{
  const int plane = 10 * 6;

  start (g, 160, 96);
  float *cell = ADD (g, "out", 1, 5 + 4, 6, 10) + 2 * 10 + 3;
  cell[0] = 0.5f;
  cell[plane] = atanhf (0.5f);
  cell[2 * plane] = 0;
  cell[3 * plane] = 0;         /* sigmoid: half the width */
  cell[4 * plane] = -logf (3); /* a quarter of the height */
  cell[(5 + 2) * plane] = 0.7f;
  expect (g, 56 - 40, 32 - 12, 56 + 40, 32 + 12,
      powf (0.5f, 0.6f) * powf (0.7f, 0.4f), 2);
}

static void
darknet (Golden *g)
{
  static const float row[] = { 60 / 160.0f, 40 / 96.0f, 20 / 160.0f, 10 / 96.0f,
    0.5f, 0.1f, 0.4f };

  start (g, 160, 96);
  g->info->kind = DET_FILE_DARKNET;
  ADD (g, "yolo_1", 30, 7);
  memcpy (ADD (g, "yolo_2", 120, 7) + 7, row, sizeof row);
  expect (g, 50, 35, 70, 45, 0.4f, 1);
}

static void
ssd (Golden *g)
{
  static const float row[] = { 0, 1, 0.9f, 50 / 160.0f, 35 / 96.0f, 70 / 160.0f,
    45 / 96.0f };

  start (g, 160, 96);
  memcpy (ADD (g, "detection_out", 1, 1, 5, 7) + 7, row, sizeof row);
  expect (g, 50, 35, 70, 45, 0.9f, 0);
}

static void
ultraface (Golden *g)
{
  static const float box[] = { 50 / 160.0f, 35 / 96.0f, 70 / 160.0f,
    45 / 96.0f };
  const int n = 3 * 240 + 2 * 60 + 2 * 15 + 3 * 6;

  start (g, 160, 96);
  memcpy (ADD (g, "boxes", 1, n, 4) + 4 * 5, box, sizeof box);
  ADD (g, "scores", 1, n, 2)[2 * 5 + 1] = 0.9f;
  expect (g, 50, 35, 70, 45, 0.9f, 0);
}

static void
yunet (Golden *g)
{
  static const char *const kinds[] = { "kps", "bbox", "obj", "cls" };
  static const int columns[] = { 10, 4, 1, 1 };
  static const int cells[] = { 240, 60, 15 };
  float *data[4][3];

  start (g, 160, 96);
  for (int kind = 0; kind < 4; kind++) {
    for (int level = 0; level < 3; level++) {
      g_autofree char *name =
          g_strdup_printf ("%s_%d", kinds[kind], 8 << level);
      data[kind][level] = ADD (g, name, 1, cells[level], columns[kind]);
    }
  }
  data[3][1][11] = 0.81f;
  data[2][1][11] = 1;
  data[1][1][11 * 4] = 0.5f;
  data[1][1][11 * 4 + 3] = 0.6931472f;
  data[0][1][11 * 10 + 2] = 2;
  expect (g, 24 - 8, 16 - 16, 24 + 8, 16 + 16, 0.9f, 0);
  g->n_landmarks = 5;
  g->landmark = (DetModelPoint){ 48, 16 };
}

/* Anchor 2 × 11 + 1 of stride 16: cell 1, 1. */
static void
scrfd (Golden *g)
{
  static const float box[] = { 0.5f, 0.25f, 1, 2 };
  float *scores;
  float *boxes;
  float *points;

  start (g, 160, 96);
  ADD (g, "s8", 480, 1);
  scores = ADD (g, "s16", 120, 1);
  ADD (g, "s32", 30, 1);
  ADD (g, "b8", 480, 4);
  boxes = ADD (g, "b16", 120, 4);
  ADD (g, "b32", 30, 4);
  ADD (g, "k8", 480, 10);
  points = ADD (g, "k16", 120, 10);
  ADD (g, "k32", 30, 10);
  scores[23] = 0.9f;
  memcpy (boxes + 23 * 4, box, sizeof box);
  points[23 * 10 + 2] = 2;
  expect (g, 8, 12, 32, 48, 0.9f, 0);
  g->n_landmarks = 5;
  g->landmark = (DetModelPoint){ 48, 16 };
}

/* Row 513: the second anchor of the first cell of stride 16, centre 8, 8. */
static void
blazeface (Golden *g)
{
  static const float row[] = { 20, 30, 16, 8, 0, 0, 5, 6 };

  start (g, 128, 128);
  ADD (g, "classificators", 1, 896, 1)[513] = 1;
  for (int i = 0; i < 896; i++)
    g->data[0][i] = i == 513 ? 1 : -200;
  memcpy (ADD (g, "regressors", 1, 896, 16) + 513 * 16, row, sizeof row);
  expect (g, 20, 34, 36, 42, 1 / (1 + expf (-1)), 0);
  g->n_landmarks = 6;
  g->landmark = (DetModelPoint){ 13, 14 };
}

/* The second row is beyond the count. */
static void
fill_four (Golden *g, const char *const names[4], const float *box,
    float class_id)
{
  start (g, 160, 96);
  float *scores = ADD (g, names[2], 1, 20);
  ADD (g, names[0], 1, 1)[0] = 1;
  float *classes = ADD (g, names[3], 1, 20);
  memcpy (ADD (g, names[1], 1, 20, 4), box, 4 * sizeof (float));
  scores[0] = 0.6f;
  scores[1] = 0.9f;
  classes[0] = class_id;
}

static void
efficient_nms (Golden *g)
{
  static const char *const names[] = { "num_dets", "det_boxes", "det_scores",
    "det_classes" };
  static const float box[] = { 50, 35, 70, 45 };

  fill_four (g, names, box, 7);
  expect (g, 50, 35, 70, 45, 0.6f, 7);
}

static void
tf_detection (Golden *g)
{
  static const char *const names[] = { "num_detections", "detection_boxes",
    "detection_scores", "detection_classes" };
  static const float box[] = { 35 / 96.0f, 50 / 160.0f, 45 / 96.0f,
    70 / 160.0f };

  fill_four (g, names, box, 7);
  expect (g, 50, 35, 70, 45, 0.6f, 6);
}

static void
ssd_boxes (Golden *g)
{
  static const float box[] = { 50 / 160.0f, 35 / 96.0f, 70 / 160.0f,
    45 / 96.0f };

  start (g, 160, 96);
  memcpy (ADD (g, "boxes", 1, 500, 4) + 4 * 5, box, sizeof box);
  float *row = ADD (g, "scores", 1, 500, 4) + 4 * 5;
  row[0] = 0.95f; /* background */
  row[2] = 0.7f;
  expect (g, 50, 35, 70, 45, 0.7f, 1);
}

static void
yolo_fastestv2 (Golden *g)
{
  start (g, 160, 96);
  ADD (g, "b", 1, 3, 5, 18);
  float *cell = ADD (g, "a", 1, 6, 10, 18) + (2 * 10 + 3) * 18;
  cell[4] = cell[5] = 0.75f; /* the second anchor: 1 of the cell */
  cell[6] = cell[7] = 0.5f;  /* its own size */
  cell[12 + 1] = 0.8f;
  cell[15 + 2] = 0.5f;
  expect (g, 64 - 18.94f, 48 - 25.74f, 64 + 18.94f, 48 + 25.74f, 0.4f, 2);
}

static void
classic (Golden *g)
{
  static const float row[] = { 50, 35, 70, 45, 0.6f, 0 };

  start (g, 160, 96);
  g->info->kind = DET_FILE_CASCADE;
  memcpy (ADD (g, "objects", 1, 6), row, sizeof row);
  expect (g, 50, 35, 70, 45, 0.6f, 0);
}

static const struct
{
  const char *name;
  void (*make) (Golden *golden);
  gboolean is_asked_for; /* never recognised by itself */
} goldens[] = {
  { "blazeface", blazeface, FALSE },
  { "classic", classic, FALSE },
  { "darknet", darknet, FALSE },
  { "detr", detr, FALSE },
  { "detr-end2end", detr_end2end, FALSE },
  { "detr-raw", detr_raw, FALSE },
  { "efficient-nms", efficient_nms, FALSE },
  { "end2end", end2end, FALSE },
  { "fastestdet", fastestdet, FALSE },
  { "nanodet", nanodet, FALSE },
  { "nanodet-plus", nanodet_plus, FALSE },
  { "picodet", picodet, FALSE },
  { "scrfd", scrfd, FALSE },
  { "ssd", ssd, FALSE },
  { "ssd-boxes", ssd_boxes, FALSE },
  { "tf-detection", tf_detection, FALSE },
  { "ultraface", ultraface, FALSE },
  { "yolo-fastestv2", yolo_fastestv2, FALSE },
  { "yolov5", yolov5, FALSE },
  { "yolov7-end2end", yolov7_end2end, FALSE },
  { "yolov8", yolov8, FALSE },
  { "yolov8-rows", yolov8_rows, FALSE },
  { "yolox", yolox, FALSE },
  { "yolox-decoded", yolov5, TRUE },
  { "yunet", yunet, FALSE },
};

static void
clear_golden (Golden *golden)
{
  for (guint i = 0; i < golden->n; i++)
    g_free (golden->data[i]);
  det_model_info_free (golden->info);
}

static void
view_outputs (const Golden *golden, DetTensor *outputs)
{
  for (guint i = 0; i < golden->n; i++) {
    const DetTensorInfo *info = det_model_info_output (golden->info, i);

    outputs[i] =
        (DetTensor){ DET_DTYPE_FLOAT32, info->n_dims, { 0 }, golden->data[i] };
    memcpy (outputs[i].dims, info->dims, sizeof info->dims);
  }
}

static void
bind_golden (const DetDecoder *decoder, const Golden *golden, DetHead *head)
{
  g_autoptr (GError) error = NULL;

  const gint64 *dims = det_model_info_input (golden->info, 0)->dims;
  *head = (DetHead){ .input_width = (int) dims[3],
    .input_height = (int) dims[2],
    .n_outputs = (int) golden->n };
  decoder->bind (head, golden->info, &error);
  g_assert_no_error (error);
  g_assert_cmpint (head->n_classes, >, golden->class_id);
}

static void
assert_found (const Golden *golden, const DetCandidates *found)
{
  g_assert_cmpuint (found->n, ==, 1);
  const DetCandidate *item = &found->items[0];
  g_assert_cmpfloat_with_epsilon ((double) item->box.x0,
      (double) golden->box.x0, 1e-2);
  g_assert_cmpfloat_with_epsilon ((double) item->box.y0,
      (double) golden->box.y0, 1e-2);
  g_assert_cmpfloat_with_epsilon ((double) item->box.x1,
      (double) golden->box.x1, 1e-2);
  g_assert_cmpfloat_with_epsilon ((double) item->box.y1,
      (double) golden->box.y1, 1e-2);
  g_assert_cmpfloat_with_epsilon ((double) item->score, (double) golden->score,
      1e-5);
  g_assert_cmpint (item->class_id, ==, golden->class_id);
  g_assert_cmpint (item->n_landmarks, ==, golden->n_landmarks);
  if (golden->n_landmarks > 1) {
    g_assert_cmpfloat_with_epsilon ((double) item->landmarks[1].x,
        (double) golden->landmark.x, 1e-2);
    g_assert_cmpfloat_with_epsilon ((double) item->landmarks[1].y,
        (double) golden->landmark.y, 1e-2);
  }
}

static int
find_golden (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (goldens); i++) {
    if (strcmp (goldens[i].name, name) == 0)
      return (int) i;
  }
  g_error ("decoder %s has no golden", name);
}

static void
test_goldens (void)
{
  for (int i = 0; det_decoders ()[i]; i++) {
    const DetDecoder *decoder = det_decoders ()[i];
    int index = find_golden (decoder->name);
    Golden golden = { 0 };
    DetCandidates found = { 0 };
    DetTensor outputs[DET_MAX_OUTPUTS];
    g_autoptr (GError) error = NULL;
    DetHead head;

    g_test_message ("%s", decoder->name);
    goldens[index].make (&golden);
    if (!goldens[index].is_asked_for) {
      g_assert_true (det_decoder_choose (golden.info, NULL, &error) == decoder);
      g_assert_no_error (error);
    }
    bind_golden (decoder, &golden, &head);
    view_outputs (&golden, outputs);
    decoder->decode (&head, outputs, 0.25f, &found);
    assert_found (&golden, &found);
    g_free (head.grid);
    det_candidates_clear (&found);
    clear_golden (&golden);
  }
}

/* Whatever the numbers: no crash, and nothing that is not a number scores. */
static void
test_wild_values (void)
{
  static const float wild[] = { NAN, INFINITY, -INFINITY, 3e38f, -3e38f, 1e-40f,
    0, 1 };

  for (int i = 0; det_decoders ()[i]; i++) {
    const DetDecoder *decoder = det_decoders ()[i];
    Golden golden = { 0 };
    DetCandidates found = { 0 };
    DetTensor outputs[DET_MAX_OUTPUTS];
    DetHead head;

    goldens[find_golden (decoder->name)].make (&golden);
    bind_golden (decoder, &golden, &head);
    view_outputs (&golden, outputs);
    for (guint o = 0; o < golden.n; o++) {
      gint64 n = det_tensor_n_elements (&outputs[o]);
      for (gint64 v = 0; v < n; v++)
        golden.data[o][v] = wild[g_test_rand_int_range (0, 8)];
    }
    decoder->decode (&head, outputs, 0.25f, &found);
    for (guint c = 0; c < found.n; c++) {
      g_assert_true (found.items[c].score > 0.25f);
      g_assert_cmpint (found.items[c].class_id, >=, 0);
    }
    det_nms (&found, 0.5f, FALSE, 300);
    g_free (head.grid);
    det_candidates_clear (&found);
    clear_golden (&golden);
  }
}

/* A decoder asked for by name refuses what it cannot read. */
static void
test_refusal (void)
{
  static const gint64 dims[] = { 1, 512 };

  for (int i = 0; det_decoders ()[i]; i++) {
    g_autoptr (DetModelInfo) info = make_info (DET_FILE_ONNX, 160, 96);
    g_autoptr (GError) error = NULL;
    DetHead head = { .input_width = 160, .input_height = 96, .n_outputs = 1 };

    det_model_info_add_output (info, "embedding", DET_DTYPE_FLOAT32, 2, dims);
    g_assert_false (det_decoders ()[i]->bind (&head, info, &error));
    g_assert_error (error, DET_ERROR, DET_ERROR_UNRECOGNISED);
    g_assert_nonnull (strstr (error->message, "embedding float32[1,512]"));
    g_free (head.grid);
  }
}

static void
test_ambiguous (void)
{
  static const gint64 dims[] = { 1, CELLS, 85 };
  g_autoptr (DetModelInfo) info = make_info (DET_FILE_ONNX, 160, 96);
  g_autoptr (GError) error = NULL;

  det_model_info_add_output (info, "out", DET_DTYPE_FLOAT32, 3, dims);
  g_assert_null (det_decoder_choose (info, NULL, &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_UNRECOGNISED);
  g_assert_nonnull (strstr (error->message, "decoder=yolov5"));
  g_assert_nonnull (strstr (error->message, "decoder=yolox"));
  g_assert_nonnull (strstr (error->message, "out float32[1,315,85]"));
  g_assert_cmpstr (det_decoder_choose (info, "yolox", NULL)->name, ==, "yolox");
}

static void
test_unknown (void)
{
  static const gint64 dims[] = { 1, 1000 };
  g_autoptr (DetModelInfo) info = make_info (DET_FILE_ONNX, 224, 224);
  g_autoptr (GError) error = NULL;

  det_model_info_add_output (info, "prob", DET_DTYPE_FLOAT32, 2, dims);
  g_assert_null (det_decoder_choose (info, "auto", &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_UNRECOGNISED);
  g_assert_nonnull (strstr (error->message, "prob float32[1,1000]"));
  g_assert_null (strchr (error->message, '\n'));
}

/* Open dims: asked again later, without an error now. */
static void
test_open (void)
{
  static const gint64 dims[] = { -1, 84, -1 };
  g_autoptr (DetModelInfo) info = make_info (DET_FILE_ONNX, -1, -1);
  g_autoptr (GError) error = NULL;

  det_model_info_add_output (info, "output0", DET_DTYPE_FLOAT32, 3, dims);
  g_assert_null (det_decoder_choose (info, NULL, &error));
  g_assert_no_error (error);
}

/* What else a model of the YOLOv8 family may carry in its rows. */
static void
test_tasks (void)
{
  static const struct
  {
    const char *task;
    int columns;
    int n_landmarks;
  } tasks[] = { { "segment", 4 + 2 + 32, 0 }, { "obb", 4 + 2 + 1, 0 },
    { "pose", 4 + 2 + 17 * 3, 17 } };

  for (gsize i = 0; i < G_N_ELEMENTS (tasks); i++) {
    Golden golden = { 0 };
    DetCandidates found = { 0 };
    DetTensor outputs[DET_MAX_OUTPUTS];
    DetHead head;

    g_test_message ("%s", tasks[i].task);
    start (&golden, 160, 96);
    float *data = ADD (&golden, "output0", 1, tasks[i].columns, CELLS);
    set_metadata (&golden, "task", tasks[i].task);
    set_metadata (&golden, "names", "{0: 'a', 1: 'b'}");
    set_metadata (&golden, "kpt_shape", "[17, 3]");
    data[0] = data[CELLS] = 50;
    data[2 * CELLS] = data[3 * CELLS] = 10;
    data[5 * CELLS] = 0.9f;
    for (int c = 6; c < tasks[i].columns; c++)
      data[c * CELLS] = (float) c;
    const DetDecoder *decoder = det_decoder_choose (golden.info, NULL, NULL);
    g_assert_cmpstr (decoder->name, ==, "yolov8");
    bind_golden (decoder, &golden, &head);
    g_assert_cmpint (head.n_classes, ==, 2);
    view_outputs (&golden, outputs);
    decoder->decode (&head, outputs, 0.5f, &found);
    expect (&golden, 45, 45, 55, 55, 0.9f, 1);
    golden.n_landmarks = tasks[i].n_landmarks;
    golden.landmark = (DetModelPoint){ 9, 10 };
    assert_found (&golden, &found);
    g_free (head.grid);
    det_candidates_clear (&found);
    clear_golden (&golden);
  }
}

/* Boxes that are not decoded are noticed by their values. */
static void
test_check (void)
{
  Golden golden = { 0 };
  DetTensor outputs[DET_MAX_OUTPUTS];
  g_autoptr (GError) error = NULL;
  const DetDecoder *decoder = det_decoder_find ("yolov5");
  DetHead head;

  yolov5 (&golden);
  bind_golden (decoder, &golden, &head);
  view_outputs (&golden, outputs);
  g_assert_true (decoder->check (&head, outputs, &error));
  golden.data[0][9 * 7] = golden.data[0][9 * 7 + 1] = 0.5f;
  g_assert_false (decoder->check (&head, outputs, &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_UNRECOGNISED);
  g_assert_nonnull (strstr (error->message, "decoder=yolox"));
  memset (golden.data[0], 0, 3 * CELLS * 7 * sizeof (float));
  g_assert_true (decoder->check (&head, outputs, NULL)); /* cannot be told */
  g_free (head.grid);
  clear_golden (&golden);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/decoders/goldens", test_goldens);
  g_test_add_func ("/decoders/wild-values", test_wild_values);
  g_test_add_func ("/decoders/refusal", test_refusal);
  g_test_add_func ("/decoders/ambiguous", test_ambiguous);
  g_test_add_func ("/decoders/unknown", test_unknown);
  g_test_add_func ("/decoders/open", test_open);
  g_test_add_func ("/decoders/tasks", test_tasks);
  g_test_add_func ("/decoders/check", test_check);
  return g_test_run ();
}
