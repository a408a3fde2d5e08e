/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <detect/detect.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "testmodels.h"

static DetOptions *
make_options (const char *path, const char *settings)
{
  DetOptions *options = det_options_new ();
  g_auto (GStrv) words = g_strsplit (settings, " ", -1);

  det_options_set_string (options, DET_OPT_MODEL, path);
  for (int i = 0; words[i] && *words[i]; i++) {
    g_auto (GStrv) pair = g_strsplit (words[i], "=", 2);
    g_autoptr (GError) error = NULL;

    det_options_set_text (options, det_option_find (pair[0]), pair[1], &error);
    g_assert_no_error (error);
  }
  return options;
}

typedef struct
{
  char *path;
  DetOptions *options;
  DetModel *model;
  DetParams *params;
  DetSession *session;
  DetFrame frame;
  guint8 *pixels;
} Bench;

static void
open_canned (Bench *bench, const char *text, const char *settings)
{
  g_autoptr (GError) error = NULL;

  bench->path = test_file ("canned.null", text, -1);
  bench->options = make_options (bench->path, settings);
  bench->model = det_model_new (bench->options, &error);
  g_assert_no_error (error);
  bench->params = det_params_new (bench->model, bench->options, &error);
  g_assert_no_error (error);
  bench->session = det_session_new (bench->model, &error);
  g_assert_no_error (error);
  /* Twice the model's size: boxes come out doubled. */
  bench->pixels = g_malloc0 (128 * 128 * 3);
  det_frame_init_packed (&bench->frame, DET_PIXEL_FORMAT_BGR, 128, 128, 384,
      bench->pixels);
}

static void
open_bench (Bench *bench, const char *behaviour, const char *settings)
{
  g_autofree char *text = g_strconcat (TEST_CANNED, behaviour, NULL);

  open_canned (bench, text, settings);
}

static void
close_bench (Bench *bench)
{
  det_session_free (bench->session);
  det_params_unref (bench->params);
  det_model_unref (bench->model);
  det_options_free (bench->options);
  g_free (bench->pixels);
  test_file_remove (bench->path);
  g_free (bench->path);
}

static DetDetections *
run (Bench *bench)
{
  g_autoptr (GError) error = NULL;
  DetDetections *found =
      det_session_run (bench->session, &bench->frame, bench->params, &error);

  g_assert_no_error (error);
  return found;
}

static void
test_objects (void)
{
  Bench bench;
  open_bench (&bench, "", "");
  g_autoptr (DetDetections) found = run (&bench);

  g_assert_cmpint (found->width, ==, 128);
  g_assert_cmpuint (found->n_objects, ==, 2);
  const DetObject *dog = &found->objects[0];
  g_assert_cmpstr (dog->label, ==, "dog");
  g_assert_cmpint (dog->class_id, ==, 1);
  g_assert_cmpint (dog->track_id, ==, DET_TRACK_NONE);
  g_assert_cmpfloat_with_epsilon ((double) dog->score, 0.75, 1e-6);
  g_assert_cmpfloat_with_epsilon ((double) dog->box.x0, 48, 1e-3);
  g_assert_cmpfloat_with_epsilon ((double) dog->box.y0, 32, 1e-3);
  g_assert_cmpfloat_with_epsilon ((double) dog->box.x1, 112, 1e-3);
  g_assert_cmpfloat_with_epsilon ((double) dog->box.y1, 64, 1e-3);
  g_assert_cmpstr (found->objects[1].label, ==, "cat");
  g_assert_cmpstr (det_model_get_engine (bench.model), ==, "null");
  g_assert_cmpstr (det_model_get_decoder (bench.model), ==, "yolov8");
  close_bench (&bench);
  /* What was found outlives everything else. */
  g_assert_cmpstr (found->objects[0].label, ==, "dog");
}

/* Three key points, the second of which is no number, or is none in the frame. */
static void
test_landmarks (void)
{
  static const char *const seconds[] = { "nan", "inf", "3e38" };

  for (gsize i = 0; i < G_N_ELEMENTS (seconds); i++) {
    g_autofree char *text =
        g_strdup_printf ("[input images]\nshape=1;3;64;64\n"
                         "[output output0]\nshape=1;11;84\n"
                         "data=0;32;84;32;168;16;252;16;336;0.9;420;20;504;24;"
                         "588;%s;672;20;"
                         "756;20;840;20\n"
                         "[metadata]\nnames={0: "
                         "'person'}\ntask=pose\nkpt_shape=[3, 2]\n",
            seconds[i]);
    Bench bench;

    open_canned (&bench, text, "");
    g_autoptr (DetDetections) found = run (&bench);
    g_assert_cmpuint (found->n_objects, ==, 1);
    g_assert_cmpint (found->objects[0].n_landmarks, ==, 1);
    g_assert_cmpfloat_with_epsilon ((double) found->objects[0].landmarks[0].x,
        40, 1e-3);
    g_assert_cmpfloat_with_epsilon ((double) found->objects[0].landmarks[0].y,
        48, 1e-3);
    close_bench (&bench);
  }
}

