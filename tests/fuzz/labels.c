/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Label files of any bytes, as lines, as YAML, and as the Python literal in a model's
 * metadata. */

#include "labels.h"
#include "fuzz.h"
#include <detect/error.h>

static void
check (DetLabels *labels, const GError *error)
{
  g_assert_true ((labels == NULL) == (error != NULL));
  if (!labels)
    return;

  guint n = det_labels_get_n (labels);
  g_assert_cmpuint (n, >, 0);
  for (guint i = 0; i < n; i++) {
    const char *name = det_labels_get (labels, (int) i);

    g_assert_nonnull (name);
    g_assert_true (g_utf8_validate (name, -1, NULL));
  }
  g_assert_null (det_labels_get (labels, (int) n));
  g_assert_null (det_labels_get (labels, -1));
  g_assert_cmpint (det_labels_find (labels, det_labels_get (labels, 0)), ==, 0);
  det_labels_nearest (labels, "person");
  det_labels_unref (labels);
}

static void
read_file (const char *name, const guint8 *data, gsize size)
{
  g_autofree char *path = fuzz_write_file (name, data, size);
  g_autoptr (GError) error = NULL;
  DetLabels *labels = det_labels_new_from_file (path, &error);

  check (labels, error);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (GError) error = NULL;

  read_file ("labels.txt", data, size);
  read_file ("labels.yaml", data, size);
  DetLabels *labels = det_labels_new_from_python (text, &error);
  check (labels, error);
  return 0;
}
