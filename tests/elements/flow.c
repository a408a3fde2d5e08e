/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames in flight: their order and completeness, results and their age, engines that
 * fail or hang. Inferences are let go by the test, through a gate, so nothing here
 * depends on how long they take. */
#include "gstdetectmeta.h"

#include <fcntl.h>
#include <gst/video/video.h>
#include <sys/stat.h>
#include <unistd.h>

#include "detectharness.h"

#define N_RUNS_TO_LEAVE 64 /* more than a test begins */

/* An element whose inferences wait for let_go(). */
typedef struct
{
  GstHarness *harness;
  GstElement *detect;
  GstBus *bus;
  GString *seen; /* what left: a letter each, b for a buffer */
  gchar *model;
  gchar *pipe;
  int gate;
} Bench;

static void
let_go (const Bench *bench, guint n)
{
  for (guint i = 0; i < n; i++)
    g_assert_cmpint (write (bench->gate, "", 1), ==, 1);
}

static GstPadProbeReturn
note (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Bench *bench = data;

  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    g_string_append_c (bench->seen, 'b');
    return GST_PAD_PROBE_OK;
  }
  switch (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info))) {
    case GST_EVENT_SEGMENT:
      g_string_append_c (bench->seen, 's');
      break;
    case GST_EVENT_TAG:
      g_string_append_c (bench->seen, 't');
      break;
    case GST_EVENT_CAPS:
      g_string_append_c (bench->seen, 'c');
      break;
    case GST_EVENT_GAP:
      g_string_append_c (bench->seen, 'g');
      break;
    case GST_EVENT_CUSTOM_DOWNSTREAM:
      g_string_append_c (bench->seen, 'x');
      break;
    case GST_EVENT_EOS:
      g_string_append_c (bench->seen, 'e');
      break;
    default:
      break;
  }
  return GST_PAD_PROBE_OK;
}

static void
open_bench (Bench *bench, const gchar *properties, const gchar *behaviour)
{
  g_autofree gchar *folder = g_dir_make_tmp ("detect-test-XXXXXX", NULL);

  bench->pipe = g_build_filename (folder, "gate", NULL);
  g_assert_cmpint (mkfifo (bench->pipe, 0600), ==, 0);
  bench->gate = open (bench->pipe, O_RDWR | O_CLOEXEC);
  g_assert_cmpint (bench->gate, >=, 0);
  gboolean gated = !strstr (behaviour, "fault");
  g_autofree gchar *text = g_strdup_printf ("[behaviour]\n%s%s\n%s",
      gated ? "gate=" : "", gated ? bench->pipe : "", behaviour);
  bench->model = write_canned (text);
  g_autofree gchar *line =
      g_strdup_printf ("model=%s %s", bench->model, properties);
  bench->harness = open_harness (line);
  bench->detect = gst_harness_find_element (bench->harness, "detect");
  bench->bus = gst_bus_new ();
  gst_element_set_bus (bench->detect, bench->bus);
  bench->seen = g_string_new (NULL);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (bench->detect, "src");
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, note,
      bench, NULL);
}

static void
close_bench (Bench *bench)
{
  g_autofree gchar *folder = g_path_get_dirname (bench->pipe);

  let_go (bench, N_RUNS_TO_LEAVE);
  gst_element_set_bus (bench->detect, NULL);
  gst_object_unref (bench->detect);
  gst_object_unref (bench->bus);
  gst_harness_teardown (bench->harness);
  g_string_free (bench->seen, TRUE);
  close (bench->gate);
  g_remove (bench->pipe);
  g_rmdir (folder);
  g_free (bench->pipe);
  remove_canned (bench->model);
  g_free (bench->model);
}

static void
push (const Bench *bench, guint number)
{
  g_assert_cmpint (gst_harness_push (bench->harness, make_frame (number)), ==,
      GST_FLOW_OK);
}

static void
expect_seen (Bench *bench, const gchar *wanted)
{
  g_assert_cmpstr (bench->seen->str, ==, wanted);
}

static void
forget_seen (Bench *bench)
{
  g_string_truncate (bench->seen, 0);
}

/* The next buffer that left is frame number, with its own result. */
static void
expect_frame (Bench *bench, guint number)
{
  g_autoptr (GstBuffer) out = gst_harness_try_pull (bench->harness);

  g_assert_nonnull (out);
  g_assert_cmpuint (GST_BUFFER_PTS (out), ==, number * STEP);
  g_assert_cmpuint (GST_BUFFER_OFFSET (out), ==, 40 + number);
  const GstDetectMeta *meta = gst_buffer_get_detect_meta (out);
  g_assert_nonnull (meta);
  g_assert_cmpuint (meta->pts, ==, number * STEP);
  g_assert_cmpuint (meta->age, ==, 0);
  g_assert_cmpuint (meta->n_objects, ==, 2);
}

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
make_segment (void)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  return gst_event_new_segment (&segment);
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

