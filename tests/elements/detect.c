/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetectmeta.h"

#include <gst/allocators/gstfdmemory.h>
#include <gst/video/video.h>
#include <sys/mman.h>
#include <unistd.h>

#include "detectharness.h"

/* Looked, found nothing: the meta is there, and empty. */
static void
test_empty (void)
{
  GstHarness *harness = open_harness ("");
  g_autoptr (GstBuffer) out = push_and_pull (harness, make_frame (0));
  const GstDetectMeta *meta = gst_buffer_get_detect_meta (out);
  g_autoptr (GstStructure) stats = get_stats (harness);

  g_assert_nonnull (meta);
  g_assert_cmpuint (meta->n_objects, ==, 0);
  g_assert_cmpstr (meta->model_id, ==, "people");
  g_assert_cmpint (meta->width, ==, WIDTH);
  g_assert_cmpint (meta->height, ==, HEIGHT);
  g_assert_cmpuint (meta->age, ==, 0);
  g_assert_cmpstr (gst_structure_get_string (stats, "engine"), ==, "opencv");
  g_assert_true (gst_structure_has_field_typed (stats, "threads", G_TYPE_INT));
  g_assert_true (gst_structure_has_field (stats, "inference-ms-p99"));
  gst_harness_teardown (harness);
}

/* Memory, times and flags are those that came in. */
static void
test_untouched (void)
{
  GstHarness *harness = open_harness ("");
  GstBuffer *in = make_frame (3);
  GstMemory *memory = gst_buffer_get_memory (in, 0);
  gboolean shared = g_test_rand_bit ();

  GST_BUFFER_FLAG_SET (in, GST_BUFFER_FLAG_DISCONT | GST_BUFFER_FLAG_MARKER);
  if (shared)
    gst_buffer_ref (in); /* as after a tee */
  g_autoptr (GstBuffer) out = push_and_pull (harness, in);
  g_assert_true (gst_buffer_peek_memory (out, 0) == memory);
  g_assert_cmpuint (GST_BUFFER_PTS (out), ==, 3 * STEP);
  g_assert_cmpuint (GST_BUFFER_DTS (out), ==, 3 * STEP);
  g_assert_cmpuint (GST_BUFFER_DURATION (out), ==, STEP);
  g_assert_cmpuint (GST_BUFFER_OFFSET (out), ==, 43);
  g_assert_true (GST_BUFFER_FLAG_IS_SET (out, GST_BUFFER_FLAG_MARKER));
  g_assert_true (gst_buffer_get_detect_meta (out) != NULL);
  if (shared) {
    g_assert_null (gst_buffer_get_detect_meta (in));
    gst_buffer_unref (in);
  }
  gst_memory_unref (memory);
  gst_harness_teardown (harness);
}

/* Memory behind a file descriptor, as cameras and decoders share it, is read where it
 * is, and goes on. */
static void
test_fd_memory (void)
{
  g_autofree gchar *path = write_canned ("");
  g_autofree gchar *properties = g_strdup_printf ("model=%s", path);
  GstHarness *harness = open_harness (properties);
  g_autoptr (GstAllocator) allocator = gst_fd_allocator_new ();
  int fd = memfd_create ("frame", MFD_CLOEXEC);

  g_assert_cmpint (ftruncate (fd, FRAME_SIZE), ==, 0);
  GstMemory *memory = gst_fd_allocator_alloc (allocator, fd, FRAME_SIZE,
      GST_FD_MEMORY_FLAG_NONE);
  GstBuffer *in = gst_buffer_new ();
  gst_buffer_append_memory (in, memory);
  GST_BUFFER_PTS (in) = 0;
  g_autoptr (GstBuffer) out = push_and_pull (harness, in);
  g_assert_true (gst_buffer_peek_memory (out, 0) == memory);
  g_assert_cmpuint (gst_buffer_get_detect_meta (out)->n_objects, ==, 2);
  gst_harness_teardown (harness);
  remove_canned (path);
}

