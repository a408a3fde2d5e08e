/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "preprocess.h"

#include "testpictures.h"
#include <detect/error.h>
#include <math.h>

/* ---- what must come out, in plain doubles ---- */

static double
clamp (double value, double most)
{
  return value < 0 ? 0 : value > most ? most : value;
}

/* Between the samples of a plane, centre on centre. */
static double
bilinear (const Master *m, int channel, double u, double v, int sx, int sy)
{
  int columns = (m->width + (1 << sx) - 1) >> sx;
  int rows = (m->height + (1 << sy) - 1) >> sy;
  double x = clamp (u * m->width / (1 << sx) - 0.5, columns - 1);
  double y = clamp (v * m->height / (1 << sy) - 0.5, rows - 1);
  int x0 = (int) x;
  int y0 = (int) y;
  double sum = 0;

  for (int i = 0; i < 4; i++) {
    int cx = MIN (x0 + i % 2, columns - 1);
    int cy = MIN (y0 + i / 2, rows - 1);
    double wx = i % 2 ? x - x0 : 1 - (x - x0);
    double wy = i / 2 ? y - y0 : 1 - (y - y0);

    sum += wx * wy * m->planes[channel][(cy << sy) * m->width + (cx << sx)];
  }
  return sum;
}

/* From the definitions in ITU-R BT.601, BT.709 and BT.2020. */
static void
to_rgb (const DetFrame *frame, const double yuv[3], double rgb[3])
{
  static const double kr[] = { 0.299, 0.2126, 0.2627 };
  static const double kb[] = { 0.114, 0.0722, 0.0593 };
  double r = kr[frame->matrix];
  double b = kb[frame->matrix];
  double y = frame->full_range ? yuv[0] : (yuv[0] - 16) * 255 / 219;
  double pb = (yuv[1] - 128) * (frame->full_range ? 1 : 255.0 / 224);
  double pr = (yuv[2] - 128) * (frame->full_range ? 1 : 255.0 / 224);

  rgb[0] = y + 2 * (1 - r) * pr;
  rgb[2] = y + 2 * (1 - b) * pb;
  rgb[1] = (y - r * rgb[0] - b * rgb[2]) / (1 - r - b);
}

/* u, v: place in the picture, 0..1. */
static void
expect (const DetFrame *frame, const Master *m, DetColorOrder order, double u,
    double v, double out[3])
{
  const Layout *layout = &layouts[frame->format];
  gboolean has_chroma = layout->planes[1] || strlen (layout->planes[0]) > 1;
  double in[3] = { 0, 128, 128 };

  for (int c = 0; c < (has_chroma ? 3 : 1); c++)
    in[c] =
        bilinear (m, c, u, v, c > 0 ? layout->sx : 0, c > 0 ? layout->sy : 0);
  if (order == DET_ORDER_GRAY && !is_rgb (frame->format))
    in[1] = in[2] = 128; /* then R = G = B = luma */
  if (is_rgb (frame->format))
    memcpy (out, in, sizeof in);
  else
    to_rgb (frame, in, out);
  if (order == DET_ORDER_GRAY)
    out[0] = 0.299 * out[0] + 0.587 * out[1] + 0.114 * out[2];
  for (int c = 0; c < 3; c++)
    out[c] = clamp (out[c], 255);
  if (order == DET_ORDER_BGR) {
    double red = out[0];

    out[0] = out[2];
    out[2] = red;
  }
}

/* Where a pixel's channel lies in the tensor. */
static gsize
place (const DetInputSpec *spec, const DetLetterbox *box, int c, int x, int y)
{
  int n = spec->order == DET_ORDER_GRAY ? 1 : 3;

  return (gsize) (spec->layout == DET_LAYOUT_NCHW
          ? (c * box->input_height + y) * box->input_width + x
          : (y * box->input_width + x) * n + c);
}

/* How far off it may be, in levels. */
typedef struct
{
  double most;
  double mean;
} Bounds;

static Bounds
get_bounds (const DetInputSpec *spec, const DetFrame *frame)
{
  if (is_rgb (frame->format)) /* only scaled; luma sums three such */
    return spec->order == DET_ORDER_GRAY ? (Bounds){ 1.3, 0.45 }
                                         : (Bounds){ 0.8, 0.35 };
  /* Limited range is stretched; a level of chroma is up to 2.2 of blue. */
  return spec->order == DET_ORDER_GRAY ? (Bounds){ 1.4, 0.45 }
                                       : (Bounds){ 3, 0.7 };
}

