/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TESTS_TESTPICTURES_H
#define TESTS_TESTPICTURES_H

/* One synthetic master, and frames of every format made from it. */

#include "preprocess.h"
#include <detect/frame.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Three planes of full size: Y U V, or R G B. */
typedef struct
{
  int width, height;
  guint8 *planes[3];
} Master;

/* What a network wants that values are not changed for. */
G_GNUC_UNUSED static const DetInputSpec plain = {
  .width = 96,
  .height = 64,
  .batch = 1,
  .dtype = DET_DTYPE_FLOAT32,
  .order = DET_ORDER_RGB,
  .scale = { 1, 1, 1 },
  .pad = 114,
  .resize = DET_RESIZE_LETTERBOX,
};

/* Up and down between 0 and 40. */
static int
wave (int i, int length)
{
  int at = i % (2 * length);

  return MIN (at, 2 * length - at) * 40 / length;
}

/* Waves with hard edges, so that a shift of a tenth of a pixel is seen. */
static Master
make_master (int width, int height)
{
  Master master = { .width = width, .height = height };

  for (int c = 0; c < 3; c++) {
    master.planes[c] = g_malloc ((gsize) (width * height));
    for (int i = 0; i < width * height; i++) {
      int x = i % width;
      int y = i / width;
      int edge = (x / 7 + y / 5 + c) % 3 * 40;

      master.planes[c][i] = (guint8) (40 + wave (3 * x + y, 37 + 16 * c) +
          wave (2 * y + x, 29 + 8 * c) + edge);
    }
  }
  return master;
}

static void
clear_master (Master *master)
{
  for (int c = 0; c < 3; c++)
    g_free (master->planes[c]);
}

/* The samples of each plane in the order they lie in memory. Chroma that stands in
 * a plane of its own, or beside two Y, is subsampled. */
typedef struct
{
  const char *planes[DET_FRAME_MAX_PLANES];
  int sx, sy; /* log2 of the subsampling */
  int bits;   /* of a sample; more than 8: in 16 bits, shifted by shift */
  int shift;
} Layout;

static const Layout layouts[DET_N_PIXEL_FORMATS] = {
  [DET_PIXEL_FORMAT_I420] = { { "Y", "U", "V" }, 1, 1, 8, 0 },
  [DET_PIXEL_FORMAT_YV12] = { { "Y", "V", "U" }, 1, 1, 8, 0 },
  [DET_PIXEL_FORMAT_NV12] = { { "Y", "UV" }, 1, 1, 8, 0 },
  [DET_PIXEL_FORMAT_NV21] = { { "Y", "VU" }, 1, 1, 8, 0 },
  [DET_PIXEL_FORMAT_NV16] = { { "Y", "UV" }, 1, 0, 8, 0 },
  [DET_PIXEL_FORMAT_YUY2] = { { "YUYV" }, 1, 0, 8, 0 },
  [DET_PIXEL_FORMAT_UYVY] = { { "UYVY" }, 1, 0, 8, 0 },
  [DET_PIXEL_FORMAT_Y42B] = { { "Y", "U", "V" }, 1, 0, 8, 0 },
  [DET_PIXEL_FORMAT_Y444] = { { "Y", "U", "V" }, 0, 0, 8, 0 },
  [DET_PIXEL_FORMAT_GRAY8] = { { "Y" }, 0, 0, 8, 0 },
  [DET_PIXEL_FORMAT_RGB] = { { "RGB" }, 0, 0, 8, 0 },
  [DET_PIXEL_FORMAT_BGR] = { { "BGR" }, 0, 0, 8, 0 },
  [DET_PIXEL_FORMAT_RGBX] = { { "RGBx" }, 0, 0, 8, 0 },
  [DET_PIXEL_FORMAT_BGRX] = { { "BGRx" }, 0, 0, 8, 0 },
  [DET_PIXEL_FORMAT_XRGB] = { { "xRGB" }, 0, 0, 8, 0 },
  [DET_PIXEL_FORMAT_XBGR] = { { "xBGR" }, 0, 0, 8, 0 },
  [DET_PIXEL_FORMAT_RGBA] = { { "RGBA" }, 0, 0, 8, 0 },
  [DET_PIXEL_FORMAT_BGRA] = { { "BGRA" }, 0, 0, 8, 0 },
  [DET_PIXEL_FORMAT_ARGB] = { { "ARGB" }, 0, 0, 8, 0 },
  [DET_PIXEL_FORMAT_ABGR] = { { "ABGR" }, 0, 0, 8, 0 },
  [DET_PIXEL_FORMAT_I420_10LE] = { { "Y", "U", "V" }, 1, 1, 10, 0 },
  [DET_PIXEL_FORMAT_P010_10LE] = { { "Y", "UV" }, 1, 1, 10, 6 },
};

G_GNUC_UNUSED static gboolean
is_rgb (DetPixelFormat format)
{
  return strchr (layouts[format].planes[0], 'R') != NULL;
}

