/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <detect/detect.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testmodels.h"

#define SIDE 128
#define N_PICTURES 40

static guint8 pixels[SIDE * SIDE * 3];

static DetDetector *
open_canned (const char *behaviour, const char *name, const char *value)
{
  g_autofree char *text = g_strconcat (TEST_CANNED, behaviour, NULL);
  g_autofree char *path = test_file ("canned.null", text, -1);
  g_autoptr (DetOptions) options = det_options_new ();
  g_autoptr (GError) error = NULL;

  det_options_set_by_name (options, "model", path, &error);
  g_assert_no_error (error);
  if (name)
    det_options_set_by_name (options, name, value, &error);
  g_assert_no_error (error);
  DetDetector *detector = det_detector_new (options, &error);
  g_assert_no_error (error);
  test_file_remove (path);
  return detector;
}

static DetFrame
picture (int side)
{
  DetFrame frame;

  det_frame_init_packed (&frame, DET_PIXEL_FORMAT_BGR, side, side, side * 3,
      pixels);
  return frame;
}

static void
test_run (void)
{
  g_autoptr (DetDetector) detector = open_canned ("", "threshold", "0.6");
  g_autoptr (GError) error = NULL;
  DetFrame frame = picture (SIDE);
  g_autoptr (DetDetections) found = det_detector_run (detector, &frame, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (found->n_objects, ==, 1);
  g_assert_cmpstr (found->objects[0].label, ==, "dog");
  g_assert_cmpint (det_model_get_n_classes (det_detector_get_model (detector)),
      ==, 2);
  g_assert_cmpint (det_api_version (), ==, DET_API_VERSION);
}

/* Default options are the built-in people detector's. */
static void
test_defaults (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DetDetector) detector = det_detector_new (NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (det_model_get_id (det_detector_get_model (detector)), ==,
      "people");
}

static void
test_shared_model (void)
{
  g_autofree char *path = test_file ("canned.null", TEST_CANNED, -1);
  g_autoptr (DetOptions) options = det_options_new ();

  det_options_set_string (options, DET_OPT_MODEL, path);
  g_autoptr (DetDetector) one = det_detector_new (options, NULL);
  det_options_set_double (options, DET_OPT_THRESHOLD, 0.9);
  g_autoptr (DetDetector) two = det_detector_new (options, NULL);
  g_assert_nonnull (one);
  g_assert_true (det_detector_get_model (one) == det_detector_get_model (two));
  test_file_remove (path);
}

/* As many networks as were asked for: with the file gone, no other can come. */
static void
test_parallel (void)
{
  g_autofree char *source = test_model ("yolov8_two");
  g_autofree char *bytes = NULL;
  gsize length = 0;

  g_assert_true (g_file_get_contents (source, &bytes, &length, NULL));
  g_autofree char *path = test_file ("two.onnx", bytes, (gssize) length);
  g_autoptr (DetOptions) options = det_options_new ();
  g_autoptr (GError) error = NULL;

  det_options_set_string (options, DET_OPT_MODEL, path);
  det_options_set_string (options, DET_OPT_ENGINE, "opencv");
  det_options_set_int (options, DET_OPT_PARALLEL, 3);
  g_autoptr (DetDetector) detector = det_detector_new (options, &error);
  g_assert_no_error (error);
  test_file_remove (path);
  DetModel *model = det_detector_get_model (detector);
  g_assert_true (det_model_reserve (model, 3, NULL));
  g_assert_false (det_model_reserve (model, 4, NULL));
}

static void
test_bad_options (void)
{
  g_autoptr (DetOptions) options = det_options_new ();
  g_autoptr (GError) error = NULL;

  g_assert_false (det_options_set_by_name (options, "treshold", "0.5", &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_OPTION);
  g_assert_nonnull (strstr (error->message, "did you mean 'threshold'?"));
  g_clear_error (&error);
  g_assert_false (det_options_set_by_name (options, NULL, "0.5", &error));
  g_clear_error (&error);
  g_assert_false (det_options_set_by_name (options, "threshold", "2", &error));
  g_clear_error (&error);
  g_assert_true (det_options_set_by_name (options, "threshold", "1", NULL));
  g_assert_true (det_options_set_by_name (options, "threshold", NULL, NULL));
  g_assert_false (det_options_is_set (options, DET_OPT_THRESHOLD));

  g_assert_true (det_options_set_by_name (options, "classes", "nobody", NULL));
  g_assert_null (det_detector_new (options, &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_OPTION);
}

static void
test_batch (void)
{
  g_autoptr (DetDetector) detector = open_canned ("", NULL, NULL);
  g_autoptr (GError) error = NULL;
  DetFrame frames[N_PICTURES];
  DetDetections *found[N_PICTURES];

  for (int i = 0; i < N_PICTURES; i++)
    frames[i] = picture (SIDE - i);
  g_assert_true (det_detector_run_batch (detector, frames, N_PICTURES, found,
      &error));
  for (int i = 0; i < N_PICTURES; i++) {
    g_assert_cmpint (found[i]->width, ==, SIDE - i); /* in order */
    g_assert_cmpuint (found[i]->n_objects, ==, 2);
    det_detections_unref (found[i]);
  }
  g_assert_true (det_detector_run_batch (detector, NULL, 0, NULL, &error));

  frames[17].plane[0] = NULL;
  g_assert_false (det_detector_run_batch (detector, frames, N_PICTURES, found,
      &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_FRAME);
  g_assert_true (g_str_has_prefix (error->message, "image 17: "));
  for (int i = 0; i < N_PICTURES; i++)
    g_assert_null (found[i]);
}

/* Of the runs 0 is the model's own; the fault is in the middle of the batch. */
static void
test_batch_engine_fails (void)
{
  g_autoptr (DetDetector) detector =
      open_canned ("[behaviour]\nfault=error\nafter=9\n", NULL, NULL);
  g_autoptr (GError) error = NULL;
  DetFrame frames[N_PICTURES];
  DetDetections *found[N_PICTURES];

  for (int i = 0; i < N_PICTURES; i++)
    frames[i] = picture (SIDE);
  g_assert_false (det_detector_run_batch (detector, frames, N_PICTURES, found,
      &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_ENGINE);
  for (int i = 0; i < N_PICTURES; i++)
    g_assert_null (found[i]);
}

/* Run 1 hangs; what comes later does not. */
static void
test_timeout (void)
{
  g_autoptr (DetDetector)
      detector = open_canned ("[behaviour]\nfault=hang\nafter=1\ntimes=1\n",
          "timeout-ms", "1000");
  g_autoptr (GError) error = NULL;
  DetFrame frame = picture (SIDE);

  g_assert_null (det_detector_run (detector, &frame, &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_TIMEOUT);
  g_clear_error (&error);
  for (int i = 0; i < 3; i++) {
    g_autoptr (DetDetections)
        found = det_detector_run (detector, &frame, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (found->n_objects, ==, 2);
  }
}

static gpointer
run_in_thread (gpointer data)
{
  for (int i = 0; i < 20; i++) {
    DetFrame frame = picture (SIDE);
    g_autoptr (DetDetections) found = det_detector_run (data, &frame, NULL);

    g_assert_cmpuint (found->n_objects, ==, 2);
  }
  det_detector_unref (data);
  return NULL;
}

static void
test_threads (void)
{
  DetDetector *detector = open_canned ("", NULL, NULL);
  GThread *threads[32]; /* more than sessions are kept */

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] =
        g_thread_new ("run", run_in_thread, det_detector_ref (detector));
  det_detector_unref (detector);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

/* The workers of the sessions are not there: an error, not a wait for ever. */
static void
test_fork (void)
{
  g_autoptr (DetDetector) detector = open_canned ("", NULL, NULL);
  DetFrame frame = picture (SIDE);
  g_autoptr (DetDetections) found = det_detector_run (detector, &frame, NULL);
  char answer = 0;
  int ends[2];

  g_assert_nonnull (found);
  g_assert_cmpint (pipe (ends), ==, 0);
  pid_t child = fork ();
  if (child == 0) {
    GError *error = NULL;
    DetDetections *none = det_detector_run (detector, &frame, &error);
    gboolean good = !none && strstr (error->message, "forked");

    _exit (write (ends[1], good ? "y" : "n", 1) == 1 ? 0 : 1);
  }
  /* Not by the exit status: valgrind makes the child's its own. */
  g_assert_cmpint (read (ends[0], &answer, 1), ==, 1);
  g_assert_cmpint (answer, ==, 'y');
  g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
  close (ends[0]);
  close (ends[1]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/detector/run", test_run);
  g_test_add_func ("/detector/defaults", test_defaults);
  g_test_add_func ("/detector/shared-model", test_shared_model);
  g_test_add_func ("/detector/parallel", test_parallel);
  g_test_add_func ("/detector/bad-options", test_bad_options);
  g_test_add_func ("/detector/batch", test_batch);
  g_test_add_func ("/detector/batch-engine-fails", test_batch_engine_fails);
  g_test_add_func ("/detector/timeout", test_timeout);
  g_test_add_func ("/detector/threads", test_threads);
  g_test_add_func ("/detector/fork", test_fork);
  return g_test_run ();
}
