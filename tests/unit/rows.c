/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "preprocess.h"

#include "testpictures.h"
#include <string.h>

/* ---- two threads ---- */

static gpointer
help_in_thread (gpointer data)
{
  det_preprocess_help (data);
  return NULL;
}

/* Who makes a row makes no difference: two at once, or the helper alone. */
static void
test_help (void)
{
  Master master = make_master (331, 517);
  Picture picture = make_picture (DET_PIXEL_FORMAT_NV12, &master, ROWS_PADDED);
  g_autoptr (DetPreprocess) alone = det_preprocess_new (&plain);

  g_assert_true (det_preprocess_run (alone, &picture.frame, NULL));
  const DetTensor *expected = det_preprocess_get_tensor (alone);
  gsize bytes = (gsize) det_tensor_n_elements (expected) * sizeof (float);
  for (int i = 0; i < 50; i++) {
    g_autoptr (DetPreprocess) helped = det_preprocess_new (&plain);

    g_assert_true (det_preprocess_begin (helped, &picture.frame, NULL));
    GThread *thread = g_thread_new ("help", help_in_thread, helped);
    if (i % 2 == 0)
      det_preprocess_work (helped);
    g_thread_join (thread);
    const DetTensor *made = det_preprocess_get_tensor (helped);
    g_assert_cmpmem (made->data, bytes, expected->data, bytes);
  }
  clear_picture (&picture);
  clear_master (&master);
}

/* ---- two steps ---- */

/* The tensor is the same; nothing of the frame is touched by the second step. */
static void
check_deferred (const DetInputSpec *spec, DetPixelFormat format,
    const Master *master)
{
  Picture picture = make_picture (format, master, ROWS_PADDED);
  g_autoptr (DetPreprocess) at_once = det_preprocess_new (spec);
  g_autoptr (DetPreprocess) deferred = det_preprocess_new (spec);

  g_assert_true (det_preprocess_run (at_once, &picture.frame, NULL));
  const DetTensor *expected = det_preprocess_get_tensor (at_once);
  gsize bytes = (gsize) det_tensor_n_elements (expected) *
      det_dtype_size (expected->dtype);
  det_preprocess_set_deferring (deferred, TRUE);
  g_assert_true (det_preprocess_begin (deferred, &picture.frame, NULL));
  det_preprocess_help (deferred);
  det_preprocess_work (deferred);
  clear_picture (&picture);
  det_preprocess_finish (deferred);
  g_assert_cmpmem (det_preprocess_get_tensor (deferred)->data, bytes,
      expected->data, bytes);
}

static void
test_deferred (void)
{
  Master master = make_master (331, 517);

  for (guint i = 0; i < 12; i++) {
    DetInputSpec spec = plain;

    spec.order = (DetColorOrder) (i % 3);
    spec.layout = (DetLayout) (i / 3 % 2);
    spec.half_chroma = i >= 6;
    for (int f = DET_PIXEL_FORMAT_UNKNOWN + 1; f < DET_N_PIXEL_FORMATS; f++)
      check_deferred (&spec, (DetPixelFormat) f, &master);
  }
  clear_master (&master);
}

/* From frame to frame, of one size or another, in one step or two. */
static void
test_changes (void)
{
  Master small = make_master (40, 30);
  Master large = make_master (200, 340);
  g_autoptr (DetPreprocess) changing = det_preprocess_new (&plain);

  for (guint i = 0; i < 24; i++) {
    Picture picture = make_picture (i % 5 == 0 ? DET_PIXEL_FORMAT_BGRX
                                               : DET_PIXEL_FORMAT_I420,
        i % 3 == 0 ? &small : &large, ROWS_TIGHT);
    g_autoptr (DetPreprocess) at_once = det_preprocess_new (&plain);
    g_assert_true (det_preprocess_run (at_once, &picture.frame, NULL));
    const DetTensor *expected = det_preprocess_get_tensor (at_once);
    gsize bytes = (gsize) det_tensor_n_elements (expected) * sizeof (float);

    det_preprocess_set_deferring (changing, i % 4 > 1);
    g_assert_true (det_preprocess_run (changing, &picture.frame, NULL));
    if (i % 8 != 2) { /* else it is never finished */
      det_preprocess_finish (changing);
      g_assert_cmpmem (det_preprocess_get_tensor (changing)->data, bytes,
          expected->data, bytes);
    }
    clear_picture (&picture);
  }
  clear_master (&small);
  clear_master (&large);
}

