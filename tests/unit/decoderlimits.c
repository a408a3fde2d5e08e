/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The decoders at the edges of what they read: the smallest and the largest shapes
 * they take, those next to them that they refuse, and values at the edge of a range. */
#include "decoder.h"

#include <math.h>
#include <string.h>

#include "goldens.h"
#include "headmatch.h"

/* ---- shapes ---- */

typedef struct
{
  const char *decoder;
  int width; /* of the picture; -1: open */
  int height;
  const char *outputs; /* "name dims; name dims …" */
  DetMatch match;      /* how well they fit */
  gboolean binds;      /* whether the decoder, asked for by name, takes them */
} ShapeCase;

#define USUAL 160, 96
#define NO DET_MATCH_NO
#define UNSURE DET_MATCH_UNSURE
#define SHAPE DET_MATCH_SHAPE
#define SURE DET_MATCH_SURE

static const ShapeCase shape_cases[] = {
  { "blazeface", 128, 128, "boxes 1,896,16; scores 1,896,1", SURE, TRUE },
  { "blazeface", 96, 128, "boxes 1,896,16; scores 1,896,1", NO, FALSE },
  { "blazeface", 128, 96, "boxes 1,896,16; scores 1,896,1", NO, FALSE },

  { "darknet", USUAL, "yolo 30,7", SURE, TRUE },
  { "darknet", USUAL, "yolo 30,6", SURE, TRUE }, /* one class */
  { "darknet", USUAL, "yolo 30,5", NO, FALSE },
  { "darknet", USUAL, "a 30,7; b 120,8", NO, FALSE },
  { "darknet", USUAL, "yolo 30,32767", SURE, TRUE },
  { "darknet", USUAL, "yolo 30,32768", SURE, FALSE },
  { "darknet", USUAL, "", UNSURE, FALSE },

  { "detr", USUAL, "labels 1,300; boxes 1,300,4; scores 1,300", SURE, TRUE },
  { "detr", USUAL, "labels 1,1; boxes 1,1,4; scores 1,1", SURE, TRUE },
  { "detr", USUAL, "labels 1,0; boxes 1,0,4; scores 1,0", SURE, FALSE },
  { "detr", USUAL, "labels 1,300; boxes 1,300,5; scores 1,300", NO, FALSE },
  { "detr", USUAL, "labels 1,300; boxes ; scores 1,300", NO, FALSE },
  { "detr", USUAL, "labels 1,32767; boxes 1,32767,4; scores 1,32767", SURE,
      TRUE },
  { "detr", USUAL, "labels 1,32768; boxes 1,32768,4; scores 1,32768", SURE,
      FALSE },

  /* In either order, by either name. */
  { "detr-raw", USUAL, "logits 1,300,80; pred_boxes 1,300,4", SURE, TRUE },
  { "detr-raw", USUAL, "pred_logits 1,300,80; boxes 1,300,4", SURE, TRUE },
  { "detr-raw", USUAL, "boxes 1,300,4; pred_logits 1,300,80", SURE, TRUE },
  { "detr-raw", USUAL, "logits 1,1,1; pred_boxes 1,1,4", SURE, TRUE },
  { "detr-raw", USUAL, "logits 1,0,80; pred_boxes 1,0,4", SURE, FALSE },
  { "detr-raw", USUAL, "logits 1,300,0; pred_boxes 1,300,4", SURE, FALSE },
  { "detr-raw", USUAL, "logits 1,32767,80; pred_boxes 1,32767,4", SURE, TRUE },
  { "detr-raw", USUAL, "logits 1,32768,80; pred_boxes 1,32768,4", SURE, FALSE },
  { "detr-raw", USUAL, "logits 1,300,32767; pred_boxes 1,300,4", SURE, TRUE },
  { "detr-raw", USUAL, "logits 1,300,32768; pred_boxes 1,300,4", SURE, FALSE },

  { "efficient-nms", USUAL,
      "num_dets 1,1; det_boxes 1,20,4; det_scores 1,20; det_classes 1,20", SURE,
      TRUE },
  { "efficient-nms", USUAL,
      "num_dets 1; det_boxes 20,4; det_scores 20; det_classes 20", SURE, TRUE },
  { "efficient-nms", USUAL,
      "num_dets 1; det_boxes 20,5; det_scores 20; det_classes 20", NO, FALSE },
  { "efficient-nms", USUAL,
      "num_dets 1; det_boxes 4; det_scores 20; det_classes 20", NO, FALSE },
  { "efficient-nms", USUAL,
      "num_dets 1; det_boxes ; det_scores 20; det_classes 20", NO, FALSE },
  { "efficient-nms", USUAL,
      "num_dets 1; det_boxes 1,4; det_scores 1; det_classes 1", SURE, TRUE },
  { "efficient-nms", USUAL,
      "num_dets 1; det_boxes 0,4; det_scores 0; det_classes 0", SURE, FALSE },
  { "efficient-nms", USUAL,
      "num_dets 1; det_boxes 32767,4; det_scores 32767; det_classes 32767",
      SURE, TRUE },
  { "efficient-nms", USUAL,
      "num_dets 1; det_boxes 32768,4; det_scores 32768; det_classes 32768",
      SURE, FALSE },

  { "end2end", USUAL, "out 1,300,6", SHAPE, TRUE },
  { "end2end", USUAL, "out 1,300,5", NO, FALSE },
  { "end2end", USUAL, "out 1,300,64", NO,
      TRUE }, /* of which task, is not said */
  { "end2end", USUAL, "out 1,300,65", NO, FALSE },

  { "fastestdet", USUAL, "out 1,9,6,10", SHAPE, TRUE },
  { "fastestdet", USUAL, "out 9,6,10", NO, FALSE },
  { "fastestdet", USUAL, "out 1,6,6,10", SHAPE, TRUE }, /* one class */
  { "fastestdet", USUAL, "out 1,5,6,10", NO, FALSE },
  { "fastestdet", USUAL, "out 1,9,1,10", NO, TRUE },
  { "fastestdet", USUAL, "out 1,9,0,10", NO, FALSE },
  { "fastestdet", USUAL, "out 1,9,6,1", NO, TRUE },
  { "fastestdet", USUAL, "out 1,9,6,0", NO, FALSE },
  { "fastestdet", USUAL, "out 1,32767,6,10", SHAPE, TRUE },
  { "fastestdet", USUAL, "out 1,32768,6,10", SHAPE, FALSE },
  { "fastestdet", USUAL, "out 1,9,32767,10", NO, TRUE },
  { "fastestdet", USUAL, "out 1,9,32768,10", NO, FALSE },
  { "fastestdet", USUAL, "out 1,9,6,32767", NO, TRUE },
  { "fastestdet", USUAL, "out 1,9,6,32768", NO, FALSE },

  /* At stride 32 there is one cell. */
  { "nanodet", 32, 32,
      "a 1,16,3; b 1,16,32; c 1,4,3; d 1,4,32; e 1,1,3; f 1,1,32", SHAPE,
      TRUE },
  { "nanodet", -1, 32,
      "a 1,0,3; b 1,0,32; c 1,0,3; d 1,0,32; e 1,0,3; f 1,0,32", NO, FALSE },
  { "nanodet-plus", -1, 32, "out 1,0,35", NO, FALSE },

  /* Six outputs, or nine with points; of open rows they may be its. */
  { "scrfd", USUAL, "a 480,1; b 120,1; c 30,1; d 480,4; e 120,4; f 30,4", SURE,
      TRUE },
  { "scrfd", USUAL, "a -1,1; b -1,1; c -1,1; d -1,4; e -1,4; f -1,4", UNSURE,
      FALSE },
  { "scrfd", USUAL,
      "a 480,1; b 120,1; c 30,1; d 480,4; e 120,4; f 30,4; "
      "g 480,10; h 120,10; i 30,10; j 480,8; k 120,8; l 30,8",
      NO, FALSE },
  { "scrfd", 1, 96, "a 9,1; b 9,1; c 9,1; d 9,4; e 9,4; f 9,4", NO, FALSE },

  { "ssd", USUAL, "out ", NO, FALSE },

  { "ssd-boxes", USUAL, "scores 1,500,4; boxes 1,500,4", SHAPE, TRUE },
  { "ssd-boxes", USUAL, "scores 1,1,4; boxes 1,1,4", SHAPE, TRUE },
  { "ssd-boxes", USUAL, "scores 1,0,4; boxes 1,0,4", NO, FALSE },
  { "ssd-boxes", USUAL, "scores 1,500,2; boxes 1,500,4", SHAPE, TRUE },
  { "ssd-boxes", USUAL, "scores 1,500,1; boxes 1,500,4", NO, FALSE },
  { "ssd-boxes", USUAL, "scores 1,500,32766; boxes 1,500,4", SHAPE, TRUE },
  { "ssd-boxes", USUAL, "scores 1,500,32767; boxes 1,500,4", NO, FALSE },
  { "ssd-boxes", USUAL, "scores 1,2147483646,4; boxes 1,2147483646,4", SHAPE,
      TRUE },
  { "ssd-boxes", USUAL, "scores 1,2147483647,4; boxes 1,2147483647,4", NO,
      FALSE },

  /* 3 boxes in each of 520 × 8 cells, 2 in 260 × 4, 2 in 130 × 2, 3 in 65. */
  { "ultraface", 4160, 64, "scores 1,15275,2; boxes 1,15275,4", SURE, TRUE },
  { "ultraface", -1, 64, "scores 1,0,2; boxes 1,0,4", NO, FALSE },
  { "ultraface", USUAL, "scores 1,1,2; boxes 1,1,4", NO, TRUE },

  { "yolo-fastestv2", USUAL, "a 1,6,10,18; b 1,3,5,18", SURE, TRUE },
  { "yolo-fastestv2", USUAL, "a 1,6,10,16; b 1,3,5,16", SURE, TRUE },
  { "yolo-fastestv2", USUAL, "a 1,6,10,15; b 1,3,5,15", NO, FALSE },
  { "yolo-fastestv2", USUAL, "a 1,6,10,32766; b 1,3,5,32766", SURE, TRUE },
  { "yolo-fastestv2", USUAL, "a 1,6,10,32767; b 1,3,5,32767", NO, FALSE },

  /* One class. */
  { "yolov5", USUAL, "out 1,945,6", SHAPE, TRUE },
  { "yolov5", USUAL, "out 1,945,5", NO, FALSE },
  { "yolox", USUAL, "out 1,315,6", SHAPE, TRUE },
  { "yolox", USUAL, "out 1,315,5", NO, FALSE },
  { "yolov8", USUAL, "out 1,5,315", SURE, TRUE },
  { "yolov8", USUAL, "out 1,4,315", NO, FALSE },
  { "yolov8", -1, 96, "out ", NO, FALSE },
};

