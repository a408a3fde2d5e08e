/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "preprocess.h"

#include <detect/error.h>
#include <math.h>
#include <string.h>

/* ---- frames made from one master ---- */

/* 8-bit Y, U, V; chroma of 2×2 pixels is one, so that every format can hold it. */
typedef struct
{
  int width, height;
  guint8 *y, *u, *v; /* full size */
} Master;

static double
wave (int x, int y, double a, double b)
{
  return 128 + 60 * sin (x * a + y * 0.05) + 40 * cos (y * b - x * 0.03);
}

static Master
make_master (int width, int height, gboolean is_grey)
{
  gsize n = (gsize) width * (gsize) height;
  Master master = { width, height, g_malloc (n), g_malloc (n), g_malloc (n) };

  for (int y = 0; y < height; y++) {
    for (int x = 0; x < width; x++) {
      gsize at = (gsize) y * (gsize) width + (gsize) x;
      int cx = x & ~1;
      int cy = y & ~1;

      master.y[at] = (guint8) wave (x, y, 0.21, 0.17);
      master.u[at] = is_grey ? 128
                             : (guint8) (wave (cx, cy, 0.09, 0.05) / 2 + 64);
      master.v[at] = is_grey ? 128
                             : (guint8) (wave (cy, cx, 0.07, 0.04) / 2 + 64);
    }
  }
  return master;
}

static void
clear_master (Master *master)
{
  g_free (master->y);
  g_free (master->u);
  g_free (master->v);
}

/* The rows of a frame, each allocated by itself so that a sanitizer sees every byte
 * too many — joined again when a stride is wanted. */
typedef struct
{
  DetFrame frame;
  guint8 *memory[DET_FRAME_MAX_PLANES];
} Picture;

static guint8 *
add_plane (Picture *picture, int plane, gsize bytes, int rows, int padding,
    gboolean is_flipped)
{
  gsize stride = bytes + (gsize) padding;
  gsize size = stride * (gsize) (rows - 1) + bytes;

  picture->memory[plane] = g_malloc0 (size);
  picture->frame.stride[plane] = is_flipped ? -(int) stride : (int) stride;
  picture->frame.plane[plane] =
      picture->memory[plane] + (is_flipped ? stride * (gsize) (rows - 1) : 0);
  return (guint8 *) picture->frame.plane[plane];
}

static guint8 *
row_of (Picture *picture, int plane, int y)
{
  return (guint8 *) picture->frame.plane[plane] +
      (gssize) y * picture->frame.stride[plane];
}

/* BT.601, limited range, written down from ITU-R BT.601 for the masters' RGB. */
static void
to_rgb (const Master *master, gsize at, double rgb[3])
{
  double y = (master->y[at] - 16) * 255.0 / 219;
  double u = (master->u[at] - 128) * 255.0 / 224;
  double v = (master->v[at] - 128) * 255.0 / 224;

  rgb[0] = y + 1.402 * v;
  rgb[1] = y - 0.344136 * u - 0.714136 * v;
  rgb[2] = y + 1.772 * u;
  for (int c = 0; c < 3; c++)
    rgb[c] = CLAMP (rgb[c], 0, 255);
}

static void
fill_rgb (Picture *picture, const Master *master, const char *order)
{
  int step = (int) strlen (order);

  add_plane (picture, 0, (gsize) (master->width * step), master->height,
      picture->frame.stride[0], picture->frame.stride[1]);
  for (int y = 0; y < master->height; y++) {
    for (int x = 0; x < master->width; x++) {
      guint8 *pixel = row_of (picture, 0, y) + x * step;
      double rgb[3];

      to_rgb (master, (gsize) (y * master->width + x), rgb);
      for (int i = 0; i < step; i++) {
        const char *channel = strchr ("RGB", order[i]);
        pixel[i] = channel ? (guint8) lrint (rgb[channel - "RGB"]) : 77;
      }
    }
  }
}

