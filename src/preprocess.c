/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "preprocess.h"

#include "pixelformat.h"
#include "rowscale.h"
#include "rowstore.h"
#include <libyuv.h>
#include <string.h>

/* One mechanism for every format, row by row of the picture in the model's input:
 * blend the two source rows it lies between (bytewise, so packed formats need no
 * unpacking for it), unpack that one row into channels, scale them to the
 * picture's width, convert to RGB, normalise. Nothing larger than a row is ever
 * held, and only source rows that matter are read. */

#define MAX_CHANNELS 3

struct _DetPreprocess {
  DetInputSpec spec;
  DetTensor tensor;
  gsize tensor_bytes;
  DetRowStore store;

  /* The plan: valid for frames like this one. */
  DetFrame like; /* format 0: there is none */
  const DetPixelLayout *layout;
  DetLetterbox letterbox;
  DetRowBlend *rows[2];      /* per picture row: of full and subsampled planes */
  DetRowScale columns[2];    /* of full and subsampled channels */
  const struct YuvConstants *matrix;
  guint8 expand[256]; /* limited range grey -> full */

  guint8 *scratch; /* one block, cut into what follows */
  guint8 *blended[DET_FRAME_MAX_PLANES];
  guint8 *narrowed; /* a 16-bit row as 8 bit */
  guint8 *unpacked[MAX_CHANNELS];
  guint8 *scaled[MAX_CHANNELS];
  guint8 *argb;
  guint8 *rgb[MAX_CHANNELS];
};

DetPreprocess *
det_preprocess_new (const DetInputSpec *spec)
{
  DetPreprocess *self = g_new0 (DetPreprocess, 1);

  self->spec = *spec;
  self->spec.batch = MAX (spec->batch, 1);
  det_row_store_init (&self->store, &self->spec);
  return self;
}

static void
clear_plan (DetPreprocess *self)
{
  for (int i = 0; i < 2; i++) {
    g_clear_pointer (&self->rows[i], g_free);
    det_row_scale_clear (&self->columns[i]);
  }
  g_clear_pointer (&self->scratch, g_free);
  self->like.format = DET_PIXEL_FORMAT_UNKNOWN;
}

void
det_preprocess_free (DetPreprocess *self)
{
  if (!self)
    return;
  clear_plan (self);
  g_free (self->tensor.data);
  g_free (self);
}

/* ---- the plan ---- */

static void
size_tensor (DetPreprocess *self)
{
  gint64 channels = self->spec.order == DET_ORDER_GRAY ? 1 : 3;
  gint64 width = self->letterbox.input_width;
  gint64 height = self->letterbox.input_height;
  gboolean planar = self->spec.layout == DET_LAYOUT_NCHW;

  self->tensor.dtype = self->spec.dtype;
  self->tensor.n_dims = 4;
  self->tensor.dims[0] = self->spec.batch;
  self->tensor.dims[1] = planar ? channels : height;
  self->tensor.dims[2] = planar ? height : width;
  self->tensor.dims[3] = planar ? width : channels;

  gsize bytes = (gsize) det_tensor_n_elements (&self->tensor) *
                det_dtype_size (self->spec.dtype);
  if (bytes != self->tensor_bytes) {
    g_free (self->tensor.data);
    self->tensor.data = g_malloc0 (bytes);
    self->tensor_bytes = bytes;
  }
  det_row_store_attach (
      &self->store, self->tensor.data, (int) width, (int) height);
  det_row_store_pad (&self->store, &self->letterbox);
}

static const struct YuvConstants *
choose_matrix (const DetFrame *frame)
{
  switch (frame->matrix) {
    case DET_COLOR_MATRIX_BT601:
      return frame->full_range ? &kYuvJPEGConstants : &kYuvI601Constants;
    case DET_COLOR_MATRIX_BT709:
      return frame->full_range ? &kYuvF709Constants : &kYuvH709Constants;
    case DET_COLOR_MATRIX_BT2020:
      return frame->full_range ? &kYuvV2020Constants : &kYuv2020Constants;
  }
  g_return_val_if_reached (&kYuvI601Constants);
}

