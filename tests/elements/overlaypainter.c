/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "overlaypainter.h"

#include "overlaybitmap.h"
#include "overlaymosaic.h"
#include <math.h>
#include <string.h>

#define WIDTH 160
#define HEIGHT 120
#define GREY 0x50
#define GUARD 64 /* bytes around the frame that must stay as they are */
#define GUARD_BYTE 0xa5

/* ---- frames ---- */

/* Converts between a format and RGB by GStreamer's own converter: an independent
 * pair of eyes. */
static void
convert (GstVideoFrame *from, GstVideoFrame *to)
{
  GstVideoConverter *converter =
      gst_video_converter_new (&from->info, &to->info, NULL);

  g_assert_nonnull (converter);
  gst_video_converter_frame (converter, from, to);
  gst_video_converter_free (converter);
}

static GstBuffer *
map_new (GstVideoFormat format, gint width, gint height, GstVideoFrame *frame)
{
  GstVideoInfo info;
  guint8 *memory;

  gst_video_info_set_format (&info, format, (guint) width, (guint) height);
  memory = g_malloc (info.size + 2 * GUARD);
  memset (memory, GUARD_BYTE, info.size + 2 * GUARD);
  GstBuffer *buffer = gst_buffer_new_wrapped_full (0, memory,
      info.size + 2 * GUARD, GUARD, info.size, memory, g_free);
  g_assert_true (gst_video_frame_map (frame, &info, buffer, GST_MAP_READWRITE));
  return buffer;
}

static void
assert_guards (GstBuffer *buffer)
{
  GstMapInfo map;
  g_autoptr (GstMemory) memory = gst_buffer_get_memory (buffer, 0);

  g_assert_true (gst_memory_map (memory, &map, GST_MAP_READ));
  for (gint i = 0; i < GUARD; i++) {
    g_assert_cmpint ((map.data - GUARD)[i], ==, GUARD_BYTE);
    g_assert_cmpint ((map.data + map.size)[i], ==, GUARD_BYTE);
  }
  gst_memory_unmap (memory, &map);
}

static void
fill_grey (GstVideoFrame *frame, gint width, gint height)
{
  GstVideoFrame rgb;
  GstBuffer *buffer = map_new (GST_VIDEO_FORMAT_RGB, width, height, &rgb);

  memset (GST_VIDEO_FRAME_PLANE_DATA (&rgb, 0), GREY,
      GST_VIDEO_INFO_SIZE (&rgb.info));
  convert (&rgb, frame);
  gst_video_frame_unmap (&rgb);
  gst_buffer_unref (buffer);
}

/* Three quarters of each are painted, one quarter of the frame shows through. */
#define FADING 64

static guint32
faded (guint32 color)
{
  guint32 result = 0;

  for (gint shift = 0; shift <= 16; shift += 8)
    result |= ((color >> shift & 0xff) * 3 + GREY + 2) / 4 << shift;
  return result;
}

/* ---- colours ---- */

static void
assert_color (const GstVideoFrame *rgb, gint x, gint y, guint32 color,
    gint tolerance)
{
  const guint8 *pixel = (const guint8 *) GST_VIDEO_FRAME_PLANE_DATA (rgb, 0) +
      y * GST_VIDEO_FRAME_PLANE_STRIDE (rgb, 0) + x * 3;

  for (gint c = 0; c < 3; c++) {
    gint wanted = (gint) (color >> (16 - 8 * c) & 0xff);
    if (ABS (pixel[c] - wanted) > tolerance)
      g_error ("at %d,%d: %02x%02x%02x for %06x", x, y, pixel[0], pixel[1],
          pixel[2], color);
  }
}

static guint32
to_grey (guint32 color)
{
  gdouble luma = 0.299 * (color >> 16) + 0.587 * (color >> 8 & 0xff) +
      0.114 * (color & 0xff);

  return (guint32) (luma + 0.5) * 0x010101;
}

static gint
tolerance_of (const GstVideoFormatInfo *format)
{
  guint depth = GST_VIDEO_FORMAT_INFO_DEPTH (format, 0);

  return depth >= 8 ? 8 : 255 >> depth;
}

/* What is mixed within the frame's own samples comes out near the mixture of colours;
 * where several samples share a word, it is drawn or not. */
static guint32
expected_color (const GstVideoFormatInfo *info, guint fading)
{
  guint32 color = gst_overlay_class_color (3);
  gboolean is_packed =
      GST_VIDEO_FORMAT_INFO_FLAGS (info) & GST_VIDEO_FORMAT_FLAG_COMPLEX;

  for (guint c = 0; c < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (info); c++)
    is_packed = is_packed || GST_VIDEO_FORMAT_INFO_DEPTH (info, c) < 8 ||
        info->format == GST_VIDEO_FORMAT_r210;
  if (GST_VIDEO_FORMAT_INFO_IS_GRAY (info))
    color = to_grey (color);
  return fading > 0 && !is_packed ? faded (color) : color;
}

