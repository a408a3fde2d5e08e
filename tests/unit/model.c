/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <detect/detect.h>
#include <glib/gstdio.h>
#include <string.h>

#include "testmodels.h"

static DetModel *
load (const char *path, DetOptionId id, const char *value, GError **error)
{
  g_autoptr (DetOptions) options = det_options_new ();

  det_options_set_string (options, DET_OPT_MODEL, path);
  if (value)
    det_options_set_text (options, id, value, NULL);
  return det_model_new (options, error);
}

/* Who agrees on file and options of model scope gets the same one. */
static void
test_sharing (void)
{
  g_autofree char *path = test_model ("yolov8");
  g_autoptr (DetModel) model = load (path, DET_OPT_MODEL, NULL, NULL);
  g_autoptr (DetModel) same = load (path, DET_OPT_MODEL, NULL, NULL);
  g_autoptr (DetModel) other = load (path, DET_OPT_PAD_VALUE, "7", NULL);
  g_autoptr (DetModel) threshold = load (path, DET_OPT_THRESHOLD, "0.9", NULL);

  g_assert_nonnull (model);
  g_assert_true (same == model);
  g_assert_true (threshold == model);
  g_assert_true (other && other != model);
}

static gpointer
run_session (gpointer data)
{
  DetModel *model = data;
  g_autoptr (DetOptions) options = det_options_new ();
  g_autoptr (DetParams) params = det_params_new (model, options, NULL);
  g_autoptr (DetSession) session = det_session_new (model, NULL);
  static guint8 pixels[96 * 96];
  DetFrame frame;

  det_frame_init_packed (&frame, DET_PIXEL_FORMAT_GRAY8, 96, 96, 96, pixels);
  for (int i = 0; i < 20; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (DetDetections)
        found = det_session_run (session, &frame, params, &error);

    g_assert_no_error (error);
    g_assert_nonnull (found);
  }
  return NULL;
}

/* An engine that takes one request at a time gets as many networks as are reserved,
 * and all of them work. */
