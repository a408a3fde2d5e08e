/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rowstore.h"

#include "block.h"
#include "rowloop.h"
#include <math.h>
#include <string.h>

/* Round to nearest even. */
static guint16
float_to_half (float value)
{
  guint32 bits;

  memcpy (&bits, &value, sizeof bits);
  guint32 sign = (bits >> 16) & 0x8000;
  guint32 magnitude = bits & 0x7fffffff;

  if (magnitude >= 0x47800000) /* too large, infinite or NaN */
    return (guint16) (sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00));
  if (magnitude < 0x38800000) /* subnormal in half */
    return (guint16) (sign | (guint32) lrintf (fabsf (value) * 0x1p24f));
  guint32 rounded = magnitude + 0xfff + ((magnitude >> 13) & 1);
  return (guint16) (sign | ((rounded - 0x38000000) >> 13));
}

static guint16
to_table (const DetRowStore *store, float value)
{
  switch (store->dtype) {
    case DET_DTYPE_FLOAT16:
      return float_to_half (value);
    case DET_DTYPE_UINT8:
      return (guint16) CLAMP (lrintf (value), 0, 255);
    case DET_DTYPE_INT8:
      return (guint8) (gint8) CLAMP (lrintf (value), -128, 127);
    case DET_DTYPE_UNKNOWN:
    case DET_DTYPE_FLOAT32:
    case DET_DTYPE_FLOAT64:
    case DET_DTYPE_INT32:
    case DET_DTYPE_INT64:
    case DET_DTYPE_BOOL:
    case DET_DTYPE_STRING:
    case DET_N_DTYPES:
      break;
  }
  return 0;
}

void
det_row_store_init (DetRowStore *store, const DetInputSpec *spec)
{
  *store = (DetRowStore){
    .dtype = spec->dtype,
    .layout = spec->layout,
    .channels = spec->order == DET_ORDER_GRAY ? 1 : 3,
    .pad = spec->pad,
  };
  for (int c = 0; c < 3; c++) {
    store->factor[c] = spec->scale[c];
    store->term[c] = -spec->mean[c] * spec->scale[c];
    for (int i = 0; i < 256; i++)
      store->table[c][i] =
          to_table (store, ((float) i - spec->mean[c]) * spec->scale[c]);
  }
}

void
det_row_store_attach (DetRowStore *store, void *data, int width, int height)
{
  store->data = data;
  store->width = width;
  store->height = height;
}

/* step: samples from one of a row to the next. */
DET_ROW_LOOP static void
write_floats (float *restrict to, const guint8 *restrict from, int n, int step,
    float factor, float term)
{
  if (step == 1) {
    for (int i = 0; i < n; i++)
      to[i] = (float) from[i] * factor + term;
    return;
  }
  for (int i = 0; i < n; i++)
    to[(gsize) i * (gsize) step] = (float) from[i] * factor + term;
}

static void
write_samples (const DetRowStore *store, int channel, gsize at, int step,
    const guint8 *from, int n)
{
  const guint16 *table = store->table[channel];

  if (store->dtype == DET_DTYPE_FLOAT32) {
    write_floats ((float *) (void *) store->data + at, from, n, step,
        store->factor[channel], store->term[channel]);
  } else if (store->dtype == DET_DTYPE_FLOAT16) {
    guint16 *to = (guint16 *) (void *) store->data + at;
    for (int i = 0; i < n; i++)
      to[(gsize) i * (gsize) step] = table[from[i]];
  } else {
    guint8 *to = store->data + at;
    for (int i = 0; i < n; i++)
      to[(gsize) i * (gsize) step] = (guint8) table[from[i]];
  }
}

static void
write_row (const DetRowStore *store, int x, int y, int n,
    const guint8 *const *rows)
{
  gsize width = (gsize) store->width;
  gsize height = (gsize) store->height;
  gsize pixel = (gsize) y * width + (gsize) x;

  for (int c = 0; c < store->channels; c++) {
    if (store->layout == DET_LAYOUT_NCHW)
      write_samples (store, c, (gsize) c * width * height + pixel, 1, rows[c],
          n);
    else
      write_samples (store, c, pixel * (gsize) store->channels + (gsize) c,
          store->channels, rows[c], n);
  }
}

void
det_row_store_pad (const DetRowStore *store, const DetLetterbox *box)
{
  g_autofree guint8 *row = g_malloc ((gsize) store->width);
  const guint8 *rows[3] = { row, row, row };
  int right = box->x + box->width;

  memset (row, store->pad, (gsize) store->width);
  for (int y = 0; y < store->height; y++) {
    if (y < box->y || y >= box->y + box->height) {
      write_row (store, 0, y, store->width, rows);
      continue;
    }
    write_row (store, 0, y, box->x, rows);
    write_row (store, right, y, store->width - right, rows);
  }
}

void
det_row_store_write (const DetRowStore *store, const DetLetterbox *box, int y,
    const guint8 *const *rows)
{
  write_row (store, box->x, box->y + y, box->width, rows);
}

void
det_row_store_fetch (const DetRowStore *store, const DetLetterbox *box, int y)
{
  gsize size = det_dtype_size (store->dtype);
  gsize plane = (gsize) store->width * (gsize) store->height * size;
  gsize pixel = (gsize) (box->y + y) * (gsize) store->width + (gsize) box->x;
  gsize bytes = (gsize) box->width * size;

  if (store->layout != DET_LAYOUT_NCHW)
    return;
  for (int c = 0; c < store->channels; c++) {
    const guint8 *to = store->data + (gsize) c * plane + pixel * size;

    for (gsize i = 0; i < bytes; i += DET_CACHE_LINE)
      __builtin_prefetch (to + i, 1, 2);
  }
}