/* ---- loading ---- */

static gpointer
push_first (gpointer data)
{
  return GINT_TO_POINTER (gst_harness_push (data, make_frame (0)));
}

static void
expect_progress (const Bench *bench, GstProgressType wanted)
{
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bench->bus,
      30 * GST_SECOND, GST_MESSAGE_PROGRESS);
  GstProgressType type;

  g_assert_nonnull (message);
  gst_message_parse_progress (message, &type, NULL, NULL);
  g_assert_cmpint (type, ==, wanted);
}

/* A load that takes long is announced; the frame that waits for it goes on with it. */
static void
test_slow_load (void)
{
  Bench bench;

  open_bench (&bench, "", "gate-from=0\n");
  GThread *thread = g_thread_new ("push", push_first, bench.harness);
  expect_progress (&bench, GST_PROGRESS_TYPE_START);
  let_go (&bench, 2); /* the warm-up and the frame */
  expect_progress (&bench, GST_PROGRESS_TYPE_COMPLETE);
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==, GST_FLOW_OK);
  expect_frame (&bench, 0);
  close_bench (&bench);
}

/* Nobody waits for the end of a load to stop. */
static void
test_stop_while_loading (void)
{
  Bench bench;

  open_bench (&bench, "", "gate-from=0\n");
  GThread *thread = g_thread_new ("push", push_first, bench.harness);
  expect_progress (&bench, GST_PROGRESS_TYPE_START);
  g_assert_cmpint (gst_element_set_state (bench.detect, GST_STATE_NULL), ==,
      GST_STATE_CHANGE_SUCCESS);
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==,
      GST_FLOW_FLUSHING);
  close_bench (&bench);
}

/* ---- sharing ---- */

/* How many times the gate is open in this process: once by the test, and once by
 * every network. */
static guint
count_gates (const Bench *bench)
{
  g_autoptr (GDir) folder = g_dir_open ("/proc/self/fd", 0, NULL);
  const gchar *name;
  guint n = 0;

  while ((name = g_dir_read_name (folder))) {
    g_autofree gchar *path = g_build_filename ("/proc/self/fd", name, NULL);
    g_autofree gchar *target = g_file_read_link (path, NULL);

    n += g_strcmp0 (target, bench->pipe) == 0;
  }
  return n;
}

/* Elements with the same model use one network; it goes with the last of them. */
static void
test_sharing (void)
{
  Bench bench;

  open_bench (&bench, "parallel=2 threshold=0.6", "");
  g_autofree gchar *line = g_strdup_printf ("model=%s", bench.model);
  GstHarness *other = open_harness (line);
  let_go (&bench, 2);
  push (&bench, 0);
  g_assert_cmpuint (count_objects (other, 0), ==, 2);
  g_assert_cmpuint (count_gates (&bench), ==, 2);
  gst_element_set_state (bench.detect, GST_STATE_NULL);
  let_go (&bench, 1);
  g_assert_cmpuint (count_objects (other, 1), ==, 2);
  g_assert_cmpuint (count_gates (&bench), ==, 2);
  gst_harness_teardown (other);
  gint64 deadline = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;
  while (count_gates (&bench) > 1) { /* workers end by themselves */
    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    g_thread_yield ();
  }
  close_bench (&bench);
}

/* ---- async ---- */

/* Pushes frames until one carries a result of a frame from first on. */
static guint
push_until_result (Bench *bench, guint number, guint64 first)
{
  gint64 deadline = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;

  for (;; number++) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    push (bench, number);
    g_autoptr (GstBuffer) out = gst_harness_try_pull (bench->harness);
    g_assert_cmpuint (GST_BUFFER_PTS (out), ==, number * STEP);
    const GstDetectMeta *meta = gst_buffer_get_detect_meta (out);
    if (!meta)
      continue;
    g_assert_cmpuint (meta->frame_number + meta->age, ==, number);
    g_assert_cmpuint (meta->pts, ==, meta->frame_number * STEP);
    g_assert_cmpuint (meta->age_time, ==, meta->age * STEP);
    if (meta->frame_number >= first)
      return number;
  }
}

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

/* ---- engines that fail ---- */

static void
expect_plain (Bench *bench, guint number)
{
  push (bench, number);
  g_autoptr (GstBuffer) out = gst_harness_try_pull (bench->harness);
  g_assert_nonnull (out);
  g_assert_null (gst_buffer_get_detect_meta (out));
}

static guint
count_messages (const Bench *bench, GstMessageType type)
{
  GstMessage *message;
  guint n = 0;

  while ((message = pop_message (bench->bus, type))) {
    gst_message_unref (message);
    n++;
  }
  return n;
}