/* "name 1,2,3"; a name alone is that of a single number. */
static void
add_output (DetModelInfo *info, const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", 2);
  g_auto (GStrv) numbers = g_strsplit (words[1], ",", DET_TENSOR_MAX_DIMS);
  gint64 dims[DET_TENSOR_MAX_DIMS] = { 0 };
  int n = 0;

  for (; numbers[n]; n++)
    dims[n] = g_ascii_strtoll (numbers[n], NULL, 10);
  det_model_info_add_output (info, words[0], DET_DTYPE_FLOAT32, n, dims);
}

static DetModelInfo *
make_case (const ShapeCase *c)
{
  g_auto (GStrv) outputs = g_strsplit (c->outputs, "; ", 0);
  DetModelInfo *info = make_info (DET_FILE_ONNX, c->width, c->height);

  if (strcmp (c->decoder, "darknet") == 0)
    info->kind = DET_FILE_DARKNET;
  for (int i = 0; outputs[i]; i++)
    add_output (info, outputs[i]);
  return info;
}

static void
test_shapes (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (shape_cases); i++) {
    const ShapeCase *c = &shape_cases[i];
    const DetDecoder *decoder = det_decoder_find (c->decoder);
    g_autoptr (DetModelInfo) info = make_case (c);
    g_autoptr (GString) why = g_string_new (NULL);
    /* By then a size that the file leaves open is settled. */
    DetHead head = { .input_width = MAX (c->width, 32),
      .input_height = c->height,
      .n_outputs = (int) info->outputs->len };

    g_test_message ("%s: %s", c->decoder, c->outputs);
    g_assert_cmpint (decoder->match (info, why), ==, c->match);
    g_assert_cmpint (decoder->bind (&head, info, NULL), ==, c->binds);
    g_free (head.grid);
  }
}