static void
assert_pixels (const DetPreprocess *preprocess, const DetInputSpec *spec,
    const DetFrame *frame, const Master *m)
{
  const DetLetterbox *box = det_preprocess_get_letterbox (preprocess);
  const float *data = det_preprocess_get_tensor (preprocess)->data;
  int channels = spec->order == DET_ORDER_GRAY ? 1 : 3;
  Bounds bounds = get_bounds (spec, frame);
  double sum = 0;

  for (int y = 0; y < box->input_height; y++) {
    for (int x = 0; x < box->input_width; x++) {
      int px = x - box->x;
      int py = y - box->y;
      gboolean inside = px >= 0 && px < box->width && py >= 0 &&
          py < box->height;
      double expected[3] = { spec->pad, spec->pad, spec->pad };

      if (inside)
        expect (frame, m, spec->order, (px + 0.5) / box->width,
            (py + 0.5) / box->height, expected);
      for (int c = 0; c < channels; c++) {
        double found = (double) data[place (spec, box, c, x, y)];
        double difference = fabs (found - expected[c]);

        if (difference > (inside ? bounds.most : 0))
          g_error ("%s %dx%d, matrix %d, full range %d: channel %d at %d,%d is "
                   "%g, expected %g",
              det_pixel_format_name (frame->format), m->width, m->height,
              (int) frame->matrix, frame->full_range, c, x, y, found,
              expected[c]);
        sum += difference;
      }
    }
  }
  g_assert_cmpfloat (sum / (box->width * box->height * channels), <,
      bounds.mean);
}

/* shared, which has seen other frames before, must give the very same. */
static void
check (const DetInputSpec *spec, DetPreprocess *shared, const DetFrame *frame,
    const Master *master)
{
  g_autoptr (DetPreprocess) preprocess = det_preprocess_new (spec);
  g_autoptr (GError) error = NULL;

  g_assert_true (det_preprocess_run (preprocess, frame, &error));
  g_assert_no_error (error);
  assert_pixels (preprocess, spec, frame, master);

  g_assert_true (det_preprocess_run (shared, frame, NULL));
  const DetTensor *a = det_preprocess_get_tensor (preprocess);
  const DetTensor *b = det_preprocess_get_tensor (shared);
  gsize bytes = (gsize) det_tensor_n_elements (a) * sizeof (float);
  g_assert_cmpmem (a->dims, sizeof a->dims, b->dims, sizeof b->dims);
  g_assert_cmpmem (a->data, bytes, b->data, bytes);
}

/* Each way rows can follow each other; some matrices and ranges. */
static void
check_format (const DetInputSpec *spec, DetPreprocess *shared,
    DetPixelFormat format, const Master *master, int first, int n)
{
  for (int kind = 0; kind < N_ROWS; kind++) {
    Picture picture = make_picture (format, master, (Rows) kind);

    for (int i = first; i < first + n; i++) {
      /* One of the two changes at a time. */
      picture.frame.matrix = (DetColorMatrix) (i / 2 % 3);
      picture.frame.full_range = (i + 1) / 2 % 2;
      check (spec, shared, &picture.frame, master);
    }
    clear_picture (&picture);
  }
}

/* Every format: down, up, as it is, odd, tiny. All matrices and ranges at one size,
 * and in turn at the others. */
static void
test_formats (gconstpointer data)
{
  static const int sizes[][2] = { { 322, 214 }, { 192, 128 }, { 641, 127 },
    { 96, 64 }, { 97, 65 }, { 40, 30 }, { 1, 1 }, { 1, 427 }, { 641, 1 },
    { 2, 1 }, { 3, 3 }, { 5, 2 } };
  DetInputSpec spec = plain;

  spec.order = (DetColorOrder) GPOINTER_TO_INT (data);
  spec.layout = spec.order == DET_ORDER_BGR ? DET_LAYOUT_NHWC : DET_LAYOUT_NCHW;
  g_autoptr (DetPreprocess) shared = det_preprocess_new (&spec);
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
    Master master = make_master (sizes[i][0], sizes[i][1]);

    for (int f = DET_PIXEL_FORMAT_UNKNOWN + 1; f < DET_N_PIXEL_FORMATS; f++) {
      if (i == 0 && spec.order == DET_ORDER_RGB)
        check_format (&spec, shared, (DetPixelFormat) f, &master, 0, 6);
      else
        check_format (&spec, shared, (DetPixelFormat) f, &master, (int) i + f,
            1);
    }
    clear_master (&master);
  }
}

