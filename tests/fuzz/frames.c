/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Frames of any format, size and stride, in blocks that hold them exactly, laid into
 * inputs of any form: the tensor has the size that was asked for, and the geometry
 * goes there and back. */

#include "fuzz.h"
#include "pixelformat.h"
#include "preprocess.h"
#include <detect/error.h>
#include <math.h>

#define MOST_SIDE 80 /* of frames and inputs, so that a run stays short */
#define MOST_BYTES 1000
#define N_FRAMES 2 /* a second one follows another plan, or the same */

typedef struct
{
  DetFrame frame;
  guint8 *blocks[DET_FRAME_MAX_PLANES];
} Picture;

static int
take_side (FuzzBytes *bytes)
{
  return 1 + fuzz_byte (bytes) % MOST_SIDE;
}

/* ---- what is not yet known to be a frame ---- */

/* Behind the last byte that the frame's planes reach. */
static gsize
find_end (const DetFrame *frame, const guint8 *pixels)
{
  const DetPixelLayout *layout = det_pixel_layout (frame->format);
  gsize end = 0;

  for (int i = 0; i < layout->n_planes; i++) {
    gsize rows = (gsize) det_pixel_rows (layout, i, frame->height);
    gsize plane_end = (gsize) (frame->plane[i] - pixels) +
        (rows - 1) * (gsize) frame->stride[i] +
        det_pixel_row_bytes (layout, i, frame->width);

    end = MAX (end, plane_end);
  }
  return end;
}

/* A buffer holds a frame when it holds its last byte. */
static void
check_buffer (FuzzBytes *bytes)
{
  static const guint8 pixels[1];
  DetPixelFormat format = fuzz_byte (bytes) % (DET_N_PIXEL_FORMATS + 1);
  int width = fuzz_byte (bytes);
  int height = fuzz_byte (bytes);
  int stride = (gint16) fuzz_short (bytes);
  g_autoptr (GError) error = NULL;
  DetFrame frame;

  if (!det_frame_init_buffer (&frame, format, width, height, stride, pixels,
          G_MAXINT, &error)) {
    g_assert_error (error, DET_ERROR, DET_ERROR_FRAME);
    return;
  }
  gsize end = find_end (&frame, pixels);
  g_assert_true (det_frame_init_buffer (&frame, format, width, height, stride,
      pixels, end, NULL));
  g_assert_false (det_frame_init_buffer (&frame, format, width, height, stride,
      pixels, end - 1, NULL));
}

static void
check_wild (FuzzBytes bytes)
{
  static const guint8 pixels[1];
  g_autoptr (GError) error = NULL;
  DetFrame frame;

  check_buffer (&bytes);
  fuzz_take (&bytes, &frame, sizeof frame);
  for (int i = 0; i < DET_FRAME_MAX_PLANES; i++)
    frame.plane[i] = fuzz_byte (&bytes) % 4 ? pixels : NULL;
  g_assert_true (det_frame_check (&frame, &error) == (error == NULL));
}

/* ---- what is ---- */

/* The first row is the last one in memory where the stride is negative. */
static void
make_plane (Picture *picture, int i, FuzzBytes *bytes)
{
  DetFrame *frame = &picture->frame;
  const DetPixelLayout *layout = det_pixel_layout (frame->format);
  guint8 padding = fuzz_byte (bytes);
  int rows = det_pixel_rows (layout, i, frame->height);
  int row = (int) det_pixel_row_bytes (layout, i, frame->width);
  int stride = row + padding % 16 * (padding & 16 ? 1 : 0);
  gsize size = (gsize) (rows - 1) * (gsize) stride + (gsize) row;

  picture->blocks[i] = g_malloc (size);
  fuzz_fill (bytes, picture->blocks[i], size);
  gboolean upwards = padding & 32;
  frame->stride[i] = upwards ? -stride : stride;
  frame->plane[i] = picture->blocks[i] + (upwards ? (rows - 1) * stride : 0);
}

static void
make_picture (Picture *picture, const DetInputSpec *spec, FuzzBytes *bytes)
{
  int most = spec->resize == DET_RESIZE_FIT ? 2 * MOST_SIDE : G_MAXUINT16;
  DetFrame *frame = &picture->frame;

  *picture = (Picture){ 0 };
  frame->format = 1 + fuzz_byte (bytes) % (DET_N_PIXEL_FORMATS - 1);
  frame->width = 1 + fuzz_byte (bytes);
  frame->height = take_side (bytes);
  frame->matrix = fuzz_byte (bytes) % 3;
  frame->full_range = fuzz_byte (bytes) & 1;
  if (fuzz_byte (bytes) & 1) {
    frame->source_width = fuzz_short (bytes) % most;
    frame->source_height = fuzz_short (bytes) % most;
  }
  for (int i = 0; i < det_pixel_format_n_planes (frame->format); i++)
    make_plane (picture, i, bytes);
}

