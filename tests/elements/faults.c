/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models that load slowly or are shared; engines that fail or hang. */
#include "gstdetectmeta.h"

#include <dlfcn.h>
#include <errno.h>
#include <gst/video/video.h>
#include <pthread.h>

#include "gateharness.h"

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

  open_bench (&bench, "", "gate-load=true\n");
  GThread *thread = g_thread_new ("push", push_first, bench.harness);
  expect_progress (&bench, GST_PROGRESS_TYPE_START);
  let_go (&bench, 2); /* the load and the frame */
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

  open_bench (&bench, "", "gate-load=true\n");
  GThread *thread = g_thread_new ("push", push_first, bench.harness);
  expect_progress (&bench, GST_PROGRESS_TYPE_START);
  g_assert_cmpint (gst_element_set_state (bench.detect, GST_STATE_NULL), ==,
      GST_STATE_CHANGE_SUCCESS);
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==,
      GST_FLOW_FLUSHING);
  close_bench (&bench);
}

/* ---- networks ---- */

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

/* Until there are so many. */
static void
wait_for_gates (const Bench *bench, guint n)
{
  gint64 deadline = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;

  while (count_gates (bench) != n) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    g_thread_yield ();
  }
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
  wait_for_gates (&bench, 1); /* workers end by themselves */
  close_bench (&bench);
}

/* Down to that state, and up with other properties. */
static void
start_again (const Bench *bench, GstState state, gint parallel)
{
  g_assert_cmpint (gst_element_set_state (bench->detect, state), ==,
      GST_STATE_CHANGE_SUCCESS);
  if (state == GST_STATE_NULL)
    wait_for_gates (bench, 1); /* until then the model can be found again */
  g_object_set (bench->detect, "parallel", parallel, NULL);
  g_assert_cmpint (gst_element_set_state (bench->detect, GST_STATE_PLAYING), ==,
      GST_STATE_CHANGE_SUCCESS);
  g_autoptr (GstCaps) caps = gst_caps_from_string (CAPS);
  gst_harness_push_event (bench->harness, gst_event_new_stream_start ("again"));
  gst_harness_push_event (bench->harness, gst_event_new_caps (caps));
  gst_harness_push_event (bench->harness, make_segment ());
}

/* So many frames are under way at once, and leave in their order. */
static void
expect_at_once (Bench *bench, guint n)
{
  forget_seen (bench);
  for (guint i = 0; i + 1 < n; i++)
    push (bench, i);
  expect_seen (bench, "");
  let_go (bench, n);
  push (bench, n - 1);
  gst_harness_push_event (bench->harness, gst_event_new_eos ());
  for (guint i = 0; i < n; i++)
    expect_frame (bench, i);
  g_assert_cmpuint (get_count (bench->harness, "inferred"), ==, n);
}

/* More frames at once than in the run before: the model gets the networks that it
 * lacks for them. */
static void
test_more_at_once (void)
{
  static const GstState states[] = { GST_STATE_READY, GST_STATE_NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (states); i++) {
    Bench bench;

    open_bench (&bench, "", "serial=true\n");
    let_go (&bench, 1);
    push (&bench, 0);
    expect_frame (&bench, 0);
    wait_for_gates (&bench, 1 + 1);
    start_again (&bench, states[i], 3);
    expect_at_once (&bench, 3);
    wait_for_gates (&bench, 1 + 3);
    /* Fewer again: what is there stays while the model does. */
    start_again (&bench, states[i], 2);
    expect_at_once (&bench, 2);
    wait_for_gates (&bench, 1 + (states[i] == GST_STATE_READY ? 3 : 2));
    close_bench (&bench);
  }
}

/* The same while the networks for fewer are still being loaded. */
static void
test_more_while_loading (void)
{
  Bench bench;

  open_bench (&bench, "parallel=2", "serial=true\ngate-load=true\n");
  let_go (&bench, 1);
  wait_for_gates (&bench, 1 + 2); /* the second of two is being loaded */
  start_again (&bench, GST_STATE_READY, 4);
  let_go (&bench, 3);
  expect_at_once (&bench, 4);
  wait_for_gates (&bench, 1 + 4);
  close_bench (&bench);
}

/* ---- engines that fail ---- */

static void
expect_plain (Bench *bench, guint number)
{
  push (bench, number);
  g_autoptr (GstBuffer) out = pull (bench->harness);
  g_assert_nonnull (out);
  g_assert_null (gst_buffer_get_detect_meta (out));
}