/* ---- half chroma ---- */

static const float *
make_rows (DetPreprocess *preprocess, const Picture *picture, gsize *bytes)
{
  g_assert_true (det_preprocess_run (preprocess, &picture->frame, NULL));
  const DetTensor *tensor = det_preprocess_get_tensor (preprocess);
  *bytes = (gsize) det_tensor_n_elements (tensor) * sizeof (float);
  return tensor->data;
}

/* Rows of a pair have the colour of its middle. Luma of the picture is one grey, and
 * chroma changes little from row to row: what is between is their mean. */
static void
check_pairs (const float *full, const float *half, int width, int height)
{
  for (int c = 0; c < 3; c++) {
    for (int y = 0; y < height; y += 2) {
      for (int x = 0; x < width; x++) {
        int at = (c * height + y) * width + x;
        int below = y + 1 < height ? at + width : at;

        g_assert_cmpfloat (half[at], ==, half[below]);
        g_assert_cmpfloat_with_epsilon ((double) half[at],
            (double) (full[at] + full[below]) / 2, 2.6);
      }
    }
  }
}

static void
check_half_chroma (DetPixelFormat format, const Master *master, int height,
    gboolean is_halved)
{
  DetInputSpec spec = plain;
  Picture picture = make_picture (format, master, ROWS_TIGHT);
  gsize bytes;

  spec.height = height;
  spec.resize = DET_RESIZE_STRETCH;
  g_autoptr (DetPreprocess) whole = det_preprocess_new (&spec);
  spec.half_chroma = TRUE;
  g_autoptr (DetPreprocess) halved = det_preprocess_new (&spec);
  const float *full = make_rows (whole, &picture, &bytes);
  const float *half = make_rows (halved, &picture, &bytes);
  if (is_halved) {
    g_assert_cmpint (memcmp (full, half, bytes), !=, 0);
    check_pairs (full, half, spec.width, height);
  } else {
    g_assert_cmpmem (full, bytes, half, bytes);
  }
  clear_picture (&picture);
}

static void
test_half_chroma (void)
{
  static const DetPixelFormat halved[] = { DET_PIXEL_FORMAT_NV12,
    DET_PIXEL_FORMAT_NV21, DET_PIXEL_FORMAT_I420, DET_PIXEL_FORMAT_Y42B };
  static const DetPixelFormat as_they_are[] = { DET_PIXEL_FORMAT_YUY2,
    DET_PIXEL_FORMAT_RGB, DET_PIXEL_FORMAT_BGRX, DET_PIXEL_FORMAT_GRAY8 };
  Master master = make_master (192, 256);

  for (int y = 0; y < master.height; y++) {
    memset (master.planes[0] + y * master.width, 128, (gsize) master.width);
    memset (master.planes[1] + y * master.width, 100 + y / 5,
        (gsize) master.width);
    memset (master.planes[2] + y * master.width, 140 - y / 5,
        (gsize) master.width);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (halved); i++) {
    check_half_chroma (halved[i], &master, 64, TRUE);
    check_half_chroma (halved[i], &master, 63, TRUE);
    check_half_chroma (halved[i], &master, 300, TRUE);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (as_they_are); i++)
    check_half_chroma (as_they_are[i], &master, 64, FALSE);
  clear_master (&master);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rows/help", test_help);
  g_test_add_func ("/rows/deferred", test_deferred);
  g_test_add_func ("/rows/changes", test_changes);
  g_test_add_func ("/rows/half-chroma", test_half_chroma);
  return g_test_run ();
}
