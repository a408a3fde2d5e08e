/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What stock elements do with metadata. A bright mark in the picture tells where an
 * object really is behind an element; each meta says where it believes the object to
 * be. The table that comes out must stand in docs/metadata.md, which
 * DETECT_TEST_TABLE names; --print prints it. */
#include "detectionreader.h"

#include <gst/gst.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#ifdef HAVE_ANALYTICS
#include <gst/analytics/analytics.h>
#endif

#define WIDTH 320
#define HEIGHT 240
/* The mark; not in the middle, and not square. */
#define X0 80
#define Y0 120
#define X1 176
#define Y1 168
#define CAPS                                                    \
  "video/x-raw,format=I420,width=320,height=240,framerate=1/1," \
  "pixel-aspect-ratio=1/1"
#define TO(size) " ! video/x-raw," size ",pixel-aspect-ratio=1/1"

typedef struct
{
  const gchar *name;
  const gchar *elements;
} Stock;

static const Stock stocks[] = {
  { "queue", "queue" },
  { "tee", "tee" },
  { "identity", "identity" },
  { "videorate", "videorate ! video/x-raw,framerate=2/1" },
  { "videoconvert", "videoconvert ! video/x-raw,format=RGB" },
  { "videoscale, same shape", "videoscale" TO ("width=640,height=480") },
  { "videoscale, borders", "videoscale" TO ("width=640,height=240") },
  { "videoscale add-borders=false, other shape",
      "videoscale add-borders=false" TO ("width=640,height=240") },
  { "videoconvertscale, borders",
      "videoconvertscale" TO ("format=NV12,width=320,height=320") },
  { "videocrop", "videocrop left=32 top=16" },
  { "videocrop into the object", "videocrop left=96" },
  { "videobox", "videobox left=-32 top=-16" },
  { "videoflip, turned", "videoflip video-direction=90r" },
  { "videoflip, mirrored", "videoflip video-direction=horiz" },
  { "compositor",
      "compositor background=black sink_0::xpos=32 sink_0::ypos=16" },
  { "compositor, scaling",
      "compositor background=black sink_0::width=160 sink_0::height=120" },
  { "videobalance", "videobalance contrast=0.9" },
  { "gamma", "gamma gamma=1.1" },
  { "gaussianblur", "videoconvert ! gaussianblur sigma=1" },
  { "deinterlace", "deinterlace mode=interlaced" },
  { "jpegenc, jpegdec", "jpegenc ! jpegdec" },
  { "rtpvrawpay, rtpvrawdepay", "rtpvrawpay ! rtpvrawdepay" },
};

/* ---- in and out ---- */

static void
fill (GstBuffer *buffer)
{
  GstMapInfo map;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_WRITE));
  memset (map.data, 40, WIDTH * HEIGHT);
  memset (map.data + WIDTH * HEIGHT, 128, WIDTH * HEIGHT / 2);
  for (gint y = Y0; y < Y1; y++)
    memset (map.data + y * WIDTH + X0, 220, X1 - X0);
  gst_buffer_unmap (buffer, &map);
}

static GstBuffer *
make_frame (void)
{
  GstBuffer *buffer =
      gst_buffer_new_allocate (NULL, WIDTH * HEIGHT * 3 / 2, NULL);

  fill (buffer);
  GST_BUFFER_PTS (buffer) = 0;
  GST_BUFFER_DURATION (buffer) = GST_SECOND;

  GstDetectMeta *meta = gst_buffer_add_detect_meta (buffer, 1);
  meta->width = WIDTH;
  meta->height = HEIGHT;
  meta->objects[0] = (GstDetectObject){ .x0 = (gfloat) X0 / WIDTH,
    .y0 = (gfloat) Y0 / HEIGHT,
    .x1 = (gfloat) X1 / WIDTH,
    .y1 = (gfloat) Y1 / HEIGHT,
    .score = 0.875f,
    .class_id = 3,
    .track_id = -1,
    .label = "cat" };
  gst_detect_meta_mirror (meta, buffer);
  return buffer;
}