/* The source hears of it with the frame itself, or with one after it. */
static void
expect_error (Bench *bench, guint number)
{
  for (guint i = 0; i < 3; i++) {
    GstFlowReturn flow =
        gst_harness_push (bench->harness, make_frame (number + i));

    if (flow != GST_FLOW_OK) {
      g_assert_cmpint (flow, ==, GST_FLOW_ERROR);
      return;
    }
  }
  g_assert_not_reached ();
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
      "fault=error\nafter=1\ntimes=3\n");
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

  open_bench (&bench, "", "delay-ms=20\nfault=error\nafter=1\n");
  push (&bench, 0);
  expect_error (&bench, 1);
  /* Nor is it told again of the frames behind it. */
  gst_harness_push_event (bench.harness, gst_event_new_eos ());
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
        g_strdup_printf ("timeout-ms=%d max-age=0 %s", LONG_MS, policies[i]);
    Bench bench;

    open_bench (&bench, properties, "fault=hang\ntimes=1\n");
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

/* The only frame there is waits for an engine that hangs: the watchdog frees it. */
static void
test_timeout_of_the_only_frame (void)
{
  GstBufferPool *pool = open_pool (1);
  Bench bench;

  open_bench (&bench, "parallel=3 timeout-ms=100 max-age=0",
      "fault=hang\ntimes=1\n");
  gst_harness_set_drop_buffers (bench.harness, TRUE);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpint (gst_harness_push (bench.harness, acquire_frame (pool, i)),
        ==, GST_FLOW_OK);
  gst_harness_push_event (bench.harness, gst_event_new_eos ());
  expect_seen (&bench, "bbbe");
  close_pool (pool);
  close_bench (&bench);
}

/* One that hangs every time is not asked for ever: each costs a thread. */
static void
test_gives_up (void)
{
  Bench bench;

  open_bench (&bench, "timeout-ms=20 on-error=pass", "fault=hang\n");
  for (guint i = 0; i < 6; i++)
    expect_plain (&bench, i);
  g_assert_cmpuint (get_count (bench.harness, "timeouts"), ==, 3);
  g_assert_cmpuint (count_messages (&bench, GST_MESSAGE_WARNING), ==, 4);
  close_bench (&bench);

  open_bench (&bench, "timeout-ms=20", "fault=hang\n");
  expect_plain (&bench, 0);
  expect_plain (&bench, 1);
  expect_error (&bench, 2);
  g_assert_cmpuint (count_messages (&bench, GST_MESSAGE_ERROR), ==, 1);
  close_bench (&bench);
}

/* A network that takes one request at a time, and hangs at one of them. */
#define BLOCKED(after) "serial=true\nfault=hang\ntimes=1\nafter=" #after "\n"

/* The engine hangs at this frame, which leaves without a result: the n-th so far. */
static void
expect_given_up (GstHarness *harness, guint number, guint n_given_up)
{
  g_autoptr (GstElement) detect = gst_harness_find_element (harness, "detect");

  g_object_set (detect, "timeout-ms", TAKEN_UP_MS, NULL);
  g_autoptr (GstBuffer)
      out = gst_harness_push_and_pull (harness, make_frame (number));
  g_assert_null (gst_buffer_get_detect_meta (out));
  g_assert_cmpuint (get_count (harness, "timeouts"), ==, n_given_up);
  g_object_set (detect, "timeout-ms", 0, NULL);
}

/* A network that takes one request at a time is lost with the one that hangs, for
 * all elements that share it; the next frames have another. */
static void
test_blocked (void)
{
  Bench bench;

  open_bench (&bench, "max-age=0", BLOCKED (2));
  g_autofree gchar *line = g_strdup_printf ("max-age=0 model=%s", bench.model);
  GstHarness *other = open_harness (line);
  g_assert_cmpuint (count_objects (bench.harness, 0), ==, 2);
  g_assert_cmpuint (count_objects (other, 0), ==, 2);
  expect_given_up (bench.harness, 1, 1);
  g_assert_cmpuint (count_objects (bench.harness, 2), ==, 2);
  expect_given_up (other, 1, 1);
  g_assert_cmpuint (count_objects (other, 2), ==, 2);
  expect_given_up (bench.harness, 3, 2); /* they share the new one, too */
  gst_harness_teardown (other);
  close_bench (&bench);
}

/* With several at once all leave in their order, those that were lost without. */
static void
test_blocked_with_several (void)
{
  g_autofree gchar *properties =
      g_strdup_printf ("parallel=2 timeout-ms=%d max-age=0", LONG_MS);
  guint n_after = 0;
  gboolean lost = FALSE;
  Bench bench;

  open_bench (&bench, properties, BLOCKED (1));
  for (guint i = 0; i < 5; i++)
    push (&bench, i);
  gst_harness_push_event (bench.harness, gst_event_new_eos ());
  for (guint i = 0; i < 5; i++) {
    g_autoptr (GstBuffer) out = gst_harness_try_pull (bench.harness);

    g_assert_cmpuint (GST_BUFFER_PTS (out), ==, i * STEP);
    const GstDetectMeta *meta = gst_buffer_get_detect_meta (out);
    lost |= !meta;
    if (meta)
      g_assert_cmpuint (meta->pts, ==, i * STEP);
    n_after += lost && meta;
  }
  g_assert_cmpuint (n_after, >=, 1);
  close_bench (&bench);
}

