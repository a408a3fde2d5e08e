/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decoder.h"

#include <detect/error.h>
#include <math.h>
#include <string.h>

#include "goldens.h"

static void
test_goldens (void)
{
  for (int i = 0; det_decoders ()[i]; i++) {
    const DetDecoder *decoder = det_decoders ()[i];
    Golden golden = { 0 };
    DetCandidates found = { 0 };
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", decoder->name);
    if (!golden_make (decoder->name, &golden)->is_asked_for) {
      g_assert_true (det_decoder_choose (golden.info, NULL, &error) == decoder);
      g_assert_no_error (error);
    }
    golden_decode (decoder, &golden, 0.25f, &found);
    golden_assert_found (&golden, &found);
    det_candidates_clear (&found);
    golden_clear (&golden);
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

    golden_make (decoder->name, &golden);
    golden_bind (decoder, &golden, &head);
    golden_view (&golden, outputs);
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
    golden_clear (&golden);
  }
}

/* A batch of no pictures holds nothing, whatever its other dims say: such outputs are
 * refused, or read as no rows. */
static void
test_no_batch (void)
{
  for (int i = 0; det_decoders ()[i]; i++) {
    const DetDecoder *decoder = det_decoders ()[i];
    Golden golden = { 0 };
    DetCandidates found = { 0 };
    DetTensor outputs[DET_MAX_OUTPUTS];
    DetHead head;

    golden_make (decoder->name, &golden);
    const gint64 *dims = det_model_info_input (golden.info, 0)->dims;
    head = (DetHead){ .input_width = (int) dims[3],
      .input_height = (int) dims[2],
      .n_outputs = (int) golden.n };
    gboolean varies = decoder->bind (&head, golden.info, NULL) &&
        head.n_rows == 0;
    for (guint o = 0; o < golden.n; o++)
      g_array_index (golden.info->outputs, DetTensorInfo, o).dims[0] = 0;
    golden_view (&golden, outputs);
    for (guint o = 0; o < golden.n; o++)
      outputs[o].data = NULL;
    if (varies) {
      decoder->decode (&head, outputs, 0, &found);
      g_assert_cmpuint (found.n, ==, 0);
    } else {
      g_clear_pointer (&head.grid, g_free);
      g_assert_false (decoder->bind (&head, golden.info, NULL));
    }
    g_free (head.grid);
    det_candidates_clear (&found);
    golden_clear (&golden);
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

/* SSD's rows are as long as those of other forms, and mean something else. */
static void
test_ssd_is_no_end2end (void)
{
  static const char *const names[] = { "end2end", "detr-end2end",
    "yolov7-end2end" };
  Golden golden = { 0 };

  golden_make ("ssd", &golden);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GError) error = NULL;
    const DetDecoder *decoder =
        det_decoder_choose (golden.info, names[i], &error);
    DetHead head = { .input_width = 160, .input_height = 96, .n_outputs = 1 };

    if (decoder)
      g_assert_false (decoder->bind (&head, golden.info, &error));
    g_assert_error (error, DET_ERROR, DET_ERROR_UNRECOGNISED);
  }
  golden_clear (&golden);
}

/* Of files that tell their operators, whichever format they have. */
static void
test_end2end_kinds (void)
{
  static const DetFileKind kinds[] = { DET_FILE_ONNX, DET_FILE_OPENVINO };
  static const gint64 dims[] = { 1, 300, 6 };

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autoptr (DetModelInfo) info = make_info (kinds[i], 160, 96);
    g_autoptr (GError) error = NULL;

    det_model_info_add_output (info, "output0", DET_DTYPE_FLOAT32, 3, dims);
    const DetDecoder *decoder = det_decoder_choose (info, NULL, &error);
    g_assert_no_error (error);
    g_assert_cmpstr (decoder->name, ==, "end2end");
    g_hash_table_add (info->operators, g_strdup ("GridSample"));
    decoder = det_decoder_choose (info, NULL, &error);
    g_assert_no_error (error);
    g_assert_cmpstr (decoder->name, ==, "detr-end2end");
  }
}