static void
fill_expand (DetPreprocess *self)
{
  for (int i = 0; i < 256; i++) {
    int full = ((i - 16) * 255 + 109) / 219;

    self->expand[i] =
        (guint8) (self->like.full_range ? i : CLAMP (full, 0, 255));
  }
}

/* Rows are padded, since libyuv's vector code works on whole blocks. */
static gsize
padded (gsize bytes)
{
  return (bytes + 127) & ~(gsize) 63;
}

static void
cut_scratch (DetPreprocess *self, const DetFrame *frame)
{
  gsize wide = padded ((gsize) frame->width + 8);
  gsize picture = padded ((gsize) self->letterbox.width);
  gsize raw = padded (MAX (det_pixel_row_bytes (self->layout, 0, frame->width),
                          (gsize) MAX (frame->width, self->letterbox.width)) +
                      8);
  gsize total = DET_FRAME_MAX_PLANES * raw + raw + MAX_CHANNELS * wide +
                MAX_CHANNELS * picture + 4 * picture + MAX_CHANNELS * picture;
  guint8 *next = self->scratch = g_malloc0 (total);

  for (int i = 0; i < DET_FRAME_MAX_PLANES; i++, next += raw)
    self->blended[i] = next;
  self->narrowed = next;
  next += raw;
  for (int i = 0; i < MAX_CHANNELS; i++, next += wide)
    self->unpacked[i] = next;
  for (int i = 0; i < MAX_CHANNELS; i++, next += picture)
    self->scaled[i] = next;
  self->argb = next;
  next += 4 * picture;
  for (int i = 0; i < MAX_CHANNELS; i++, next += picture)
    self->rgb[i] = next;
}

static void
make_plan (DetPreprocess *self, const DetFrame *frame)
{
  int width = frame->source_width > 0 ? frame->source_width : frame->width;
  int height = frame->source_height > 0 ? frame->source_height : frame->height;
  const DetLetterbox *box = &self->letterbox;

  clear_plan (self);
  self->like = *frame;
  self->layout = det_pixel_layout (frame->format);
  self->matrix = choose_matrix (frame);
  fill_expand (self);
  det_letterbox_init (&self->letterbox, self->spec.resize, self->spec.rounding,
      width, height, self->spec.width, self->spec.height);
  size_tensor (self);
  for (int i = 0; i < 2; i++) {
    int shift_x = i == 0 ? 0 : self->layout->shift_x;
    int shift_y = i == 0 ? 0 : self->layout->shift_y;

    self->rows[i] = det_row_blend_new (frame->height, shift_y, box->height);
    det_row_scale_init (
        &self->columns[i], frame->width, shift_x, box->width);
  }
  cut_scratch (self, frame);
}

static gboolean
is_planned (const DetPreprocess *self, const DetFrame *frame)
{
  const DetFrame *like = &self->like;

  return like->format == frame->format && like->width == frame->width &&
         like->height == frame->height && like->matrix == frame->matrix &&
         !like->full_range == !frame->full_range &&
         like->source_width == frame->source_width &&
         like->source_height == frame->source_height;
}

/* ---- one row ---- */

