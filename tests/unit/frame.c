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

/* Planes one after the other, as far as their rows need. */
typedef struct
{
  const char *format;
  int width, height, stride;
  gsize size; /* the least that does */
  int offsets[DET_FRAME_MAX_PLANES];
  int strides[DET_FRAME_MAX_PLANES];
} BufferCase;

static const BufferCase buffers[] = {
  { "BGR", 5, 4, 0, 60, { 0 }, { 15 } },
  { "BGR", 5, 4, 16, 63, { 0 }, { 16 } },
  { "GRAY8", 5, 4, 8, 29, { 0 }, { 8 } },
  { "YUY2", 5, 2, 0, 24, { 0 }, { 12 } },
  { "I420", 5, 3, 0, 27, { 0, 15, 21 }, { 5, 3, 3 } },
  { "I420", 5, 3, 8, 39, { 0, 24, 32 }, { 8, 4, 4 } },
  { "NV12", 5, 3, 0, 27, { 0, 15 }, { 5, 6 } },
  { "NV12", 5, 3, 8, 38, { 0, 24 }, { 8, 8 } },
  { "Y444", 4, 2, 0, 24, { 0, 8, 16 }, { 4, 4, 4 } },
  { "I420_10LE", 4, 2, 12, 34, { 0, 24, 30 }, { 12, 6, 6 } },
  { "P010_10LE", 4, 2, 0, 24, { 0, 16 }, { 8, 8 } },
  /* A single row's stride is anything, so the first plane may end last. */
  { "I420", 10, 1, 1, 10, { 0, 1, 2 }, { 1, 1, 1 } },
};

static void
test_buffer (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (buffers); i++) {
    const BufferCase *one = &buffers[i];
    DetPixelFormat format = det_pixel_format_from_name (one->format);
    g_autoptr (GError) error = NULL;
    DetFrame frame;

    g_test_message ("%s %d", one->format, one->stride);
    det_frame_init_buffer (&frame, format, one->width, one->height, one->stride,
        pixels, one->size, &error);
    g_assert_no_error (error);
    for (int p = 0; p < det_pixel_format_n_planes (format); p++) {
      g_assert_cmpint (frame.plane[p] - pixels, ==, one->offsets[p]);
      g_assert_cmpint (frame.stride[p], ==, one->strides[p]);
    }
    g_assert_false (det_frame_init_buffer (&frame, format, one->width,
        one->height, one->stride, pixels, one->size - 1, &error));
    g_assert_error (error, DET_ERROR, DET_ERROR_FRAME);
    g_assert_nonnull (strstr (error->message, "are there"));
  }
}

typedef struct
{
  DetPixelFormat format;
  int width, height, stride;
  gboolean is_null;
} BadBuffer;

static const BadBuffer bad_buffers[] = {
  { DET_PIXEL_FORMAT_UNKNOWN, 4, 4, 0, FALSE },
  { (DetPixelFormat) 999, 4, 4, 0, FALSE },
  { DET_PIXEL_FORMAT_NV12, 0, 4, 0, FALSE },
  { DET_PIXEL_FORMAT_NV12, 4, -4, 0, FALSE },
  { DET_PIXEL_FORMAT_NV12, G_MAXINT, G_MAXINT, 0, FALSE },
  { DET_PIXEL_FORMAT_NV12, 4, 4, -4, FALSE },
  { DET_PIXEL_FORMAT_NV12, 4, 4, 3, FALSE },
  { DET_PIXEL_FORMAT_NV12, 4, 4, G_MAXINT, FALSE },
  { DET_PIXEL_FORMAT_NV12, 65536, 65536, 1 << 24, FALSE },
  { DET_PIXEL_FORMAT_NV12, 4, 4, 0, TRUE },
};

static void
test_bad_buffers (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad_buffers); i++) {
    const BadBuffer *bad = &bad_buffers[i];
    g_autoptr (GError) error = NULL;
    DetFrame frame;

    g_assert_false (det_frame_init_buffer (&frame, bad->format, bad->width,
        bad->height, bad->stride, bad->is_null ? NULL : pixels, sizeof pixels,
        &error));
    g_assert_error (error, DET_ERROR, DET_ERROR_FRAME);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/frame/names", test_names);
  g_test_add_func ("/frame/check", test_check);
  g_test_add_func ("/frame/buffer", test_buffer);
  g_test_add_func ("/frame/bad-buffers", test_bad_buffers);
  return g_test_run ();
}
