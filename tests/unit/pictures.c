/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picture.h"

#include <turbojpeg.h>

#define CHANNELS 3
#define WHOLE_ROWS 16 /* of the file that is cut off */

typedef struct
{
  int sampling;
  DetPixelFormat format; /* as which its planes are looked at */
  int shift_x;
  int shift_y;
} Sampling;

static const Sampling samplings[] = {
  { TJSAMP_444, DET_PIXEL_FORMAT_Y444, 0, 0 },
  { TJSAMP_422, DET_PIXEL_FORMAT_Y42B, 1, 0 },
  { TJSAMP_420, DET_PIXEL_FORMAT_I420, 1, 1 },
  { TJSAMP_GRAY, DET_PIXEL_FORMAT_GRAY8, 0, 0 },
  { TJSAMP_411, DET_PIXEL_FORMAT_BGR, 0, 0 },
};

static const int sizes[][2] = { { 1, 1 }, { 2, 1 }, { 7, 5 }, { 16, 16 },
  { 33, 17 }, { 64, 48 } };

/* ---- files ---- */

/* Smooth, so that it does not matter where chroma lies. */
static void
paint (guint8 *bgr, int width, int height)
{
  for (int y = 0; y < height; y++) {
    for (int x = 0; x < width; x++, bgr += CHANNELS) {
      bgr[0] = (guint8) (40 + 2 * x);
      bgr[1] = (guint8) (200 - 2 * y);
      bgr[2] = (guint8) (90 + x + y);
    }
  }
}

static GBytes *
encode (int width, int height, int sampling)
{
  g_autofree guint8 *bgr = g_malloc ((gsize) width * height * CHANNELS);
  tjhandle jpeg = tjInitCompress ();
  guint8 *data = NULL;
  unsigned long size = 0;

  paint (bgr, width, height);
  g_assert_cmpint (tjCompress2 (jpeg, bgr, width, 0, height, TJPF_BGR, &data,
                       &size, sampling, 98, 0),
      ==, 0);
  GBytes *file = g_bytes_new (data, size);
  tjFree (data);
  tjDestroy (jpeg);
  return file;
}

static Picture
decode (GBytes *file, gboolean upright)
{
  Picture picture;
  gsize size;
  const guint8 *data = g_bytes_get_data (file, &size);
  g_autoptr (GError) error = NULL;

  gboolean ok = picture_decode (&picture, data, size, upright, &error);
  g_assert_no_error (error);
  g_assert_true (ok);
  g_assert_true (det_frame_check (&picture.frame, &error));
  return picture;
}

/* ---- pixels ---- */

static int
sample (const DetFrame *frame, int plane, int x, int y)
{
  return frame->plane[plane][(gssize) y * frame->stride[plane] + x];
}

/* B, G and R. */
static void
get_pixel (const DetFrame *frame, const Sampling *sampling, int x, int y,
    double *bgr)
{
  if (frame->format == DET_PIXEL_FORMAT_BGR) {
    for (int c = 0; c < CHANNELS; c++)
      bgr[c] = sample (frame, 0, x * CHANNELS + c, y);
    return;
  }

  int luma = sample (frame, 0, x, y);
  int u = 128;
  int v = 128;

  g_assert_true (frame->full_range);
  g_assert_cmpint (frame->matrix, ==, DET_COLOR_MATRIX_BT601);
  if (frame->format != DET_PIXEL_FORMAT_GRAY8) {
    u = sample (frame, 1, x >> sampling->shift_x, y >> sampling->shift_y);
    v = sample (frame, 2, x >> sampling->shift_x, y >> sampling->shift_y);
  }
  bgr[0] = luma + 1.772 * (u - 128);
  bgr[1] = luma - 0.344 * (u - 128) - 0.714 * (v - 128);
  bgr[2] = luma + 1.402 * (v - 128);
}

static void
check_same (const DetFrame *planes, const DetFrame *bgr,
    const Sampling *sampling, int rows)
{
  g_assert_cmpint (planes->format, ==, sampling->format);
  g_assert_cmpint (bgr->format, ==, DET_PIXEL_FORMAT_BGR);
  g_assert_cmpint (planes->width, ==, bgr->width);
  g_assert_cmpint (planes->height, ==, bgr->height);
  for (int y = 0; y < rows; y++) {
    for (int x = 0; x < bgr->width; x++) {
      double a[CHANNELS];
      double b[CHANNELS];

      get_pixel (planes, sampling, x, y, a);
      get_pixel (bgr, sampling, x, y, b);
      for (int c = 0; c < CHANNELS; c++)
        g_assert_cmpfloat_with_epsilon (a[c], b[c], 6);
    }
  }
}

/* ---- tests ---- */

/* What is looked at and what is drawn on are one picture. */
static void
test_planes (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (samplings); i++) {
    for (gsize k = 0; k < G_N_ELEMENTS (sizes); k++) {
      const Sampling *sampling = &samplings[i];
      g_autoptr (GBytes)
          file = encode (sizes[k][0], sizes[k][1], sampling->sampling);
      Picture planes = decode (file, FALSE);
      Picture bgr = decode (file, TRUE);

      check_same (&planes.frame, &bgr.frame, sampling, sizes[k][1]);
      picture_clear (&planes);
      picture_clear (&bgr);
    }
  }
}

/* Of a file that ends early the rest is grey; one that ends before its pixels is
 * none. */
static void
test_cut_off (void)
{
  g_autoptr (GBytes) file = encode (64, 48, TJSAMP_420);
  g_autoptr (GBytes)
      half = g_bytes_new_from_bytes (file, 0, g_bytes_get_size (file) - 60);
  Picture planes = decode (half, FALSE);
  Picture bgr = decode (half, TRUE);

  check_same (&planes.frame, &bgr.frame, &samplings[2], WHOLE_ROWS);
  picture_clear (&planes);
  picture_clear (&bgr);
  for (int upright = 0; upright < 2; upright++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (picture_decode (&planes, g_bytes_get_data (file, NULL), 100,
        upright, &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
    g_assert_null (planes.pixels);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pictures/planes", test_planes);
  g_test_add_func ("/pictures/cut-off", test_cut_off);
  return g_test_run ();
}