static GstSample *
run (const gchar *elements)
{
  g_autofree gchar *description =
      g_strdup_printf ("appsrc name=in format=time caps=\"" CAPS
                       "\" ! %s ! appsink name=out",
          elements);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch_full (description, NULL,
      GST_PARSE_FLAG_FATAL_ERRORS, &error);

  if (!pipeline)
    return NULL; /* an element is not installed */
  g_autoptr (GstElement) in = gst_bin_get_by_name (GST_BIN (pipeline), "in");
  g_autoptr (GstElement) out = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  GstBuffer *frame = make_frame ();
  GstFlowReturn flow;
  GstSample *sample = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_signal_emit_by_name (in, "push-buffer", frame, &flow);
  gst_buffer_unref (frame);
  g_signal_emit_by_name (in, "end-of-stream", &flow);
  g_signal_emit_by_name (out, "try-pull-sample", (guint64) (20 * GST_SECOND),
      &sample);
  g_assert_nonnull (sample);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  return sample;
}

/* ---- where the mark is ---- */

typedef struct
{
  gdouble x0;
  gdouble y0;
  gdouble x1;
  gdouble y1;
} Box;

static GstBuffer *
to_grey (GstSample *sample)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string ("video/x-raw,format=GRAY8");
  g_autoptr (GError) error = NULL;
  g_autoptr (GstSample) converted =
      gst_video_convert_sample (sample, caps, 20 * GST_SECOND, &error);

  g_assert_no_error (error);
  return gst_buffer_ref (gst_sample_get_buffer (converted));
}

static Box
find_mark (GstSample *sample, const GstVideoInfo *info)
{
  g_autoptr (GstBuffer) grey = to_grey (sample);
  Box mark = { G_MAXDOUBLE, G_MAXDOUBLE, 0, 0 };
  GstVideoInfo grey_info;
  GstVideoFrame frame;

  gst_video_info_set_format (&grey_info, GST_VIDEO_FORMAT_GRAY8,
      (guint) GST_VIDEO_INFO_WIDTH (info),
      (guint) GST_VIDEO_INFO_HEIGHT (info));
  g_assert_true (gst_video_frame_map (&frame, &grey_info, grey, GST_MAP_READ));
  for (gint y = 0; y < GST_VIDEO_FRAME_HEIGHT (&frame); y++) {
    const guint8 *row =
        (const guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame, 0) +
        y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0);

    for (gint x = 0; x < GST_VIDEO_FRAME_WIDTH (&frame); x++) {
      if (row[x] > 130)
        mark = (Box){ MIN (mark.x0, x), MIN (mark.y0, y), MAX (mark.x1, x + 1),
          MAX (mark.y1, y + 1) };
    }
  }
  gst_video_frame_unmap (&frame);
  g_assert_cmpfloat (mark.x1, >, 0);
  return mark;
}

/* ---- what a meta says ---- */

static gboolean
is_near (gdouble edge, gdouble mark, gint size)
{
  const gdouble far = 2; /* pixels, for soft edges and rounding */

  return fabs (CLAMP (edge, 0, size) - mark) <= far;
}

/* As far as it lies in the frame. */
static gboolean
is_at (const GstDetectFound *found, const Box *mark, const GstVideoInfo *info)
{
  gint width = GST_VIDEO_INFO_WIDTH (info);
  gint height = GST_VIDEO_INFO_HEIGHT (info);

  return is_near (found->x0, mark->x0, width) &&
      is_near (found->y0, mark->y0, height) &&
      is_near (found->x1, mark->x1, width) &&
      is_near (found->y1, mark->y1, height);
}

static void
remove_metas (GstBuffer *buffer, GType api)
{
  GstMeta *meta;

  while ((meta = gst_buffer_get_meta (buffer, api)))
    gst_buffer_remove_meta (buffer, meta);
}

/* Reads one source of several by taking those before it away. */
static const gchar *
judge (GstBuffer *buffer, const GstVideoInfo *info, const Box *mark,
    GstDetectSource source)
{
  g_auto (GstDetectReading) reading = { 0 };

  gst_detect_reading_take (&reading, buffer, info);
  if (reading.source != source || reading.n_objects == 0)
    return "dropped";
  if (!is_at (&reading.objects[0], mark, info))
    return "**wrong box**";
  g_assert_cmpstr (reading.objects[0].object.label, ==, "cat");
  if (reading.objects[0].object.score < 0)
    return "box and label only";
  g_assert_cmpfloat_with_epsilon (reading.objects[0].object.score, 0.875f,
      1e-6);
  return "kept";
}