/* sx, sy: log2 of the subsampling; size: bytes a sample; shift: of 10 bits. */
static void
put (guint8 *at, guint8 value, int size, int shift)
{
  if (size == 1) {
    *at = value;
  } else {
    guint16 wide = (guint16) (value << 2 << shift);
    memcpy (at, &wide, 2);
  }
}

static void
fill_plane (Picture *picture, int plane, const Master *master,
    const guint8 *samples, int sx, int sy, int size, int shift)
{
  int columns = (master->width + (1 << sx) - 1) >> sx;
  int rows = (master->height + (1 << sy) - 1) >> sy;

  add_plane (picture, plane, (gsize) (columns * size), rows,
      picture->frame.stride[0] * size, FALSE);
  for (int y = 0; y < rows; y++) {
    for (int x = 0; x < columns; x++)
      put (row_of (picture, plane, y) + x * size,
          samples[(y << sy) * master->width + (x << sx)], size, shift);
  }
}

static void
fill_pairs (Picture *picture, const Master *master, const guint8 *first,
    const guint8 *second, int sy, int size, int shift)
{
  int columns = (master->width + 1) / 2;
  int rows = (master->height + (1 << sy) - 1) >> sy;

  add_plane (picture, 1, (gsize) (columns * 2 * size), rows, 6, FALSE);
  for (int y = 0; y < rows; y++) {
    for (int x = 0; x < columns; x++) {
      int at = (y << sy) * master->width + x * 2;

      put (row_of (picture, 1, y) + x * 2 * size, first[at], size, shift);
      put (row_of (picture, 1, y) + (x * 2 + 1) * size, second[at], size,
          shift);
    }
  }
}

static void
fill_422 (Picture *picture, const Master *master, gboolean is_uyvy)
{
  int pairs = (master->width + 1) / 2;
  int luma = is_uyvy;
  int chroma = !is_uyvy;

  add_plane (picture, 0, (gsize) pairs * 4, master->height, 10, FALSE);
  for (int y = 0; y < master->height; y++) {
    for (int x = 0; x < pairs; x++) {
      guint8 *at = row_of (picture, 0, y) + x * 4;
      int left = y * master->width + x * 2;
      int right = left + (x * 2 + 1 < master->width);

      at[luma] = master->y[left];
      at[luma + 2] = master->y[right];
      at[chroma] = master->u[left];
      at[chroma + 2] = master->v[left];
    }
  }
}

