/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <detect/error.h>
#include <glib/gstdio.h>
#include <string.h>

typedef struct
{
  char *folder;
  char *path;
  DetOptions *options;
  DetLabels *labels;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("detect-config-XXXXXX", NULL);
  g_assert_nonnull (fixture->folder);
  fixture->path = g_build_filename (fixture->folder, "model.yaml", NULL);
  fixture->options = det_options_new ();
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_unlink (fixture->path);
  g_rmdir (fixture->folder);
  det_options_free (fixture->options);
  det_labels_unref (fixture->labels);
  g_free (fixture->path);
  g_free (fixture->folder);
}

static gboolean
read_text (Fixture *fixture, const char *text, GError **error)
{
  g_assert_true (g_file_set_contents (fixture->path, text, -1, NULL));
  det_options_free (fixture->options);
  fixture->options = det_options_new ();
  g_clear_pointer (&fixture->labels, det_labels_unref);
  return det_config_read (fixture->path, fixture->options, &fixture->labels,
      error);
}

static void
test_values (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  read_text (fixture,
      "# a comment\n"
      "model: nets/a.onnx\n"
      "threshold: 0.4\n"
      "class-agnostic: yes\n"
      "classes: [person, car]\n"
      "class-thresholds: {person: 0.6, car: 0.3}\n"
      "mean: [1, 2, 3]\n"
      "input-size: 640x384\n",
      &error);
  g_assert_no_error (error);
  g_autofree char *model =
      g_build_filename (fixture->folder, "nets/a.onnx", NULL);
  g_assert_cmpstr (det_options_get_string (fixture->options, DET_OPT_MODEL), ==,
      model);
  g_assert_cmpfloat (det_options_get_double (fixture->options,
                         DET_OPT_THRESHOLD),
      ==, 0.4);
  g_assert_true (det_options_get_boolean (fixture->options,
      DET_OPT_CLASS_AGNOSTIC));
  g_assert_cmpstr (det_options_get_string (fixture->options, DET_OPT_CLASSES),
      ==, "person,car");
  g_assert_cmpstr (det_options_get_string (fixture->options,
                       DET_OPT_CLASS_THRESHOLDS),
      ==, "person:0.6,car:0.3");
  g_assert_cmpstr (det_options_get_string (fixture->options, DET_OPT_MEAN), ==,
      "1,2,3");
  g_assert_null (fixture->labels);
}

static void
test_labels (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  read_text (fixture, "labels: [cat, 'dog: large']\n", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (det_labels_get_n (fixture->labels), ==, 2);
  g_assert_cmpstr (det_labels_get (fixture->labels, 1), ==, "dog: large");

  read_text (fixture, "labels:\n  1: dog\n  0: cat\n", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (det_labels_get (fixture->labels, 0), ==, "cat");
  g_assert_cmpstr (det_labels_get (fixture->labels, 1), ==, "dog");
}

static void
test_empty (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  read_text (fixture, "", &error);
  g_assert_no_error (error);
  read_text (fixture, "# nothing\n", &error);
  g_assert_no_error (error);
}

typedef struct
{
  const char *text;
  const char *position; /* ":line:column:" */
  const char *says;
} BadCase;

static const BadCase bad_cases[] = {
  { "thresold: 0.4\n", ":1:1:", "did you mean 'threshold'?" },
  { "model: a.onnx\nthreshold: high\n", ":2:12:", "a number from 0 to 1" },
  { "threshold: 7\n", ":1:12:", "from 0 to 1" },
  { "threads: [1, 2]\n", ":1:10:", "a single value" },
  { "- model\n", ":1:1:", "KEY: VALUE" },
  { "model: {a: b}\n", ":1:8:", "a single value" },
  { "a: b: c\n", ":1:", "not valid YAML" },
  { "model: a\nmodel: b\n", ":2:1:", "a second time" },
  { "config: b.yaml\n", ":1:1:", "cannot name another" },
  { "labels: []\n", ":1:9:", "empty" },
  { "labels: {1: a, 2: b}\n", ":1:", "class ids from 0" },
  { "labels: {0: a, 0: b}\n", ":1:", "each once" },
  { "labels: [[a]]\n", ":1:10:", "a class name" },
  { "classes: [[a]]\n", ":1:11:", "a word or a number" },
  { "? [a]\n: b\n", ":1:3:", "KEY: VALUE" },
  { "model: \"a\\0b\"\n", ":1:8:", "single value" },
};

static void
test_bad (Fixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad_cases); i++) {
    const BadCase *c = &bad_cases[i];
    g_autoptr (GError) error = NULL;
    g_autofree char *where = g_strconcat (fixture->path, c->position, NULL);

    g_assert_false (read_text (fixture, c->text, &error));
    g_assert_error (error, DET_ERROR, DET_ERROR_OPTION);
    g_test_message ("%s", error->message);
    g_assert_true (g_str_has_prefix (error->message, where));
    g_assert_nonnull (strstr (error->message, c->says));
    g_assert_null (strchr (error->message, '\n'));
    g_assert_null (fixture->labels);
  }
}

static void
test_missing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  DetLabels *labels = NULL;

  g_assert_false (det_config_read ("/nonexistent/a.yaml", fixture->options,
      &labels, &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (det_config_read (fixture->folder, fixture->options, &labels,
      &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_UNREADABLE);
}

static void
add (const char *path, void (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/config/values", test_values);
  add ("/config/labels", test_labels);
  add ("/config/empty", test_empty);
  add ("/config/bad", test_bad);
  add ("/config/missing", test_missing);
  return g_test_run ();
}