/* The row of a plane at the picture's row y, 8 bits a sample. */
static const guint8 *
fetch_row (DetPreprocess *self, const DetFrame *frame, int plane, int y)
{
  const DetPixelLayout *layout = self->layout;
  const DetRowBlend *blend = &self->rows[plane > 0][y];
  gsize bytes = det_pixel_row_bytes (layout, plane, frame->width);
  const guint8 *row = frame->plane[plane] +
                      (gssize) blend->first * frame->stride[plane];

  if (blend->weight > 0) {
    const guint8 *next = row + frame->stride[plane];
    guint8 *out = self->blended[plane];

    if (layout->sample_size == 2)
      InterpolatePlane_16 ((const uint16_t *) (const void *) row, 0,
          (const uint16_t *) (const void *) next, 0,
          (uint16_t *) (void *) out, 0, (int) (bytes / 2), 1, blend->weight);
    else
      InterpolatePlane (
          row, 0, next, 0, out, 0, (int) bytes, 1, blend->weight);
    row = out;
  }
  if (layout->sample_size == 1)
    return row;
  /* In place of the blended row when there is one: it is read once. */
  guint8 *narrow = plane == 0 ? self->narrowed : self->blended[0];
  if (layout->packing == DET_PACKING_PLANAR && plane == 2)
    narrow = self->blended[1];
  Convert16To8Plane ((const uint16_t *) (const void *) row, 0, narrow, 0,
      layout->to_8bit, (int) (bytes / 2), 1);
  return narrow;
}

static void
unpack_24 (DetPreprocess *self, const guint8 *row, int width,
    const guint8 *channels[MAX_CHANNELS])
{
  guint8 *at[3];

  for (int c = 0; c < 3; c++) {
    at[self->layout->channel_at[c]] = self->unpacked[c];
    channels[c] = self->unpacked[c];
  }
  SplitRGBPlane (row, 0, at[0], 0, at[1], 0, at[2], 0, width, 1);
}

static void
unpack_32 (DetPreprocess *self, const guint8 *row, int width,
    const guint8 *channels[MAX_CHANNELS])
{
  const int *at = self->layout->channel_at;

  /* SplitARGBPlane's names are those of a little-endian word: B G R A in memory.
   * What stands in the place that is nobody's is thrown away. */
  guint8 *bytes[4] = { self->narrowed, self->narrowed, self->narrowed,
    self->narrowed };
  for (int c = 0; c < 3; c++) {
    bytes[at[c]] = self->unpacked[c];
    channels[c] = self->unpacked[c];
  }
  SplitARGBPlane (row, 0, bytes[2], 0, bytes[1], 0, bytes[0], 0, bytes[3], 0,
      width, 1);
}

static void
unpack_422 (DetPreprocess *self, const guint8 *row, int width,
    const guint8 *channels[MAX_CHANNELS])
{
  guint8 **to = self->unpacked;

  if (self->layout->packing == DET_PACKING_YUY2)
    YUY2ToI422 (row, 0, to[0], 0, to[1], 0, to[2], 0, width, 1);
  else
    UYVYToI422 (row, 0, to[0], 0, to[1], 0, to[2], 0, width, 1);
  for (int c = 0; c < 3; c++)
    channels[c] = to[c];
}

/* The frame's channels at the picture's row y, at the frame's width: R G B or
 * Y U V. */
static void
fetch_channels (DetPreprocess *self, const DetFrame *frame, int y,
    gboolean luma_only, const guint8 *channels[MAX_CHANNELS])
{
  const DetPixelLayout *layout = self->layout;
  const guint8 *first = fetch_row (self, frame, 0, y);
  int chroma = (frame->width + (1 << layout->shift_x) - 1) >> layout->shift_x;

  switch (layout->packing) {
    case DET_PACKING_NONE:
      break;
    case DET_PACKING_PLANAR:
      channels[0] = first;
      for (int c = 1; c < layout->n_channels && !luma_only; c++)
        channels[c] = fetch_row (self, frame, layout->channel_at[c], y);
      break;
    case DET_PACKING_SEMIPLANAR: {
      channels[0] = first;
      if (luma_only)
        break;
      const guint8 *pairs = fetch_row (self, frame, 1, y);
      SplitUVPlane (pairs, 0, self->unpacked[1 + layout->channel_at[1]], 0,
          self->unpacked[1 + layout->channel_at[2]], 0, chroma, 1);
      channels[1] = self->unpacked[1];
      channels[2] = self->unpacked[2];
      break;
    }
    case DET_PACKING_YUY2:
    case DET_PACKING_UYVY:
      unpack_422 (self, first, frame->width, channels);
      break;
    case DET_PACKING_24:
      unpack_24 (self, first, frame->width, channels);
      break;
    case DET_PACKING_32:
      unpack_32 (self, first, frame->width, channels);
      break;
  }
}

