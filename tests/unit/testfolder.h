/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_FOLDER_H
#define TEST_FOLDER_H

#include <ftw.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <sys/stat.h>

/* A folder of this process's own: made and removed by main (). */
static char *scratch;

static inline void
test_folder_make (void)
{
  umask (022);
  scratch = g_dir_make_tmp ("detect-test-XXXXXX", NULL);
  g_assert_nonnull (scratch);
}

static inline int
test_folder_remove_one (const char *path, const struct stat *st, int type,
    struct FTW *ftw)
{
  return remove (path);
}

static inline void
test_folder_remove (void)
{
  nftw (scratch, test_folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
  g_free (scratch);
}

/* The path of a file below it, whose folder is made; g_free. */
static inline char *
test_folder_place (const char *below)
{
  char *path = g_build_filename (scratch, below, NULL);
  g_autofree char *folder = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0755), ==, 0);
  return path;
}

static inline void
test_folder_write (const char *below, const char *bytes, gssize length)
{
  g_autofree char *path = test_folder_place (below);

  g_assert_true (g_file_set_contents (path, bytes, length, NULL));
}

/* Runs this test again in a process of its own, which g_test_subprocess() tells; it
 * must pass there. */
static inline void
test_run_child (void)
{
  g_test_trap_subprocess (NULL, 60 * G_USEC_PER_SEC, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

#endif
