/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "preprocess.h"

#include "pixelformat.h"
#include "rowscale.h"
#include "rowstore.h"
#include <libyuv.h>
#include <string.h>

/* One mechanism for every format, row by row of the picture in the model's input:
 * take the two source rows it lies between, unpack them into channels, scale
 * between them, convert to RGB, normalise. Nothing larger than a row is ever held,
 * and only source rows that matter are read. */

#define MAX_CHANNELS 3

/* The two rows of a plane that were unpacked last. */
typedef struct
{
  int index[2]; /* of the frame under way; -1: none */
  guint8 *channels[2][MAX_CHANNELS];
} RowCache;

/* A channel's two source rows that were scaled last. */
typedef struct
{
  int index[2];
  gint16 *rows[2];
} ScaledCache;

struct _DetPreprocess
{
  DetInputSpec spec;
  DetTensor tensor;
  gsize tensor_bytes;
  DetRowStore store;

  /* The plan: valid for frames like this one. */
  DetFrame like; /* format 0: there is none */
  const DetPixelLayout *layout;
  DetLetterbox letterbox;
  DetBlend *rows[2];      /* per picture row: of full and subsampled planes */
  DetRowScale columns[2]; /* of full and subsampled channels */
  const struct YuvConstants *matrix;
  guint8 expand[256]; /* limited range grey -> full */