static const guint8 *
scale_channel (DetPreprocess *self, const guint8 *row, int channel)
{
  gboolean chroma = channel > 0 && !self->layout->is_rgb;
  const DetRowScale *scale = &self->columns[chroma];

  if (det_row_scale_is_identity (scale))
    return row;
  det_row_scale_run (scale, row, self->scaled[channel]);
  return self->scaled[channel];
}

static void
luma_of_rgb (const guint8 *const rgb[3], guint8 *luma, int width)
{
  /* BT.601's weights in 1/256. */
  for (int x = 0; x < width; x++)
    luma[x] = (guint8) ((77 * rgb[0][x] + 150 * rgb[1][x] + 29 * rgb[2][x] +
                            128) >>
                        8);
}

static void
store_grey_row (DetPreprocess *self, const DetFrame *frame, int y)
{
  const guint8 *channels[MAX_CHANNELS] = { NULL };
  const guint8 *rows[MAX_CHANNELS];

  fetch_channels (self, frame, y, TRUE, channels);
  if (self->layout->is_rgb) {
    for (int c = 0; c < 3; c++)
      rows[c] = scale_channel (self, channels[c], c);
    luma_of_rgb (rows, self->argb, self->letterbox.width);
    rows[0] = self->argb;
  } else {
    rows[0] = scale_channel (self, channels[0], 0);
  }
  det_row_store_write (&self->store, &self->letterbox, y, rows);
}

/* Y U V -> R G B, at the picture's width. */
static void
convert_row (DetPreprocess *self, const guint8 *rows[MAX_CHANNELS])
{
  int width = self->letterbox.width;

  if (self->layout->is_rgb)
    return;
  if (self->layout->n_channels == 1) {
    for (int x = 0; x < width; x++)
      self->rgb[0][x] = self->expand[rows[0][x]];
    rows[0] = rows[1] = rows[2] = self->rgb[0];
    return;
  }
  I444ToARGBMatrix (rows[0], 0, rows[1], 0, rows[2], 0, self->argb, 0,
      self->matrix, width, 1);
  SplitARGBPlane (self->argb, 0, self->rgb[0], 0, self->rgb[1], 0,
      self->rgb[2], 0, self->narrowed, 0, width, 1);
  for (int c = 0; c < 3; c++)
    rows[c] = self->rgb[c];
}

static void
store_color_row (DetPreprocess *self, const DetFrame *frame, int y)
{
  const guint8 *channels[MAX_CHANNELS] = { NULL };
  const guint8 *rows[MAX_CHANNELS];

  fetch_channels (self, frame, y, FALSE, channels);
  for (int c = 0; c < self->layout->n_channels; c++)
    rows[c] = scale_channel (self, channels[c], c);
  convert_row (self, rows);
  if (self->spec.order == DET_ORDER_BGR) {
    const guint8 *red = rows[0];

    rows[0] = rows[2];
    rows[2] = red;
  }
  det_row_store_write (&self->store, &self->letterbox, y, rows);
}

gboolean
det_preprocess_run (
    DetPreprocess *self, const DetFrame *frame, GError **error)
{
  if (!det_frame_check (frame, error))
    return FALSE;
  if (!is_planned (self, frame))
    make_plan (self, frame);
  for (int y = 0; y < self->letterbox.height; y++) {
    if (self->spec.order == DET_ORDER_GRAY)
      store_grey_row (self, frame, y);
    else
      store_color_row (self, frame, y);
  }
  return TRUE;
}

const DetTensor *
det_preprocess_get_tensor (const DetPreprocess *self)
{
  return &self->tensor;
}

const DetLetterbox *
det_preprocess_get_letterbox (const DetPreprocess *self)
{
  return &self->letterbox;
}