/* Every third frame is looked at; the others carry its result with their age. */
static void
test_interval (void)
{
  GstHarness *harness = open_harness ("interval=3 max-age=150");

  for (guint i = 0; i < 7; i++) {
    g_autoptr (GstBuffer) out = push_and_pull (harness, make_frame (i));
    const GstDetectMeta *meta = gst_buffer_get_detect_meta (out);

    if (i % 3 == 2) { /* 200 ms are older than max-age */
      g_assert_null (meta);
      continue;
    }
    g_assert_cmpuint (meta->age, ==, i % 3);
    g_assert_cmpuint (meta->age_time, ==, i % 3 * STEP);
    g_assert_cmpuint (meta->frame_number, ==, i - i % 3);
    g_assert_cmpuint (meta->pts, ==, (i - i % 3) * STEP);
  }
  g_assert_cmpuint (get_count (harness, "frames"), ==, 7);
  g_assert_cmpuint (get_count (harness, "inferred"), ==, 3);
  g_assert_cmpuint (get_count (harness, "skipped"), ==, 4);
  gst_harness_teardown (harness);
}

/* 4 per second of 10: the grid keeps the mean rate. */
static void
test_max_fps (void)
{
  GstHarness *harness = open_harness ("max-fps=4");

  for (guint i = 0; i < 20; i++)
    gst_buffer_unref (push_and_pull (harness, make_frame (i)));
  g_assert_cmpuint (get_count (harness, "inferred"), ==, 8);
  gst_harness_teardown (harness);
}

static void
test_enabled (void)
{
  GstHarness *harness = open_harness ("enabled=false");
  g_autoptr (GstBuffer) off = push_and_pull (harness, make_frame (0));

  g_assert_null (gst_buffer_get_detect_meta (off));
  gst_harness_set (harness, "detect", "enabled", TRUE, NULL);
  g_autoptr (GstBuffer) on = push_and_pull (harness, make_frame (1));
  g_assert_nonnull (gst_buffer_get_detect_meta (on));
  gst_harness_set (harness, "detect", "enabled", FALSE, NULL);
  g_autoptr (GstBuffer) off_again = push_and_pull (harness, make_frame (2));
  g_assert_null (gst_buffer_get_detect_meta (off_again));
  gst_harness_teardown (harness);
}

static void
test_messages (void)
{
  GstHarness *harness = open_harness ("post-messages=true interval=2");
  g_autoptr (GstElement) detect = gst_harness_find_element (harness, "detect");
  g_autoptr (GstBus) bus = gst_bus_new ();

  gst_element_set_bus (detect, bus);
  for (guint i = 0; i < 4; i++)
    gst_buffer_unref (push_and_pull (harness, make_frame (i)));
  for (guint i = 0; i < 4; i += 2) {
    g_autoptr (GstMessage) message = pop_message (bus, GST_MESSAGE_ELEMENT);
    guint64 pts = 0;

    g_assert_nonnull (message);
    const GstStructure *structure = gst_message_get_structure (message);
    g_assert_true (gst_structure_has_name (structure, "detections"));
    g_assert_true (gst_structure_get_uint64 (structure, "pts", &pts));
    g_assert_cmpuint (pts, ==, i * STEP);
  }
  g_assert_null (pop_message (bus, GST_MESSAGE_ELEMENT));
  gst_element_set_bus (detect, NULL);
  gst_harness_teardown (harness);
}

static void
keep_detections (GstElement *detect, const GstStructure *detections,
    gpointer data)
{
  g_ptr_array_add (data, gst_structure_copy (detections));
}

/* The signal says what the message says. */
static void
test_signal (void)
{
  GstHarness *harness = open_harness ("post-messages=true interval=2");
  g_autoptr (GstElement) detect = gst_harness_find_element (harness, "detect");
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GPtrArray) said =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_structure_free);

  gst_element_set_bus (detect, bus);
  g_signal_connect (detect, "detections", G_CALLBACK (keep_detections), said);
  for (guint i = 0; i < 4; i++)
    gst_buffer_unref (push_and_pull (harness, make_frame (i)));
  g_assert_cmpuint (said->len, ==, 2);
  for (guint i = 0; i < said->len; i++) {
    g_autoptr (GstMessage) message = pop_message (bus, GST_MESSAGE_ELEMENT);

    g_assert_nonnull (message);
    g_assert_true (gst_structure_is_equal (gst_message_get_structure (message),
        said->pdata[i]));
  }
  gst_element_set_bus (detect, NULL);
  gst_harness_teardown (harness);
}

