/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "goldens.h"

#include <math.h>
#include <string.h>

#define MOST_VALUES (1 << 18)

DetModelInfo *
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

void
golden_start (Golden *golden, gint64 width, gint64 height)
{
  golden->info = make_info (DET_FILE_ONNX, width, height);
}

float *
golden_add (Golden *golden, const char *name, int n_dims, const gint64 *dims)
{
  gint64 n = 1;

  for (int i = 0; i < n_dims; i++)
    n *= dims[i];
  g_assert_cmpint (n, <, MOST_VALUES);
  det_model_info_add_output (golden->info, name, DET_DTYPE_FLOAT32, n_dims,
      dims);
  return golden->data[golden->n++] = g_new0 (float, n);
}

void
golden_expect (Golden *golden, float x0, float y0, float x1, float y1,
    float score, int class_id)
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

void
golden_set_metadata (Golden *golden, const char *key, const char *value)
{
  g_hash_table_insert (golden->info->metadata, g_strdup (key),
      g_strdup (value));
}

static void
yolov8 (Golden *g)
{
  static const float values[] = { 60, 40, 20, 10 };

  golden_start (g, 160, 96);
  float *data = ADD (g, "output0", 1, 84, CELLS);
  for (int i = 0; i < 4; i++)
    data[i * CELLS + 300] = values[i];
  data[(4 + 17) * CELLS + 300] = 0.8f;
  data[(4 + 16) * CELLS + 300] = 0.7f;
  golden_expect (g, 50, 35, 70, 45, 0.8f, 17);
}

static void
yolov8_rows (Golden *g)
{
  static const float row[] = { 60, 40, 20, 10, 0.2f, 0.8f };

  golden_start (g, 160, 96);
  memcpy (ADD (g, "output0", 1, CELLS, 6) + 7 * 6, row, sizeof row);
  golden_set_metadata (g, "names", "['a', 'b']");
  golden_expect (g, 50, 35, 70, 45, 0.8f, 1);
}

static void
yolov5 (Golden *g)
{
  static const float row[] = { 60, 40, 20, 10, 0.5f, 0.2f, 0.8f };

  golden_start (g, 160, 96);
  memcpy (ADD (g, "output0", 1, 3 * CELLS, 7) + 9 * 7, row, sizeof row);
  set_arithmetic (g, DET_ARITHMETIC_SOME);
  golden_expect (g, 50, 35, 70, 45, 0.4f, 1);
}

/* Cell 240 + 11 lies at column 1, row 1 of stride 16. */
static void
yolox (Golden *g)
{
  static const float row[] = { 0.5f, 0.25f, 0, 0.6931472f, 0.5f, 0.2f, 0.8f };

  golden_start (g, 160, 96);
  memcpy (ADD (g, "output", 1, CELLS, 7) + 251 * 7, row, sizeof row);
  set_arithmetic (g, DET_ARITHMETIC_NONE);
  golden_expect (g, 24 - 8, 20 - 16, 24 + 8, 20 + 16, 0.4f, 1);
}

static void
end2end (Golden *g)
{
  static const float row[] = { 50, 35, 70, 45, 0.4f, 7 };

  golden_start (g, 160, 96);
  memcpy (ADD (g, "output0", 1, 300, 6) + 6, row, sizeof row);
  golden_set_metadata (g, "end2end", "True");
  golden_expect (g, 50, 35, 70, 45, 0.4f, 7);
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

  golden_start (g, 160, 96);
  memcpy (ADD (g, "output", 2, 7), rows, sizeof rows);
  golden_expect (g, 50, 35, 70, 45, 0.4f, 7);
}

static void
detr (Golden *g)
{
  static const float box[] = { 50, 35, 70, 45 };

  golden_start (g, 160, 96);
  /* Not in the usual order. */
  ADD (g, "scores", 1, 300)[2] = 0.6f;
  ADD (g, "labels", 1, 300)[2] = 11;
  memcpy (ADD (g, "boxes", 1, 300, 4) + 8, box, sizeof box);
  golden_expect (g, 50, 35, 70, 45, 0.6f, 11);
}

static void
detr_raw (Golden *g)
{
  static const float box[] = { 60 / 160.0f, 40 / 96.0f, 20 / 160.0f,
    10 / 96.0f };

  golden_start (g, 160, 96);
  memcpy (ADD (g, "pred_boxes", 1, 100, 4), box, sizeof box);
  float *logits = ADD (g, "logits", 1, 100, 5);
  for (int i = 0; i < 500; i++)
    logits[i] = -9;
  logits[3] = 1;
  golden_expect (g, 50, 35, 70, 45, 1 / (1 + expf (-1)), 3);
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

  golden_start (g, 160, 96);
  ADD (g, "a", 1, 240, 3);
  float *distance = ADD (g, "b", 1, 60, 32);
  ADD (g, "c", 1, 15, 3);
  ADD (g, "d", 1, 240, 32);
  float *score = ADD (g, "e", 1, 60, 3);
  ADD (g, "f", 1, 15, 32);
  score[11 * 3 + 2] = 0.9f;
  set_distances (distance + 11 * 32, 8, distances);
  /* centre 1.5 × 16 */
  golden_expect (g, 24 - 16, 24 - 32, 24 + 48, 24 + 64, 0.9f, 2);
}

