/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_MODELS_H
#define TEST_MODELS_H

#include <glib.h>
#include <glib/gstdio.h>

/* 64 × 64, 8, 16, 32: 84 cells of two classes. In cell 10: 24,16 – 56,32, class 1;
 * in cell 20: 4,4 – 14,24, class 0. */
#define TEST_CANNED                                                        \
  "[input images]\nshape=1;3;64;64\n"                                      \
  "[output output0]\nshape=1;6;84\n"                                       \
  "data=10;40;94;24;178;32;262;16;430;0.75;20;9;104;14;188;10;272;20;356;" \
  "0.5\n"                                                                  \
  "[metadata]\nnames={0: 'cat', 1: 'dog'}\n"

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