/* A live option that does not fit is a warning, and the stream goes on. */
static void
test_bad_live_option (void)
{
  GstHarness *harness = open_harness ("");
  g_autoptr (GstElement) detect = gst_harness_find_element (harness, "detect");
  g_autoptr (GstBus) bus = gst_bus_new ();

  gst_element_set_bus (detect, bus);
  gst_buffer_unref (push_and_pull (harness, make_frame (0)));
  g_object_set (detect, "classes", "unicorn", NULL);
  gst_buffer_unref (push_and_pull (harness, make_frame (1)));
  g_autoptr (GstMessage) warning = pop_message (bus, GST_MESSAGE_WARNING);
  g_assert_nonnull (warning);
  g_assert_null (pop_message (bus, GST_MESSAGE_ERROR));
  gst_element_set_bus (detect, NULL);
  gst_harness_teardown (harness);
}

typedef struct
{
  const gchar *properties;
  const gchar *says;
} BadCase;

static const BadCase bad_cases[] = {
  { "model=/nonexistent/a.onnx", "/nonexistent/a.onnx" },
  { "model=/dev/null", "/dev/null" },
  { "model=/", "/" },
  { "decoder=yolov88", "yolov8" },
  { "engine=tensorflow", "opencv" },
  { "min-size=big", "min-size" },
  { "labels=/nonexistent/l.txt", "/nonexistent/l.txt" },
  { "config=/nonexistent/c.yaml", "/nonexistent/c.yaml" },
};

/* One error that names the thing, and a clean way back. */
static void
test_bad_start (gconstpointer data)
{
  const BadCase *c = data;
  g_autofree gchar *line = g_strdup_printf ("detect %s", c->properties);
  g_autoptr (GstElement)
      detect = gst_object_ref_sink (gst_parse_launch (line, NULL));
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GError) error = NULL;

  gst_element_set_bus (detect, bus);
  g_assert_cmpint (gst_element_set_state (detect, GST_STATE_READY), ==,
      GST_STATE_CHANGE_FAILURE);
  g_autoptr (GstMessage) message = pop_message (bus, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, c->says));
  g_assert_null (strchr (error->message, '\n'));
  g_assert_null (pop_message (bus, GST_MESSAGE_ERROR));
  g_assert_cmpint (gst_element_set_state (detect, GST_STATE_NULL), ==,
      GST_STATE_CHANGE_SUCCESS);
  gst_element_set_bus (detect, NULL);
}

static void
test_flush (void)
{
  GstHarness *harness = open_harness ("interval=1000");

  gst_buffer_unref (push_and_pull (harness, make_frame (0)));
  gst_harness_push_event (harness, gst_event_new_flush_start ());
  gst_harness_push_event (harness, gst_event_new_flush_stop (TRUE));
  GstSegment segment;
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (harness, gst_event_new_segment (&segment));
  g_autoptr (GstBuffer) out = push_and_pull (harness, make_frame (9));
  const GstDetectMeta *meta = gst_buffer_get_detect_meta (out);
  g_assert_cmpuint (meta->age, ==, 0); /* the old result is forgotten */
  gst_harness_teardown (harness);
}

/* Frames the sink would drop anyway are passed on without an inference. */
static void
test_late (void)
{
  GstHarness *harness = open_harness ("");

  gst_buffer_unref (push_and_pull (harness, make_frame (0)));
  gst_harness_push_upstream_event (harness,
      gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 0.5,
          5 * (GstClockTimeDiff) STEP, STEP));
  gst_buffer_unref (push_and_pull (harness, make_frame (5)));
  g_assert_cmpuint (get_count (harness, "inferred"), ==, 1);
  gst_buffer_unref (push_and_pull (harness, make_frame (6)));
  g_assert_cmpuint (get_count (harness, "inferred"), ==, 2);
  g_assert_cmpuint (get_count (harness, "frames"), ==, 3);
  gst_harness_teardown (harness);
}

