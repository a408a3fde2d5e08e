/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <detect/detect.h>
#include <string.h>

static guint8 pixels[4096];

static void
test_names (void)
{
  for (int f = DET_PIXEL_FORMAT_UNKNOWN + 1; f < DET_N_PIXEL_FORMATS; f++) {
    const char *name = det_pixel_format_name ((DetPixelFormat) f);

    g_assert_cmpint (det_pixel_format_from_name (name), ==, f);
    g_assert_cmpint (det_pixel_format_n_planes ((DetPixelFormat) f), >=, 1);
  }
  g_assert_cmpint (det_pixel_format_from_name ("v210"), ==,
      DET_PIXEL_FORMAT_UNKNOWN);
  g_assert_cmpint (det_pixel_format_from_name (NULL), ==,
      DET_PIXEL_FORMAT_UNKNOWN);
  g_assert_cmpint (det_pixel_format_n_planes (DET_PIXEL_FORMAT_UNKNOWN), ==, 0);
}

typedef struct
{
  DetFrame frame;
  const char *says; /* NULL: fine */
} Case;

#define NV12(w, h, s0, s1, p1)                                \
  {                                                           \
    .format = DET_PIXEL_FORMAT_NV12, .width = w, .height = h, \
    .plane = { pixels, p1 }, .stride = {                      \
      s0,                                                     \
      s1                                                      \
    }                                                         \
  }

static const Case cases[] = {
  { NV12 (16, 16, 16, 16, pixels), NULL },
  { NV12 (15, 15, 15, 16, pixels), NULL },
  { NV12 (15, 15, -15, -16, pixels), NULL },
  { NV12 (16, 16, 15, 16, pixels), "plane 0" },
  { NV12 (15, 15, 15, 15, pixels), "plane 1" },
  { NV12 (16, 16, 16, 16, NULL), "plane 1" },
  { NV12 (0, 16, 16, 16, pixels), "0x16" },
  { NV12 (16, -1, 16, 16, pixels), "16x-1" },
  { NV12 (G_MAXINT, 1, 16, 16, pixels), "sides" },
  { { .format = DET_PIXEL_FORMAT_UNKNOWN, .width = 1, .height = 1 },
      "not known" },
  { { .format = (DetPixelFormat) 12345, .width = 1, .height = 1 },
      "not known" },
  { { .format = DET_PIXEL_FORMAT_GRAY8,
        .width = 1,
        .height = 1,
        .plane = { pixels },
        .source_width = -1 },
      "source size" },
  { { .format = DET_PIXEL_FORMAT_GRAY8,
        .width = 1,
        .height = 1,
        .plane = { pixels },
        .source_height = G_MAXINT },
      "source size" },
  { { .format = DET_PIXEL_FORMAT_GRAY8,
        .width = 1,
        .height = 1,
        .plane = { pixels },
        .matrix = (DetColorMatrix) 7 },
      "matrix 7" },
  /* RGB has no matrix. */
  { { .format = DET_PIXEL_FORMAT_RGB,
        .width = 1,
        .height = 1,
        .plane = { pixels },
        .matrix = (DetColorMatrix) 7 },
      NULL },
  /* Half the rows: a single one of chroma needs no stride either. */
  { NV12 (4, 2, 4, 0, pixels), NULL },
  { NV12 (4, 3, 4, 0, pixels), "plane 1" },
  /* A single row needs no stride. */
  { { .format = DET_PIXEL_FORMAT_RGB,
        .width = 10,
        .height = 1,
        .plane = { pixels } },
      NULL },
};

static void
test_check (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    gboolean fine = det_frame_check (&cases[i].frame, &error);

    g_test_message ("case %" G_GSIZE_FORMAT, i);
    g_assert_cmpint (fine, ==, cases[i].says == NULL);
    if (fine)
      continue;
    g_assert_error (error, DET_ERROR, DET_ERROR_FRAME);
    g_assert_nonnull (strstr (error->message, cases[i].says));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/frame/names", test_names);
  g_test_add_func ("/frame/check", test_check);
  return g_test_run ();
}