static void
test_reserve (void)
{
  g_autofree char *path = test_model ("yolov8_two");
  g_autoptr (DetModel) model = load (path, DET_OPT_ENGINE, "opencv", NULL);
  g_autoptr (GError) error = NULL;
  GThread *threads[3];

  g_assert_true (det_model_reserve (model, 3, &error));
  g_assert_no_error (error);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("session", run_session, model);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

/* A model that a hung call blocks is not handed out again; one that other calls can
 * still use is. */
static void
test_blocked (void)
{
  g_autofree char *path = test_model ("yolov8_two");
  g_autoptr (DetModel) serial = load (path, DET_OPT_ENGINE, "opencv", NULL);
  g_autoptr (DetModel) concurrent = load (path, DET_OPT_ENGINE, "null", NULL);

  g_assert_true (det_model_forget_blocked (serial));
  g_autoptr (DetModel) next = load (path, DET_OPT_ENGINE, "opencv", NULL);
  g_assert_true (next && next != serial);
  g_clear_pointer (&serial, det_model_unref);
  g_autoptr (DetModel) same = load (path, DET_OPT_ENGINE, "opencv", NULL);
  g_assert_true (same == next);
  g_assert_false (det_model_forget_blocked (concurrent));
}

static gpointer
load_in_thread (gpointer path)
{
  return load (path, DET_OPT_MODEL, NULL, NULL);
}

static void
test_concurrent_loads (void)
{
  g_autofree char *path = test_model ("yolov5");
  GThread *threads[8];
  DetModel *models[8];

  for (int round = 0; round < 5; round++) {
    for (int i = 0; i < 8; i++)
      threads[i] = g_thread_new ("load", load_in_thread, path);
    for (int i = 0; i < 8; i++)
      models[i] = g_thread_join (threads[i]);
    for (int i = 0; i < 8; i++) {
      g_assert_true (models[i] && models[i] == models[0]);
      det_model_unref (models[i]);
    }
  }
}

static gpointer
load_and_drop (gpointer path)
{
  for (int i = 0; i < 200; i++) {
    g_autoptr (DetModel) model = load (path, DET_OPT_MODEL, NULL, NULL);

    g_assert_nonnull (model);
  }
  return NULL;
}

/* One is gone before another, who waited for it, has seen that it is there. */
static void
test_loads_dropped (void)
{
  g_autofree char *path = test_file ("canned.null", TEST_CANNED, -1);
  GThread *threads[4];

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("load", load_and_drop, path);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  test_file_remove (path);
}

typedef struct
{
  const char *model;
  const char *decoder;
  int n_classes;
  const char *label; /* of class 1 */
} GoodCase;

static const GoodCase good[] = {
  { "yolov8", "yolov8", 80, "bicycle" },
  { "yolov8_two", "yolov8", 2, "dog" },
  { "yolov8_open", "yolov8", 80, "bicycle" },
  { "yolov5", "yolov5", 80, "bicycle" },
  { "yolox", "yolox", 80, "bicycle" },
  { "weights_as_inputs", "yolov8", 80, "bicycle" },
  { "one_class", "yolov8", 1, NULL },
  { "five_classes", "yolov8", 5, NULL },
  { "many_classes", "yolov8", 365, NULL },
  { "yolov5_five", "yolov5", 5, NULL },
  { "end2end", "end2end", 2, "dog" },
  { "segmentation", "yolov8", 2, "dog" },
  { "half_output", "yolov8", 5, NULL },
  { "channels_last", "yolov8", 5, NULL },
  { "two_at_once", "yolov8", 80, "bicycle" },
  { "detr", "detr-raw", 5, NULL },
};

/* All of them show one object of the second class at 24,16 – 56,32, or, where there
 * is only one, of none. */
static void
assert_finds (DetModel *model, const GoodCase *c)
{
  g_autoptr (DetOptions) options = det_options_new ();
  static guint8 pixels[96 * 96];
  g_autoptr (GError) error = NULL;
  DetFrame frame;

  det_options_set_double (options, DET_OPT_THRESHOLD, 0.4);
  g_autoptr (DetParams) params = det_params_new (model, options, &error);
  g_autoptr (DetSession) session = det_session_new (model, &error);
  det_frame_init_packed (&frame, DET_PIXEL_FORMAT_GRAY8, 96, 96, 96, pixels);
  g_autoptr (DetDetections)
      found = det_session_run (session, &frame, params, &error);
  g_assert_no_error (error);
  if (c->n_classes == 1 || strcmp (c->decoder, "yolox") == 0)
    return;
  g_assert_cmpuint (found->n_objects, >=, 1);
  const DetObject *object = &found->objects[0];
  g_assert_cmpint (object->class_id, ==, 1);
  g_assert_cmpfloat_with_epsilon ((double) object->box.x0, 24, 0.2);
  g_assert_cmpfloat_with_epsilon ((double) object->box.y1,
      strcmp (c->decoder, "detr-raw") == 0 ? 33.6 : 32, 0.2);
}

static gboolean
has_onnxruntime (void)
{
  g_autofree char *path = test_model ("yolov8");
  g_autoptr (DetModel) model = load (path, DET_OPT_ENGINE, "onnxruntime", NULL);

  return model != NULL;
}

static void
test_understood (void)
{
  gboolean all_engines = has_onnxruntime ();

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
    g_autofree char *path = test_model (good[i].model);
    g_autoptr (GError) error = NULL;
    g_autoptr (DetModel) model = load (path, DET_OPT_MODEL, NULL, &error);

    g_test_message ("%s: %s", good[i].model, error ? error->message : "taken");
    /* OpenCV alone does not run them all, and says so. */
    if (g_error_matches (error, DET_ERROR, DET_ERROR_UNSUPPORTED) &&
        !all_engines) {
      g_assert_nonnull (strstr (error->message, "onnxruntime"));
      continue;
    }
    g_assert_no_error (error);
    assert_finds (model, &good[i]);
    g_assert_cmpstr (det_model_get_decoder (model), ==, good[i].decoder);
    g_assert_cmpint (det_model_get_n_classes (model), ==, good[i].n_classes);
    g_assert_cmpstr (det_model_get_label (model, 1), ==, good[i].label);
  }
}

typedef struct
{
  const char *model;
  DetOptionId option;
  const char *value;
  const char *says;
} BadCase;

static const BadCase bad[] = {
  { "unknown", DET_OPT_MODEL, NULL, "embedding float32[1,512]" },
  { "string", DET_OPT_MODEL, NULL, "string" },
  { "yolox_as_yolov5", DET_OPT_MODEL, NULL, "not in pixels" },
  { "yolov8", DET_OPT_DECODER, "nanodet", "expected" },
  { "yolov8", DET_OPT_DECODER, "yolox", "expected" },
  { "yolov8", DET_OPT_INPUT_SIZE, "64x64", "input-size" },
  { "yolov8", DET_OPT_COLOR_ORDER, "gray", "channels" },
  { "quantized", DET_OPT_ENGINE, "opencv", "DynamicQuantizeLinear" },
  { "nms", DET_OPT_ENGINE, "opencv", "NonMaxSuppression" },
  { "yolov8_half", DET_OPT_ENGINE, "opencv", "float16" },
  { "yolov8_bytes", DET_OPT_ENGINE, "opencv", "uint8" },
};