static void
test_renegotiate (void)
{
  static const gchar *const formats[] = { "I420", "NV12", "YUY2", "RGB", "BGRx",
    "GRAY8", "I420_10LE", "v210", "GBR_12LE", "ARGB64" };
  GstHarness *harness = open_harness ("overlay=true");

  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++) {
    GstVideoInfo info;
    g_autofree gchar *caps =
        g_strdup_printf ("video/"
                         "x-raw,format=%s,width=%d,height=%d,framerate=10/1",
            formats[i], 65 + (gint) i, 130 + (gint) i);
    GstCaps *parsed = gst_caps_from_string (caps);

    g_assert_true (gst_video_info_from_caps (&info, parsed));
    gst_harness_set_src_caps (harness, parsed);
    GstBuffer *in = gst_buffer_new_allocate (NULL, info.size, NULL);
    gst_buffer_memset (in, 0, 100, info.size);
    g_autoptr (GstBuffer) out = push_and_pull (harness, in);
    const GstDetectMeta *meta = gst_buffer_get_detect_meta (out);
    g_assert_cmpint (meta->width, ==, info.width);
    g_assert_cmpint (meta->height, ==, info.height);
  }
  gst_harness_teardown (harness);
}

/* Thresholds and classes hold from the next frame on. */
static void
test_live_options (void)
{
  g_autofree gchar *path = write_canned ("");
  g_autofree gchar *properties = g_strdup_printf ("model=%s", path);
  GstHarness *harness = open_harness (properties);

  g_assert_cmpuint (count_objects (harness, 0), ==, 2);
  gst_harness_set (harness, "detect", "threshold", 0.6, NULL);
  g_assert_cmpuint (count_objects (harness, 1), ==, 1);
  gst_harness_set (harness, "detect", "threshold", 0.9, NULL);
  g_assert_cmpuint (count_objects (harness, 2), ==, 0);
  gst_harness_set (harness, "detect", "threshold", -1.0, NULL);
  g_assert_cmpuint (count_objects (harness, 3), ==, 2);
  gst_harness_set (harness, "detect", "classes", "cat", NULL);
  g_assert_cmpuint (count_objects (harness, 4), ==, 1);
  gst_harness_set (harness, "detect", "classes", NULL, NULL);
  gst_harness_set (harness, "detect", "min-size", "1000", NULL);
  g_assert_cmpuint (count_objects (harness, 5), ==, 0);
  gst_harness_teardown (harness);
  remove_canned (path);
}

/* Only the shown part is looked at; boxes are in the whole frame's pixels. */
static void
test_crop (void)
{
  g_autofree gchar *path = write_canned ("");
  g_autofree gchar *properties = g_strdup_printf ("model=%s", path);
  GstHarness *harness = open_harness (properties);
  GstBuffer *in = make_frame (0);
  GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (in);
  gdouble x0;
  gdouble y0;
  gdouble x1;
  gdouble y1;

  crop->x = 90;
  crop->y = 32;
  crop->width = 64;
  crop->height = 64;
  g_autoptr (GstBuffer) out = push_and_pull (harness, in);
  const GstDetectMeta *meta = gst_buffer_get_detect_meta (out);
  g_assert_cmpint (meta->width, ==, WIDTH);
  g_assert_true (gst_detect_meta_get_pixel_box (meta, 0, &x0, &y0, &x1, &y1));
  g_assert_cmpfloat_with_epsilon (x0, 90 + 24, 1e-3);
  g_assert_cmpfloat_with_epsilon (y0, 32 + 16, 1e-3);
  g_assert_cmpfloat_with_epsilon (x1, 90 + 56, 1e-3);
  g_assert_cmpfloat_with_epsilon (y1, 32 + 32, 1e-3);
  gst_harness_teardown (harness);
  remove_canned (path);
}

