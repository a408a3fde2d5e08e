/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "preprocess.h"

#include "block.h"
#include "pixelformat.h"
#include "rowcolor.h"
#include "rowscale.h"
#include "rowstore.h"
#include "rowunpack.h"
#include "scaledrows.h"
#include <detect/error.h>
#include <libyuv.h>
#include <stdlib.h>
#include <string.h>

/* One mechanism for every format, row by row of the picture in the model's input:
 * take the two source rows it lies between, unpack them into channels, scale
 * between them, convert to RGB, normalise. Only source rows that matter are read, and
 * nothing larger than a row is held, unless the conversion is deferred: then the
 * scaled picture is. */

#define MAX_CHANNELS 3
#define ROWS_AT_ONCE 16 /* that one thread takes; even, for chroma_rows */

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

/* What a thread needs to make rows of the picture. */
typedef struct
{
  const DetPreprocess *plan;
  guint8 *scratch; /* one block, cut into what follows; NULL: not yet */
  RowCache cache[DET_FRAME_MAX_PLANES];
  guint8 *spare; /* a row nobody reads */
  ScaledCache columns_of[MAX_CHANNELS];
  guint8 *scaled[MAX_CHANNELS];
  guint8 *pairs; /* two channels that alternate */
  guint8 *rgb[MAX_CHANNELS];
  const guint8 *chroma[MAX_CHANNELS]; /* of the last row that has its own */
} Lane;

struct _DetPreprocess
{
  DetInputSpec spec;
  DetTensor tensor;
  gint64 n_elements; /* that there is room for */
  DetRowStore store;

  /* The plan: valid for frames like the last. */
  DetFrame frame; /* format 0: there was none */
  const DetPixelLayout *layout;
  DetLetterbox letterbox;
  DetBlend *rows[2];      /* of the first plane and of the others */
  int chroma_rows;        /* picture rows that share an entry of the others */
  DetRowScale columns[2]; /* of full and subsampled channels */
  DetRowColor color;

  gboolean is_deferring;
  gboolean is_taken; /* work ends, or has ended, with what follows */
  DetScaledRows taken;

  int next_row;  /* of the picture that nobody has taken; atomic */
  Lane lanes[2]; /* the caller's and the helper's */
};

DetPreprocess *
det_preprocess_new (const DetInputSpec *spec)
{
  DetPreprocess *self = g_new0 (DetPreprocess, 1);

  self->spec = *spec;
  self->spec.batch = MAX (spec->batch, 1);
  for (int i = 0; i < 2; i++)
    self->lanes[i].plan = self;
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
  for (int i = 0; i < 2; i++)
    g_clear_pointer (&self->lanes[i].scratch, g_aligned_free);
  det_scaled_rows_clear (&self->taken);
  self->frame.format = DET_PIXEL_FORMAT_UNKNOWN;
}

void
det_preprocess_free (DetPreprocess *self)
{
  if (!self)
    return;
  clear_plan (self);
  free (self->tensor.data);
  g_free (self);
}

/* ---- the plan ---- */

static gboolean
size_tensor (DetPreprocess *self, GError **error)
{
  gint64 channels = self->spec.order == DET_ORDER_GRAY ? 1 : 3;
  gint64 width = self->letterbox.input_width;
  gint64 height = self->letterbox.input_height;
  gboolean planar = self->spec.layout == DET_LAYOUT_NCHW;
  DetTensor *tensor = &self->tensor;

  tensor->dtype = self->spec.dtype;
  tensor->n_dims = 4;
  tensor->dims[0] = self->spec.batch;
  tensor->dims[1] = planar ? channels : height;
  tensor->dims[2] = planar ? height : width;
  tensor->dims[3] = planar ? width : channels;

  gint64 n = det_tensor_n_elements (tensor);
  if (n != self->n_elements) {
    free (tensor->data);
    tensor->data = det_block_new (n, det_dtype_size (tensor->dtype));
    self->n_elements = tensor->data ? n : 0;
  }
  if (!tensor->data) {
    g_autofree char *shape =
        det_tensor_shape_print (tensor->dtype, tensor->n_dims, tensor->dims);

    g_set_error (error, DET_ERROR, DET_ERROR_FRAME,
        "a frame of %dx%d pixels asks for an input tensor %s, and there is no "
        "memory for that; hand in a smaller frame, or bound the input with "
        "input-size",
        self->letterbox.source_width, self->letterbox.source_height, shape);
    return FALSE;
  }
  det_row_store_attach (&self->store, tensor->data, (int) width, (int) height);
  det_row_store_pad (&self->store, &self->letterbox);
  return TRUE;
}

static guint8 *
cut (guint8 **next, gsize bytes)
{
  guint8 *piece = *next;

  *next += bytes;
  return piece;
}