/* Twelve outputs with open rows are YuNet's by their names, whichever comes first. */
static void
test_open_yunet (void)
{
  static const gint64 dims[] = { 1, -1, 1 };
  const char *names[] = { "cls_8", "cls_16", "cls_32", "obj_8", "obj_16",
    "obj_32", "bbox_8", "bbox_16", "bbox_32", "kps_8", "kps_16", "kps_32" };
  const gsize n = G_N_ELEMENTS (names);

  for (gsize first = 0; first < n; first++) {
    g_autoptr (DetModelInfo) info = make_info (DET_FILE_ONNX, 160, 96);
    g_autoptr (GString) why = g_string_new (NULL);

    for (gsize i = 0; i < n; i++)
      det_model_info_add_output (info, names[(first + i) % n],
          DET_DTYPE_FLOAT32, 3, dims);
    g_assert_cmpint (det_decoder_find ("yunet")->match (info, why), ==, UNSURE);
  }
}

/* Three boxes a cell are YOLOv5's whatever the graph does to them: no YOLOX has
 * more than one. */
static void
test_three_boxes (void)
{
  static const DetArithmetic kinds[] = { DET_ARITHMETIC_UNKNOWN,
    DET_ARITHMETIC_NONE, DET_ARITHMETIC_SOME };

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autoptr (DetModelInfo) info = make_info (DET_FILE_ONNX, 160, 96);
    g_autoptr (GString) why = g_string_new (NULL);

    add_output (info, "out 1,945,85");
    g_array_index (info->outputs, DetTensorInfo, 0).arithmetic = kinds[i];
    g_assert_cmpint (det_decoder_find ("yolov5")->match (info, why), ==, SHAPE);
    g_assert_cmpint (det_decoder_find ("yolox")->match (info, why), ==, NO);
  }
}