/* Async: nobody waits for the load of the other. */
static void
test_blocked_async (void)
{
  g_autofree gchar *properties =
      g_strdup_printf ("policy=async timeout-ms=%d max-age=3600000", LONG_MS);
  gint64 deadline = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;
  Bench bench;

  open_bench (&bench, properties, BLOCKED (2));
  guint number = push_until_result (&bench, 0, 0);
  while (get_count (bench.harness, "timeouts") == 0) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    push (&bench, ++number);
    gst_buffer_unref (gst_harness_try_pull (bench.harness));
  }
  push_until_result (&bench, number + 1, number + 1);
  g_assert_cmpuint (get_count (bench.harness, "timeouts"), ==, 1);
  close_bench (&bench);
}

/* Async: the same, without anybody waiting. */
static void
test_async_timeout (void)
{
  Bench bench;

  g_autofree gchar *properties =
      g_strdup_printf ("policy=async timeout-ms=%d max-age=3600000", LONG_MS);
  open_bench (&bench, properties, "fault=hang\ntimes=1\n");
  push_until_result (&bench, 0, 0);
  g_assert_cmpuint (get_count (bench.harness, "timeouts"), ==, 1);
  g_assert_cmpuint (count_messages (&bench, GST_MESSAGE_WARNING), ==, 1);
  close_bench (&bench);
}

/* Async: results come again. */
static void
test_async_flush_while_hanging (void)
{
  Bench bench;

  g_autofree gchar *properties =
      g_strdup_printf ("policy=async timeout-ms=%d max-age=3600000", LONG_MS);
  open_bench (&bench, properties, "fault=hang\nafter=1\ntimes=1\n");
  guint number = push_until_result (&bench, 0, 0) + 1;
  push (&bench, number); /* begun with the result, or now */
  gst_buffer_unref (pull (bench.harness));
  flush (&bench);
  push_until_result (&bench, number + 1, number + 1);
  g_assert_cmpuint (get_count (bench.harness, "timeouts"), ==, 1);
  close_bench (&bench);
}

/* ---- threads that cannot be had ---- */

static gboolean are_refused;

/* In the place of the C library's. */
int
pthread_create (pthread_t *thread, const pthread_attr_t *attributes,
    void *(*function) (void *data), void *data)
{
  int (*real) (pthread_t *, const pthread_attr_t *, void *(*) (void *), void *);

  if (g_atomic_int_get (&are_refused))
    return EAGAIN;
  *(void **) &real = dlsym (RTLD_NEXT, "pthread_create");
  return real (thread, attributes, function, data);
}

/* The engine hangs, and no other thread can take the place of the one that is lost. */
static void
test_no_other_thread (void)
{
  static const gchar *const words[] = { "fail", "pass" };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++) {
    g_autofree gchar *properties =
        g_strdup_printf ("max-age=0 on-error=%s", words[i]);
    Bench bench;

    open_bench (&bench, properties, "fault=hang\nafter=1\n");
    push (&bench, 0);
    expect_frame (&bench, 0);
    g_object_set (bench.detect, "timeout-ms", TAKEN_UP_MS, NULL);
    g_atomic_int_set (&are_refused, TRUE);
    expect_error (&bench, 1);
    gst_harness_push_event (bench.harness, gst_event_new_eos ());
    g_atomic_int_set (&are_refused, FALSE);
    g_assert_cmpuint (get_count (bench.harness, "timeouts"), ==, 1);
    g_assert_cmpuint (count_messages (&bench, GST_MESSAGE_ERROR), ==, 1);
    close_bench (&bench);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/faults/slow-load", test_slow_load);
  g_test_add_func ("/faults/stop-while-loading", test_stop_while_loading);
  g_test_add_func ("/faults/sharing", test_sharing);
  g_test_add_func ("/faults/more-at-once", test_more_at_once);
  g_test_add_func ("/faults/more-while-loading", test_more_while_loading);
  g_test_add_func ("/faults/pass-on-error", test_pass_on_error);
  g_test_add_func ("/faults/fail-on-error", test_fail_on_error);
  g_test_add_func ("/faults/timeout", test_timeout);
  g_test_add_func ("/faults/timeout-of-the-only-frame",
      test_timeout_of_the_only_frame);
  g_test_add_func ("/faults/gives-up", test_gives_up);
  g_test_add_func ("/faults/blocked", test_blocked);
  g_test_add_func ("/faults/blocked-with-several", test_blocked_with_several);
  g_test_add_func ("/faults/blocked-async", test_blocked_async);
  g_test_add_func ("/faults/async-timeout", test_async_timeout);
  g_test_add_func ("/faults/async-flush-while-hanging",
      test_async_flush_while_hanging);
  g_test_add_func ("/faults/no-other-thread", test_no_other_thread);
  return g_test_run ();
}