/* Rows longer than 16 bits of position can count. */
static void
test_wide (void)
{
  static const DetPixelFormat formats[] = { DET_PIXEL_FORMAT_NV12,
    DET_PIXEL_FORMAT_BGR };
  Master master = make_master (65535, 2);

  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++) {
    Picture picture = make_picture (formats[i], &master, ROWS_TIGHT);
    DetInputSpec spec = plain;

    spec.resize = DET_RESIZE_STRETCH;
    g_autoptr (DetPreprocess) shared = det_preprocess_new (&spec);
    check (&spec, shared, &picture.frame, &master);
    clear_picture (&picture);
  }
  clear_master (&master);
}

/* ---- the scaling, to the digit ---- */

/* One axis of OpenCV's INTER_LINEAR for 8 bits: the sample, and the weight of the
 * next in 1/2048. Beyond a border, columns stay on the sample there. */
static void
opencv_axis (int i, int source, int target, gboolean is_column, int at[2],
    int *weight)
{
  float position = (float) ((i + 0.5) * ((double) source / target) - 0.5);
  float whole = floorf (position);

  *weight = (int) lrintf ((position - whole) * 2048);
  at[0] = CLAMP ((int) whole, 0, source - 1);
  at[1] = CLAMP ((int) whole + 1, 0, source - 1);
  if (is_column && at[0] == at[1])
    *weight = 0;
}

static int
opencv_level (const guint8 *pixels, int width, int height, int x, int y,
    int target_width, int target_height)
{
  int columns[2];
  int rows[2];
  int lines[2];
  int wx;
  int wy;

  opencv_axis (x, width, target_width, TRUE, columns, &wx);
  opencv_axis (y, height, target_height, FALSE, rows, &wy);
  for (int i = 0; i < 2; i++) {
    const guint8 *row = pixels + rows[i] * width;

    lines[i] = row[columns[0]] * (2048 - wx) + row[columns[1]] * wx;
  }
  return ((((2048 - wy) * (lines[0] >> 4)) >> 16) +
             ((wy * (lines[1] >> 4)) >> 16) + 2) >>
      2;
}

static void
check_like_opencv (int width, int height, int target_width, int target_height)
{
  DetInputSpec spec = { .width = target_width,
    .height = target_height,
    .dtype = DET_DTYPE_UINT8,
    .order = DET_ORDER_GRAY,
    .scale = { 1 } };
  g_autofree guint8 *pixels = g_malloc ((gsize) (width * height));
  g_autoptr (DetPreprocess) preprocess = det_preprocess_new (&spec);
  DetFrame frame;

  for (int i = 0; i < width * height; i++)
    pixels[i] = (guint8) g_test_rand_int_range (0, 256);
  det_frame_init_packed (&frame, DET_PIXEL_FORMAT_GRAY8, width, height, width,
      pixels);
  frame.full_range = TRUE;
  g_assert_true (det_preprocess_run (preprocess, &frame, NULL));
  const guint8 *found = det_preprocess_get_tensor (preprocess)->data;
  for (int i = 0; i < target_width * target_height; i++) {
    int expected = opencv_level (pixels, width, height, i % target_width,
        i / target_width, target_width, target_height);

    if (found[i] != expected)
      g_error ("%dx%d -> %dx%d: %d at %d, expected %d", width, height,
          target_width, target_height, found[i], i, expected);
  }
}

static void
test_like_opencv (void)
{
  for (int i = 0; i < 150; i++)
    check_like_opencv (g_test_rand_int_range (1, 200),
        g_test_rand_int_range (1, 200), g_test_rand_int_range (1, 200),
        g_test_rand_int_range (1, 200));
}

/* ---- tensors ---- */

static const DetDType dtypes[] = { DET_DTYPE_FLOAT32, DET_DTYPE_FLOAT16,
  DET_DTYPE_UINT8, DET_DTYPE_INT8 };

static double
half_value (guint16 half)
{
  DetTensor tensor = { DET_DTYPE_FLOAT16, 1, { 1 }, &half };
  float value;

  g_assert_true (det_tensor_to_float (&tensor, &value));
  return isinf (value) ? copysign (65536, (double) value) : (double) value;
}

