/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FUZZ_H
#define FUZZ_H

#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What fuzz targets share. */

/* Defined by the target: no crash, no hang, no leak, whatever the bytes. */
int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* ---- numbers out of bytes ---- */

/* Past the end there are zeros. */
typedef struct
{
  const guint8 *next;
  const guint8 *end;
} FuzzBytes;

static inline void
fuzz_take (FuzzBytes *bytes, void *out, gsize size)
{
  gsize n = MIN (size, (gsize) (bytes->end - bytes->next));

  memset (out, 0, size);
  if (n > 0)
    memcpy (out, bytes->next, n);
  bytes->next += n;
}

static inline guint8
fuzz_byte (FuzzBytes *bytes)
{
  guint8 value;

  fuzz_take (bytes, &value, sizeof value);
  return value;
}

static inline guint16
fuzz_short (FuzzBytes *bytes)
{
  guint16 value;

  fuzz_take (bytes, &value, sizeof value);
  return value;
}

/* Fills a block with what is left, over and over. */
static inline void
fuzz_fill (const FuzzBytes *bytes, void *out, gsize size)
{
  gsize left = (gsize) (bytes->end - bytes->next);

  memset (out, 0, size);
  for (gsize at = 0; left > 0 && at < size; at += left)
    memcpy ((guint8 *) out + at, bytes->next, MIN (left, size - at));
}

/* ---- files ---- */

static char *fuzz_folder;

static inline void
fuzz_remove_folder (void)
{
  g_autoptr (GDir) dir = g_dir_open (fuzz_folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (fuzz_folder, name, NULL);
    g_remove (path);
  }
  g_rmdir (fuzz_folder);
  g_free (fuzz_folder);
}

/* Puts the bytes into a file of a folder of this process's own; g_free. */
static inline char *
fuzz_write_file (const char *name, const void *data, gsize size)
{
  if (!fuzz_folder) {
    fuzz_folder = g_dir_make_tmp ("detect-fuzz-XXXXXX", NULL);
    g_assert_nonnull (fuzz_folder);
    atexit (fuzz_remove_folder);
  }

  char *path = g_build_filename (fuzz_folder, name, NULL);
  g_remove (path); /* what is written anew is flushed, what is new is not */
  FILE *file = fopen (path, "wb");
  g_assert_nonnull (file);
  g_assert_cmpuint (fwrite (data, 1, size, file), ==, size);
  g_assert_cmpint (fclose (file), ==, 0);
  return path;
}

#endif