/* on-error=pass: one warning, and video goes on; results come back with the engine. */
static void
test_pass_on_error (void)
{
  Bench bench;

  open_bench (&bench, "on-error=pass max-age=0",
      "fault=error\nafter=2\ntimes=3\n");
  push (&bench, 0);
  expect_frame (&bench, 0);
  for (guint i = 1; i < 4; i++)
    expect_plain (&bench, i);
  push (&bench, 4);
  expect_frame (&bench, 4);
  g_assert_cmpuint (get_count (bench.harness, "errors"), ==, 3);
  g_assert_cmpuint (count_messages (&bench, GST_MESSAGE_WARNING), ==, 1);
  close_bench (&bench);
}

static void
test_fail_on_error (void)
{
  Bench bench;

  open_bench (&bench, "", "fault=error\nafter=2\n");
  push (&bench, 0);
  g_assert_cmpint (gst_harness_push (bench.harness, make_frame (1)), ==,
      GST_FLOW_ERROR);
  g_assert_cmpuint (count_messages (&bench, GST_MESSAGE_ERROR), ==, 1);
  close_bench (&bench);
}

/* An inference that hangs is given up, and the next frame has a session again. */
static void
test_timeout (void)
{
  static const gchar *const policies[] = { "policy=sync", "parallel=2" };

  for (gsize i = 0; i < G_N_ELEMENTS (policies); i++) {
    g_autofree gchar *properties =
        g_strdup_printf ("timeout-ms=100 max-age=0 %s", policies[i]);
    Bench bench;

    open_bench (&bench, properties, "fault=hang\nafter=1\ntimes=1\n");
    let_go (&bench, 8);
    push (&bench, 0);
    push (&bench, 1);
    push (&bench, 2);
    gst_harness_push_event (bench.harness, gst_event_new_eos ());
    guint n_plain = 0; /* of two at once it can be either */
    for (guint f = 0; f < 3; f++) {
      g_autoptr (GstBuffer) out = gst_harness_try_pull (bench.harness);
      g_assert_cmpuint (GST_BUFFER_PTS (out), ==, f * STEP);
      n_plain += gst_buffer_get_detect_meta (out) == NULL;
    }
    g_assert_cmpuint (n_plain, ==, 1);
    g_assert_cmpuint (get_count (bench.harness, "timeouts"), ==, 1);
    g_assert_cmpuint (count_messages (&bench, GST_MESSAGE_WARNING), ==, 1);
    close_bench (&bench);
  }
}

/* One that hangs every time is not asked for ever: each costs a thread. */
static void
test_gives_up (void)
{
  Bench bench;

  open_bench (&bench, "timeout-ms=20 on-error=pass", "fault=hang\nafter=1\n");
  for (guint i = 0; i < 6; i++)
    expect_plain (&bench, i);
  g_assert_cmpuint (get_count (bench.harness, "timeouts"), ==, 3);
  g_assert_cmpuint (count_messages (&bench, GST_MESSAGE_WARNING), ==, 4);
  close_bench (&bench);

  open_bench (&bench, "timeout-ms=20", "fault=hang\nafter=1\n");
  expect_plain (&bench, 0);
  expect_plain (&bench, 1);
  g_assert_cmpint (gst_harness_push (bench.harness, make_frame (2)), ==,
      GST_FLOW_ERROR);
  g_assert_cmpuint (count_messages (&bench, GST_MESSAGE_ERROR), ==, 1);
  close_bench (&bench);
}

/* Async: the same, without anybody waiting. */
static void
test_async_timeout (void)
{
  Bench bench;

  open_bench (&bench, "policy=async timeout-ms=20 max-age=3600000",
      "fault=hang\nafter=1\ntimes=1\n");
  push_until_result (&bench, 0, 0);
  g_assert_cmpuint (get_count (bench.harness, "timeouts"), ==, 1);
  g_assert_cmpuint (count_messages (&bench, GST_MESSAGE_WARNING), ==, 1);
  close_bench (&bench);
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
  g_test_add_func ("/flow/latency", test_latency);
  g_test_add_func ("/flow/allocation", test_allocation);
  g_test_add_func ("/flow/slow-load", test_slow_load);
  g_test_add_func ("/flow/stop-while-loading", test_stop_while_loading);
  g_test_add_func ("/flow/sharing", test_sharing);
  g_test_add_func ("/flow/async", test_async);
  g_test_add_func ("/flow/async-flush", test_async_flush);
  g_test_add_func ("/flow/pass-on-error", test_pass_on_error);
  g_test_add_func ("/flow/fail-on-error", test_fail_on_error);
  g_test_add_func ("/flow/timeout", test_timeout);
  g_test_add_func ("/flow/gives-up", test_gives_up);
  g_test_add_func ("/flow/async-timeout", test_async_timeout);
  return g_test_run ();
}