static void
cut_scratch (Lane *lane)
{
  gsize wide = det_block_pad_row ((gsize) lane->plan->frame.width + 8);
  gsize picture = det_block_pad_row ((gsize) lane->plan->letterbox.width);
  gsize n_wide = DET_FRAME_MAX_PLANES * 2 * MAX_CHANNELS + 1;
  gsize n_picture = 2 + MAX_CHANNELS * (2 + 2 * 6);
  guint8 *next = lane->scratch =
      g_aligned_alloc0 (1, n_wide * wide + n_picture * picture, DET_CACHE_LINE);

  for (int p = 0; p < DET_FRAME_MAX_PLANES; p++) {
    for (int slot = 0; slot < 2; slot++) {
      for (int c = 0; c < MAX_CHANNELS; c++)
        lane->cache[p].channels[slot][c] = cut (&next, wide);
    }
  }
  lane->spare = cut (&next, wide);
  lane->pairs = cut (&next, 2 * picture);
  for (int c = 0; c < MAX_CHANNELS; c++) {
    lane->scaled[c] = cut (&next, picture);
    lane->rgb[c] = cut (&next, picture);
    for (int slot = 0; slot < 2; slot++)
      lane->columns_of[c].rows[slot] =
          (gint16 *) (void *) cut (&next, 6 * picture);
  }
}

static gboolean
has_half_chroma (const DetPreprocess *self)
{
  return self->spec.half_chroma && self->layout->n_planes > 1 &&
      !self->layout->is_rgb;
}

static gboolean
make_plan (DetPreprocess *self, const DetFrame *frame, GError **error)
{
  int width = frame->source_width > 0 ? frame->source_width : frame->width;
  int height = frame->source_height > 0 ? frame->source_height : frame->height;
  const DetLetterbox *box = &self->letterbox;

  clear_plan (self);
  det_letterbox_init (&self->letterbox, self->spec.resize, self->spec.rounding,
      width, height, self->spec.width, self->spec.height);
  if (!size_tensor (self, error))
    return FALSE;
  self->frame = *frame;
  self->layout = det_pixel_layout (frame->format);
  det_row_color_init (&self->color, frame->matrix, frame->full_range);
  self->chroma_rows = has_half_chroma (self) ? 2 : 1;
  for (int i = 0; i < 2; i++) {
    int shift_x = i == 0 ? 0 : self->layout->shift_x;
    int shift_y = i == 0 ? 0 : self->layout->shift_y;
    gboolean pairs = i == 1 && self->layout->packing == DET_PACKING_SEMIPLANAR;

    self->rows[i] = det_blend_new (frame->height, shift_y, box->height,
        i == 0 ? 1 : self->chroma_rows);
    det_row_scale_init (&self->columns[i], frame->width, shift_x, box->width,
        pairs ? 2 : 1);
  }
  return TRUE;
}

static gboolean
is_planned (const DetPreprocess *self, const DetFrame *frame)
{
  const DetFrame *like = &self->frame;

  return like->format == frame->format && like->width == frame->width &&
      like->height == frame->height && like->matrix == frame->matrix &&
      !like->full_range == !frame->full_range &&
      like->source_width == frame->source_width &&
      like->source_height == frame->source_height;
}

/* ---- one row ---- */

/* Whether rows can be read where they lie. */
static gboolean
is_plain (const DetPixelLayout *layout)
{
  return layout->sample_size == 1 &&
      (layout->packing == DET_PACKING_PLANAR ||
          layout->packing == DET_PACKING_SEMIPLANAR);
}

/* Samples that are scaled together: a channel, or two that alternate. */
typedef struct
{
  int plane;
  int place; /* among the channels of the plane */
  int slot;  /* in columns_of */
  gboolean is_chroma;
  guint8 *out;
} Source;

static const guint8 *
get_row (Lane *lane, const Source *from, int index)
{
  RowCache *cache = &lane->cache[from->plane];
  const guint8 *row = lane->plan->frame.plane[from->plane] +
      (gssize) index * lane->plan->frame.stride[from->plane];
  int slot = index & 1;

  if (is_plain (lane->plan->layout))
    return row;
  if (cache->index[slot] != index) {
    det_row_unpack (lane->plan->layout, from->plane, row,
        lane->plan->frame.width, cache->channels[slot], lane->spare);
    cache->index[slot] = index;
  }
  return cache->channels[slot][from->place];
}

static const gint16 *
get_scaled (Lane *lane, const Source *from, int index)
{
  ScaledCache *cache = &lane->columns_of[from->slot];
  int slot = index & 1;

  if (cache->index[slot] != index) {
    det_row_scale_columns (&lane->plan->columns[from->is_chroma],
        get_row (lane, from, index), cache->rows[slot]);
    cache->index[slot] = index;
  }
  return cache->rows[slot];
}