static void
test_refused (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autofree char *path = test_model (bad[i].model);
    g_autoptr (GError) error = NULL;

    g_assert_null (load (path, bad[i].option, bad[i].value, &error));
    g_assert_nonnull (error);
    g_test_message ("%s", error->message);
    g_assert_true (error->domain == DET_ERROR);
    g_assert_nonnull (strstr (error->message, bad[i].says));
    g_assert_null (strchr (error->message, '\n'));
  }
}

static void
test_labels (void)
{
  g_autofree char *model = test_model ("yolov8_two");
  g_autofree char *two = test_file ("two.txt", "eins\nzwei\n", -1);
  g_autofree char *three = test_file ("three.txt", "a\nb\nc\n", -1);
  g_autoptr (GError) error = NULL;
  g_autoptr (DetModel) named = load (model, DET_OPT_LABELS, two, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (det_model_get_label (named, 0), ==, "eins");
  g_assert_null (det_model_get_label (named, 2));
  g_assert_null (load (model, DET_OPT_LABELS, three, &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_LABELS);
  g_assert_nonnull (strstr (error->message, "3 labels"));
  g_assert_nonnull (strstr (error->message, "2 classes"));
  test_file_remove (two);
  test_file_remove (three);
}

/* Caller over file over model. */
static void
test_config (void)
{
  g_autofree char *model = test_model ("yolov8_two");
  g_autofree char *text =
      g_strdup_printf ("model: %s\nlabels: [eins, zwei]\nthreshold: "
                       "0.9\ninterval: 3\n",
          model);
  g_autofree char *config = test_file ("a.yaml", text, -1);
  g_autoptr (DetOptions) options = det_options_new ();
  g_autoptr (GError) error = NULL;

  det_options_set_string (options, DET_OPT_CONFIG, config);
  g_autoptr (DetModelSpec) spec = det_model_spec_new (options, &error);
  g_assert_no_error (error);
  g_autoptr (DetModel) loaded = det_model_load (spec, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (det_model_get_label (loaded, 0), ==, "eins");
  det_options_set_text (options, DET_OPT_THRESHOLD, "0.2", NULL);
  g_autoptr (DetOptions) resolved = det_model_spec_resolve (spec, options);
  g_assert_cmpfloat (det_options_get_double (resolved, DET_OPT_THRESHOLD), ==,
      0.2);
  g_assert_cmpint (det_options_get_int (resolved, DET_OPT_INTERVAL), ==, 3);
  test_file_remove (config);
}

static void
test_built_in (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DetModel) model = load (NULL, DET_OPT_MODEL, NULL, &error);
  g_autoptr (DetOptions) options = det_options_new ();
  static guint8 pixels[640 * 480];
  DetFrame frame;

  g_assert_no_error (error);
  g_assert_cmpstr (det_model_get_id (model), ==, "people");
  g_assert_cmpstr (det_model_get_label (model, 0), ==, "person");
  g_autoptr (DetParams) params = det_params_new (model, options, NULL);
  g_autoptr (DetSession) session = det_session_new (model, NULL);
  /* Smaller than the detector's window, and larger. */
  static const int sizes[][2] = { { 1, 1 }, { 640, 1 }, { 1, 480 }, { 63, 127 },
    { 640, 480 } };
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
    det_frame_init_packed (&frame, DET_PIXEL_FORMAT_GRAY8, sizes[i][0],
        sizes[i][1], sizes[i][0], pixels);
    g_autoptr (DetDetections)
        found = det_session_run (session, &frame, params, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (found->n_objects, ==, 0);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/model/sharing", test_sharing);
  g_test_add_func ("/model/reserve", test_reserve);
  g_test_add_func ("/model/blocked", test_blocked);
  g_test_add_func ("/model/concurrent-loads", test_concurrent_loads);
  g_test_add_func ("/model/loads-dropped", test_loads_dropped);
  g_test_add_func ("/model/understood", test_understood);
  g_test_add_func ("/model/refused", test_refused);
  g_test_add_func ("/model/labels", test_labels);
  g_test_add_func ("/model/config", test_config);
  g_test_add_func ("/model/built-in", test_built_in);
  return g_test_run ();
}