static void
judge_all (GstSample *sample, const Box *mark, const GstVideoInfo *info,
    const gchar *outcomes[3])
{
  g_autoptr (GstBuffer)
      buffer = gst_buffer_copy (gst_sample_get_buffer (sample));

  outcomes[0] = judge (buffer, info, mark, GST_DETECT_SOURCE_DETECT);
  remove_metas (buffer, GST_DETECT_META_API_TYPE);
#ifdef HAVE_ANALYTICS
  outcomes[1] = judge (buffer, info, mark, GST_DETECT_SOURCE_ANALYTICS);
  remove_metas (buffer, GST_ANALYTICS_RELATION_META_API_TYPE);
#else
  outcomes[1] = "—";
#endif
  outcomes[2] = judge (buffer, info, mark, GST_DETECT_SOURCE_REGIONS);
}

static void
add_row (GString *table, const Stock *stock)
{
  g_autoptr (GstSample) sample = run (stock->elements);
  const gchar *outcomes[3];
  GstVideoInfo info;

  if (!sample) {
    g_test_message ("%s is not installed", stock->name);
    return;
  }
  g_assert_true (gst_video_info_from_caps (&info,
      gst_sample_get_caps (sample)));
  Box mark = find_mark (sample, &info);
  judge_all (sample, &mark, &info, outcomes);
  g_string_append_printf (table, "| %s | %s | %s | %s |\n", stock->name,
      outcomes[0], outcomes[2], outcomes[1]);
}

static gchar *
make_heading (void)
{
  guint major;
  guint minor;
  guint micro;
  guint nano;

  gst_version (&major, &minor, &micro, &nano);
  return g_strdup_printf ("### GStreamer %u.%u\n", major, minor);
}

static GString *
make_table (void)
{
  GString *table = g_string_new ("| element | GstDetectMeta | "
                                 "GstVideoRegionOfInterestMeta | "
                                 "GstAnalyticsRelationMeta |\n"
                                 "|---|---|---|---|\n");

  for (gsize i = 0; i < G_N_ELEMENTS (stocks); i++)
    add_row (table, &stocks[i]);
  return table;
}

/* On every release ours is right or gone, but for the one case that is documented. */
static void
check_promise (gchar **rows)
{
  for (gchar **row = rows; *row; row++) {
    g_auto (GStrv) cells = g_strsplit (*row, "|", -1);

    if (g_strv_length (cells) > 2 && strstr (cells[2], "wrong") &&
        !strstr (cells[1], "add-borders=false"))
      g_error ("%s", *row);
  }
}

/* Every row that was seen stands in the release's table. */
static void
test_table (void)
{
  const gchar *path = g_getenv ("DETECT_TEST_TABLE");
  g_autofree gchar *heading = make_heading ();
  g_autofree gchar *page = NULL;
  GString *table = make_table ();
  g_auto (GStrv) rows = g_strsplit (table->str, "\n", -1);

  g_string_free (table, TRUE);
  if (!path || !g_file_get_contents (path, &page, NULL, NULL)) {
    g_test_skip ("skipped: DETECT_TEST_TABLE names no page");
    return;
  }
  check_promise (rows);
  const gchar *section = strstr (page, heading);
  if (!section) {
    g_test_skip ("skipped: the page has no table for this release");
    return;
  }
  const gchar *end = strstr (section + strlen (heading), "\n##");
  g_autofree gchar *text = end ? g_strndup (section, (gsize) (end - section))
                               : g_strdup (section);
  for (gchar **row = rows; *row; row++) {
    if (!strstr (text, *row))
      g_error ("docs/metadata.md does not say: %s", *row);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  if (argc == 2 && g_str_equal (argv[1], "--print")) {
    g_autofree gchar *heading = make_heading ();
    GString *table = make_table ();

    printf ("%s\n%s", heading, table->str);
    g_string_free (table, TRUE);
    return 0;
  }
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/survival/table", test_table);
  return g_test_run ();
}
