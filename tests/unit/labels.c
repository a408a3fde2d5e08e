/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "labels.h"

#include <detect/error.h>
#include <glib/gstdio.h>
#include <string.h>

static DetLabels *
read_text (const char *name, const char *text, gssize length, GError **error)
{
  g_autofree char *folder = g_dir_make_tmp ("detect-labels-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, text, length, NULL));
  DetLabels *labels = det_labels_new_from_file (path, error);
  g_unlink (path);
  g_rmdir (folder);
  return labels;
}

typedef struct
{
  const char *file;
  const char *text;
  const char *joined; /* names with | between; NULL: refused */
} Case;

static const Case files[] = {
  { "a.txt", "cat\ndog\n", "cat|dog" },
  { "a.txt", "cat\r\ndog\r\n\r\n\n", "cat|dog" },
  { "a.names",
      "\xef\xbb\xbf"
      "cat\n  dog  ",
      "cat|dog" },
  { "a.txt", "cat\n\nbird\n", "cat||bird" },
  { "a.txt", "\n\n", NULL },
  { "a.txt", "", NULL },
  { "a.txt", "cat\nd\xffog\n", NULL },
  { "data.yaml", "nc: 2\nnames: [cat, dog]\n", "cat|dog" },
  { "data.yaml", "names:\n  1: dog\n  0: cat\n", "cat|dog" },
  { "data.yml", "names:\n- cat\n- 'dog: big'\n", "cat|dog: big" },
  { "data.yaml", "names: {0: cat, 2: dog}\n", NULL },
  { "data.yaml", "labels: [cat]\n", NULL },
  { "data.yaml", "names: [[cat]]\n", NULL },
  { "data.yaml", "{", NULL },
};

static const Case literals[] = {
  { NULL, "{0: 'person', 1: 'bicycle'}", "person|bicycle" },
  { NULL, "{1: \"b\", 0: \"a\"}", "a|b" },
  { NULL, "['a', \"it's\", 'say \\'b\\'']", "a|it's|say 'b'" },
  { NULL, " { 0 : 'a' } ", NULL },
  { NULL, "{0: 'a', }", NULL },
  { NULL, "{0: 'a'", NULL },
  { NULL, "{0: 'a}", NULL },
  { NULL, "{0: a}", NULL },
  { NULL, "{0: 'a', 2: 'c'}", NULL },
  { NULL, "{99999999: 'a'}", NULL },
  { NULL, "{-1: 'a'}", NULL },
  { NULL, "[]", NULL },
  { NULL, "", NULL },
  { NULL, "a", NULL },
};

static void
assert_labels (const Case *c, DetLabels *labels, const GError *error)
{
  g_autofree char *escaped = g_strescape (c->text, NULL);

  g_test_message ("%s", escaped);
  if (!c->joined) {
    g_assert_null (labels);
    g_assert_error (error, DET_ERROR, DET_ERROR_LABELS);
    g_assert_null (strchr (error->message, '\n'));
    return;
  }
  g_assert_no_error (error);
  g_auto (GStrv) names = g_strsplit (c->joined, "|", -1);
  g_assert_cmpuint (det_labels_get_n (labels), ==, g_strv_length (names));
  for (int i = 0; names[i]; i++)
    g_assert_cmpstr (det_labels_get (labels, i), ==, names[i]);
}

static void
test_files (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (DetLabels)
        labels = read_text (files[i].file, files[i].text, -1, &error);

    assert_labels (&files[i], labels, error);
  }
}

static void
test_literals (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (literals); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (DetLabels)
        labels = det_labels_new_from_python (literals[i].text, &error);

    assert_labels (&literals[i], labels, error);
  }
}

static void
test_bad_files (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (det_labels_new_from_file ("/nonexistent/a.txt", &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (det_labels_new_from_file ("/", &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_UNREADABLE);
  g_clear_error (&error);
  g_assert_null (read_text ("a.txt", "cat\nd\xffog\n", -1, &error));
  g_assert_nonnull (strstr (error->message, "line 2"));
}

static void
test_lookup (void)
{
  g_autoptr (DetLabels) coco = det_labels_new_coco ();

  g_assert_cmpuint (det_labels_get_n (coco), ==, 80);
  g_assert_cmpstr (det_labels_get (coco, 0), ==, "person");
  g_assert_cmpstr (det_labels_get (coco, 79), ==, "toothbrush");
  g_assert_null (det_labels_get (coco, 80));
  g_assert_null (det_labels_get (coco, -1));
  g_assert_cmpint (det_labels_find (coco, "traffic light"), ==, 9);
  g_assert_cmpint (det_labels_find (coco, "Person"), ==, -1);
  g_assert_cmpstr (det_labels_nearest (coco, "Person"), ==, "person");
  g_assert_cmpstr (det_labels_nearest (coco, "bycicle"), ==, "bicycle");
  g_assert_null (det_labels_nearest (coco, "xyzzyxyzzy"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/labels/files", test_files);
  g_test_add_func ("/labels/literals", test_literals);
  g_test_add_func ("/labels/bad-files", test_bad_files);
  g_test_add_func ("/labels/lookup", test_lookup);
  return g_test_run ();
}