static void
nanodet_plus (Golden *g)
{
  static const int distances[] = { 1, 2, 3, 4 };
  /* … and 2 × 3 cells of 64. */
  const int cells = CELLS + 6;

  golden_start (g, 160, 96);
  float *data = ADD (g, "output", 1, cells, 3 + 32) + (240 + 11) * 35;
  data[2] = 0.9f;
  set_arithmetic (g, DET_ARITHMETIC_NONE);
  set_distances (data + 3, 8, distances);
  /* centre 1 × 16: no half cell */
  golden_expect (g, 16 - 16, 16 - 32, 16 + 48, 16 + 64, 0.9f, 2);
}

static void
picodet (Golden *g)
{
  static const int distances[] = { 1, 2, 3, 4 };

  golden_start (g, 160, 96);
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
  golden_expect (g, 24 - 16, 24 - 32, 24 + 48, 24 + 64, 0.9f, 1);
}

static void
fastestdet (Golden *g)
{
  const int plane = 10 * 6;

  golden_start (g, 160, 96);
  float *cell = ADD (g, "out", 1, 5 + 4, 6, 10) + 2 * 10 + 3;
  cell[0] = 0.5f;
  cell[plane] = atanhf (0.5f);
  cell[2 * plane] = 0;
  cell[3 * plane] = 0;         /* sigmoid: half the width */
  cell[4 * plane] = -logf (3); /* a quarter of the height */
  cell[(5 + 2) * plane] = 0.7f;
  golden_expect (g, 56 - 40, 32 - 12, 56 + 40, 32 + 12,
      powf (0.5f, 0.6f) * powf (0.7f, 0.4f), 2);
}

static void
darknet (Golden *g)
{
  static const float row[] = { 60 / 160.0f, 40 / 96.0f, 20 / 160.0f, 10 / 96.0f,
    0.5f, 0.1f, 0.4f };

  golden_start (g, 160, 96);
  g->info->kind = DET_FILE_DARKNET;
  ADD (g, "yolo_1", 30, 7);
  memcpy (ADD (g, "yolo_2", 120, 7) + 7, row, sizeof row);
  golden_expect (g, 50, 35, 70, 45, 0.4f, 1);
}

static void
ssd (Golden *g)
{
  static const float row[] = { 0, 1, 0.9f, 50 / 160.0f, 35 / 96.0f, 70 / 160.0f,
    45 / 96.0f };

  golden_start (g, 160, 96);
  memcpy (ADD (g, "detection_out", 1, 1, 5, 7) + 7, row, sizeof row);
  golden_expect (g, 50, 35, 70, 45, 0.9f, 0);
}

static void
ultraface (Golden *g)
{
  static const float box[] = { 50 / 160.0f, 35 / 96.0f, 70 / 160.0f,
    45 / 96.0f };
  const int n = 3 * 240 + 2 * 60 + 2 * 15 + 3 * 6;

  golden_start (g, 160, 96);
  memcpy (ADD (g, "boxes", 1, n, 4) + 4 * 5, box, sizeof box);
  ADD (g, "scores", 1, n, 2)[2 * 5 + 1] = 0.9f;
  golden_expect (g, 50, 35, 70, 45, 0.9f, 0);
}

static void
yunet (Golden *g)
{
  static const char *const kinds[] = { "kps", "bbox", "obj", "cls" };
  static const int columns[] = { 10, 4, 1, 1 };
  static const int cells[] = { 240, 60, 15 };
  float *data[4][3];

  golden_start (g, 160, 96);
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
  golden_expect (g, 24 - 8, 16 - 16, 24 + 8, 16 + 16, 0.9f, 0);
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

  golden_start (g, 160, 96);
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
  golden_expect (g, 8, 12, 32, 48, 0.9f, 0);
  g->n_landmarks = 5;
  g->landmark = (DetModelPoint){ 48, 16 };
}

/* Row 513: the second anchor of the first cell of stride 16, centre 8, 8. */
static void
blazeface (Golden *g)
{
  static const float row[] = { 20, 30, 16, 8, 0, 0, 5, 6 };

  golden_start (g, 128, 128);
  ADD (g, "classificators", 1, 896, 1)[513] = 1;
  for (int i = 0; i < 896; i++)
    g->data[0][i] = i == 513 ? 1 : -200;
  memcpy (ADD (g, "regressors", 1, 896, 16) + 513 * 16, row, sizeof row);
  golden_expect (g, 20, 34, 36, 42, 1 / (1 + expf (-1)), 0);
  g->n_landmarks = 6;
  g->landmark = (DetModelPoint){ 13, 14 };
}

