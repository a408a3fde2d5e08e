/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames in flight: their order and completeness, results and their age. */
#include "gstdetectmeta.h"

#include <gst/video/video.h>

#include "gateharness.h"

/* ---- parallel ---- */

/* Frames are inferred at once, and leave in their order with what is theirs. */
static void
test_order (void)
{
  Bench bench;

  open_bench (&bench, "parallel=3", "");
  push (&bench, 0);
  forget_seen (&bench);
  push (&bench, 1);
  expect_seen (&bench, ""); /* both are under way, neither has ended */
  let_go (&bench, 3);
  push (&bench, 2);
  let_go (&bench, 4);
  for (guint i = 3; i < 7; i++)
    push (&bench, i);
  gst_harness_push_event (bench.harness, gst_event_new_eos ());
  expect_seen (&bench, "bbbbbbbe");
  for (guint i = 0; i < 7; i++)
    expect_frame (&bench, i);
  g_assert_cmpuint (get_count (bench.harness, "inferred"), ==, 7);
  g_assert_cmpuint (get_count (bench.harness, "dropped"), ==, 0);
  close_bench (&bench);
}

/* A frame that is not looked at stays behind those that are. */
static void
test_order_with_interval (void)
{
  Bench bench;

  open_bench (&bench, "parallel=4 interval=2", "");
  push (&bench, 0);
  forget_seen (&bench);
  push (&bench, 1);
  push (&bench, 2);
  expect_seen (&bench, "");
  let_go (&bench, 2);
  gst_harness_push_event (bench.harness, gst_event_new_eos ());
  expect_seen (&bench, "bbbe");
  expect_frame (&bench, 0);
  g_autoptr (GstBuffer) between = gst_harness_try_pull (bench.harness);
  const GstDetectMeta *meta = gst_buffer_get_detect_meta (between);
  g_assert_cmpuint (meta->age, ==, 1);
  g_assert_cmpuint (meta->age_time, ==, STEP);
  g_assert_cmpuint (meta->pts, ==, 0);
  expect_frame (&bench, 2);
  close_bench (&bench);
}

static GstEvent *
make_tag (void)
{
  return gst_event_new_tag (gst_tag_list_new (GST_TAG_TITLE, "a street", NULL));
}

static GstEvent *
make_caps (void)
{
  g_autoptr (GstCaps)
      caps = gst_caps_from_string ("video/"
                                   "x-raw,format=I420,width=160,height=160,"
                                   "framerate=5/1,"
                                   "pixel-aspect-ratio=1/1");

  return gst_event_new_caps (caps);
}

static GstEvent *
make_gap (void)
{
  return gst_event_new_gap (2 * STEP, STEP);
}

static GstEvent *
make_custom (void)
{
  return gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM,
      gst_structure_new_empty ("custom"));
}