static void
check_format (GstVideoFormat format, guint fading)
{
  const GstVideoFormatInfo *info = gst_video_format_get_info (format);
  GstOverlayPainter *painter = gst_overlay_painter_new ();
  GstDetectObject object = { .x0 = 0.25f,
    .y0 = 0.2f,
    .x1 = 0.75f,
    .y1 = 0.8f,
    .score = 0.5f,
    .class_id = 3,
    .track_id = -1 };
  GstOverlayStyle style = { .line_width = 12, .fading = fading };
  guint32 color = expected_color (info, fading);
  gint tolerance = tolerance_of (info);
  GstVideoFrame frame;
  GstVideoFrame rgb;
  GstBuffer *buffer = map_new (format, WIDTH, HEIGHT, &frame);
  GstBuffer *seen = map_new (GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT, &rgb);

  fill_grey (&frame, WIDTH, HEIGHT);
  gst_overlay_painter_paint (painter, &frame, &style, &object, 1);
  convert (&frame, &rgb);
  /* Within the lines, away from their edges … */
  assert_color (&rgb, 80, 30, color, tolerance);
  assert_color (&rgb, 80, 90, color, tolerance);
  assert_color (&rgb, 46, 60, color, tolerance);
  assert_color (&rgb, 114, 60, color, tolerance);
  /* … and beside them. */
  assert_color (&rgb, 80, 60, GREY * 0x010101, tolerance);
  assert_color (&rgb, 80, 12, GREY * 0x010101, tolerance);
  assert_color (&rgb, 20, 60, GREY * 0x010101, tolerance);
  assert_color (&rgb, 140, 60, GREY * 0x010101, tolerance);
  gst_video_frame_unmap (&frame);
  gst_video_frame_unmap (&rgb);
  assert_guards (buffer);
  gst_buffer_unref (buffer);
  gst_buffer_unref (seen);
  gst_overlay_painter_free (painter);
}

/* Every format that is said to be paintable. */
static void
test_formats (void)
{
  guint n_formats = 0;
  const GstVideoFormat *formats = gst_video_formats_raw (&n_formats);
  guint n = 0;

  for (guint i = 0; i < n_formats; i++) {
    if (!gst_overlay_painter_can_paint (formats[i]))
      continue;
    g_test_message ("%s", gst_video_format_to_string (formats[i]));
    check_format (formats[i], 0);
    check_format (formats[i], FADING);
    n++;
  }
  g_assert_cmpuint (n, >, 40);
}

/* What the element reads by itself must be paintable. */
static void
test_own_formats (void)
{
  static const GstVideoFormat formats[] = { GST_VIDEO_FORMAT_I420,
    GST_VIDEO_FORMAT_YV12, GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_NV21,
    GST_VIDEO_FORMAT_NV16, GST_VIDEO_FORMAT_YUY2, GST_VIDEO_FORMAT_UYVY,
    GST_VIDEO_FORMAT_Y42B, GST_VIDEO_FORMAT_Y444, GST_VIDEO_FORMAT_GRAY8,
    GST_VIDEO_FORMAT_RGB, GST_VIDEO_FORMAT_BGR, GST_VIDEO_FORMAT_RGBx,
    GST_VIDEO_FORMAT_BGRx, GST_VIDEO_FORMAT_xRGB, GST_VIDEO_FORMAT_xBGR,
    GST_VIDEO_FORMAT_RGBA, GST_VIDEO_FORMAT_BGRA, GST_VIDEO_FORMAT_ARGB,
    GST_VIDEO_FORMAT_ABGR, GST_VIDEO_FORMAT_I420_10LE,
    GST_VIDEO_FORMAT_P010_10LE };

  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++)
    g_assert_true (gst_overlay_painter_can_paint (formats[i]));
  g_assert_false (gst_overlay_painter_can_paint (GST_VIDEO_FORMAT_v210));
  g_assert_false (gst_overlay_painter_can_paint (GST_VIDEO_FORMAT_UNKNOWN));
}