typedef struct
{
  const char *settings;
  const char *labels; /* what is left, in order */
} FilterCase;

static const FilterCase filters[] = {
  { "threshold=0.6", "dog" },
  { "threshold=0.8", "" },
  { "classes=cat", "cat" },
  { "classes=0,dog", "dog,cat" },
  { "class-thresholds=dog:0.9", "cat" },
  { "class-thresholds=cat:0.6", "dog" },
  { "threshold=0.9 class-thresholds=cat:0.3", "cat" },
  { "classes=cat class-thresholds=dog:0.1", "cat" },
  { "max-detections=1", "dog" },
  { "min-size=40x0", "dog" },
  { "max-size=40x100", "cat" },
  { "min-size=1000", "" },
};

static void
test_filters (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (filters); i++) {
    g_autoptr (GString) labels = g_string_new (NULL);
    Bench bench;

    g_test_message ("%s", filters[i].settings);
    open_bench (&bench, "", filters[i].settings);
    g_autoptr (DetDetections) found = run (&bench);
    for (guint o = 0; o < found->n_objects; o++)
      g_string_append_printf (labels, "%s%s", o > 0 ? "," : "",
          found->objects[o].label);
    g_assert_cmpstr (labels->str, ==, filters[i].labels);
    close_bench (&bench);
  }
}

static void
test_bad_classes (void)
{
  static const char *const settings[] = { "classes=dgo", "classes=2",
    "class-thresholds=dgo:0.5", "class-thresholds=dog",
    "class-thresholds=dog:2" };
  Bench bench;

  open_bench (&bench, "", "");
  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++) {
    g_autoptr (DetOptions) options = make_options (bench.path, settings[i]);
    g_autoptr (GError) error = NULL;

    g_assert_null (det_params_new (bench.model, options, &error));
    g_assert_error (error, DET_ERROR, DET_ERROR_OPTION);
    g_test_message ("%s", error->message);
    if (strstr (settings[i], "dgo"))
      g_assert_nonnull (strstr (error->message, "did you mean 'dog'?"));
  }
  close_bench (&bench);
}

/* ---- engines that misbehave ---- */

static GError *
fail_to_run (const char *behaviour)
{
  Bench bench;
  GError *error = NULL;

  open_bench (&bench, behaviour, "");
  g_assert_null (det_session_run (bench.session, &bench.frame, bench.params,
      &error));
  close_bench (&bench);
  return error;
}

/* Runs 0 and 1 are the model's own, at its load. */
static void
test_engine_errors (void)
{
  g_autoptr (GError)
      failed = fail_to_run ("[behaviour]\nfault=error\nafter=1\n");
  g_autoptr (GError)
      shape = fail_to_run ("[behaviour]\nfault=wrong-shape\nafter=1\n");

  g_assert_error (failed, DET_ERROR, DET_ERROR_ENGINE);
  g_assert_error (shape, DET_ERROR, DET_ERROR_ENGINE);
  g_assert_nonnull (strstr (shape->message, "float32[1,6,84]"));
}

static void
test_nan (void)
{
  Bench bench;

  open_bench (&bench, "[behaviour]\nfault=nan\nafter=1\n", "");
  g_autoptr (DetDetections) found = run (&bench);
  g_assert_cmpuint (found->n_objects, ==, 0);
  close_bench (&bench);
}

