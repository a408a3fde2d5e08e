/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tune.h"

#include <detect/detect.h>
#include <string.h>

#include "testfolder.h"
#include "testmodels.h"

static char *cache; /* the file that remembers */

static DetModelInfo *
read_model (const char *name)
{
  g_autofree char *path = test_model (name);

  return det_model_info_new (path, NULL);
}

static DetOptions *
make_options (const char *engine, const char *threads)
{
  DetOptions *options = det_options_new ();

  det_options_set_text (options, DET_OPT_ENGINE, engine, NULL);
  if (threads)
    det_options_set_text (options, DET_OPT_THREADS, threads, NULL);
  return options;
}

static guint
list (const char *engine, const char *threads, DetTuneChoice *choices)
{
  g_autoptr (DetModelInfo) info = read_model ("yolov8");
  g_autoptr (DetOptions) options = make_options (engine, threads);

  return det_tune_list (info, options, choices);
}

/* What the user says is not tried otherwise. */
static void
test_list (void)
{
  guint n_counts = g_get_num_processors () > 1 ? 2 : 1;
  DetTuneChoice choices[DET_TUNE_MAX_CHOICES];

  g_assert_cmpuint (list ("null", NULL, choices), ==, n_counts);
  g_assert_cmpint (choices[0].threads, ==, 0);
  if (n_counts == 2)
    g_assert_cmpint (choices[1].threads, ==, 1);
  g_assert_cmpuint (list ("null", "3", choices), ==, 1);
  g_assert_cmpint (choices[0].threads, ==, 3);
  /* OpenCV takes one count for the whole process. */
  g_assert_cmpuint (list ("opencv", NULL, choices), ==, 1);

  guint n = list ("auto", NULL, choices);
  g_assert_cmpuint (n, >=, 1);
  for (guint i = 0; i < n; i++)
    g_assert_cmpstr (choices[i].engine->name, !=, "null");
}

/* ---- measuring ---- */

/* What attempts find: times, 0 where one fails. */
typedef struct
{
  const gint64 *run_us;
  guint n_tried;
  gint64 share_us;
} Tries;

static int n_held;

static gpointer
attempt (const DetTuneChoice *choice, gint64 share_us, gint64 *run_us,
    gpointer data, GError **error)
{
  Tries *tries = data;
  gint64 time = tries->run_us[tries->n_tried++];

  tries->share_us = share_us;
  if (time == 0) {
    g_set_error (error, DET_ERROR, DET_ERROR_ENGINE, "attempt %u",
        tries->n_tried);
    return NULL;
  }
  *run_us = time;
  n_held++;
  return GINT_TO_POINTER (tries->n_tried);
}

static void
discard (gpointer loaded)
{
  n_held--;
}

static void
test_measure (void)
{
  static const struct
  {
    gint64 budget_us;
    gint64 run_us[4];
    int fastest; /* 0: none */
    guint n_tried;
  } cases[] = {
    { G_USEC_PER_SEC, { 40, 20, 30, 50 }, 2, 4 },
    { G_USEC_PER_SEC, { 40, 40, 40, 40 }, 1, 4 },
    { G_USEC_PER_SEC, { 0, 20, 0, 10 }, 4, 4 },
    { G_USEC_PER_SEC, { 0, 0, 0, 0 }, 0, 4 },
    /* The time is over: the first that runs. */
    { 0, { 40, 20, 30, 50 }, 1, 1 },
    { 0, { 0, 20, 30, 10 }, 2, 2 },
  };
  DetTuneChoice choices[4];

  for (int i = 0; i < 4; i++)
    choices[i] = (DetTuneChoice){ det_engines ()[0], i + 1 };
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    Tries tries = { cases[i].run_us, 0, 0 };
    g_autoptr (GError) error = NULL;
    DetTuneChoice chosen = { 0 };
    gpointer found = det_tune_measure (choices, 4, cases[i].budget_us, attempt,
        discard, &tries, &chosen, &error);

    g_assert_cmpint (GPOINTER_TO_INT (found), ==, cases[i].fastest);
    g_assert_cmpint (chosen.threads, ==, cases[i].fastest);
    g_assert_cmpuint (tries.n_tried, ==, cases[i].n_tried);
    g_assert_cmpint (tries.share_us, <=, cases[i].budget_us);
    g_assert_cmpint (n_held, ==, found ? 1 : 0);
    if (found)
      g_assert_no_error (error);
    else
      g_assert_cmpstr (error->message, ==, "attempt 1");
    n_held = 0;
  }
}

/* ---- remembering ---- */

static void
write_cache (const char *text)
{
  g_autofree char *folder = g_path_get_dirname (cache);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (cache, text, -1, NULL));
}