/* Darknet's files are Darknet's, however many classes make a row as long as others'. */
static void
test_darknet_with_few_classes (void)
{
  for (gint64 columns = 6; columns < 10; columns++) {
    const gint64 dims[] = { 1024, columns };
    g_autoptr (DetModelInfo) info = make_info (DET_FILE_DARKNET, 32, 32);
    g_autoptr (GError) error = NULL;

    det_model_info_add_output (info, "yolo_1", DET_DTYPE_FLOAT32, 2, dims);
    const DetDecoder *decoder = det_decoder_choose (info, NULL, &error);
    g_assert_no_error (error);
    g_assert_cmpstr (decoder->name, ==, "darknet");
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
    golden_start (&golden, 160, 96);
    float *data = ADD (&golden, "output0", 1, tasks[i].columns, CELLS);
    golden_set_metadata (&golden, "task", tasks[i].task);
    golden_set_metadata (&golden, "names", "{0: 'a', 1: 'b'}");
    golden_set_metadata (&golden, "kpt_shape", "[17, 3]");
    data[0] = data[CELLS] = 50;
    data[2 * CELLS] = data[3 * CELLS] = 10;
    data[5 * CELLS] = 0.9f;
    for (int c = 6; c < tasks[i].columns; c++)
      data[c * CELLS] = (float) c;
    const DetDecoder *decoder = det_decoder_choose (golden.info, NULL, NULL);
    g_assert_cmpstr (decoder->name, ==, "yolov8");
    golden_bind (decoder, &golden, &head);
    g_assert_cmpint (head.n_classes, ==, 2);
    golden_view (&golden, outputs);
    decoder->decode (&head, outputs, 0.5f, &found);
    golden_expect (&golden, 45, 45, 55, 55, 0.9f, 1);
    golden.n_landmarks = tasks[i].n_landmarks;
    golden.landmark = (DetModelPoint){ 9, 10 };
    golden_assert_found (&golden, &found);
    g_free (head.grid);
    det_candidates_clear (&found);
    golden_clear (&golden);
  }
}

/* SCRFD without points, and with the batch before the rows. */
static void
test_scrfd_without_points (void)
{
  static const float box[] = { 0.25f, 0.5f, 1, 0.75f };
  Golden golden = { 0 };

  golden_start (&golden, 160, 96);
  ADD (&golden, "score_8", 1, 480, 1);
  ADD (&golden, "score_16", 1, 120, 1);
  float *scores = ADD (&golden, "score_32", 1, 30, 1);
  ADD (&golden, "bbox_8", 1, 480, 4);
  ADD (&golden, "bbox_16", 1, 120, 4);
  float *boxes = ADD (&golden, "bbox_32", 1, 30, 4);
  /* Row 14: the first anchor of cell 7, column 2 of row 1. */
  scores[14] = 0.9f;
  memcpy (boxes + 14 * 4, box, sizeof box);
  golden_expect (&golden, 64 - 8, 32 - 16, 64 + 32, 32 + 24, 0.9f, 0);
  golden_assert_reads (&golden, NULL, "scrfd");
}

/* Cells past the first, where the count of anchors a cell tells: 1, 1 of either
 * stride, its last anchor. */
static void
test_blazeface_cells (void)
{
  static const struct
  {
    int row;
    float center;
  } cells[] = { { 2 * 17 + 1, 12 }, { 512 + 6 * 9 + 5, 24 } };

  for (gsize i = 0; i < G_N_ELEMENTS (cells); i++) {
    Golden golden = { 0 };
    float center = cells[i].center;

    golden_start (&golden, 128, 128);
    float *row = ADD (&golden, "boxes", 1, 896, 16) + 16 * cells[i].row;
    float *logits = ADD (&golden, "scores", 1, 896, 1);
    for (int r = 0; r < 896; r++)
      logits[r] = -9;
    logits[cells[i].row] = 2;
    row[0] = 1;
    row[2] = row[3] = 10;
    row[7] = 3;
    golden_expect (&golden, center + 1 - 5, center - 5, center + 1 + 5,
        center + 5, 1 / (1 + expf (-2)), 0);
    golden.n_landmarks = 6;
    golden.landmark = (DetModelPoint){ center, center + 3 };
    golden_assert_reads (&golden, NULL, "blazeface");
  }
}