/* padding in stride[0] and a flip in stride[1] are taken over by the fillers. */
static Picture
make_picture (DetPixelFormat format, const Master *m, int padding)
{
  Picture p = {
    .frame = { .format = format, .width = m->width, .height = m->height }
  };

  p.frame.stride[0] = padding;
  switch (format) {
    case DET_PIXEL_FORMAT_I420:
    case DET_PIXEL_FORMAT_YV12: {
      gboolean swap = format == DET_PIXEL_FORMAT_YV12;
      fill_plane (&p, 0, m, m->y, 0, 0, 1, 0);
      fill_plane (&p, 1, m, swap ? m->v : m->u, 1, 1, 1, 0);
      fill_plane (&p, 2, m, swap ? m->u : m->v, 1, 1, 1, 0);
      break;
    }
    case DET_PIXEL_FORMAT_Y42B:
    case DET_PIXEL_FORMAT_Y444: {
      int sx = format == DET_PIXEL_FORMAT_Y42B;
      fill_plane (&p, 0, m, m->y, 0, 0, 1, 0);
      fill_plane (&p, 1, m, m->u, sx, 0, 1, 0);
      fill_plane (&p, 2, m, m->v, sx, 0, 1, 0);
      break;
    }
    case DET_PIXEL_FORMAT_I420_10LE:
      fill_plane (&p, 0, m, m->y, 0, 0, 2, 0);
      fill_plane (&p, 1, m, m->u, 1, 1, 2, 0);
      fill_plane (&p, 2, m, m->v, 1, 1, 2, 0);
      break;
    case DET_PIXEL_FORMAT_GRAY8:
      fill_plane (&p, 0, m, m->y, 0, 0, 1, 0);
      break;
    case DET_PIXEL_FORMAT_NV12:
      fill_plane (&p, 0, m, m->y, 0, 0, 1, 0);
      fill_pairs (&p, m, m->u, m->v, 1, 1, 0);
      break;
    case DET_PIXEL_FORMAT_NV21:
      fill_plane (&p, 0, m, m->y, 0, 0, 1, 0);
      fill_pairs (&p, m, m->v, m->u, 1, 1, 0);
      break;
    case DET_PIXEL_FORMAT_NV16:
      fill_plane (&p, 0, m, m->y, 0, 0, 1, 0);
      fill_pairs (&p, m, m->u, m->v, 0, 1, 0);
      break;
    case DET_PIXEL_FORMAT_P010_10LE:
      fill_plane (&p, 0, m, m->y, 0, 0, 2, 6);
      fill_pairs (&p, m, m->u, m->v, 1, 2, 6);
      break;
    case DET_PIXEL_FORMAT_YUY2:
      fill_422 (&p, m, FALSE);
      break;
    case DET_PIXEL_FORMAT_UYVY:
      fill_422 (&p, m, TRUE);
      break;
    case DET_PIXEL_FORMAT_RGB:
    case DET_PIXEL_FORMAT_BGR:
    case DET_PIXEL_FORMAT_RGBX:
    case DET_PIXEL_FORMAT_BGRX:
    case DET_PIXEL_FORMAT_XRGB:
    case DET_PIXEL_FORMAT_XBGR:
    case DET_PIXEL_FORMAT_RGBA:
    case DET_PIXEL_FORMAT_BGRA:
    case DET_PIXEL_FORMAT_ARGB:
    case DET_PIXEL_FORMAT_ABGR:
      /* GStreamer's names are the order of the bytes. */
      fill_rgb (&p, m, det_pixel_format_name (format));
      break;
    case DET_PIXEL_FORMAT_UNKNOWN:
    case DET_N_PIXEL_FORMATS:
      g_assert_not_reached ();
  }
  return p;
}

static void
clear_picture (Picture *picture)
{
  for (int i = 0; i < DET_FRAME_MAX_PLANES; i++)
    g_free (picture->memory[i]);
}

/* ---- what must come out ---- */

static double
sample (const Master *m, int channel, double x, double y)
{
  x = CLAMP (x, 0, m->width - 1);
  y = CLAMP (y, 0, m->height - 1);
  int x0 = (int) x;
  int y0 = (int) y;
  int x1 = MIN (x0 + 1, m->width - 1);
  int y1 = MIN (y0 + 1, m->height - 1);
  double corner[4][3];

  to_rgb (m, (gsize) (y0 * m->width + x0), corner[0]);
  to_rgb (m, (gsize) (y0 * m->width + x1), corner[1]);
  to_rgb (m, (gsize) (y1 * m->width + x0), corner[2]);
  to_rgb (m, (gsize) (y1 * m->width + x1), corner[3]);
  double top =
      corner[0][channel] * (1 - (x - x0)) + corner[1][channel] * (x - x0);
  double bottom =
      corner[2][channel] * (1 - (x - x0)) + corner[3][channel] * (x - x0);
  return top * (1 - (y - y0)) + bottom * (y - y0);
}

static const DetInputSpec plain = {
  .width = 96,
  .height = 64,
  .batch = 1,
  .dtype = DET_DTYPE_FLOAT32,
  .layout = DET_LAYOUT_NCHW,
  .order = DET_ORDER_RGB,
  .scale = { 1, 1, 1 },
  .pad = 114,
  .resize = DET_RESIZE_LETTERBOX,
};