/* Any box, any label, any size: nothing beyond the frame is touched. */
static void
test_wild (void)
{
  static const gint sizes[][2] = { { 1, 1 }, { 16, 16 }, { 641, 427 },
    { 1, 427 }, { 641, 1 }, { 3840, 20 } };
  static const gfloat wild[] = { NAN, INFINITY, -INFINITY, -3e38f, 3e38f, -1, 0,
    0.5f, 1, 2 };
  static const gchar *const labels[] = { NULL, "", "<b>&", "a\nb\tc",
    "\xff\xfe", "\xe8\xa1\x8c\xe4\xba\xba",
    "a very long label that does not fit into any of these frames at all" };
  static const GstVideoFormat formats[] = { GST_VIDEO_FORMAT_NV12,
    GST_VIDEO_FORMAT_Y41B, GST_VIDEO_FORMAT_RGB, GST_VIDEO_FORMAT_P010_10LE };
  GstOverlayPainter *painter = gst_overlay_painter_new ();

  for (gint round = 0; round < 300; round++) {
    gint size = g_test_rand_int_range (0, G_N_ELEMENTS (sizes));
    GstOverlayStyle style = { .labels = TRUE,
      .line_width = g_test_rand_int_range (0, 40),
      .fading = (guint) g_test_rand_int_range (0, 300) };
    GstDetectObject object = {
      .x0 = wild[g_test_rand_int_range (0, G_N_ELEMENTS (wild))],
      .y0 = wild[g_test_rand_int_range (0, G_N_ELEMENTS (wild))],
      .x1 = wild[g_test_rand_int_range (0, G_N_ELEMENTS (wild))],
      .y1 = wild[g_test_rand_int_range (0, G_N_ELEMENTS (wild))],
      .score = wild[g_test_rand_int_range (0, G_N_ELEMENTS (wild))],
      .class_id = g_test_rand_int_range (-5, 5000),
      .label = labels[g_test_rand_int_range (0, G_N_ELEMENTS (labels))],
      .n_landmarks = 1,
      .landmarks = { { wild[g_test_rand_int_range (0, 10)], 0.5f } }
    };
    GstVideoFrame frame;
    GstBuffer *buffer =
        map_new (formats[g_test_rand_int_range (0, G_N_ELEMENTS (formats))],
            sizes[size][0], sizes[size][1], &frame);

    gst_overlay_painter_paint (painter, &frame, &style, &object, 1);
    gst_video_frame_unmap (&frame);
    assert_guards (buffer);
    gst_buffer_unref (buffer);
  }
  gst_overlay_painter_free (painter);
}

/* ---- mosaic ---- */

#define TILE 16

/* Noise on slopes, so that neither neighbours nor tiles are alike. */
static void
fill_noise (GstVideoFrame *frame)
{
  GstVideoFrame rgb;
  GstBuffer *buffer = map_new (GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT, &rgb);

  for (gint y = 0; y < HEIGHT; y++) {
    guint8 *row = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&rgb, 0) +
        y * GST_VIDEO_FRAME_PLANE_STRIDE (&rgb, 0);

    for (gint x = 0; x < 3 * WIDTH; x++)
      row[x] = (guint8) (40 + x / 6 + y / 2 + g_test_rand_int_range (0, 40));
  }
  convert (&rgb, frame);
  gst_video_frame_unmap (&rgb);
  gst_buffer_unref (buffer);
}

static GstBuffer *
to_rgb (GstVideoFrame *frame, GstVideoFrame *rgb)
{
  GstBuffer *buffer = map_new (GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT, rgb);

  convert (frame, rgb);
  return buffer;
}

static gint
sample (const GstVideoFrame *rgb, gint x, gint y, gint c)
{
  return ((const guint8 *) GST_VIDEO_FRAME_PLANE_DATA (rgb,
      0))[y * GST_VIDEO_FRAME_PLANE_STRIDE (rgb, 0) + 3 * x + c];
}

/* Away from its borders, where the converter mixes chroma, a tile is its mean. */
static void
check_tile (const GstVideoFrame *before, const GstVideoFrame *after, gint left,
    gint top, gint tolerance)
{
  for (gint c = 0; c < 3; c++) {
    gint middle = sample (after, left + TILE / 2, top + TILE / 2, c);
    gint sum = 0;

    for (gint y = 0; y < TILE; y++) {
      for (gint x = 0; x < TILE; x++)
        sum += sample (before, left + x, top + y, c);
    }
    g_assert_cmpint (ABS (middle - sum / (TILE * TILE)), <=, tolerance);
    for (gint y = 4; y < TILE - 4; y++) {
      for (gint x = 4; x < TILE - 4; x++)
        g_assert_cmpint (ABS (sample (after, left + x, top + y, c) - middle),
            <=, 1);
    }
  }
}