static void
test_timeout (void)
{
  Bench bench;
  g_autoptr (GError) error = NULL;

  open_bench (&bench, "[behaviour]\nfault=hang\nafter=1\n", "");
  g_assert_true (det_session_submit (bench.session, &bench.frame, bench.params,
      &error));
  g_assert_null (det_session_wait (bench.session, 1000, &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_TIMEOUT);
  g_assert_true (det_session_is_busy (bench.session));
  close_bench (&bench); /* does not wait for the engine */
}

static gpointer
wait_in_thread (gpointer data)
{
  GError *error = NULL;

  g_assert_null (det_session_wait (data, -1, &error));
  return error;
}

static void
test_cancel (void)
{
  Bench bench;
  g_autoptr (GError) again = NULL;

  open_bench (&bench, "[behaviour]\nfault=hang\nafter=1\n", "");
  g_assert_true (det_session_submit (bench.session, &bench.frame, bench.params,
      NULL));
  GThread *thread = g_thread_new ("wait", wait_in_thread, bench.session);
  det_session_set_cancelled (bench.session, TRUE);
  g_autoptr (GError) error = g_thread_join (thread);
  g_assert_error (error, DET_ERROR, DET_ERROR_CANCELLED);
  g_assert_false (det_session_submit (bench.session, &bench.frame, bench.params,
      &again));
  g_assert_error (again, DET_ERROR, DET_ERROR_CANCELLED);
  close_bench (&bench);
}

/* With the worker's help or without, begun and dropped or waited for. */
static void
test_helping (void)
{
  Bench bench;
  open_bench (&bench, "", "");

  for (int i = 0; i < 300; i++) {
    g_autoptr (GError) error = NULL;

    det_session_set_helping (bench.session, i % 3 > 0);
    g_assert_true (det_session_submit (bench.session, &bench.frame,
        bench.params, &error));
    if (i % 5 == 0)
      continue;
    g_autoptr (DetDetections)
        found = det_session_wait (bench.session, -1, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (found->n_objects, ==, 2);
  }
  close_bench (&bench);
}

/* ---- workers ---- */

/* More sessions than threads: all come through, each with its own result. */
static void
test_workers (void)
{
  Bench bench;
  DetSession *sessions[4];
  g_autoptr (GError) error = NULL;

  open_bench (&bench, "", "");
  for (guint n = 1; n <= 3; n++) {
    g_autoptr (DetWorkers) workers = det_workers_new (bench.model, n, &error);
    for (guint i = 0; i <= n; i++) {
      sessions[i] = det_session_new_with_workers (workers, &error);
      g_assert_no_error (error);
      det_session_set_helping (sessions[i], i % 2 == 0);
    }
    for (guint frame = 0; frame < 100; frame++) {
      DetSession *session = sessions[frame % (n + 1)];

      if (frame > n) {
        g_autoptr (DetDetections)
            found = det_session_wait (session, -1, &error);
        g_assert_no_error (error);
        g_assert_cmpuint (found->n_objects, ==, 2);
      }
      g_assert_true (det_session_submit (session, &bench.frame, bench.params,
          &error));
    }
    for (guint i = 0; i <= n; i++)
      det_session_free (sessions[i]); /* under way, waiting or done */
  }
  close_bench (&bench);
}

/* A named pipe from which every run takes a byte, so that a frame is seen to be under
 * way. */
typedef struct
{
  char *folder;
  char *path;
  int file;
} Gate;

/* With a byte for the model's proof. */
static void
open_gated (Bench *bench, Gate *gate, const char *behaviour)
{
  gate->folder = g_dir_make_tmp ("detect-test-XXXXXX", NULL);
  gate->path = g_build_filename (gate->folder, "gate", NULL);
  g_assert_cmpint (mkfifo (gate->path, 0600), ==, 0);
  gate->file = open (gate->path, O_RDWR | O_CLOEXEC);
  g_assert_cmpint (write (gate->file, ".", 1), ==, 1);
  g_autofree char *text =
      g_strdup_printf ("[behaviour]\ngate=%s\n%s", gate->path, behaviour);
  open_bench (bench, text, "");
}

static void
close_gated (Bench *bench, Gate *gate)
{
  close_bench (bench);
  close (gate->file);
  g_remove (gate->path);
  g_rmdir (gate->folder);
  g_free (gate->path);
  g_free (gate->folder);
}

static void
let_go (const Gate *gate, int n)
{
  for (int i = 0; i < n; i++)
    g_assert_cmpint (write (gate->file, ".", 1), ==, 1);
}

static void
wait_until_all_gone (const Gate *gate)
{
  int n_left = 1;

  while (n_left > 0) {
    g_assert_cmpint (ioctl (gate->file, FIONREAD, &n_left), ==, 0);
    g_thread_yield ();
  }
}

/* A frame waits for the thread that is with another one; when that is given up, a
 * new one takes its place. */
static void
test_workers_lost (void)
{
  Bench bench;
  Gate gate;
  g_autoptr (GError) error = NULL;

  open_gated (&bench, &gate, "fault=hang\nafter=1\ntimes=1\n");
  g_autoptr (DetWorkers) workers = det_workers_new (bench.model, 1, &error);
  g_autoptr (DetSession) first = det_session_new_with_workers (workers, &error);
  g_autoptr (DetSession) next = det_session_new_with_workers (workers, &error);
  g_autoptr (DetSession) last = det_session_new_with_workers (workers, &error);
  DetSession *in_line[] = { first, next, last };

  for (guint i = 0; i < G_N_ELEMENTS (in_line); i++)
    g_assert_true (det_session_submit (in_line[i], &bench.frame, bench.params,
        &error));
  let_go (&gate, 1);
  wait_until_all_gone (&gate);
  for (guint i = 0; i < G_N_ELEMENTS (in_line); i++) {
    g_assert_null (det_session_wait (in_line[i], 1000, &error));
    g_assert_error (error, DET_ERROR, DET_ERROR_TIMEOUT);
    g_clear_error (&error);
  }
  det_session_free (g_steal_pointer (&next)); /* before its turn */
  det_session_free (g_steal_pointer (&first));
  first = det_session_new_with_workers (workers, &error);
  g_assert_no_error (error);
  let_go (&gate, 1);
  g_autoptr (DetDetections) found = det_session_wait (last, -1, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (found->n_objects, ==, 2);
  close_gated (&bench, &gate);
}

/* The thread comes back from a frame that was given up, and nobody has taken its place:
 * what waits for it goes on. The frame has two parts, of which one has been run. */
static void
test_workers_back (void)
{
  Bench bench;
  Gate gate;
  g_autoptr (GError) error = NULL;

  open_gated (&bench, &gate, "");
  g_autoptr (DetWorkers) workers = det_workers_new (bench.model, 1, &error);
  DetSession *first = det_session_new_with_workers (workers, &error);
  g_autoptr (DetSession) next = det_session_new_with_workers (workers, &error);
  g_assert_true (det_session_begin (first, 128, 128, bench.params, &error));
  for (int i = 0; i < 2; i++)
    g_assert_true (det_session_add (first, &bench.frame, 0, 0, &error));
  det_session_start (first);
  let_go (&gate, 1);
  wait_until_all_gone (&gate);
  g_assert_true (det_session_submit (next, &bench.frame, bench.params, &error));
  det_session_free (first);
  let_go (&gate, 2);
  g_autoptr (DetDetections)
      found = det_session_wait (next, 30 * G_USEC_PER_SEC, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (found->n_objects, ==, 2);
  close_gated (&bench, &gate);
}

/* Who counts as another user of a model. */
static void
test_is_shared (void)
{
  Bench bench;

  open_bench (&bench, "", "");
  g_assert_false (det_model_is_shared (bench.model));
  DetSession *other = det_session_new (bench.model, NULL);
  g_assert_true (det_model_is_shared (bench.model));
  det_session_free (other);
  g_assert_false (det_model_is_shared (bench.model));
  close_bench (&bench);
}

static void
test_bad_frame (void)
{
  Bench bench;
  g_autoptr (GError) error = NULL;

  open_bench (&bench, "", "");
  bench.frame.stride[0] = 3;
  g_assert_null (det_session_run (bench.session, &bench.frame, bench.params,
      &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_FRAME);
  g_clear_error (&error);
  g_assert_null (det_session_wait (bench.session, -1, &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_FAILED);
  bench.frame.stride[0] = 384;
  g_autoptr (DetDetections) found = run (&bench); /* and goes on */
  g_assert_cmpuint (found->n_objects, ==, 2);
  close_bench (&bench);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/session/objects", test_objects);
  g_test_add_func ("/session/landmarks", test_landmarks);
  g_test_add_func ("/session/filters", test_filters);
  g_test_add_func ("/session/bad-classes", test_bad_classes);
  g_test_add_func ("/session/engine-errors", test_engine_errors);
  g_test_add_func ("/session/nan", test_nan);
  g_test_add_func ("/session/timeout", test_timeout);
  g_test_add_func ("/session/cancel", test_cancel);
  g_test_add_func ("/session/helping", test_helping);
  g_test_add_func ("/session/workers", test_workers);
  g_test_add_func ("/session/workers-lost", test_workers_lost);
  g_test_add_func ("/session/workers-back", test_workers_back);
  g_test_add_func ("/session/is-shared", test_is_shared);
  g_test_add_func ("/session/bad-frame", test_bad_frame);
  return g_test_run ();
}