/* The refusal names the outputs by the first of their names. */
static void
test_expected_names (void)
{
  static const char *const rows[][2] = {
    { "efficient-nms", "outputs num_dets, det_boxes, det_scores, det_classes" },
    { "tf-detection",
        "outputs num_detections, detection_boxes, detection_scores, "
        "detection_classes" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (DetModelInfo) info = make_info (DET_FILE_ONNX, 160, 96);
    g_autoptr (GString) why = g_string_new (NULL);

    add_output (info, "embedding 1,512");
    g_assert_cmpint (det_decoder_find (rows[i][0])->match (info, why), ==, NO);
    g_assert_cmpstr (why->str, ==, rows[i][1]);
  }
}

/* ---- values ---- */

/* The points may be the first of the outputs. */
static void
test_points_first (void)
{
  static const float box[] = { 0.5f, 0.25f, 1, 2 };
  Golden golden = { 0 };

  golden_start (&golden, 160, 96);
  float *points = ADD (&golden, "kps_8", 480, 10);
  ADD (&golden, "kps_16", 120, 10);
  ADD (&golden, "kps_32", 30, 10);
  float *boxes = ADD (&golden, "bbox_8", 480, 4);
  ADD (&golden, "bbox_16", 120, 4);
  ADD (&golden, "bbox_32", 30, 4);
  float *scores = ADD (&golden, "score_8", 480, 1);
  ADD (&golden, "score_16", 120, 1);
  ADD (&golden, "score_32", 30, 1);
  /* The second anchor of cell 21: column 1 of row 1. */
  scores[43] = 0.9f;
  memcpy (boxes + 43 * 4, box, sizeof box);
  points[43 * 10 + 2] = 2;
  golden_expect (&golden, 4, 6, 16, 24, 0.9f, 0);
  golden.n_landmarks = 5;
  golden.landmark = (DetModelPoint){ 24, 8 };
  golden_assert_reads (&golden, NULL, "scrfd");
}

/* A fourth level, of 3 × 2 cells of 64, is read where the decoder is asked for. */
static void
test_yolox_of_four_levels (void)
{
  static const float row[] = { 0.5f, 0.25f, 0, 0.6931472f, 0.5f, 0.8f };
  Golden golden = { 0 };

  golden_start (&golden, 160, 96);
  memcpy (ADD (&golden, "output", 1, CELLS + 6, 6) + (CELLS + 4) * 6, row,
      sizeof row);
  golden_expect (&golden, 96 - 32, 80 - 64, 96 + 32, 80 + 64, 0.4f, 0);
  golden_assert_reads (&golden, "yolox", "yolox");
}

/* All key points are taken, from the first one on, up to as many as an object has
 * room for. */
static void
test_keypoints (void)
{
  static const int counts[] = { 1, 5, DET_MAX_LANDMARKS - 1, DET_MAX_LANDMARKS,
    DET_MAX_LANDMARKS + 1, 68 };

  for (gsize i = 0; i < G_N_ELEMENTS (counts); i++) {
    g_autofree char *shape = g_strdup_printf ("[%d, 2]", counts[i]);
    int columns = 5 + 2 * counts[i];
    Golden golden = { 0 };
    DetCandidates found = { 0 };

    golden_start (&golden, 160, 96);
    float *data = ADD (&golden, "output0", 1, columns, CELLS);
    golden_set_metadata (&golden, "task", "pose");
    golden_set_metadata (&golden, "kpt_shape", shape);
    data[4 * CELLS] = 0.9f;
    for (int c = 5; c < columns; c++)
      data[c * CELLS] = (float) c;
    golden_decode (det_decoder_find ("yolov8"), &golden, 0.5f, &found);
    g_assert_cmpuint (found.n, ==, 1);
    int n = found.items[0].n_landmarks;
    g_assert_cmpint (n, ==, MIN (counts[i], DET_MAX_LANDMARKS));
    for (int p = 0; p < n; p++) {
      g_assert_cmpfloat (found.items[0].landmarks[p].x, ==, 5 + 2 * p);
      g_assert_cmpfloat (found.items[0].landmarks[p].y, ==, 6 + 2 * p);
    }
    det_candidates_clear (&found);
    golden_clear (&golden);
  }
}

/* Either half of a score counts as 0 to 1, whatever it says. */
static void
test_yunet_scores (void)
{
  static const struct
  {
    float cls;
    float obj;
    float score; /* 0: none */
  } cases[] = { { 0.25f, 1, 0.5f }, { 0.25f, 4, 0.5f }, { 4, 0.25f, 0.5f },
    { 4, 4, 1 }, { -1, -1, 0 }, { 1, -1, 0 }, { -1, 1, 0 } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    Golden golden = { 0 };
    DetCandidates found = { 0 };

    golden_make ("yunet", &golden);
    golden.data[det_match_output_named (golden.info, "cls_16")][11] =
        cases[i].cls;
    golden.data[det_match_output_named (golden.info, "obj_16")][11] =
        cases[i].obj;
    golden_decode (det_decoder_find ("yunet"), &golden, 0.1f, &found);
    g_assert_cmpuint (found.n, ==, cases[i].score > 0 ? 1 : 0);
    if (found.n > 0)
      g_assert_cmpfloat (found.items[0].score, ==, cases[i].score);
    det_candidates_clear (&found);
    golden_clear (&golden);
  }
}

/* How many objects there are, is not always a sound number, or there at all. */
static void
test_counts (void)
{
  static const struct
  {
    gint64 n_counts; /* of the output that says it */
    float count;
    guint expected; /* of three rows, all of them above the threshold */
  } cases[] = { { 0, 3, 0 }, { 1, 0, 0 }, { 1, -1, 0 }, { 1, NAN, 0 },
    { 1, 1, 1 }, { 1, 3, 3 }, { 1, 4, 3 }, { 1, INFINITY, 3 }, { 2, 2, 2 } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    Golden golden = { 0 };
    DetCandidates found = { 0 };

    golden_start (&golden, 160, 96);
    float *count = ADD (&golden, "num_dets", 1, cases[i].n_counts);
    ADD (&golden, "det_boxes", 1, 3, 4);
    float *scores = ADD (&golden, "det_scores", 1, 3);
    ADD (&golden, "det_classes", 1, 3);
    scores[0] = scores[1] = scores[2] = 0.9f;
    if (cases[i].n_counts > 0)
      count[0] = cases[i].count;
    golden_decode (det_decoder_find ("efficient-nms"), &golden, 0.5f, &found);
    g_assert_cmpuint (found.n, ==, cases[i].expected);
    det_candidates_clear (&found);
    golden_clear (&golden);
  }
}

/* Where the class of an object stands in the outputs of a golden, and as which number
 * the family counts the first and the last. */
static const struct
{
  const char *name;
  int output;
  int at;
  int first;
  int last;
} classes[] = {
  { "detr", 1, 2, 0, G_MAXINT16 - 1 },
  { "detr-end2end", 0, 6 + 5, 0, G_MAXINT16 - 1 },
  { "efficient-nms", 2, 0, 0, G_MAXINT16 - 1 },
  { "end2end", 0, 6 + 5, 0, G_MAXINT16 - 1 },
  { "ssd", 0, 7 + 1, 1, G_MAXINT16 - 1 },
  { "tf-detection", 2, 0, 1, G_MAXINT16 },
  { "yolov7-end2end", 0, 7 + 5, 0, G_MAXINT16 - 1 },
};

/* The class that is read where value is written; -1: there is no object. */
static int
read_class (gsize i, float value)
{
  Golden golden = { 0 };
  DetCandidates found = { 0 };

  golden_make (classes[i].name, &golden);
  golden.data[classes[i].output][classes[i].at] = value;
  golden_decode (det_decoder_find (classes[i].name), &golden, 0.25f, &found);
  g_assert_cmpuint (found.n, <=, 1);
  int class_id = found.n > 0 ? found.items[0].class_id : -1;
  det_candidates_clear (&found);
  golden_clear (&golden);
  return class_id;
}

/* Objects' classes count from 0, and a float stands for the number next to it. */
static void
test_classes (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (classes); i++) {
    int first = classes[i].first;
    int last = classes[i].last;

    g_test_message ("%s", classes[i].name);
    g_assert_cmpint (read_class (i, (float) first - 1), ==, -1);
    g_assert_cmpint (read_class (i, (float) first), ==, 0);
    g_assert_cmpint (read_class (i, (float) first + 6.4375f), ==, 6);
    g_assert_cmpint (read_class (i, (float) first + 6.5625f), ==, 7);
    g_assert_cmpint (read_class (i, (float) last), ==, last - first);
    g_assert_cmpint (read_class (i, (float) last + 1), ==, -1);
    g_assert_cmpint (read_class (i, NAN), ==, -1);
  }
}