static void
check_mosaic (GstVideoFormat format)
{
  static const GstVideoRectangle area = { 32, 16, 64, 48 };
  GstVideoFrame frame;
  GstVideoFrame before;
  GstVideoFrame after;
  GstBuffer *buffer = map_new (format, WIDTH, HEIGHT, &frame);

  fill_noise (&frame);
  GstBuffer *seen = to_rgb (&frame, &before);
  GstOverlayMosaic mosaic = { 0 };
  gst_overlay_mosaic_draw (&mosaic, &frame, &area, TILE);
  GstBuffer *then = to_rgb (&frame, &after);
  for (gint y = area.y; y < area.y + area.h; y += TILE) {
    for (gint x = area.x; x < area.x + area.w; x += TILE)
      check_tile (&before, &after, x, y,
          6 + tolerance_of (gst_video_format_get_info (format)) / 8);
  }
  for (gint y = 0; y < HEIGHT; y++) {
    for (gint x = 0; x < WIDTH; x++) {
      /* Chroma of a border pixel may be mixed with its neighbour's. */
      if (x < area.x - 4 || x >= area.x + area.w + 4 || y < area.y - 4 ||
          y >= area.y + area.h + 4)
        g_assert_cmpint (sample (&before, x, y, 1), ==,
            sample (&after, x, y, 1));
    }
  }
  gst_video_frame_unmap (&frame);
  gst_video_frame_unmap (&before);
  gst_video_frame_unmap (&after);
  gst_overlay_mosaic_clear (&mosaic);
  assert_guards (buffer);
  gst_buffer_unref (buffer);
  gst_buffer_unref (seen);
  gst_buffer_unref (then);
}

static void
test_mosaic (void)
{
  guint n_formats = 0;
  const GstVideoFormat *formats = gst_video_formats_raw (&n_formats);

  for (guint i = 0; i < n_formats; i++) {
    if (!gst_overlay_painter_can_paint (formats[i]))
      continue;
    g_test_message ("%s", gst_video_format_to_string (formats[i]));
    check_mosaic (formats[i]);
  }
}

/* Wherever an object is said to be, on any size of frame. */
static void
test_mosaic_places (void)
{
  static const gint sizes[][2] = { { 1, 1 }, { 3, 2 }, { 641, 427 }, { 1, 427 },
    { 641, 1 } };
  static const GstVideoFormat formats[] = { GST_VIDEO_FORMAT_NV12,
    GST_VIDEO_FORMAT_Y41B, GST_VIDEO_FORMAT_YUY2, GST_VIDEO_FORMAT_RGB,
    GST_VIDEO_FORMAT_P010_10LE };
  GstOverlayPainter *painter = gst_overlay_painter_new ();
  GstOverlayMosaic mosaic = { 0 };

  for (gint round = 0; round < 300; round++) {
    const gint *size = sizes[g_test_rand_int_range (0, G_N_ELEMENTS (sizes))];
    GstVideoFrame frame;
    GstBuffer *buffer =
        map_new (formats[g_test_rand_int_range (0, G_N_ELEMENTS (formats))],
            size[0], size[1], &frame);
    GstDetectObject object = {
      .x0 = (gfloat) g_test_rand_double_range (-0.5, 1),
      .y0 = (gfloat) g_test_rand_double_range (-0.5, 1),
      .x1 = (gfloat) g_test_rand_double_range (0, 1.5),
      .y1 = (gfloat) g_test_rand_double_range (0, 1.5),
    };
    GstVideoRectangle area;
    gint grid_x;
    gint grid_y;

    gst_overlay_painter_begin (painter, &frame,
        &(GstOverlayStyle){ .line_width = 12 });
    gst_overlay_bitmap_get_grid (&frame.info, &grid_x, &grid_y);
    if (gst_overlay_painter_locate (painter, &object,
            g_test_rand_double_range (0, 1), &area))
      gst_overlay_mosaic_draw (&mosaic, &frame, &area,
          MAX (grid_x, grid_y) * g_test_rand_int_range (1, 9));
    gst_video_frame_unmap (&frame);
    assert_guards (buffer);
    gst_buffer_unref (buffer);
  }
  gst_overlay_mosaic_clear (&mosaic);
  gst_overlay_painter_free (painter);
}

/* Neighbours can be told apart, and a class keeps its colour. */
static void
test_class_colors (void)
{
  for (gint i = 0; i < 80; i++) {
    guint32 a = gst_overlay_class_color (i);
    guint32 b = gst_overlay_class_color (i + 1);
    gint far = 0;

    for (gint shift = 0; shift <= 16; shift += 8)
      far += ABS ((gint) (a >> shift & 0xff) - (gint) (b >> shift & 0xff));
    g_assert_cmpint (far, >, 150);
    g_assert_cmpuint (a, ==, gst_overlay_class_color (i));
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/overlaypainter/formats", test_formats);
  g_test_add_func ("/overlaypainter/own-formats", test_own_formats);
  g_test_add_func ("/overlaypainter/wild", test_wild);
  g_test_add_func ("/overlaypainter/mosaic", test_mosaic);
  g_test_add_func ("/overlaypainter/mosaic-places", test_mosaic_places);
  g_test_add_func ("/overlaypainter/class-colors", test_class_colors);
  return g_test_run ();
}
