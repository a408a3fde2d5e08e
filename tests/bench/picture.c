/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picture.h"

#include "bench.h"

static GstSample *
pull_sample (const char *source, const char *caps)
{
  g_autofree char *line =
      g_strdup_printf ("%s ! videoconvert ! videoscale ! %s "
                       "! fakesink name=sink",
          source, caps);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, &error);
  bench_check (pipeline != NULL, line, error);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstElement)
      sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  GstSample *sample = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus,
      20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_object_get (sink, "last-sample", &sample, NULL);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  if (!sample)
    bench_fail ("no picture came from %s", line);
  return sample;
}

GstVideoInfo
bench_video_info (GstVideoFormat format, gint width, gint height)
{
  GstVideoInfo info;

  gst_video_info_set_format (&info, format, (guint) width, (guint) height);
  info.fps_n = 30;
  info.fps_d = 1;
  return info;
}

GstBuffer *
bench_picture_new (GstVideoFormat format, GstVideoInfo *info)
{
  g_autofree char *photo = bench_asset ("media/photos/bus.jpg");
  g_autofree char *source = photo
      ? g_strdup_printf ("filesrc location=\"%s\" ! jpegdec", photo)
      : g_strdup ("videotestsrc num-buffers=1");

  *info = bench_video_info (format, BENCH_WIDTH, BENCH_HEIGHT);
  info->colorimetry = (GstVideoColorimetry){ GST_VIDEO_COLOR_RANGE_16_235,
    GST_VIDEO_COLOR_MATRIX_BT709, GST_VIDEO_TRANSFER_BT709,
    GST_VIDEO_COLOR_PRIMARIES_BT709 };
  g_autofree char *caps = g_strdup_printf ("video/"
                                           "x-raw,format=%s,width=%d,height=%d,"
                                           "pixel-aspect-ratio=1/1,"
                                           "colorimetry=bt709",
      gst_video_format_to_string (format), BENCH_WIDTH, BENCH_HEIGHT);
  g_autoptr (GstSample) sample = pull_sample (source, caps);
  GstBuffer *buffer = gst_buffer_copy_deep (gst_sample_get_buffer (sample));
  g_assert (gst_buffer_get_size (buffer) >= GST_VIDEO_INFO_SIZE (info));
  return buffer;
}

DetFrame
bench_frame_view (const GstVideoFrame *frame)
{
  DetFrame view = {
    .format = det_pixel_format_from_name (
        gst_video_format_to_string (GST_VIDEO_FRAME_FORMAT (frame))),
    .width = GST_VIDEO_FRAME_WIDTH (frame),
    .height = GST_VIDEO_FRAME_HEIGHT (frame),
    .matrix = DET_COLOR_MATRIX_BT709,
  };

  for (guint i = 0; i < GST_VIDEO_FRAME_N_PLANES (frame); i++) {
    view.plane[i] = GST_VIDEO_FRAME_PLANE_DATA (frame, i);
    view.stride[i] = GST_VIDEO_FRAME_PLANE_STRIDE (frame, i);
  }
  return view;
}