static const DetBlend *
get_blend (const DetPreprocess *self, int plane, int y)
{
  return plane == 0 ? &self->rows[0][y] : &self->rows[1][y / self->chroma_rows];
}

/* The samples at the picture's row y and width. */
static const guint8 *
scale_samples (Lane *lane, const Source *from, int y)
{
  const DetRowScale *columns = &lane->plan->columns[from->is_chroma];
  const DetBlend *blend = get_blend (lane->plan, from->plane, y);

  if (blend->weight == 0 && columns->is_picking) {
    const guint8 *row = get_row (lane, from, blend->first);

    if (columns->is_identity)
      return row;
    det_row_scale_pick (columns, row, from->out);
    return from->out;
  }

  const gint16 *first = get_scaled (lane, from, blend->first);
  const gint16 *second =
      blend->weight > 0 ? get_scaled (lane, from, blend->second) : first;
  det_row_blend (first, second, blend->weight, from->out,
      columns->target * columns->channels);
  return from->out;
}

static void
get_pair (Lane *lane, int y, const guint8 *rows[MAX_CHANNELS])
{
  const int *at = lane->plan->layout->channel_at;
  const guint8 *pairs =
      scale_samples (lane, &(Source){ 1, 0, 1, TRUE, lane->pairs }, y);

  SplitUVPlane (pairs, 0, lane->scaled[1], 0, lane->scaled[2], 0,
      lane->plan->letterbox.width, 1);
  rows[1] = lane->scaled[1 + at[1]];
  rows[2] = lane->scaled[1 + at[2]];
}

static void
get_channel (Lane *lane, int y, int c, const guint8 *rows[MAX_CHANNELS])
{
  const DetPixelLayout *layout = lane->plan->layout;
  gboolean is_planar = layout->packing == DET_PACKING_PLANAR;

  rows[c] = scale_samples (lane,
      &(Source){ is_planar ? layout->channel_at[c] : 0, is_planar ? 0 : c, c,
          c > 0 && !layout->is_rgb, lane->scaled[c] },
      y);
}

/* The first n channels at the picture's row y and width. */
static void
get_channels (Lane *lane, int y, int n, const guint8 *rows[MAX_CHANNELS])
{
  get_channel (lane, y, 0, rows);
  if (y % lane->plan->chroma_rows != 0) {
    memcpy (rows + 1, lane->chroma + 1, sizeof (lane->chroma) - sizeof *rows);
    return;
  }
  if (n > 1 && lane->plan->layout->packing == DET_PACKING_SEMIPLANAR) {
    get_pair (lane, y, rows);
  } else {
    for (int c = 1; c < n; c++)
      get_channel (lane, y, c, rows);
  }
  for (int c = 1; c < n; c++)
    lane->chroma[c] = rows[c];
}

static void
store_grey_row (Lane *lane, int y, const guint8 *rows[MAX_CHANNELS])
{
  if (lane->plan->layout->is_rgb)
    det_row_color_luma (rows, lane->rgb[0], lane->plan->letterbox.width);
  else
    det_row_color_expand (&lane->plan->color, rows[0], lane->rgb[0],
        lane->plan->letterbox.width);
  rows[0] = lane->rgb[0];
  det_row_store_write (&lane->plan->store, &lane->plan->letterbox, y, rows);
}

/* To R G B, at the picture's width. */
static void
convert_row (Lane *lane, const guint8 *rows[MAX_CHANNELS])
{
  if (lane->plan->layout->is_rgb)
    return;
  if (lane->plan->layout->n_channels == 1) {
    det_row_color_expand (&lane->plan->color, rows[0], lane->rgb[0],
        lane->plan->letterbox.width);
    rows[0] = rows[1] = rows[2] = lane->rgb[0];
    return;
  }
  det_row_color_to_rgb (&lane->plan->color, rows, lane->rgb,
      lane->plan->letterbox.width);
  for (int c = 0; c < 3; c++)
    rows[c] = lane->rgb[c];
}

static void
store_color_row (Lane *lane, int y, const guint8 *rows[MAX_CHANNELS])
{
  convert_row (lane, rows);
  if (lane->plan->spec.order == DET_ORDER_BGR) {
    const guint8 *red = rows[0];

    rows[0] = rows[2];
    rows[2] = red;
  }
  det_row_store_write (&lane->plan->store, &lane->plan->letterbox, y, rows);
}

static void
store_row (Lane *lane, int y, const guint8 *rows[MAX_CHANNELS])
{
  if (lane->plan->spec.order == DET_ORDER_GRAY)
    store_grey_row (lane, y, rows);
  else
    store_color_row (lane, y, rows);
}