/* Memory between two pages that may not be touched, flush with one of them, and
 * read-only once filled: what a sanitizer cannot see inside libyuv ends here. */
typedef struct
{
  guint8 *map;
  gsize map_size;
  guint8 *data;
} Fence;

static Fence
fence_new (gsize size, gboolean at_end)
{
  gsize page = (gsize) sysconf (_SC_PAGESIZE);
  gsize inner = (size + page - 1) / page * page;
  Fence fence = { .map_size = inner + 2 * page };

  fence.map = mmap (NULL, fence.map_size, PROT_NONE,
      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  g_assert_true (fence.map != MAP_FAILED);
  g_assert_cmpint (mprotect (fence.map + page, inner, PROT_READ | PROT_WRITE),
      ==, 0);
  fence.data = fence.map + page + (at_end ? inner - size : 0);
  return fence;
}

static void
fence_lock (Fence *fence)
{
  gsize page = (gsize) sysconf (_SC_PAGESIZE);

  g_assert_cmpint (mprotect (fence->map + page, fence->map_size - 2 * page,
                       PROT_READ),
      ==, 0);
}

typedef struct
{
  DetFrame frame;
  Fence fences[DET_FRAME_MAX_PLANES];
} Picture;

/* How rows follow each other. */
typedef enum
{
  ROWS_TIGHT,
  ROWS_PADDED,
  ROWS_FLIPPED, /* negative stride */
  N_ROWS
} Rows;

static void
put (guint8 *row, int index, guint8 value, const Layout *layout)
{
  if (layout->bits == 8) {
    row[index] = value;
  } else { /* the two lowest bits are noise */
    guint16 sample =
        GUINT16_TO_LE ((guint16) ((value * 4 + index % 4) << layout->shift));
    memcpy (row + 2 * index, &sample, 2);
  }
}

/* The master's sample for the one at place i of a row. */
static guint8
take (const Master *master, const Layout *layout, const char *pattern, int i,
    int y)
{
  int n = (int) strlen (pattern);
  char which = pattern[i % n];
  gboolean has_two_y = n == 4 && strchr (pattern, 'Y');
  int x = i / n;
  const char *at;

  if (which == 'Y') {
    x = has_two_y ? x * 2 + i % n / 2 : x;
    return master->planes[0][y * master->width + MIN (x, master->width - 1)];
  }
  if ((at = strchr ("RGB", which)))
    return master->planes[at - "RGB"][y * master->width + x];
  if (which == 'x' || which == 'A')
    return 77;
  return master->planes[which == 'U' ? 1 : 2]
                       [(y << layout->sy) * master->width + (x << layout->sx)];
}

static void
add_plane (Picture *picture, int plane, const Master *master, Rows kind)
{
  const Layout *layout = &layouts[picture->frame.format];
  const char *pattern = layout->planes[plane];
  gboolean is_packed = strlen (pattern) == 4 && strchr (pattern, 'Y');
  gboolean is_chroma = !strpbrk (pattern, "YR");
  int sx = is_chroma || is_packed ? layout->sx : 0;
  int sy = is_chroma ? layout->sy : 0;
  int rows = (master->height + (1 << sy) - 1) >> sy;
  int samples =
      ((master->width + (1 << sx) - 1) >> sx) * (int) strlen (pattern);
  gsize bytes = (gsize) (samples * (layout->bits > 8 ? 2 : 1));
  gsize stride = bytes + (kind == ROWS_PADDED ? 26 : 0);
  Fence fence =
      fence_new (stride * (gsize) (rows - 1) + bytes, kind != ROWS_FLIPPED);

  for (int y = 0; y < rows; y++) {
    int at = kind == ROWS_FLIPPED ? rows - 1 - y : y;

    for (int i = 0; i < samples; i++)
      put (fence.data + stride * (gsize) at, i,
          take (master, layout, pattern, i, y), layout);
  }
  fence_lock (&fence);
  picture->fences[plane] = fence;
  picture->frame.plane[plane] =
      fence.data + (kind == ROWS_FLIPPED ? stride * (gsize) (rows - 1) : 0);
  picture->frame.stride[plane] = kind == ROWS_FLIPPED ? -(int) stride
                                                      : (int) stride;
}

static Picture
make_picture (DetPixelFormat format, const Master *master, Rows kind)
{
  Picture picture = { .frame = { .format = format,
                          .width = master->width,
                          .height = master->height } };

  g_assert_nonnull (layouts[format].planes[0]); /* a new format needs a row */
  for (int i = 0; i < det_pixel_format_n_planes (format); i++)
    add_plane (&picture, i, master, kind);
  return picture;
}

static void
clear_picture (Picture *picture)
{
  for (int i = 0; i < DET_FRAME_MAX_PLANES; i++) {
    if (picture->fences[i].map)
      munmap (picture->fences[i].map, picture->fences[i].map_size);
  }
}

#endif