/* The second row is beyond the count. */
static void
fill_four (Golden *g, const char *const names[4], const float *box,
    float class_id)
{
  golden_start (g, 160, 96);
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
  golden_expect (g, 50, 35, 70, 45, 0.6f, 7);
}

static void
tf_detection (Golden *g)
{
  static const char *const names[] = { "num_detections", "detection_boxes",
    "detection_scores", "detection_classes" };
  static const float box[] = { 35 / 96.0f, 50 / 160.0f, 45 / 96.0f,
    70 / 160.0f };

  fill_four (g, names, box, 7);
  golden_expect (g, 50, 35, 70, 45, 0.6f, 6);
}

static void
ssd_boxes (Golden *g)
{
  static const float box[] = { 50 / 160.0f, 35 / 96.0f, 70 / 160.0f,
    45 / 96.0f };

  golden_start (g, 160, 96);
  memcpy (ADD (g, "boxes", 1, 500, 4) + 4 * 5, box, sizeof box);
  float *row = ADD (g, "scores", 1, 500, 4) + 4 * 5;
  row[0] = 0.95f; /* background */
  row[2] = 0.7f;
  golden_expect (g, 50, 35, 70, 45, 0.7f, 1);
}

static void
yolo_fastestv2 (Golden *g)
{
  golden_start (g, 160, 96);
  ADD (g, "b", 1, 3, 5, 18);
  float *cell = ADD (g, "a", 1, 6, 10, 18) + (2 * 10 + 3) * 18;
  cell[4] = cell[5] = 0.75f; /* the second anchor: 1 of the cell */
  cell[6] = cell[7] = 0.5f;  /* its own size */
  cell[12 + 1] = 0.8f;
  cell[15 + 2] = 0.5f;
  golden_expect (g, 64 - 18.94f, 48 - 25.74f, 64 + 18.94f, 48 + 25.74f, 0.4f,
      2);
}

static void
classic (Golden *g)
{
  static const float row[] = { 50, 35, 70, 45, 0.6f, 0 };

  golden_start (g, 160, 96);
  g->info->kind = DET_FILE_CASCADE;
  memcpy (ADD (g, "objects", 3, 6) + 6, row, sizeof row);
  golden_expect (g, 50, 35, 70, 45, 0.6f, 0);
}

const GoldenRow goldens[] = {
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

const int n_goldens = G_N_ELEMENTS (goldens);

const GoldenRow *
golden_make (const char *name, Golden *golden)
{
  for (gsize i = 0; i < G_N_ELEMENTS (goldens); i++) {
    if (strcmp (goldens[i].name, name) == 0) {
      goldens[i].make (golden);
      return &goldens[i];
    }
  }
  g_error ("decoder %s has no golden", name);
}

void
golden_view (const Golden *golden, DetTensor *outputs)
{
  for (guint i = 0; i < golden->n; i++) {
    const DetTensorInfo *info = det_model_info_output (golden->info, i);

    outputs[i] =
        (DetTensor){ DET_DTYPE_FLOAT32, info->n_dims, { 0 }, golden->data[i] };
    memcpy (outputs[i].dims, info->dims, sizeof info->dims);
  }
}

void
golden_bind (const DetDecoder *decoder, const Golden *golden, DetHead *head)
{
  g_autoptr (GError) error = NULL;

  const gint64 *dims = det_model_info_input (golden->info, 0)->dims;
  *head = (DetHead){ .input_width = (int) dims[3],
    .input_height = (int) dims[2],
    .n_outputs = (int) golden->n };
  g_assert_true (decoder->bind (head, golden->info, &error));
  g_assert_no_error (error);
  g_assert_cmpint (head->n_classes, >, golden->class_id);
}

void
golden_decode (const DetDecoder *decoder, const Golden *golden, float threshold,
    DetCandidates *found)
{
  DetTensor outputs[DET_MAX_OUTPUTS];
  DetHead head;

  golden_bind (decoder, golden, &head);
  golden_view (golden, outputs);
  found->n = 0;
  decoder->decode (&head, outputs, threshold, found);
  g_free (head.grid);
}

void
golden_assert_found (const Golden *golden, const DetCandidates *found)
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

void
golden_assert_reads (Golden *golden, const char *forced, const char *expected)
{
  DetCandidates found = { 0 };
  g_autoptr (GError) error = NULL;
  const DetDecoder *decoder = det_decoder_choose (golden->info, forced, &error);

  g_assert_no_error (error);
  g_assert_nonnull (decoder);
  g_assert_cmpstr (decoder->name, ==, expected);
  golden_decode (decoder, golden, 0.25f, &found);
  golden_assert_found (golden, &found);
  det_candidates_clear (&found);
  golden_clear (golden);
}

void
golden_clear (Golden *golden)
{
  for (guint i = 0; i < golden->n; i++)
    g_free (golden->data[i]);
  det_model_info_free (golden->info);
}