/* Asks for the source rows that the picture's row y is the first to need: those of a
 * shrunk picture lie far apart, where no processor expects the next. Into the second
 * cache (2): requests to the first would hold up the row under way. */
static void
fetch_rows (const DetPreprocess *self, int y)
{
  const DetFrame *frame = &self->frame;

  for (int p = 0; p < self->layout->n_planes; p++) {
    int step = p == 0 ? 1 : self->chroma_rows;
    const DetBlend *blend = get_blend (self, p, y);
    int index = y >= step ? MAX (blend[-1].second + 1, blend->first)
                          : blend->first;
    int last = blend->weight > 0 ? blend->second : blend->first;
    gsize bytes = det_pixel_row_bytes (self->layout, p, frame->width);

    if (y % step != 0)
      continue;
    for (; index <= last; index++) {
      const guint8 *row = frame->plane[p] + (gssize) index * frame->stride[p];

      for (gsize i = 0; i < bytes; i += DET_CACHE_LINE)
        __builtin_prefetch (row + i, 0, 2);
    }
  }
}

/* ---- the picture ---- */

/* Rows of an earlier frame are of no use. */
static void
forget_rows (Lane *lane)
{
  for (int p = 0; p < DET_FRAME_MAX_PLANES; p++)
    lane->cache[p].index[0] = lane->cache[p].index[1] = -1;
  for (int c = 0; c < MAX_CHANNELS; c++)
    lane->columns_of[c].index[0] = lane->columns_of[c].index[1] = -1;
}

/* Channels that matter. */
static int
count_channels (const DetPreprocess *self)
{
  return self->spec.order == DET_ORDER_GRAY && !self->layout->is_rgb
      ? 1
      : self->layout->n_channels;
}

static void
fetch_store (const DetPreprocess *self, int y)
{
  if (y < self->letterbox.height)
    det_row_store_fetch (&self->store, &self->letterbox, y);
}

static void
make_rows (Lane *lane, int from, int to)
{
  const DetPreprocess *plan = lane->plan;
  const guint8 *rows[MAX_CHANNELS] = { NULL };

  for (int y = from; y < to; y++) {
    if (y + 1 < plan->letterbox.height)
      fetch_rows (plan, y + 1);
    if (!plan->is_taken)
      fetch_store (plan, y + 1);
    get_channels (lane, y, count_channels (plan), rows);
    if (plan->is_taken)
      det_scaled_rows_put (&plan->taken, y, rows);
    else
      store_row (lane, y, rows);
  }
}

/* Makes rows as long as there are some that nobody has taken. */
static void
work (DetPreprocess *self, Lane *lane)
{
  int height = self->letterbox.height;
  int y = g_atomic_int_add (&self->next_row, ROWS_AT_ONCE);

  if (y >= height)
    return;
  if (!lane->scratch)
    cut_scratch (lane);
  forget_rows (lane);
  for (; y < height; y = g_atomic_int_add (&self->next_row, ROWS_AT_ONCE))
    make_rows (lane, y, MIN (y + ROWS_AT_ONCE, height));
}

/* FALSE: there is no memory for it, and the tensor is made at once. */
static gboolean
make_room (DetPreprocess *self)
{
  return self->taken.samples ||
      det_scaled_rows_init (&self->taken, count_channels (self),
          self->letterbox.width, self->letterbox.height);
}

gboolean
det_preprocess_begin (DetPreprocess *self, const DetFrame *frame,
    GError **error)
{
  if (!det_frame_check (frame, error))
    return FALSE;
  if (!is_planned (self, frame) && !make_plan (self, frame, error))
    return FALSE;
  self->frame = *frame;
  self->is_taken = self->is_deferring && make_room (self);
  g_atomic_int_set (&self->next_row, 0);
  return TRUE;
}

void
det_preprocess_work (DetPreprocess *self)
{
  work (self, &self->lanes[0]);
}

void
det_preprocess_help (DetPreprocess *self)
{
  work (self, &self->lanes[1]);
}

void
det_preprocess_set_deferring (DetPreprocess *self, gboolean deferring)
{
  self->is_deferring = deferring;
}

void
det_preprocess_finish (DetPreprocess *self)
{
  Lane *lane = &self->lanes[0];
  const guint8 *rows[MAX_CHANNELS] = { NULL };

  if (!self->is_taken)
    return;
  if (!lane->scratch)
    cut_scratch (lane);
  for (int y = 0; y < self->letterbox.height; y++) {
    fetch_store (self, y + 1);
    det_scaled_rows_get (&self->taken, y, rows);
    store_row (lane, y, rows);
  }
  self->is_taken = FALSE;
}

gboolean
det_preprocess_run (DetPreprocess *self, const DetFrame *frame, GError **error)
{
  if (!det_preprocess_begin (self, frame, error))
    return FALSE;
  det_preprocess_work (self);
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