/* The nearest half there is, and of two the even one. */
static void
assert_half (guint16 half, double value)
{
  double off = fabs (half_value (half) - value);

  for (int step = -1; step <= 1; step += 2) {
    guint16 beside = (guint16) (half + step);
    double off_beside = fabs (half_value (beside) - value);

    if ((half & 0x7fff) == 0 && step < 0) /* below zero is the smallest of the
                                             other sign */
      continue;
    if ((half & 0x7fff) == 0x7c00 &&
        step > 0) /* beyond infinity is no number */
      continue;
    g_assert_cmpfloat (off, <=, off_beside);
    if (off >= off_beside)
      g_assert_cmpint (half & 1, ==, 0);
  }
}

static void
assert_value (DetDType dtype, const void *data, gsize i, double value)
{
  switch (dtype) {
    case DET_DTYPE_FLOAT32:
      g_assert_cmpfloat_with_epsilon ((double) ((const float *) data)[i], value,
          1e-6 * MAX (1, fabs (value)));
      break;
    case DET_DTYPE_FLOAT16:
      assert_half (((const guint16 *) data)[i], value);
      break;
    case DET_DTYPE_UINT8:
      g_assert_cmpint (((const guint8 *) data)[i], ==,
          lrint (clamp (value, 255)));
      break;
    case DET_DTYPE_INT8:
      g_assert_cmpint (((const gint8 *) data)[i], ==,
          lrint (clamp (value + 128, 255) - 128));
      break;
    case DET_DTYPE_UNKNOWN:
    case DET_DTYPE_FLOAT64:
    case DET_DTYPE_INT32:
    case DET_DTYPE_INT64:
    case DET_DTYPE_BOOL:
    case DET_DTYPE_STRING:
    case DET_N_DTYPES:
      g_assert_not_reached ();
  }
}

/* All 256 levels through mean and scale, padding too; the rest of a batch is zero. */
static void
check_values (DetDType dtype, DetLayout layout, float factor)
{
  DetInputSpec spec = plain;
  guint8 levels[256 * 3];
  DetFrame frame;

  spec.width = 256;
  spec.height = 2;
  spec.batch = 3;
  spec.dtype = dtype;
  spec.layout = layout;
  spec.resize = DET_RESIZE_TOP_LEFT;
  for (int c = 0; c < 3; c++) {
    spec.mean[c] = (float) (100 + 8 * c);
    spec.scale[c] = factor * (float) (c + 1);
  }
  for (int i = 0; i < 256 * 3; i++)
    levels[i] = (guint8) (i / 3 + i % 3);
  g_autoptr (DetPreprocess) preprocess = det_preprocess_new (&spec);
  det_frame_init_packed (&frame, DET_PIXEL_FORMAT_RGB, 256, 1, 0, levels);
  g_assert_true (det_preprocess_run (preprocess, &frame, NULL));

  const DetTensor *tensor = det_preprocess_get_tensor (preprocess);
  const DetLetterbox *box = det_preprocess_get_letterbox (preprocess);
  gint64 dims[2][4] = { { 3, 3, 2, 256 }, { 3, 2, 256, 3 } };
  g_assert_cmpint (tensor->dtype, ==, dtype);
  g_assert_cmpint (tensor->n_dims, ==, 4);
  g_assert_cmpmem (tensor->dims, sizeof dims[0],
      dims[layout == DET_LAYOUT_NHWC], sizeof dims[0]);
  for (int i = 0; i < 2 * 256 * 3; i++) {
    int c = i % 3;
    int x = i / 3 % 256;
    int y = i / 3 / 256;
    int level = y == 0 ? levels[3 * x + c] : spec.pad;

    assert_value (dtype, tensor->data, place (&spec, box, c, x, y),
        ((double) level - (double) spec.mean[c]) * (double) spec.scale[c]);
  }
  gsize item = 2 * 256 * 3 * det_dtype_size (dtype);
  for (gsize i = item; i < 3 * item; i++)
    g_assert_cmpint (((const guint8 *) tensor->data)[i], ==, 0);
}

static void
test_values (void)
{
  /* Halves to round, what saturates, half's subnormals and infinity. */
  static const float factors[] = { 1, 0.5f, 0x1p-7f, 0x1p-22f, 0x1p-24f,
    0x1p-27f, 400 };

  for (gsize i = 0; i < G_N_ELEMENTS (dtypes); i++) {
    for (gsize f = 0; f < G_N_ELEMENTS (factors); f++) {
      check_values (dtypes[i], DET_LAYOUT_NCHW, factors[f]);
      check_values (dtypes[i], DET_LAYOUT_NHWC, factors[f]);
    }
  }
}

