/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <detect/ctypes-abi.h>
#include <glib/gstdio.h>
#include <string.h>

#include "testmodels.h"

#define SIDE 128
#define N_THREADS 4

static guint8 pixels[SIDE * SIDE * 3];

/* A configuration file beside a model of that text; test_config_remove() it. */
static char *
make_config (const char *model, const char *more)
{
  char *model_path = test_file ("canned.null", model, -1);
  g_autofree char *folder = g_path_get_dirname (model_path);
  g_autofree char *text = g_strconcat ("model: canned.null\n", more, NULL);
  char *path = g_build_filename (folder, "DetectConfig.yaml", NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  g_free (model_path);
  return path;
}

static void
remove_config (char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *model = g_build_filename (folder, "canned.null", NULL);

  g_remove (path);
  g_remove (model);
  g_rmdir (folder);
  g_free (path);
}

static Detect *
open_canned (const char *more)
{
  char *path = make_config (TEST_CANNED, more);
  Detect *det = Detect_new ();

  g_assert_nonnull (det);
  g_assert_cmpint (Detect_Init (det, path), ==, 0);
  g_assert_cmpstr (Detect_LastError (), ==, "");
  remove_config (path);
  return det;
}

static PythonImage
picture (int width, int height)
{
  return (PythonImage){ .image_num = 1,
    .width = { width },
    .height = { height },
    .frame = { (char *) pixels } };
}

static void
assert_empty (const cv_object_list *list)
{
  static const cv_object_list empty;

  g_assert_cmpmem (list, sizeof *list, &empty, sizeof empty);
}

static void
assert_says (const char *words)
{
  g_test_message ("%s", Detect_LastError ());
  g_assert_nonnull (strstr (Detect_LastError (), words));
}

/* Twice the model's size: boxes come out doubled. */
static void
assert_dog_and_cat (const cv_object_list *list)
{
  const cv_object *dog = &list->object[0];
  cv_object_list rest = *list;

  g_assert_cmpint (list->object_num, ==, 2);
  g_assert_cmpint (dog->classes, ==, 1);
  g_assert_cmpfloat_with_epsilon ((double) *dog->prob, 0.75, 1e-6);
  g_assert_cmpfloat_with_epsilon ((double) dog->bbox.x, 48, 1e-3);
  g_assert_cmpfloat_with_epsilon ((double) dog->bbox.y, 32, 1e-3);
  g_assert_cmpfloat_with_epsilon ((double) dog->bbox.w, 64, 1e-3);
  g_assert_cmpfloat_with_epsilon ((double) dog->bbox.h, 32, 1e-3);
  g_assert_cmpint (list->object[1].classes, ==, 0);
  g_assert_cmpfloat_with_epsilon ((double) *list->object[1].prob, 0.5, 1e-6);
  /* And nothing else is set. */
  for (int i = 0; i < 2; i++) {
    rest.object[i].classes = 0;
    rest.object[i].prob = NULL;
    memset (&rest.object[i].bbox, 0, sizeof (cv_box));
  }
  rest.object_num = 0;
  assert_empty (&rest);
}

/* ---- structures ---- */

static void
test_layout (void)
{
  g_auto (GStrv) lines = g_strsplit (Detect_Layout (), "\n", -1);
  const char *const *words = (const char *const *) lines;
  int batch = 0;
  int objects = 0;

  if (sizeof (void *) == 8) {
    g_assert_true (g_strv_contains (words, "PythonImage 520"));
    g_assert_true (g_strv_contains (words, "PythonImage.frame 264 256"));
    g_assert_true (g_strv_contains (words, "cv_object 64"));
    g_assert_true (g_strv_contains (words, "cv_object.prob 24 8"));
    g_assert_true (g_strv_contains (words, "cv_object_list 8224"));
    g_assert_true (g_strv_contains (words, "cv_object_list.object_num 8192 4"));
  }
  g_assert_true (g_strv_contains (words, "cv_box.h 12 4"));
  Detect_Limits (&batch, &objects);
  g_assert_cmpint (batch, ==, 32);
  g_assert_cmpint (objects, ==, 128);
  Detect_Limits (NULL, NULL);
}

/* ---- what is found ---- */

static void
test_run (void)
{
  Detect *det = open_canned ("");
  PythonImage image = picture (SIDE, SIDE);

  for (int image_num = -1; image_num < 3; image_num++) {
    image.image_num = image_num; /* nobody's business here */
    DetectOutput out = Detect_Run (det, image);
    g_assert_cmpstr (Detect_LastError (), ==, "");
    assert_dog_and_cat (&out);
  }
  Detect_delete (det);
}

static void
test_config_is_used (void)
{
  Detect *det = open_canned ("threshold: 0.6\nclasses: [dog]\noverlay: true\n");
  DetectOutput out = Detect_Run (det, picture (SIDE, SIDE));

  g_assert_cmpint (out.object_num, ==, 1);
  g_assert_cmpint (out.object[0].classes, ==, 1);
  Detect_delete (det);
}

static void
test_third_argument (void)
{
  typedef int (*ThreeArguments) (Detect *, const char *, int);
  ThreeArguments init = (ThreeArguments) (void (*) (void)) Detect_Init;
  char *path = make_config (TEST_CANNED, "");
  Detect *det = Detect_new ();

  g_assert_cmpint (init (det, path, 12345), ==, 0);
  remove_config (path);
  Detect_delete (det);
}

/* Scores stay where they are for 64 pictures. */
static void
test_scores_stay (void)
{
  Detect *det = open_canned ("");
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  DetectOutput first = Detect_Run (det, picture (SIDE, SIDE));

  g_hash_table_add (seen, first.object[0].prob);
  for (int i = 1; i < 64; i++) {
    DetectOutput out = Detect_Run (det, picture (SIDE, SIDE));
    g_assert_true (g_hash_table_add (seen, out.object[0].prob));
  }
  assert_dog_and_cat (&first);
  DetectOutput again = Detect_Run (det, picture (SIDE, SIDE));
  g_assert_true (again.object[0].prob == first.object[0].prob);
  Detect_delete (det);
}

/* A model that sees n objects, each with a score of its own, no two overlapping. */
static char *
make_crowd (int n)
{
  const int cells = 16 * 16 + 8 * 8 + 4 * 4; /* of 128 × 128 */
  GString *text = g_string_new ("[input images]\nshape=1;3;128;128\n"
                                "[output output0]\nshape=1;6;336\ndata=");

  for (int i = 0; i < n; i++) {
    const double values[] = { i % 16 * 8 + 4, i / 16 * 8 + 4, 6, 6,
      0.3 + (i * 37 % n) * 0.6 / n };

    for (int v = 0; v < (int) G_N_ELEMENTS (values); v++)
      g_string_append_printf (text, "%d;%.6f;", v * cells + i, values[v]);
  }
  g_string_append (text, "\n[metadata]\nnames={0: 'cat', 1: 'dog'}\n");
  return g_string_free (text, FALSE);
}

static void
test_best_of_many (void)
{
  const int n = 200;
  g_autofree char *crowd = make_crowd (n);
  char *path = make_config (crowd, "threshold: 0.1\n");
  Detect *det = Detect_new ();

  g_assert_cmpint (Detect_Init (det, path), ==, 0);
  DetectOutput out = Detect_Run (det, picture (SIDE, SIDE));
  g_assert_cmpint (out.object_num, ==, 128);
  for (int i = 0; i < 128; i++) {
    double wanted = 0.3 + (n - 1 - i) * 0.6 / n;
    g_assert_cmpfloat_with_epsilon ((double) *out.object[i].prob, wanted, 1e-4);
  }
  Detect_delete (det);
  remove_config (path);
}

static void
test_batch (void)
{
  Detect *det = open_canned ("");
  cv_object_list *out = g_new (cv_object_list, 33);
  PythonImage images = { .image_num = 32 };

  for (int i = 0; i < 32; i++) {
    images.width[i] = i % 2 == 0 ? SIDE : SIDE / 2;
    images.height[i] = images.width[i];
    images.frame[i] = (char *) pixels;
  }
  memset (out, 0xee, 33 * sizeof *out);
  g_assert_cmpint (Detect_RunBatch (det, &images, out, 33), ==, 0);
  for (int i = 0; i < 32; i++) {
    float scale = i % 2 == 0 ? 1 : 0.5f;

    g_assert_cmpint (out[i].object_num, ==, 2);
    g_assert_cmpfloat_with_epsilon ((double) out[i].object[0].bbox.x,
        (double) (48 * scale), 1e-3);
    g_assert_cmpfloat_with_epsilon ((double) *out[i].object[0].prob, 0.75,
        1e-6);
  }
  images.image_num = 1;
  g_assert_cmpint (Detect_RunBatch (det, &images, out, 1), ==, 0);
  assert_dog_and_cat (&out[0]);
  g_free (out);
  Detect_delete (det);
}

/* ---- what is wrong ---- */

typedef struct
{
  int width;
  int height;
  gboolean has_frame;
  const char *says;
} BadImage;

static const BadImage bad_images[] = {
  { 0, 0, TRUE, "0x0" },
  { -1, SIDE, TRUE, "-1x128" },
  { SIDE, -5, TRUE, "128x-5" },
  { SIDE, 0, TRUE, "128x0" },
  { G_MAXINT, 1, TRUE, "2147483647x1" },
  { G_MAXINT / 3, SIDE, TRUE, "sides" },
  { 1431655766, SIDE, TRUE, "sides" }, /* 3 of these are 2 in 32 bits */
  { SIDE, G_MAXINT, TRUE, "sides" },
  { G_MININT, G_MININT, TRUE, "sides" },
  { SIDE, SIDE, FALSE, "NULL" },
};

static void
test_bad_images (void)
{
  Detect *det = open_canned ("");

  for (gsize i = 0; i < G_N_ELEMENTS (bad_images); i++) {
    const BadImage *bad = &bad_images[i];
    PythonImage image = picture (bad->width, bad->height);
    cv_object_list out[2];

    if (!bad->has_frame)
      image.frame[0] = NULL;
    out[0] = Detect_Run (det, image);
    assert_says (bad->says);
    assert_empty (&out[0]);

    /* The second of a batch: its number is said, and both lists are empty. */
    image.image_num = 2;
    image.width[1] = image.width[0];
    image.height[1] = image.height[0];
    image.frame[1] = image.frame[0];
    image.width[0] = image.height[0] = SIDE;
    image.frame[0] = (char *) pixels;
    g_assert_cmpint (Detect_RunBatch (det, &image, out, 2), <, 0);
    assert_says (bad->says);
    assert_says ("image 1");
    assert_empty (&out[0]);
    assert_empty (&out[1]);
  }
  DetectOutput good = Detect_Run (det, picture (SIDE, SIDE));
  assert_dog_and_cat (&good);
  Detect_delete (det);
}

static void
test_bad_batches (void)
{
  Detect *det = open_canned ("");
  PythonImage image = picture (SIDE, SIDE);
  cv_object_list out;

  g_assert_cmpint (Detect_RunBatch (det, NULL, &out, 1), <, 0);
  assert_says ("img is NULL");
  assert_empty (&out);
  g_assert_cmpint (Detect_RunBatch (det, &image, NULL, 1), <, 0);
  assert_says ("out is NULL");
  g_assert_cmpint (Detect_RunBatch (det, &image, &out, 0), <, 0);
  assert_says ("room for 0 lists");
  g_assert_cmpint (Detect_RunBatch (det, &image, &out, G_MININT), <, 0);
  for (int i = 0; i < 4; i++) {
    static const int counts[] = { 0, -1, 33, G_MAXINT };

    image.image_num = counts[i];
    g_assert_cmpint (Detect_RunBatch (det, &image, &out, 1), <, 0);
    assert_says ("image_num is ");
    assert_empty (&out);
  }
  Detect_delete (det);
}

static void
assert_refused (Detect *det, const char *says)
{
  PythonImage image = picture (SIDE, SIDE);
  DetectOutput out = Detect_Run (det, image);

  assert_says (says);
  assert_empty (&out);
  g_assert_cmpint (Detect_RunBatch (det, &image, &out, 1), <, 0);
  assert_says (says);
  assert_empty (&out);
}

static void
test_bad_handles (void)
{
  Detect *deleted = open_canned ("");
  Detect *empty = Detect_new ();
  Detect *const handles[] = { NULL, deleted, (Detect *) pixels,
    GINT_TO_POINTER (-1) };
  char *path = make_config (TEST_CANNED, "");

  Detect_delete (deleted);
  for (gsize i = 0; i < G_N_ELEMENTS (handles); i++) {
    assert_refused (handles[i], "Detect_new()");
    g_assert_cmpint (Detect_Init (handles[i], path), <, 0);
    assert_says ("Detect_new()");
    Detect_delete (handles[i]);
    assert_says ("Detect_new()");
  }
  assert_refused (empty, "Detect_Init()");
  Detect_delete (empty);
  g_assert_cmpstr (Detect_LastError (), ==, "");
  remove_config (path);
}

typedef struct
{
  const char *config;
  const char *says;
} BadConfig;

static const BadConfig bad_configs[] = {
  { "treshold: 0.5\n", "unknown key 'treshold'; did you mean 'threshold'?" },
  { "BatchSize: 4\n", "unknown key 'BatchSize'" },
  { "threshold: high\n", "DetectConfig.yaml:2:12" },
  { "classes: [bird]\n", "no class 'bird'" },
  { "\tx", "not valid YAML" },
};

static void
test_bad_configs (void)
{
  Detect *det = open_canned ("");
  DetectOutput out = Detect_Run (det, picture (SIDE, SIDE));

  assert_dog_and_cat (&out);
  for (gsize i = 0; i < G_N_ELEMENTS (bad_configs); i++) {
    char *path = make_config (TEST_CANNED, bad_configs[i].config);

    g_assert_cmpint (Detect_Init (det, path), <, 0);
    assert_says (bad_configs[i].says);
    remove_config (path);
    assert_refused (det, "no model is loaded"); /* not the one of before */
  }
  g_assert_cmpint (Detect_Init (det, NULL), <, 0);
  assert_says ("no path is given");
  g_assert_cmpint (Detect_Init (det, ""), <, 0);
  g_assert_cmpint (Detect_Init (det, "/no/such.yaml"), <, 0);
  assert_says ("/no/such.yaml");
  Detect_delete (det);
}

static void
test_engine_fails (void)
{
  char *path =
      make_config (TEST_CANNED "[behaviour]\nfault=error\nafter=1\n", "");
  Detect *det = Detect_new ();

  g_assert_cmpint (Detect_Init (det, path), ==, 0);
  assert_refused (det, "its file says so");
  Detect_delete (det);
  remove_config (path);
}

/* ---- threads ---- */

static gpointer
run_many (gpointer det)
{
  for (int i = 0; i < 50; i++) {
    DetectOutput out = Detect_Run (det, picture (SIDE, SIDE));

    g_assert_cmpstr (Detect_LastError (), ==, "");
    assert_dog_and_cat (&out);
    /* An error of one thread is nobody else's. */
    Detect_Run (NULL, picture (SIDE, SIDE));
    assert_says ("NULL");
  }
  return NULL;
}

static void
test_threads (void)
{
  Detect *det = open_canned ("");
  Detect *other = open_canned ("");
  GThread *threads[N_THREADS];

  for (int i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("run", run_many, i % 2 == 0 ? det : other);
  for (int i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  Detect_delete (det);
  Detect_delete (other);
}

static gpointer
run_until_deleted (gpointer det)
{
  do {
    DetectOutput out = Detect_Run (det, picture (SIDE, SIDE));
    g_assert_cmpint (out.object_num, ==, *Detect_LastError () ? 0 : 2);
  } while (!strstr (Detect_LastError (), "deleted"));
  return NULL;
}

/* Another model, none, and the end, under the feet of those who run. */
static void
test_threads_without_mercy (void)
{
  Detect *det = open_canned ("");
  char *path = make_config (TEST_CANNED, "");
  GThread *threads[N_THREADS];

  for (int i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("run", run_until_deleted, det);
  for (int i = 0; i < 20; i++) {
    g_assert_cmpint (Detect_Init (det, path), ==, 0);
    g_assert_cmpint (Detect_Init (det, NULL), <, 0);
  }
  Detect_delete (det);
  for (int i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  remove_config (path);
}

static void
test_info (void)
{
  if (g_test_subprocess ()) {
    getInfo (picture (640, 480));
    return;
  }
  g_test_trap_subprocess (NULL, 60 * G_USEC_PER_SEC, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stdout ("*-----Information------\nwidth: 640, height: "
                             "480\n*");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ctypes-abi/layout", test_layout);
  g_test_add_func ("/ctypes-abi/run", test_run);
  g_test_add_func ("/ctypes-abi/config-is-used", test_config_is_used);
  g_test_add_func ("/ctypes-abi/third-argument", test_third_argument);
  g_test_add_func ("/ctypes-abi/scores-stay", test_scores_stay);
  g_test_add_func ("/ctypes-abi/best-of-many", test_best_of_many);
  g_test_add_func ("/ctypes-abi/batch", test_batch);
  g_test_add_func ("/ctypes-abi/bad-images", test_bad_images);
  g_test_add_func ("/ctypes-abi/bad-batches", test_bad_batches);
  g_test_add_func ("/ctypes-abi/bad-handles", test_bad_handles);
  g_test_add_func ("/ctypes-abi/bad-configs", test_bad_configs);
  g_test_add_func ("/ctypes-abi/engine-fails", test_engine_fails);
  g_test_add_func ("/ctypes-abi/threads", test_threads);
  g_test_add_func ("/ctypes-abi/threads-without-mercy",
      test_threads_without_mercy);
  g_test_add_func ("/ctypes-abi/info", test_info);
  return g_test_run ();
}