/* most and mean: of the difference, in levels. */
static void
assert_picture (const DetPreprocess *preprocess, const Master *m, double most,
    double mean)
{
  const DetTensor *tensor = det_preprocess_get_tensor (preprocess);
  const DetLetterbox *box = det_preprocess_get_letterbox (preprocess);
  const float *data = tensor->data;
  double sum = 0;
  int n = 0;

  for (int c = 0; c < 3; c++) {
    for (int y = 0; y < box->input_height; y++) {
      for (int x = 0; x < box->input_width; x++, data++) {
        gboolean inside = x >= box->x && x < box->x + box->width &&
            y >= box->y && y < box->y + box->height;
        if (!inside) {
          g_assert_cmpfloat (*data, ==, 114);
          continue;
        }
        double expected =
            sample (m, c, (x - box->x + 0.5) * m->width / box->width - 0.5,
                (y - box->y + 0.5) * m->height / box->height - 0.5);
        double difference = fabs (expected - (double) *data);
        if (difference > most)
          g_error ("channel %d at %d,%d: %g for %g", c, x, y, (double) *data,
              expected);
        sum += difference;
        n++;
      }
    }
  }
  g_test_message ("mean difference %.3f", sum / n);
  g_assert_cmpfloat (sum / n, <, mean);
}

static void
check_format (DetPixelFormat format, int width, int height, double most)
{
  gboolean is_grey = format == DET_PIXEL_FORMAT_GRAY8;
  Master master = make_master (width, height, is_grey);

  for (int padding = 0; padding < 14; padding += 13) {
    g_autoptr (DetPreprocess) preprocess = det_preprocess_new (&plain);
    g_autoptr (GError) error = NULL;
    Picture picture = make_picture (format, &master, padding);

    det_preprocess_run (preprocess, &picture.frame, &error);
    g_assert_no_error (error);
    assert_picture (preprocess, &master, most, 1.6);
    clear_picture (&picture);
  }
  clear_master (&master);
}

/* Every format there is: down and up, odd and tiny. Chroma is halved before it is
 * scaled, so its edges may differ by a few levels; luma and RGB may not. */
static void
test_formats (void)
{
  static const int sizes[][2] = { { 192, 128 }, { 322, 214 }, { 641, 427 },
    { 40, 30 } };

  for (int f = DET_PIXEL_FORMAT_UNKNOWN + 1; f < DET_N_PIXEL_FORMATS; f++) {
    gboolean is_rgb = f >= DET_PIXEL_FORMAT_RGB && f <= DET_PIXEL_FORMAT_ABGR;

    for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
      g_test_message ("%s %dx%d", det_pixel_format_name ((DetPixelFormat) f),
          sizes[i][0], sizes[i][1]);
      check_format ((DetPixelFormat) f, sizes[i][0], sizes[i][1],
          is_rgb ? 1.6 : 14);
    }
  }
}

/* Nothing is read beyond the planes, whatever the size. */
static void
test_tiny (void)
{
  static const int sizes[][2] = { { 1, 1 }, { 1, 427 }, { 641, 1 }, { 2, 1 },
    { 3, 3 }, { 5, 2 } };

  for (int f = DET_PIXEL_FORMAT_UNKNOWN + 1; f < DET_N_PIXEL_FORMATS; f++) {
    for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
      Master master = make_master (sizes[i][0], sizes[i][1], FALSE);
      Picture picture = make_picture ((DetPixelFormat) f, &master, 0);
      g_autoptr (DetPreprocess) preprocess = det_preprocess_new (&plain);

      g_assert_true (det_preprocess_run (preprocess, &picture.frame, NULL));
      clear_picture (&picture);
      clear_master (&master);
    }
  }
}

static void
test_flipped (void)
{
  Master master = make_master (100, 80, FALSE);
  Picture upright = make_picture (DET_PIXEL_FORMAT_RGB, &master, 0);
  DetFrame frame = upright.frame;
  g_autoptr (DetPreprocess) a = det_preprocess_new (&plain);
  g_autoptr (DetPreprocess) b = det_preprocess_new (&plain);
  g_autofree guint8 *turned = g_malloc (300 * 80);

  for (int y = 0; y < 80; y++)
    memcpy (turned + (79 - y) * 300, row_of (&upright, 0, y), 300);
  frame.plane[0] = turned + 79 * 300;
  frame.stride[0] = -300;
  g_assert_true (det_preprocess_run (a, &upright.frame, NULL));
  g_assert_true (det_preprocess_run (b, &frame, NULL));
  g_assert_cmpmem (det_preprocess_get_tensor (a)->data, 96 * 64 * 12,
      det_preprocess_get_tensor (b)->data, 96 * 64 * 12);
  clear_picture (&upright);
  clear_master (&master);
}

