/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Of a stream that is not live, a frame is prepared while the one before it is
 * inferred. */
#include "gateharness.h"

#define OTHER_CAPS                                              \
  "video/x-raw,format=I420,width=160,height=160,framerate=5/1," \
  "pixel-aspect-ratio=1/1"

/* A frame is taken in although nothing was inferred yet; and it leaves by itself. */
static void
test_takes_one_more (void)
{
  Bench bench;

  open_bench (&bench, "", "");
  push (&bench, 0);
  expect_seen (&bench, "");
  let_go (&bench, 1);
  expect_frame (&bench, 0);
  close_bench (&bench);
}

/* Each with what is its own. */
static void
test_order (void)
{
  static const gchar *const properties[] = { "", "parallel=2" };

  for (gsize i = 0; i < G_N_ELEMENTS (properties); i++) {
    Bench bench;

    open_bench (&bench, properties[i], "");
    let_go (&bench, 20);
    for (guint f = 0; f < 20; f++)
      push (&bench, f);
    gst_harness_push_event (bench.harness, gst_event_new_eos ());
    for (guint f = 0; f < 20; f++)
      expect_frame (&bench, f);
    g_assert_cmpuint (get_count (bench.harness, "inferred"), ==, 20);
    g_assert_cmpuint (get_count (bench.harness, "dropped"), ==, 0);
    close_bench (&bench);
  }
}

/* Nothing queues in async, whatever there was room for before. */
static void
test_change_to_async (void)
{
  Bench bench;

  open_bench (&bench, "max-age=3600000", "");
  let_go (&bench, 1);
  push (&bench, 0);
  expect_frame (&bench, 0);
  g_object_set (bench.detect, "policy", "async", NULL);
  for (guint i = 1; i < 4; i++)
    push (&bench, i);
  g_assert_cmpuint (get_count (bench.harness, "frames"), ==, 4);
  g_assert_cmpuint (get_count (bench.harness, "skipped"), ==, 2);
  g_object_set (bench.detect, "policy", "sync", NULL);
  let_go (&bench, 3);
  push (&bench, 4);
  push (&bench, 5);
  gst_harness_push_event (bench.harness, gst_event_new_eos ());
  for (guint i = 1; i < 4; i++)
    gst_buffer_unref (pull (bench.harness));
  expect_frame (&bench, 4);
  expect_frame (&bench, 5);
  close_bench (&bench);
}

/* Elements that share a model keep each other's engine busy, and no frame more: the
 * second one's has left when it was pushed. */
static void
test_not_where_shared (void)
{
  Bench bench;

  open_bench (&bench, "", "");
  g_autofree gchar *line = g_strdup_printf ("model=%s", bench.model);
  GstHarness *other = open_harness (line);
  let_go (&bench, 2);
  push (&bench, 0);
  expect_frame (&bench, 0);
  g_assert_cmpint (gst_harness_push (other, make_frame (0)), ==, GST_FLOW_OK);
  g_assert_cmpuint (gst_harness_buffers_in_queue (other), ==, 1);
  gst_harness_teardown (other);
  close_bench (&bench);
}

/* ---- what becomes of frames that have left by themselves ---- */

static GstPadProbeReturn
refuse (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  gst_clear_buffer ((GstBuffer **) &info->data);
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_EOS;
  g_async_queue_push (data, pad);
  return GST_PAD_PROBE_HANDLED;
}

/* Whoever is downstream has enough of one segment, and is given the next. */
static void
test_end_of_segment (void)
{
  GAsyncQueue *refused = g_async_queue_new ();
  Bench bench;

  open_bench (&bench, "", "");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (bench.detect, "src");
  gulong probe =
      gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, refuse, refused, NULL);
  push (&bench, 0);
  let_go (&bench, 1);
  g_assert_nonnull (g_async_queue_timeout_pop (refused, 30 * G_USEC_PER_SEC));
  gst_harness_push_event (bench.harness,
      gst_event_new_tag (
          gst_tag_list_new_empty ())); /* the frame is through with the stream */
  g_assert_cmpint (gst_harness_push (bench.harness, make_frame (1)), ==,
      GST_FLOW_EOS);
  push (&bench, 2);
  let_go (&bench, 1);
  g_assert_nonnull (g_async_queue_timeout_pop (refused, 30 * G_USEC_PER_SEC));
  gst_pad_remove_probe (pad, probe);
  gst_harness_push_event (bench.harness, make_segment ());
  push (&bench, 3);
  let_go (&bench, 1);
  expect_frame (&bench, 3);
  g_async_queue_unref (refused);
  close_bench (&bench);
}

static GstPadProbeReturn
note_leaving (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  g_async_queue_push (data, pad);
  return GST_PAD_PROBE_OK;
}

/* A frame left while nothing was linked, and with it those behind it that were ready; by
 * the next one something is, which may have asked for other caps and takes none of
 * before. */