/* The score of a class that is certain is objectness^0.6, so 0.66, whatever else a
 * threshold might be held against. */
static void
test_certain_class (void)
{
  Golden golden = { 0 };
  DetCandidates found = { 0 };

  golden_start (&golden, 160, 96);
  float *cell = ADD (&golden, "out", 1, 5 + 1, 6, 10) + 13;
  cell[0] = 0.5f;
  cell[5 * 60] = 1;
  golden_decode (det_decoder_find ("fastestdet"), &golden, 0.65f, &found);
  golden_expect (&golden, 48 - 40, 16 - 24, 48 + 40, 16 + 24, powf (0.5f, 0.6f),
      0);
  golden_assert_found (&golden, &found);
  det_candidates_clear (&found);
  golden_clear (&golden);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/decoder-limits/shapes", test_shapes);
  g_test_add_func ("/decoder-limits/open-yunet", test_open_yunet);
  g_test_add_func ("/decoder-limits/three-boxes", test_three_boxes);
  g_test_add_func ("/decoder-limits/expected-names", test_expected_names);
  g_test_add_func ("/decoder-limits/points-first", test_points_first);
  g_test_add_func ("/decoder-limits/yolox-of-four-levels",
      test_yolox_of_four_levels);
  g_test_add_func ("/decoder-limits/keypoints", test_keypoints);
  g_test_add_func ("/decoder-limits/yunet-scores", test_yunet_scores);
  g_test_add_func ("/decoder-limits/counts", test_counts);
  g_test_add_func ("/decoder-limits/classes", test_classes);
  g_test_add_func ("/decoder-limits/certain-class", test_certain_class);
  return g_test_run ();
}
