/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "overlaymosaic.h"

#include "overlaybitmap.h"
#include <string.h>

/* Pixels are read and written by the format's own functions, which are right also
 * where GStreamer's description of the components is not (P010's, in 1.22). They
 * take four components of 8 or 16 bits a pixel. */
#define N_COMPONENTS 4

typedef struct
{
  GstVideoFrame *frame;
  gpointer data[GST_VIDEO_MAX_PLANES]; /* of the area's first column */
  gint width;                          /* of the area */
  gint tile;
  gint n_tiles;     /* across */
  gboolean is_wide; /* 16 bits a component */
  guint64 *sums;    /* of each tile's components */
  gpointer line;    /* the area's pixels of one row */
} Work;

void
gst_overlay_mosaic_clear (GstOverlayMosaic *mosaic)
{
  g_free (mosaic->memory);
  memset (mosaic, 0, sizeof *mosaic);
}

static gboolean
has_wide_pixels (const GstVideoFormatInfo *format)
{
  const GstVideoFormatInfo *pixels =
      gst_video_format_get_info (format->unpack_format);

  return GST_VIDEO_FORMAT_INFO_DEPTH (pixels, 0) > 8;
}

static void
work_init (Work *work, GstOverlayMosaic *mosaic, GstVideoFrame *frame,
    const GstVideoRectangle *area, gint tile)
{
  gint n_tiles = (area->w + tile - 1) / tile;
  gsize sums_size = (gsize) n_tiles * N_COMPONENTS * sizeof (guint64);
  /* The functions of subsampled formats take whole pairs of pixels, or more. */
  gsize line_size = (gsize) (area->w + 8) * N_COMPONENTS * sizeof (guint16);

  if (mosaic->size < sums_size + line_size) {
    mosaic->size = sums_size + line_size;
    mosaic->memory = g_realloc (mosaic->memory, mosaic->size);
  }
  *work = (Work){ .frame = frame,
    .width = area->w,
    .tile = tile,
    .n_tiles = n_tiles,
    .is_wide = has_wide_pixels (frame->info.finfo),
    .sums = mosaic->memory,
    .line = (guint8 *) mosaic->memory + sums_size };
  gst_overlay_bitmap_locate (frame, area->x, work->data);
}

/* ---- reading ---- */

/* Of one row of a tile. */
static void
add_narrow (const guint8 *pixel, gint n, guint64 *sums)
{
  guint32 sum[N_COMPONENTS] = { 0 };

  for (gint i = 0; i < n; i++) {
    for (gint c = 0; c < N_COMPONENTS; c++)
      sum[c] += pixel[i * N_COMPONENTS + c];
  }
  for (gint c = 0; c < N_COMPONENTS; c++)
    sums[c] += sum[c];
}

static void
add_wide (const guint16 *pixel, gint n, guint64 *sums)
{
  guint64 sum[N_COMPONENTS] = { 0 };

  for (gint i = 0; i < n; i++) {
    for (gint c = 0; c < N_COMPONENTS; c++)
      sum[c] += pixel[i * N_COMPONENTS + c];
  }
  for (gint c = 0; c < N_COMPONENTS; c++)
    sums[c] += sum[c];
}

static gint
tile_width (const Work *work, gint i)
{
  return MIN (work->tile, work->width - i * work->tile);
}

static void
add_row (Work *work)
{
  for (gint i = 0; i < work->n_tiles; i++) {
    guint64 *sums = &work->sums[i * N_COMPONENTS];
    gint first = i * work->tile * N_COMPONENTS;

    if (work->is_wide)
      add_wide ((const guint16 *) work->line + first, tile_width (work, i),
          sums);
    else
      add_narrow ((const guint8 *) work->line + first, tile_width (work, i),
          sums);
  }
}

static void
sum_rows (Work *work, gint top, gint n_rows)
{
  const GstVideoFormatInfo *format = work->frame->info.finfo;

  memset (work->sums, 0,
      (gsize) work->n_tiles * N_COMPONENTS * sizeof (guint64));
  for (gint y = top; y < top + n_rows; y++) {
    format->unpack_func (format, GST_VIDEO_PACK_FLAG_NONE, work->line,
        work->data, work->frame->info.stride, 0, y, work->width);
    add_row (work);
  }
}

/* ---- writing ---- */

static void
fill_tile (Work *work, gint i, gint n_rows)
{
  guint64 n = (guint64) tile_width (work, i) * (guint64) n_rows;
  gint first = i * work->tile;

  for (gint c = 0; c < N_COMPONENTS; c++) {
    guint64 mean = (work->sums[i * N_COMPONENTS + c] + n / 2) / n;

    for (gint x = first; x < first + tile_width (work, i); x++) {
      if (work->is_wide)
        ((guint16 *) work->line)[x * N_COMPONENTS + c] = (guint16) mean;
      else
        ((guint8 *) work->line)[x * N_COMPONENTS + c] = (guint8) mean;
    }
  }
}

static void
write_rows (Work *work, gint top, gint n_rows)
{
  const GstVideoInfo *info = &work->frame->info;
  const GstVideoFormatInfo *format = info->finfo;

  for (gint y = top; y < top + n_rows; y++)
    format->pack_func (format, GST_VIDEO_PACK_FLAG_NONE, work->line, 0,
        work->data, info->stride, info->chroma_site, y, work->width);
}

void
gst_overlay_mosaic_draw (GstOverlayMosaic *mosaic, GstVideoFrame *frame,
    const GstVideoRectangle *area, gint tile)
{
  g_return_if_fail (tile > 0);

  gint bottom = area->y + area->h;
  Work work;

  work_init (&work, mosaic, frame, area, tile);
  for (gint y = area->y; y < bottom; y += tile) {
    gint n_rows = MIN (tile, bottom - y);

    sum_rows (&work, y, n_rows);
    for (gint i = 0; i < work.n_tiles; i++)
      fill_tile (&work, i, n_rows);
    write_rows (&work, y, n_rows);
  }
}