static void
test_relinked (void)
{
  static const gchar *const caps[] = { CAPS, OTHER_CAPS };

  for (gsize i = 0; i < G_N_ELEMENTS (caps); i++) {
    GAsyncQueue *leaving = g_async_queue_new ();
    Bench bench;

    open_bench (&bench, "parallel=2 interval=2", "");
    g_autoptr (GstPad) sink = gst_element_get_static_pad (bench.detect, "sink");
    g_autoptr (GstPad) pad = gst_element_get_static_pad (bench.detect, "src");
    g_autoptr (GstPad) next = gst_pad_get_peer (pad);
    push (&bench, 0);
    push (&bench, 1);
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, note_leaving, leaving,
        NULL);
    g_assert_true (gst_pad_unlink (pad, next));
    let_go (&bench, 1);
    g_assert_nonnull (g_async_queue_timeout_pop (leaving, 30 * G_USEC_PER_SEC));
    GST_PAD_STREAM_LOCK (sink); /* it has left */
    GST_PAD_STREAM_UNLOCK (sink);
    g_assert_cmpint (gst_pad_link (pad, next), ==, GST_PAD_LINK_OK);
    gst_harness_set_src_caps_str (bench.harness, caps[i]);
    push (&bench, 2);
    let_go (&bench, 1);
    expect_frame (&bench, 2);
    g_async_queue_unref (leaving);
    close_bench (&bench);
  }
}

/* An engine that hangs in one inference that a flush has made pointless is given up for
 * that one, and not for those that wait behind it. */
static void
test_flush_while_hanging (void)
{
  g_autofree gchar *properties =
      g_strdup_printf ("timeout-ms=%d max-age=0", LONG_MS);
  Bench bench;

  open_bench (&bench, properties,
      "delay-ms=50\nfault=hang\nafter=1\ntimes=1\n");
  push (&bench, 0);
  expect_frame (&bench, 0);
  push (&bench, 1);
  flush (&bench);
  for (guint i = 2; i < 6; i++)
    push (&bench, i);
  gst_harness_push_event (bench.harness, gst_event_new_eos ());
  for (guint i = 2; i < 6; i++)
    expect_frame (&bench, i);
  g_assert_cmpuint (get_count (bench.harness, "inferred"), ==, 5);
  g_assert_cmpuint (get_count (bench.harness, "dropped"), ==, 1);
  g_assert_cmpuint (get_count (bench.harness, "timeouts"), ==, 1);
  close_bench (&bench);
}

/* ---- stopped while the stream runs ---- */

#define N_ROUNDS 10

static GstPadProbeReturn
stop_at_end (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) != GST_EVENT_EOS)
    return GST_PAD_PROBE_OK;
  /* The other thread may have begun to wait for the stream by now; or not. */
  for (guint i = 0; i < 100; i++)
    g_thread_yield ();
  gst_element_set_state (data, GST_STATE_NULL);
  return GST_PAD_PROBE_DROP;
}

static gpointer
push_end (gpointer data)
{
  gst_harness_push_event (data, gst_event_new_eos ());
  return NULL;
}

/* As programs do that exchange an element: they send the end of the stream through it,
 * and stop it where that comes out, in the thread that has the stream. */
static void
test_stop_at_end (void)
{
  for (guint i = 0; i < N_ROUNDS; i++) {
    Bench bench;

    open_bench (&bench, "", "");
    g_autoptr (GstPad) pad = gst_element_get_static_pad (bench.detect, "src");
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, stop_at_end,
        bench.detect, NULL);
    push (&bench, 0);
    GThread *thread = g_thread_new ("end", push_end, bench.harness);
    let_go (&bench, 1);
    g_thread_join (thread);
    expect_frame (&bench, 0);
    close_bench (&bench);
  }
}

typedef struct
{
  GstElement *detect;
  GAsyncQueue *done;
} Stopping;

static GstPadProbeReturn
stop_at_frame (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Stopping *stopping = data;

  gst_element_set_state (stopping->detect, GST_STATE_NULL);
  g_async_queue_push (stopping->done, pad);
  return GST_PAD_PROBE_DROP;
}

/* The same where a frame comes out, in whatever thread that is; then it begins anew. */
static void
test_stop_at_frame (void)
{
  Bench bench;

  open_bench (&bench, "", "");
  Stopping stopping = { bench.detect, g_async_queue_new () };
  g_autoptr (GstPad) sink = gst_element_get_static_pad (bench.detect, "sink");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (bench.detect, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, stop_at_frame, &stopping,
      NULL);
  for (guint i = 0; i < N_ROUNDS; i++) {
    gst_element_set_state (bench.detect, GST_STATE_PLAYING);
    gst_harness_set_src_caps_str (bench.harness, CAPS);
    push (&bench, i);
    let_go (&bench, 1);
    g_assert_nonnull (g_async_queue_timeout_pop (stopping.done,
        30 * G_USEC_PER_SEC));
    GST_PAD_STREAM_LOCK (sink); /* whoever stopped it is on its way out */
    GST_PAD_STREAM_UNLOCK (sink);
  }
  g_async_queue_unref (stopping.done);
  close_bench (&bench);
}

int
main (int argc, char **argv)
{
  g_setenv ("DETECT_TEST_FILE", "1", TRUE);
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ahead/takes-one-more", test_takes_one_more);
  g_test_add_func ("/ahead/order", test_order);
  g_test_add_func ("/ahead/change-to-async", test_change_to_async);
  g_test_add_func ("/ahead/not-where-shared", test_not_where_shared);
  g_test_add_func ("/ahead/end-of-segment", test_end_of_segment);
  g_test_add_func ("/ahead/relinked", test_relinked);
  g_test_add_func ("/ahead/flush-while-hanging", test_flush_while_hanging);
  g_test_add_func ("/ahead/stop-at-end", test_stop_at_end);
  g_test_add_func ("/ahead/stop-at-frame", test_stop_at_frame);
  return g_test_run ();
}