/* Frames leave before every event that came after them. */
static void
test_drain (void)
{
  static const struct
  {
    GstEvent *(*make) (void);
    const gchar *seen;
  } cases[] = {
    { make_segment, "bbs" },
    { make_tag, "bbt" },
    { make_caps, "bbc" },
    { make_gap, "bbg" },
    { make_custom, "bbx" },
    { gst_event_new_eos, "bbe" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    Bench bench;

    open_bench (&bench, "parallel=3", "");
    push (&bench, 0);
    push (&bench, 1);
    forget_seen (&bench);
    let_go (&bench, 2);
    gst_harness_push_event (bench.harness, cases[i].make ());
    expect_seen (&bench, cases[i].seen);
    expect_frame (&bench, 0);
    expect_frame (&bench, 1);
    close_bench (&bench);
  }
}

/* A break in the stream is marked on the frame after it, and on no other. */
static void
test_discont (void)
{
  Bench bench;

  open_bench (&bench, "parallel=3", "");
  let_go (&bench, 8);
  for (guint i = 0; i < 8; i++) {
    GstBuffer *frame = make_frame (i);

    if (i == 0 || i == 4)
      GST_BUFFER_FLAG_SET (frame, GST_BUFFER_FLAG_DISCONT);
    if (i == 5)
      GST_BUFFER_FLAG_SET (frame, GST_BUFFER_FLAG_CORRUPTED);
    g_assert_cmpint (gst_harness_push (bench.harness, frame), ==, GST_FLOW_OK);
  }
  gst_harness_push_event (bench.harness, gst_event_new_eos ());
  for (guint i = 0; i < 8; i++) {
    g_autoptr (GstBuffer) out = gst_harness_try_pull (bench.harness);

    g_assert_cmpuint (GST_BUFFER_PTS (out), ==, i * STEP);
    g_assert_cmpint (GST_BUFFER_IS_DISCONT (out), ==, i == 0 || i == 4);
    g_assert_cmpint (GST_BUFFER_FLAG_IS_SET (out, GST_BUFFER_FLAG_CORRUPTED),
        ==, i == 5);
  }
  close_bench (&bench);
}

/* After a flush nothing of before it comes out. */
static void
test_flush (void)
{
  Bench bench;

  open_bench (&bench, "parallel=3", "");
  push (&bench, 0);
  push (&bench, 1);
  gst_harness_push_event (bench.harness, gst_event_new_flush_start ());
  gst_harness_push_event (bench.harness, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (bench.harness, make_segment ());
  forget_seen (&bench);
  let_go (&bench, 4); /* two of before, two of after */
  push (&bench, 7);
  push (&bench, 8);
  gst_harness_push_event (bench.harness, gst_event_new_eos ());
  expect_seen (&bench, "bbe");
  expect_frame (&bench, 7);
  expect_frame (&bench, 8);
  g_assert_cmpuint (get_count (bench.harness, "dropped"), ==, 2);
  close_bench (&bench);
}

static GstClockTime
query_latency (GstHarness *harness)
{
  gst_harness_set_upstream_latency (harness, STEP);
  return gst_harness_query_latency (harness);
}

static void
test_latency (void)
{
  static const struct
  {
    const gchar *properties;
    GstClockTime latency;
  } cases[] = {
    { "", STEP },
    { "parallel=4", 4 * STEP },
    { "parallel=4 policy=async", STEP },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    Bench bench;

    open_bench (&bench, cases[i].properties, "");
    let_go (&bench, 1);
    push (&bench, 0);
    g_assert_cmpuint (query_latency (bench.harness), ==, cases[i].latency);
    close_bench (&bench);
  }
}

/* Whoever makes the frames has to have as many more as are held here. */
static void
test_allocation (void)
{
  Bench bench;

  open_bench (&bench, "parallel=4", "");
  gst_harness_add_propose_allocation_meta (bench.harness,
      GST_VIDEO_META_API_TYPE, NULL);
  let_go (&bench, 1);
  push (&bench, 0);
  g_autoptr (GstCaps) caps = gst_caps_from_string (CAPS);
  g_autoptr (GstQuery) query = gst_query_new_allocation (caps, TRUE);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (bench.detect, "sink");
  gst_pad_query (pad, query);
  g_assert_cmpuint (gst_query_get_n_allocation_pools (query), ==, 1);
  guint min;
  gst_query_parse_nth_allocation_pool (query, 0, NULL, NULL, &min, NULL);
  g_assert_cmpuint (min, >=, 3);
  close_bench (&bench);
}

/* ---- async ---- */

/* Frames move on while the engine works; a result rides on the next frame, and the
 * one after it is of the newest frame there was. */
static void
test_async (void)
{
  Bench bench;

  open_bench (&bench, "policy=async max-age=3600000", "");
  guint64 begun = 0;
  guint number = 0;
  while (get_count (bench.harness, "frames") ==
      get_count (bench.harness, "skipped")) { /* the model is being loaded */
    begun = number;
    push (&bench, number++);
    gst_buffer_unref (gst_harness_try_pull (bench.harness));
  }
  for (guint i = 0; i < 5; i++) {
    push (&bench, number++);
    g_autoptr (GstBuffer) out = gst_harness_try_pull (bench.harness);
    g_assert_null (gst_buffer_get_detect_meta (out));
  }
  let_go (&bench, 1);
  number = push_until_result (&bench, number, begun);
  let_go (&bench, 1);
  push_until_result (&bench, number + 1, number); /* begun on that very frame */
  g_assert_cmpuint (get_count (bench.harness, "inferred"), ==, 2);
  gst_harness_push_event (bench.harness, gst_event_new_eos ());
  g_assert_cmpuint (get_count (bench.harness, "dropped"), ==, 1);
  close_bench (&bench);
}

/* After a flush in async nobody waits for what is still under way. */
static void
test_async_flush (void)
{
  Bench bench;

  open_bench (&bench, "policy=async", "");
  guint number = 0;
  while (get_count (bench.harness, "frames") ==
      get_count (bench.harness, "skipped"))
    push (&bench, number++);
  gst_harness_push_event (bench.harness, gst_event_new_flush_start ());
  gst_harness_push_event (bench.harness, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (bench.harness, make_segment ());
  for (guint i = 0; i < 3; i++)
    push (&bench, number++);
  let_go (&bench, 2);
  while (gst_harness_buffers_in_queue (bench.harness) > 0)
    gst_buffer_unref (gst_harness_try_pull (bench.harness));
  push_until_result (&bench, number, number); /* never one of before */
  close_bench (&bench);
}

/* A frame of one grey, and what is found in it. */
static GstBuffer *
push_grey (GstHarness *harness, guint number, guint8 grey)
{
  GstBuffer *frame = make_frame (number);

  gst_buffer_memset (frame, 0, grey, WIDTH * HEIGHT);
  return push_and_pull (harness, frame);
}

static gfloat
get_score (GstBuffer *buffer)
{
  const GstDetectMeta *meta = gst_buffer_get_detect_meta (buffer);

  g_assert_cmpuint (meta->n_objects, ==, 1);
  return meta->objects[0].score;
}

/* What is found is the same as in sync: each result is of the pixels of its frame. */
static void
test_async_pixels (void)
{
  const gchar *models = g_getenv ("DETECT_TEST_MODELS");
  g_autofree gchar *in_sync =
      g_strdup_printf ("engine=opencv model=%s/redness.onnx", models);
  g_autofree gchar *in_async =
      g_strconcat (in_sync, " policy=async max-age=3600000", NULL);
  gint64 deadline = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;
  GstHarness *harness = open_harness (in_sync);
  gfloat expected[2];

  for (guint i = 0; i < 2; i++) {
    g_autoptr (GstBuffer) out = push_grey (harness, i, i ? 200 : 120);
    expected[i] = get_score (out);
  }
  g_assert_cmpfloat (expected[0], <, expected[1] - 0.25f);
  gst_harness_teardown (harness);

  harness = open_harness (in_async);
  for (guint number = 0, n = 0; n < 20; number++) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    g_autoptr (GstBuffer)
        out = push_grey (harness, number, number % 2 ? 200 : 120);
    const GstDetectMeta *meta = gst_buffer_get_detect_meta (out);
    if (!meta)
      continue;
    g_assert_cmpfloat (get_score (out), ==, expected[meta->frame_number % 2]);
    n += get_count (harness, "inferred") > n;
  }
  /* Nothing is under way when the program ends. */
  g_autoptr (GstElement) detect = gst_harness_find_element (harness, "detect");
  g_object_set (detect, "policy", "sync", NULL);
  g_autoptr (GstBuffer) last = push_grey (harness, 1000, 200);
  g_assert_cmpfloat (get_score (last), ==, expected[1]);
  gst_harness_teardown (harness);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/flow/order", test_order);
  g_test_add_func ("/flow/order-with-interval", test_order_with_interval);
  g_test_add_func ("/flow/drain", test_drain);
  g_test_add_func ("/flow/discont", test_discont);
  g_test_add_func ("/flow/flush", test_flush);
  if (!feeds_from_file ()) /* only of a live stream it counts */
    g_test_add_func ("/flow/latency", test_latency);
  g_test_add_func ("/flow/allocation", test_allocation);
  g_test_add_func ("/flow/async", test_async);
  g_test_add_func ("/flow/async-flush", test_async_flush);
  g_test_add_func ("/flow/async-pixels", test_async_pixels);
  return g_test_run ();
}