static void
clear_picture (Picture *picture)
{
  for (int i = 0; i < DET_FRAME_MAX_PLANES; i++)
    g_free (picture->blocks[i]);
}

static void
take_spec (DetInputSpec *spec, FuzzBytes *bytes)
{
  static const DetDType dtypes[] = { DET_DTYPE_FLOAT32, DET_DTYPE_FLOAT16,
    DET_DTYPE_UINT8, DET_DTYPE_INT8 };
  guint8 form = fuzz_byte (bytes);
  guint8 colors = fuzz_byte (bytes);
  int width = take_side (bytes);
  int height = take_side (bytes);

  *spec = (DetInputSpec){
    .width = width,
    .height = height,
    .batch = form & 3,
    .dtype = dtypes[form >> 2 & 3],
    .layout = form & 16 ? DET_LAYOUT_NHWC : DET_LAYOUT_NCHW,
    .rounding = form & 32 ? DET_ROUND_DOWN : DET_ROUND_NEAREST,
    .resize = form >> 6,
    .order = colors % 3,
    .half_chroma = colors >> 7,
    .pad = fuzz_byte (bytes),
  };
  if (spec->resize == DET_RESIZE_FIT && spec->pad & 1)
    spec->width = spec->height = 0; /* any size */
  fuzz_take (bytes, spec->mean, sizeof spec->mean);
  fuzz_take (bytes, spec->scale, sizeof spec->scale);
}

/* ---- what must hold ---- */

static void
check_near (float found, float expected, float side)
{
  g_assert_true (fabsf (found - expected) <= 0.01f + side / 1000);
}

static void
check_geometry (const DetLetterbox *box)
{
  float width = (float) box->source_width;
  float height = (float) box->source_height;
  DetBox whole = { 0, 0, width, height };
  DetModelBox there = det_letterbox_to_model (box, &whole);
  DetBox back = det_letterbox_to_source (box, &there);

  g_assert_cmpint (box->width, >=, 1);
  g_assert_cmpint (box->height, >=, 1);
  g_assert_cmpint (box->x, >=, 0);
  g_assert_cmpint (box->y, >=, 0);
  g_assert_cmpint (box->x + box->width, <=, box->input_width);
  g_assert_cmpint (box->y + box->height, <=, box->input_height);
  check_near (back.x0, 0, width);
  check_near (back.y0, 0, height);
  check_near (back.x1, width, width);
  check_near (back.y1, height, height);
}

/* Whatever part of the frame a second worker makes, it comes out the same. */
static void
check_tensor (const DetTensor *tensor, const DetTensor *helped)
{
  gint64 n = det_tensor_n_elements (tensor);
  gsize size = (gsize) n * det_dtype_size (tensor->dtype);

  g_assert_cmpint (n, >, 0);
  g_assert_cmpint (det_tensor_n_elements (helped), ==, n);
  g_assert_cmpmem (tensor->data, size, helped->data, size);
}

static void
run (DetPreprocess *alone, DetPreprocess *helped, const DetFrame *frame,
    gboolean is_deferring)
{
  g_autoptr (GError) error = NULL;

  det_preprocess_run (alone, frame, &error);
  g_assert_no_error (error);
  det_preprocess_set_deferring (helped, is_deferring);
  det_preprocess_begin (helped, frame, &error);
  g_assert_no_error (error);
  det_preprocess_help (helped);
  det_preprocess_work (helped);
  det_preprocess_finish (helped);
  check_tensor (det_preprocess_get_tensor (alone),
      det_preprocess_get_tensor (helped));
  check_geometry (det_preprocess_get_letterbox (alone));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  FuzzBytes bytes = { data, data + MIN (size, MOST_BYTES) };
  DetInputSpec spec;

  check_wild (bytes);
  take_spec (&spec, &bytes);
  g_autoptr (DetPreprocess) alone = det_preprocess_new (&spec);
  g_autoptr (DetPreprocess) helped = det_preprocess_new (&spec);
  for (int i = 0; i < N_FRAMES; i++) {
    Picture picture;

    make_picture (&picture, &spec, &bytes);
    run (alone, helped, &picture.frame, i % 2 == 1);
    clear_picture (&picture);
  }
  return 0;
}
