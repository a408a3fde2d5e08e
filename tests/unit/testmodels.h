/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_MODELS_H
#define TEST_MODELS_H

#include <glib.h>

/* Path of one of the models that tests/data/make-models.py writes; g_free. */
static inline char *
test_model (const char *name)
{
  const char *folder = g_getenv ("DETECT_TEST_MODELS");
  g_autofree char *file = g_strconcat (name, ".onnx", NULL);

  if (!folder)
    g_error ("DETECT_TEST_MODELS is not set: run this through meson test");
  return g_build_filename (folder, file, NULL);
}

/* A file of that text in a new folder; g_free, and test_file_remove() before. */
static inline char *
test_file (const char *name, const void *bytes, gssize length)
{
  g_autofree char *folder = g_dir_make_tmp ("detect-test-XXXXXX", NULL);
  char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, bytes, length, NULL));
  return path;
}

static inline void
test_file_remove (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);

  g_remove (path);
  g_rmdir (folder);
}

#endif