/* Drawing copies memory that others hold, and leaves theirs alone. */
static void
test_overlay_copies (void)
{
  g_autofree gchar *path = write_canned ("");
  g_autofree gchar *properties =
      g_strdup_printf ("overlay=true model=%s", path);
  GstHarness *harness = open_harness (properties);
  GstBuffer *in = make_frame (0);
  g_autoptr (GstBuffer) kept = gst_buffer_copy (in);
  GstMapInfo map;

  g_autoptr (GstBuffer) out = push_and_pull (harness, in);
  g_assert_true (gst_buffer_peek_memory (out, 0) !=
      gst_buffer_peek_memory (kept, 0));
  g_assert_true (gst_buffer_map (kept, &map, GST_MAP_READ));
  for (gsize i = 0; i < map.size; i++)
    g_assert_cmpint (map.data[i], ==, 128);
  gst_buffer_unmap (kept, &map);
  g_assert_true (gst_buffer_map (out, &map, GST_MAP_READ));
  gsize painted = 0;
  for (gsize i = 0; i < map.size; i++)
    painted += map.data[i] != 128;
  g_assert_cmpuint (painted, >, 100);
  gst_buffer_unmap (out, &map);
  gst_harness_teardown (harness);
  remove_canned (path);
}

static guint
get_contrast (GstBuffer *buffer)
{
  GstMapInfo map;
  guint most = 0;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  for (gsize i = 0; i < map.size; i++)
    most = MAX (most, (guint) ABS (map.data[i] - 128));
  gst_buffer_unmap (buffer, &map);
  return most;
}

/* Drawn results fade as they get old, over the second half of max-age. */
static void
test_fading (void)
{
  g_autofree gchar *path = write_canned ("");
  g_autofree gchar *properties =
      g_strdup_printf ("overlay=true interval=100 max-age=1000 model=%s", path);
  GstHarness *harness = open_harness (properties);
  guint contrasts[12];

  for (guint i = 0; i < G_N_ELEMENTS (contrasts); i++) {
    g_autoptr (GstBuffer) out = push_and_pull (harness, make_frame (i));
    contrasts[i] = get_contrast (out);
  }
  for (guint i = 1; i < G_N_ELEMENTS (contrasts); i++) {
    if (i <= 5)
      g_assert_cmpuint (contrasts[i], ==, contrasts[0]);
    else if (i < 10)
      g_assert_cmpuint (contrasts[i], <, contrasts[i - 1]);
    else
      g_assert_cmpuint (contrasts[i], <=, 1);
  }
  gst_harness_teardown (harness);
  remove_canned (path);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/detect/empty", test_empty);
  g_test_add_func ("/detect/untouched", test_untouched);
  g_test_add_func ("/detect/fd-memory", test_fd_memory);
  g_test_add_func ("/detect/interval", test_interval);
  g_test_add_func ("/detect/max-fps", test_max_fps);
  g_test_add_func ("/detect/enabled", test_enabled);
  g_test_add_func ("/detect/messages", test_messages);
  g_test_add_func ("/detect/signal", test_signal);
  g_test_add_func ("/detect/bad-live-option", test_bad_live_option);
  for (gsize i = 0; i < G_N_ELEMENTS (bad_cases); i++) {
    g_autofree gchar *path =
        g_strdup_printf ("/detect/bad-start/%" G_GSIZE_FORMAT, i);
    g_test_add_data_func (path, &bad_cases[i], test_bad_start);
  }
  g_test_add_func ("/detect/flush", test_flush);
  g_test_add_func ("/detect/late", test_late);
  g_test_add_func ("/detect/renegotiate", test_renegotiate);
  g_test_add_func ("/detect/live-options", test_live_options);
  g_test_add_func ("/detect/crop", test_crop);
  g_test_add_func ("/detect/overlay-copies", test_overlay_copies);
  g_test_add_func ("/detect/fading", test_fading);
  return g_test_run ();
}
