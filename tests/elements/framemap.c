/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames of every format, as GstVideoMeta describes them. */
#include "framemap.h"

#define WIDTH 34
#define HEIGHT 18

/* What a frame's meta says. */
typedef struct
{
  gsize offset[GST_VIDEO_MAX_PLANES];
  gint stride[GST_VIDEO_MAX_PLANES];
  gsize size; /* of its memory */
} Lie;

static Lie
tell_truth (const GstVideoInfo *info)
{
  Lie lie = { .size = info->size };

  memcpy (lie.offset, info->offset, sizeof lie.offset);
  memcpy (lie.stride, info->stride, sizeof lie.stride);
  return lie;
}

static gboolean
maps (const GstVideoInfo *info, Lie lie)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new_allocate (NULL, lie.size, NULL);
  GstVideoFrame frame;

  gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_INFO_FORMAT (info), WIDTH, HEIGHT,
      GST_VIDEO_INFO_N_PLANES (info), lie.offset, lie.stride);
  if (!gst_detect_frame_map (&frame, info, buffer, GST_MAP_READ))
    return FALSE;
  gst_video_frame_unmap (&frame);
  return TRUE;
}

/* Where the last byte that is read of any plane lies; what is behind is padding. */
static gsize
find_end (const GstVideoInfo *info)
{
  gsize low = 0;
  gsize high = info->size;

  while (low < high) {
    Lie lie = tell_truth (info);

    lie.size = low + (high - low) / 2;
    if (lie.size > 0 && maps (info, lie))
      high = lie.size;
    else
      low = low + (high - low) / 2 + 1;
  }
  return low;
}

/* At least as many bytes as the components have samples. */
static gsize
count_samples (const GstVideoInfo *info)
{
  const GstVideoFormatInfo *format = info->finfo;
  guint n = GST_VIDEO_FORMAT_INFO_HAS_PALETTE (format)
      ? 1 /* which says all components */
      : GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format);
  gsize bits = 0;

  for (guint c = 0; c < n; c++)
    bits += (gsize) GST_VIDEO_FORMAT_INFO_SCALE_WIDTH (format, c, WIDTH) *
        (gsize) GST_VIDEO_FORMAT_INFO_SCALE_HEIGHT (format, c, HEIGHT) *
        GST_VIDEO_FORMAT_INFO_DEPTH (format, c);
  return bits / 8;
}

static void
check_format (const GstVideoInfo *info)
{
  gboolean is_tiled = GST_VIDEO_FORMAT_INFO_IS_TILED (info->finfo);
  Lie lie = tell_truth (info);

  g_assert_true (maps (info, lie));
  gsize end = find_end (info);
  g_assert_cmpuint (end, >=, count_samples (info));
  lie.size = end - 1;
  g_assert_false (maps (info, lie));

  for (guint i = 0; i < GST_VIDEO_INFO_N_PLANES (info); i++) {
    lie = tell_truth (info);
    lie.stride[i] *= 2;
    lie.size = 4 * info->size;
    g_assert_true (maps (info, lie) != is_tiled);
    lie = tell_truth (info);
    lie.offset[i] = info->size - 1; /* nothing but the last byte is there */
    g_assert_false (maps (info, lie));
    lie = tell_truth (info);
    lie.stride[i] = 1;
    if (!GST_VIDEO_FORMAT_INFO_HAS_PALETTE (info->finfo) || i == 0)
      g_assert_false (maps (info, lie));
  }
}

static void
test_formats (void)
{
  guint n;
  const GstVideoFormat *formats = gst_video_formats_raw (&n);

  for (guint i = 0; i < n; i++) {
    GstVideoInfo info;

    g_test_message ("%s", gst_video_format_to_string (formats[i]));
    g_assert_true (gst_video_info_set_format (&info, formats[i], WIDTH,
        HEIGHT));
    check_format (&info);
  }
}

/* A description of another format, or of less than the caps promise. */
static void
test_others (void)
{
  static const struct
  {
    GstVideoFormat format;
    guint width;
    guint height;
    gboolean maps;
  } cases[] = {
    { GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT, TRUE },
    { GST_VIDEO_FORMAT_I420, WIDTH + 2, HEIGHT + 4, TRUE },
    { GST_VIDEO_FORMAT_I420, WIDTH - 1, HEIGHT, FALSE },
    { GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT - 1, FALSE },
    { GST_VIDEO_FORMAT_I420, G_MAXUINT, HEIGHT, FALSE },
    { GST_VIDEO_FORMAT_YV12, WIDTH, HEIGHT, FALSE },
    { GST_VIDEO_FORMAT_NV12, WIDTH, HEIGHT, FALSE },
  };
  GstVideoInfo info;

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GstBuffer)
        buffer = gst_buffer_new_allocate (NULL, 2 * info.size, NULL);
    GstVideoFrame frame;

    GstVideoMeta *meta = gst_buffer_add_video_meta (buffer,
        GST_VIDEO_FRAME_FLAG_NONE, cases[i].format, WIDTH, HEIGHT);
    meta->width = cases[i].width;
    meta->height = cases[i].height;
    gboolean maps = gst_detect_frame_map (&frame, &info, buffer, GST_MAP_READ);
    g_assert_cmpint (maps, ==, cases[i].maps);
    if (maps)
      gst_video_frame_unmap (&frame);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/framemap/formats", test_formats);
  g_test_add_func ("/framemap/others", test_others);
  return g_test_run ();
}