/* The same four outputs under the names exporters give them. */
static void
test_nms_names (void)
{
  static const struct
  {
    const char *names[4];
    const char *forced;
    const char *expected;
  } rows[] = {
    { { "num_dets", "det_boxes", "det_scores", "det_classes" }, NULL,
        "efficient-nms" },
    { { "num_dets", "boxes", "scores", "labels" }, NULL, "efficient-nms" },
    { { "num_dets", "detection_boxes", "detection_scores",
          "detection_classes" },
        NULL, "efficient-nms" },
    { { "num_detections", "nmsed_boxes", "nmsed_scores", "nmsed_classes" },
        NULL, "efficient-nms" },
    { { "num_detections", "detection_boxes", "detection_scores",
          "detection_classes" },
        "efficient-nms", "efficient-nms" },
  };
  static const float box[] = { 50, 35, 70, 45 };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    const char *const *names = rows[i].names;
    Golden golden = { 0 };

    golden_start (&golden, 160, 96);
    ADD (&golden, names[0], 1, 1)[0] = 2;
    memcpy (ADD (&golden, names[1], 1, 9, 4) + 4, box, sizeof box);
    float *scores = ADD (&golden, names[2], 1, 9);
    ADD (&golden, names[3], 1, 9)[1] = 3;
    scores[1] = 0.5f;
    scores[2] = 0.9f; /* beyond the count */
    golden_expect (&golden, 50, 35, 70, 45, 0.5f, 3);
    golden_assert_reads (&golden, rows[i].forced, rows[i].expected);
  }
}

/* Two columns are UltraFace's only where the rows are its priors. */
static void
test_one_class_ssd (void)
{
  static const float box[] = { 0.25f, 0.5f, 0.5f, 0.75f };
  const int priors = 3 * 240 + 2 * 60 + 2 * 15 + 3 * 6;

  for (int more = 0; more < 2; more++) {
    Golden golden = { 0 };

    golden_start (&golden, 160, 96);
    ADD (&golden, "scores", 1, priors + more, 2)[2 * 8 + 1] = 0.8f;
    memcpy (ADD (&golden, "boxes", 1, priors + more, 4) + 4 * 8, box,
        sizeof box);
    golden_expect (&golden, 40, 48, 80, 72, 0.8f, 0);
    golden_assert_reads (&golden, NULL, more ? "ssd-boxes" : "ultraface");
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

  golden_make ("yolov5", &golden);
  golden_bind (decoder, &golden, &head);
  golden_view (&golden, outputs);
  g_assert_true (decoder->check (&head, outputs, &error));
  golden.data[0][9 * 7] = golden.data[0][9 * 7 + 1] = 0.5f;
  g_assert_false (decoder->check (&head, outputs, &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_UNRECOGNISED);
  g_assert_nonnull (strstr (error->message, "decoder=yolox"));
  memset (golden.data[0], 0, 3 * CELLS * 7 * sizeof (float));
  g_assert_true (decoder->check (&head, outputs, NULL)); /* cannot be told */
  g_free (head.grid);
  golden_clear (&golden);
}

/* YOLOX's offsets and sizes are not pixels. */
static void
test_check_raw (void)
{
  Golden golden = { 0 };
  DetTensor outputs[DET_MAX_OUTPUTS];
  g_autoptr (GError) error = NULL;
  const DetDecoder *decoder = det_decoder_find ("yolox");
  DetHead head;

  golden_make ("yolox", &golden);
  golden_bind (decoder, &golden, &head);
  golden_view (&golden, outputs);
  g_assert_true (decoder->check (&head, outputs, &error));
  golden.data[0][9 * 7] = 150;
  g_assert_false (decoder->check (&head, outputs, &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_UNRECOGNISED);
  g_assert_nonnull (strstr (error->message, "decoder=yolox-decoded"));
  g_free (head.grid);
  golden_clear (&golden);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/decoders/goldens", test_goldens);
  g_test_add_func ("/decoders/wild-values", test_wild_values);
  g_test_add_func ("/decoders/no-batch", test_no_batch);
  g_test_add_func ("/decoders/refusal", test_refusal);
  g_test_add_func ("/decoders/ssd-is-no-end2end", test_ssd_is_no_end2end);
  g_test_add_func ("/decoders/end2end-kinds", test_end2end_kinds);
  g_test_add_func ("/decoders/darknet-with-few-classes",
      test_darknet_with_few_classes);
  g_test_add_func ("/decoders/ambiguous", test_ambiguous);
  g_test_add_func ("/decoders/unknown", test_unknown);
  g_test_add_func ("/decoders/open", test_open);
  g_test_add_func ("/decoders/tasks", test_tasks);
  g_test_add_func ("/decoders/scrfd-without-points", test_scrfd_without_points);
  g_test_add_func ("/decoders/blazeface-cells", test_blazeface_cells);
  g_test_add_func ("/decoders/nms-names", test_nms_names);
  g_test_add_func ("/decoders/one-class-ssd", test_one_class_ssd);
  g_test_add_func ("/decoders/check", test_check);
  g_test_add_func ("/decoders/check-raw", test_check_raw);
  return g_test_run ();
}