static void
test_remember (void)
{
  const DetTuneChoice choices[] = { { det_engines ()[0], 0 },
    { det_engines ()[1], 1 } };
  DetTuneChoice chosen = { 0 };

  g_remove (cache);
  g_assert_false (det_tune_recall ("a", choices, 2, &chosen));
  det_tune_remember ("a", &choices[1]);
  det_tune_remember ("b", &choices[0]);
  g_assert_true (det_tune_recall ("a", choices, 2, &chosen));
  g_assert_true (chosen.engine == choices[1].engine && chosen.threads == 1);
  g_assert_true (det_tune_recall ("b", choices, 2, &chosen));
  g_assert_true (chosen.engine == choices[0].engine && chosen.threads == 0);
  /* One that may not be tried any more. */
  g_assert_false (det_tune_recall ("a", choices, 1, &chosen));

  for (int i = 0; i < 60; i++) {
    g_autofree char *key = g_strdup_printf ("many%d", i);
    det_tune_remember (key, &choices[0]);
  }
  g_assert_false (det_tune_recall ("a", choices, 2, &chosen));
  g_assert_true (det_tune_recall ("many59", choices, 2, &chosen));
}

static void
test_broken (void)
{
  static const char *const texts[] = { "", "broken", "[a]\nengine=null\n",
    "[a]\nengine=nonsense\nthreads=0\n", "[a]\nengine=null\nthreads=x\n",
    "[a]\nengine=null\nthreads=-1\n", "[a]\nengine=null\nthreads=99999\n",
    "[a\n\377\376" };
  DetTuneChoice choices[DET_TUNE_MAX_CHOICES];
  DetTuneChoice chosen = { 0 };
  guint n = list ("null", NULL, choices);

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    write_cache (texts[i]);
    g_assert_false (det_tune_recall ("a", choices, n, &chosen));
    det_tune_remember ("a", &choices[0]);
    g_assert_true (det_tune_recall ("a", choices, n, &chosen));
  }
  g_remove (cache);
}

static void
test_key (void)
{
  DetTuneChoice choices[DET_TUNE_MAX_CHOICES];
  guint n = list ("null", NULL, choices);
  g_autoptr (DetModelInfo) info = read_model ("yolov8");
  g_autoptr (DetModelInfo) other = read_model ("yolov5");
  g_autofree char *key = det_tune_key (info, 96, 96, FALSE, choices, n);
  g_autofree char *again = det_tune_key (info, 96, 96, FALSE, choices, n);
  char *variants[] = { det_tune_key (other, 96, 96, FALSE, choices, n),
    det_tune_key (info, 96, 64, FALSE, choices, n),
    det_tune_key (info, 96, 96, TRUE, choices, n),
    det_tune_key (info, 96, 96, FALSE, choices, n - 1) };

  g_assert_cmpstr (key, ==, again);
  for (gsize i = 0; i < G_N_ELEMENTS (variants); i++) {
    g_assert_cmpstr (key, !=, variants[i]);
    g_free (variants[i]);
  }
}

/* ---- in a model ---- */

static DetModel *
load_tuned (void)
{
  g_autofree char *path = test_model ("yolov8");
  g_autoptr (DetOptions) options = make_options ("null", NULL);
  g_autoptr (GError) error = NULL;

  det_options_set_string (options, DET_OPT_MODEL, path);
  det_options_set_text (options, DET_OPT_TUNE, "true", NULL);
  DetModel *model = det_model_new (options, &error);
  g_assert_no_error (error);
  return model;
}

static void
test_model_tuned (void)
{
  g_autofree char *text = NULL;

  g_remove (cache);
  det_model_unref (load_tuned ());
  g_assert_true (g_file_get_contents (cache, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "engine=null\n"));
  if (g_get_num_processors () == 1)
    return;
  /* What is remembered is used. */
  for (int threads = 0; threads < 2; threads++) {
    g_autoptr (GKeyFile) file = g_key_file_new ();
    g_assert_true (g_key_file_load_from_file (file, cache, G_KEY_FILE_NONE,
        NULL));
    g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);
    g_key_file_set_integer (file, groups[0], "threads", threads);
    g_assert_true (g_key_file_save_to_file (file, cache, NULL));

    g_autoptr (DetModel) model = load_tuned ();
    g_assert_cmpint (det_model_get_threads (model), ==, threads);
    g_assert_cmpstr (det_model_get_engine (model), ==, "null");
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  test_folder_make ();
  g_setenv ("XDG_CACHE_HOME", scratch, TRUE);
  cache = test_folder_place ("detect/tune.ini");
  g_test_add_func ("/tune/list", test_list);
  g_test_add_func ("/tune/measure", test_measure);
  g_test_add_func ("/tune/remember", test_remember);
  g_test_add_func ("/tune/broken", test_broken);
  g_test_add_func ("/tune/key", test_key);
  g_test_add_func ("/tune/model", test_model_tuned);
  int result = g_test_run ();
  g_free (cache);
  test_folder_remove ();
  return result;
}
