/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "overlayblur.h"

/* One component of a frame: samples of a few bits, in words of 1, 2 or 4 bytes that
 * may hold other components too. */
typedef struct
{
  guint8 *first;
  gint stride; /* bytes from row to row */
  gint step;   /* bytes from sample to sample */
  guint shift;
  guint32 mask;
} Component;

/* In samples of a component. */
typedef struct
{
  gint x;
  gint y;
  gint width;
  gint height;
} Tile;

/* ---- words; size and order are constants where these are compiled ---- */

static inline guint32
read_word (const guint8 *at, gint size, gboolean big_endian)
{
  if (size == 1)
    return *at;
  if (size == 2)
    return big_endian ? GST_READ_UINT16_BE (at) : GST_READ_UINT16_LE (at);
  return big_endian ? GST_READ_UINT32_BE (at) : GST_READ_UINT32_LE (at);
}

static inline void
write_word (guint8 *at, guint32 word, gint size, gboolean big_endian)
{
  if (size == 1)
    *at = (guint8) word;
  else if (size == 2 && big_endian)
    GST_WRITE_UINT16_BE (at, (guint16) word);
  else if (size == 2)
    GST_WRITE_UINT16_LE (at, (guint16) word);
  else if (big_endian)
    GST_WRITE_UINT32_BE (at, word);
  else
    GST_WRITE_UINT32_LE (at, word);
}

static inline void
level (const Component *component, const Tile *tile, gint size,
    gboolean big_endian)
{
  guint64 n = (guint64) tile->width * (guint64) tile->height;
  gint step = component->step;
  guint32 kept = ~(component->mask << component->shift);
  guint8 *first = component->first + (gssize) tile->y * component->stride +
      (gssize) tile->x * step;
  guint64 sum = n / 2;

  for (gint y = 0; y < tile->height; y++) {
    const guint8 *row = first + (gssize) y * component->stride;

    for (gint x = 0; x < tile->width; x++)
      sum += read_word (row + (gssize) x * step, size, big_endian) >>
              component->shift &
          component->mask;
  }
  guint32 mean = (guint32) (sum / n) << component->shift;
  for (gint y = 0; y < tile->height; y++) {
    guint8 *row = first + (gssize) y * component->stride;

    for (gint x = 0; x < tile->width; x++) {
      guint8 *at = row + (gssize) x * step;
      write_word (at, (read_word (at, size, big_endian) & kept) | mean, size,
          big_endian);
    }
  }
}

typedef void (*LevelFunc) (const Component *component, const Tile *tile);

static void
level_8 (const Component *component, const Tile *tile)
{
  level (component, tile, 1, FALSE);
}

static void
level_16 (const Component *component, const Tile *tile)
{
  level (component, tile, 2, FALSE);
}

static void
level_16_be (const Component *component, const Tile *tile)
{
  level (component, tile, 2, TRUE);
}

static void
level_32 (const Component *component, const Tile *tile)
{
  level (component, tile, 4, FALSE);
}

static void
level_32_be (const Component *component, const Tile *tile)
{
  level (component, tile, 4, TRUE);
}

static LevelFunc
find_level (guint bits, gboolean big_endian)
{
  if (bits <= 8)
    return level_8;
  if (bits <= 16)
    return big_endian ? level_16_be : level_16;
  return big_endian ? level_32_be : level_32;
}

/* ---- components ---- */

/* Words hold all components of a pixel or one; those of odd formats such as RGB16,
 * with several in one word, tell it by their step. */
static guint
count_bits (const GstVideoFormatInfo *format, guint c)
{
  guint most = 0;

  for (guint i = 0; i < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format); i++) {
    if (GST_VIDEO_FORMAT_INFO_PLANE (format, i) ==
            GST_VIDEO_FORMAT_INFO_PLANE (format, c) &&
        GST_VIDEO_FORMAT_INFO_POFFSET (format, i) ==
            GST_VIDEO_FORMAT_INFO_POFFSET (format, c))
      most = MAX (most,
          GST_VIDEO_FORMAT_INFO_DEPTH (format, i) +
              GST_VIDEO_FORMAT_INFO_SHIFT (format, i));
  }
  return most;
}

/* The flag for little endian is missing from formats in this machine's order too, so
 * only the name tells. */
static gboolean
is_big_endian (const GstVideoFormatInfo *format)
{
  const gchar *name = GST_VIDEO_FORMAT_INFO_NAME (format);

  return g_str_has_suffix (name, "BE") ||
      (G_BYTE_ORDER == G_BIG_ENDIAN && !GST_VIDEO_FORMAT_INFO_IS_LE (format));
}

static Component
get_component (GstVideoFrame *frame, guint c)
{
  const GstVideoFormatInfo *format = frame->info.finfo;
  guint depth = GST_VIDEO_FORMAT_INFO_DEPTH (format, c);

  return (Component){
    .first = GST_VIDEO_FRAME_COMP_DATA (frame, c),
    .stride = GST_VIDEO_FRAME_COMP_STRIDE (frame, c),
    .step = GST_VIDEO_FRAME_COMP_PSTRIDE (frame, c),
    .shift = GST_VIDEO_FORMAT_INFO_SHIFT (format, c),
    .mask = (guint32) ((G_GUINT64_CONSTANT (1) << depth) - 1),
  };
}

/* The side of a tile in samples; area and tile are multiples of the subsampling. */
static gint
subsample (gint side, guint sub)
{
  return MAX (side >> sub, 1);
}

static void
pixelate_component (GstVideoFrame *frame, guint c,
    const GstVideoRectangle *area, gint tile_side)
{
  const GstVideoFormatInfo *format = frame->info.finfo;
  guint sub_x = GST_VIDEO_FORMAT_INFO_W_SUB (format, c);
  guint sub_y = GST_VIDEO_FORMAT_INFO_H_SUB (format, c);
  gint tile_width = subsample (tile_side, sub_x);
  gint tile_height = subsample (tile_side, sub_y);
  gint left = area->x >> sub_x;
  gint top = area->y >> sub_y;
  gint right = GST_VIDEO_FORMAT_INFO_SCALE_WIDTH (format, c, area->x + area->w);
  gint bottom =
      GST_VIDEO_FORMAT_INFO_SCALE_HEIGHT (format, c, area->y + area->h);
  Component component = get_component (frame, c);
  LevelFunc function =
      find_level (count_bits (format, c), is_big_endian (format));

  for (gint y = top; y < bottom; y += tile_height) {
    for (gint x = left; x < right; x += tile_width) {
      Tile tile = { x, y, MIN (tile_width, right - x),
        MIN (tile_height, bottom - y) };

      function (&component, &tile);
    }
  }
}

void
gst_overlay_blur_pixelate (GstVideoFrame *frame, const GstVideoRectangle *area,
    gint tile)
{
  g_return_if_fail (tile > 0);

  for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS (frame); c++)
    pixelate_component (frame, c, area, tile);
}