/* A frame of one colour: what each matrix and range makes of it. */
typedef struct
{
  DetColorMatrix matrix;
  gboolean full_range;
  guint8 yuv[3];
  double rgb[3];
} ColorCase;

/* R' = Y' + 2 (1 - Kr) Pr and so on, with Kr, Kb of BT.601, 709 and 2020. */
static const ColorCase colors[] = {
  { DET_COLOR_MATRIX_BT601, FALSE, { 81, 90, 240 }, { 254, 0, 0 } },
  { DET_COLOR_MATRIX_BT709, FALSE, { 63, 102, 240 }, { 255, 1, 0 } },
  { DET_COLOR_MATRIX_BT2020, FALSE, { 74, 97, 240 }, { 255, 0, 0 } },
  { DET_COLOR_MATRIX_BT601, TRUE, { 76, 85, 255 }, { 254, 0, 0 } },
  { DET_COLOR_MATRIX_BT709, TRUE, { 54, 99, 255 }, { 254, 0, 0 } },
  { DET_COLOR_MATRIX_BT601, FALSE, { 235, 128, 128 }, { 255, 255, 255 } },
  { DET_COLOR_MATRIX_BT601, TRUE, { 235, 128, 128 }, { 235, 235, 235 } },
};

static void
test_colors (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (colors); i++) {
    const ColorCase *c = &colors[i];
    guint8 planes[3][64];
    DetFrame frame = { .format = DET_PIXEL_FORMAT_Y444,
      .width = 8,
      .height = 8,
      .plane = { planes[0], planes[1], planes[2] },
      .stride = { 8, 8, 8 },
      .matrix = c->matrix,
      .full_range = c->full_range };
    g_autoptr (DetPreprocess) preprocess = det_preprocess_new (&plain);

    for (int p = 0; p < 3; p++)
      memset (planes[p], c->yuv[p], 64);
    g_assert_true (det_preprocess_run (preprocess, &frame, NULL));
    const float *data = det_preprocess_get_tensor (preprocess)->data;
    g_test_message ("%g %g %g", (double) data[32 * 96 + 48],
        (double) data[96 * 64 + 32 * 96 + 48],
        (double) data[2 * 96 * 64 + 32 * 96 + 48]);
    for (int p = 0; p < 3; p++)
      g_assert_cmpfloat_with_epsilon ((double) data[p * 96 * 64 + 32 * 96 + 48],
          c->rgb[p], 8); /* libyuv: 6 bits, and 2 at most for U */
  }
}

/* ---- tensors ---- */

static void
run_grey_level (DetPreprocess *preprocess, guint8 level)
{
  guint8 pixels[16];
  DetFrame frame;

  memset (pixels, level, sizeof pixels);
  det_frame_init_packed (&frame, DET_PIXEL_FORMAT_GRAY8, 4, 4, 4, pixels);
  frame.full_range = TRUE;
  g_assert_true (det_preprocess_run (preprocess, &frame, NULL));
}

static void
test_dtypes (void)
{
  static const DetDType dtypes[] = { DET_DTYPE_FLOAT32, DET_DTYPE_FLOAT16,
    DET_DTYPE_UINT8, DET_DTYPE_INT8 };

  for (gsize i = 0; i < G_N_ELEMENTS (dtypes); i++) {
    DetInputSpec spec = plain;
    float values[3 * 8 * 8];

    spec.width = spec.height = 8;
    spec.dtype = dtypes[i];
    for (int c = 0; c < 3; c++) {
      spec.mean[c] = (float) (10 * c);
      spec.scale[c] = 0.5f;
    }
    g_autoptr (DetPreprocess) preprocess = det_preprocess_new (&spec);
    run_grey_level (preprocess, 101);
    g_assert_true (det_tensor_to_float (det_preprocess_get_tensor (preprocess),
        values));
    /* (101 - mean) / 2; whole numbers round halves to even */
    g_assert_cmpfloat_with_epsilon ((double) values[0], 50.5,
        dtypes[i] == DET_DTYPE_FLOAT32 || dtypes[i] == DET_DTYPE_FLOAT16
            ? 1e-6
            : 0.51);
    g_assert_cmpfloat_with_epsilon ((double) values[64], 45.5, 0.51);
    g_assert_cmpfloat_with_epsilon ((double) values[128], 40.5, 0.51);
  }
}