/* With FIT the tensor takes each frame's size. */
static void
test_fit (void)
{
  static const int sizes[][4] = { { 33, 17, 33, 17 }, { 17, 33, 17, 33 },
    { 200, 100, 96, 48 }, { 1, 1, 1, 1 } };
  DetInputSpec spec = plain;

  spec.resize = DET_RESIZE_FIT;
  g_autoptr (DetPreprocess) preprocess = det_preprocess_new (&spec);
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
    Master master = make_master (sizes[i][0], sizes[i][1]);
    Picture picture = make_picture (DET_PIXEL_FORMAT_I420, &master, ROWS_TIGHT);

    g_assert_true (det_preprocess_run (preprocess, &picture.frame, NULL));
    const DetTensor *tensor = det_preprocess_get_tensor (preprocess);
    g_assert_cmpint (tensor->dims[3], ==, sizes[i][2]);
    g_assert_cmpint (tensor->dims[2], ==, sizes[i][3]);
    assert_pixels (preprocess, &spec, &picture.frame, &master);
    clear_picture (&picture);
    clear_master (&master);
  }
}

/* Handed in scaled, boxes still refer to the size it had. */
static void
test_source_size (void)
{
  guint8 pixels[64] = { 0 };
  DetFrame frame;
  g_autoptr (DetPreprocess) preprocess = det_preprocess_new (&plain);

  det_frame_init_packed (&frame, DET_PIXEL_FORMAT_GRAY8, 8, 8, 8, pixels);
  frame.source_width = 960;
  frame.source_height = 640;
  g_assert_true (det_preprocess_run (preprocess, &frame, NULL));
  const DetLetterbox *box = det_preprocess_get_letterbox (preprocess);
  g_assert_cmpint (box->source_width, ==, 960);
  g_assert_cmpint (box->source_height, ==, 640);
  g_assert_cmpint (box->width, ==, 96);
  g_assert_cmpint (box->height, ==, 64);
}

/* An error each, and the next good frame is read as if nothing had been. */
static void
test_errors (void)
{
  DetInputSpec spec = { .batch = G_MAXINT, .dtype = DET_DTYPE_FLOAT32 };
  guint8 pixel[3] = { 10, 20, 30 };
  DetFrame good;
  DetFrame bad;
  g_autoptr (GError) error = NULL;

  det_frame_init_packed (&good, DET_PIXEL_FORMAT_RGB, 1, 1, 3, pixel);
  spec.resize = DET_RESIZE_FIT;
  g_autoptr (DetPreprocess) huge = det_preprocess_new (&spec);
  bad = good;
  bad.source_width = bad.source_height = 65536;
  g_assert_false (det_preprocess_run (huge, &bad, &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_FRAME);
  g_assert_nonnull (strstr (error->message, "65536,65536]"));
  g_clear_error (&error);

  g_autoptr (DetPreprocess) preprocess = det_preprocess_new (&plain);
  bad = good;
  bad.plane[0] = NULL;
  for (int i = 0; i < 2; i++) {
    g_assert_true (det_preprocess_run (preprocess, &good, NULL));
    const float *data = det_preprocess_get_tensor (preprocess)->data;
    g_assert_cmpfloat (data[32 * 96 + 48], ==, 10);
    g_assert_false (det_preprocess_run (preprocess, &bad, &error));
    g_assert_error (error, DET_ERROR, DET_ERROR_FRAME);
    g_clear_error (&error);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/preprocess/formats/rgb",
      GINT_TO_POINTER (DET_ORDER_RGB), test_formats);
  g_test_add_data_func ("/preprocess/formats/bgr",
      GINT_TO_POINTER (DET_ORDER_BGR), test_formats);
  g_test_add_data_func ("/preprocess/formats/gray",
      GINT_TO_POINTER (DET_ORDER_GRAY), test_formats);
  g_test_add_func ("/preprocess/wide", test_wide);
  g_test_add_func ("/preprocess/like-opencv", test_like_opencv);
  g_test_add_func ("/preprocess/values", test_values);
  g_test_add_func ("/preprocess/fit", test_fit);
  g_test_add_func ("/preprocess/source-size", test_source_size);
  g_test_add_func ("/preprocess/errors", test_errors);
  return g_test_run ();
}