  guint8 *scratch; /* one block, cut into what follows */
  RowCache cache[DET_FRAME_MAX_PLANES];
  guint8 *spare; /* a row nobody reads, or a 16-bit row as 8 bit */
  ScaledCache columns_of[MAX_CHANNELS];
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
  det_row_store_attach (&self->store, self->tensor.data, (int) width,
      (int) height);
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

static guint8 *
cut (guint8 **next, gsize bytes)
{
  guint8 *piece = *next;

  *next += bytes;
  return piece;
}

static void
cut_scratch (DetPreprocess *self, const DetFrame *frame)
{
  gsize wide = padded ((gsize) frame->width + 8);
  gsize raw = padded (MAX (det_pixel_row_bytes (self->layout, 0, frame->width),
                          (gsize) MAX (frame->width, self->letterbox.width)) +
      8);
  gsize picture = padded ((gsize) self->letterbox.width);
  gsize total = DET_FRAME_MAX_PLANES * 2 * MAX_CHANNELS * wide + raw +
      4 * picture + MAX_CHANNELS * (2 + 2 * 2) * picture;
  guint8 *next = self->scratch = g_malloc0 (total);

  for (int p = 0; p < DET_FRAME_MAX_PLANES; p++) {
    for (int slot = 0; slot < 2; slot++) {
      for (int c = 0; c < MAX_CHANNELS; c++)
        self->cache[p].channels[slot][c] = cut (&next, wide);
    }
  }
  self->spare = cut (&next, raw);
  self->argb = cut (&next, 4 * picture);
  for (int c = 0; c < MAX_CHANNELS; c++) {
    self->scaled[c] = cut (&next, picture);
    self->rgb[c] = cut (&next, picture);
    for (int slot = 0; slot < 2; slot++)
      self->columns_of[c].rows[slot] =
          (gint16 *) (void *) cut (&next, 2 * picture);
  }
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

    self->rows[i] = det_blend_new (frame->height, shift_y, box->height);
    det_row_scale_init (&self->columns[i], frame->width, shift_x, box->width);
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

static void
unpack_24 (DetPreprocess *self, const guint8 *row, int width, guint8 **to)
{
  const int *at = self->layout->channel_at;
  guint8 *bytes[3];

  for (int c = 0; c < 3; c++)
    bytes[at[c]] = to[c];
  SplitRGBPlane (row, 0, bytes[0], 0, bytes[1], 0, bytes[2], 0, width, 1);
}

static void
unpack_32 (DetPreprocess *self, const guint8 *row, int width, guint8 **to)
{
  const int *at = self->layout->channel_at;

  /* SplitARGBPlane's names are those of a little-endian word: B G R A in memory.
   * What stands in the place that is nobody's is thrown away. */
  guint8 *bytes[4] = { self->spare, self->spare, self->spare, self->spare };
  for (int c = 0; c < 3; c++)
    bytes[at[c]] = to[c];
  SplitARGBPlane (row, 0, bytes[2], 0, bytes[1], 0, bytes[0], 0, bytes[3], 0,
      width, 1);
}

static const guint8 *
narrow (DetPreprocess *self, const guint8 *row, gsize bytes, guint8 *to)
{
  Convert16To8Plane ((const uint16_t *) (const void *) row, 0, to, 0,
      self->layout->to_8bit, (int) (bytes / 2), 1);
  return to;
}

static void
unpack (DetPreprocess *self, const guint8 *row, int plane, guint8 **to)
{
  const DetPixelLayout *layout = self->layout;
  int width = self->like.width;
  gsize bytes = det_pixel_row_bytes (layout, plane, width);

  switch (layout->packing) {
    case DET_PACKING_NONE:
      break;
    case DET_PACKING_PLANAR:
      narrow (self, row, bytes, to[0]);
      break;
    case DET_PACKING_SEMIPLANAR:
      if (plane == 0) {
        narrow (self, row, bytes, to[0]);
        break;
      }
      if (layout->sample_size == 2)
        row = narrow (self, row, bytes, self->spare);
      SplitUVPlane (row, 0, to[0], 0, to[1], 0,
          (int) (bytes / 2) / layout->sample_size, 1);
      break;
    case DET_PACKING_YUY2:
      YUY2ToI422 (row, 0, to[0], 0, to[1], 0, to[2], 0, width, 1);
      break;
    case DET_PACKING_UYVY:
      UYVYToI422 (row, 0, to[0], 0, to[1], 0, to[2], 0, width, 1);
      break;
    case DET_PACKING_24:
      unpack_24 (self, row, width, to);
      break;
    case DET_PACKING_32:
      unpack_32 (self, row, width, to);
      break;
  }
}

/* Whether a plane's rows can be read where they lie. */
static gboolean
is_plain (const DetPixelLayout *layout, int plane)
{
  return layout->sample_size == 1 &&
      (layout->packing == DET_PACKING_PLANAR ||
          (layout->packing == DET_PACKING_SEMIPLANAR && plane == 0));
}

/* A channel of a source row; place: which of the plane's channels. */
static const guint8 *
get_row (DetPreprocess *self, const DetFrame *frame, int plane, int place,
    int index)
{
  RowCache *cache = &self->cache[plane];
  const guint8 *row =
      frame->plane[plane] + (gssize) index * frame->stride[plane];
  int slot = index & 1;

  if (is_plain (self->layout, plane))
    return row;
  if (cache->index[slot] != index) {
    unpack (self, row, plane, cache->channels[slot]);
    cache->index[slot] = index;
  }
  return cache->channels[slot][place];
}

/* Where a channel comes from. */
typedef struct
{
  int channel;
  int plane;
  int place;
  gboolean is_chroma;
} Source;

static const gint16 *
get_scaled (DetPreprocess *self, const DetFrame *frame, const Source *from,
    int index)
{
  ScaledCache *cache = &self->columns_of[from->channel];
  int slot = index & 1;

  if (cache->index[slot] != index) {
    det_row_scale_columns (&self->columns[from->is_chroma],
        get_row (self, frame, from->plane, from->place, index),
        cache->rows[slot]);
    cache->index[slot] = index;
  }
  return cache->rows[slot];
}

static const guint8 *
scale_channel (DetPreprocess *self, const DetFrame *frame, const Source *from,
    const DetBlend *blend)
{
  const DetRowScale *columns = &self->columns[from->is_chroma];
  guint8 *out = self->scaled[from->channel];

  if (blend->weight == 0 && columns->is_picking) {
    const guint8 *row =
        get_row (self, frame, from->plane, from->place, blend->first);

    if (columns->is_identity)
      return row;
    det_row_scale_pick (columns, row, out);
    return out;
  }

  const gint16 *first = get_scaled (self, frame, from, blend->first);
  const gint16 *second = blend->weight > 0
      ? get_scaled (self, frame, from, blend->first + 1)
      : first;
  det_row_blend (first, second, blend->weight, out, columns->target);
  return out;
}

/* A channel at the picture's row y and width. */
static const guint8 *
get_channel (DetPreprocess *self, const DetFrame *frame, int channel, int y)
{
  const DetPixelLayout *layout = self->layout;
  gboolean is_chroma = channel > 0 && !layout->is_rgb;
  int plane = 0;
  int place = channel;

  if (layout->packing == DET_PACKING_PLANAR) {
    plane = layout->channel_at[channel];
    place = 0;
  } else if (layout->packing == DET_PACKING_SEMIPLANAR) {
    plane = channel > 0;
    place = layout->channel_at[channel];
  }

  return scale_channel (self, frame,
      &(Source){ channel, plane, place, is_chroma }, &self->rows[plane > 0][y]);
}

static void
luma_of_rgb (const guint8 *const rgb[3], guint8 *luma, int width)
{
  /* BT.601's weights in 1/256. */
  for (int x = 0; x < width; x++)
    luma[x] =
        (guint8) ((77 * rgb[0][x] + 150 * rgb[1][x] + 29 * rgb[2][x] + 128) >>
            8);
}

/* Limited range -> full. */
static void
expand_row (DetPreprocess *self, const guint8 *row, guint8 *out)
{
  for (int x = 0; x < self->letterbox.width; x++)
    out[x] = self->expand[row[x]];
}

static void
store_grey_row (DetPreprocess *self, const DetFrame *frame, int y)
{
  const guint8 *rows[MAX_CHANNELS];

  rows[0] = get_channel (self, frame, 0, y);
  if (!self->layout->is_rgb && !self->like.full_range) {
    expand_row (self, rows[0], self->argb);
    rows[0] = self->argb;
  }
  if (self->layout->is_rgb) {
    rows[1] = get_channel (self, frame, 1, y);
    rows[2] = get_channel (self, frame, 2, y);
    luma_of_rgb (rows, self->argb, self->letterbox.width);
    rows[0] = self->argb;
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
    expand_row (self, rows[0], self->rgb[0]);
    rows[0] = rows[1] = rows[2] = self->rgb[0];
    return;
  }
  I444ToARGBMatrix (rows[0], 0, rows[1], 0, rows[2], 0, self->argb, 0,
      self->matrix, width, 1);
  SplitARGBPlane (self->argb, 0, self->rgb[0], 0, self->rgb[1], 0, self->rgb[2],
      0, self->spare, 0, width, 1);
  for (int c = 0; c < 3; c++)
    rows[c] = self->rgb[c];
}

static void
store_color_row (DetPreprocess *self, const DetFrame *frame, int y)
{
  const guint8 *rows[MAX_CHANNELS];

  for (int c = 0; c < self->layout->n_channels; c++)
    rows[c] = get_channel (self, frame, c, y);
  convert_row (self, rows);
  if (self->spec.order == DET_ORDER_BGR) {
    const guint8 *red = rows[0];

    rows[0] = rows[2];
    rows[2] = red;
  }
  det_row_store_write (&self->store, &self->letterbox, y, rows);
}

/* Rows of an earlier frame are of no use. */
static void
forget_rows (DetPreprocess *self)
{
  for (int p = 0; p < DET_FRAME_MAX_PLANES; p++)
    self->cache[p].index[0] = self->cache[p].index[1] = -1;
  for (int c = 0; c < MAX_CHANNELS; c++)
    self->columns_of[c].index[0] = self->columns_of[c].index[1] = -1;
}

gboolean
det_preprocess_run (DetPreprocess *self, const DetFrame *frame, GError **error)
{
  if (!det_frame_check (frame, error))
    return FALSE;
  if (!is_planned (self, frame))
    make_plan (self, frame);
  forget_rows (self);
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