static void
test_saturated (void)
{
  DetInputSpec spec = plain;

  spec.dtype = DET_DTYPE_INT8;
  spec.width = spec.height = 4;
  g_autoptr (DetPreprocess) preprocess = det_preprocess_new (&spec);
  run_grey_level (preprocess, 255);
  g_assert_cmpint (*(gint8 *) det_preprocess_get_tensor (preprocess)->data, ==,
      127);
}

static void
test_layouts (void)
{
  DetInputSpec spec = plain;
  guint8 rgb[] = { 10, 20, 30 };
  DetFrame frame;

  spec.width = spec.height = 2;
  spec.layout = DET_LAYOUT_NHWC;
  spec.order = DET_ORDER_BGR;
  spec.batch = 2;
  g_autoptr (DetPreprocess) preprocess = det_preprocess_new (&spec);
  det_frame_init_packed (&frame, DET_PIXEL_FORMAT_RGB, 1, 1, 3, rgb);
  g_assert_true (det_preprocess_run (preprocess, &frame, NULL));

  const DetTensor *tensor = det_preprocess_get_tensor (preprocess);
  const float *data = tensor->data;
  static const gint64 dims[] = { 2, 2, 2, 3 };
  g_assert_cmpmem (tensor->dims, sizeof dims, dims, sizeof dims);
  for (int pixel = 0; pixel < 4; pixel++) {
    g_assert_cmpfloat (data[pixel * 3], ==, 30);
    g_assert_cmpfloat (data[pixel * 3 + 1], ==, 20);
    g_assert_cmpfloat (data[pixel * 3 + 2], ==, 10);
  }
  for (int i = 12; i < 24; i++) /* the rest of the batch */
    g_assert_cmpfloat (data[i], ==, 0);
}

/* Full-range luma as it is stored, at the picture's own size. */
static void
test_grey (void)
{
  DetInputSpec spec = { .dtype = DET_DTYPE_UINT8,
    .layout = DET_LAYOUT_NHWC,
    .order = DET_ORDER_GRAY,
    .scale = { 1, 1, 1 },
    .resize = DET_RESIZE_FIT };
  Master master = make_master (33, 17, FALSE);
  Picture picture = make_picture (DET_PIXEL_FORMAT_NV12, &master, 5);
  g_autoptr (DetPreprocess) preprocess = det_preprocess_new (&spec);

  picture.frame.full_range = TRUE;
  g_assert_true (det_preprocess_run (preprocess, &picture.frame, NULL));
  const DetTensor *tensor = det_preprocess_get_tensor (preprocess);
  g_assert_cmpint (tensor->dims[1], ==, 17);
  g_assert_cmpint (tensor->dims[2], ==, 33);
  g_assert_cmpmem (tensor->data, 33 * 17, master.y, 33 * 17);
  clear_picture (&picture);
  clear_master (&master);
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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/preprocess/formats", test_formats);
  g_test_add_func ("/preprocess/tiny", test_tiny);
  g_test_add_func ("/preprocess/flipped", test_flipped);
  g_test_add_func ("/preprocess/colors", test_colors);
  g_test_add_func ("/preprocess/dtypes", test_dtypes);
  g_test_add_func ("/preprocess/saturated", test_saturated);
  g_test_add_func ("/preprocess/layouts", test_layouts);
  g_test_add_func ("/preprocess/grey", test_grey);
  g_test_add_func ("/preprocess/source-size", test_source_size);
  return g_test_run ();
}
