/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "importframes.h"

#include <string.h>

/* The pad `meta`. */

static GstPad *
link_writer (Fixture *fixture, const gchar *caps_text)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (caps_text);
  g_autoptr (GstPad)
      meta = gst_element_request_pad_simple (fixture->element, "meta");
  GstPad *pad = gst_pad_new ("writer", GST_PAD_SRC);
  GstSegment segment;

  gst_pad_set_active (pad, TRUE);
  g_assert_cmpint (gst_pad_link (pad, meta), ==, GST_PAD_LINK_OK);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (pad, gst_event_new_stream_start ("writer"));
  gst_pad_push_event (pad, gst_event_new_caps (caps));
  gst_pad_push_event (pad, gst_event_new_segment (&segment));
  return pad;
}

static GstFlowReturn
write_text (GstPad *pad, const gchar *text)
{
  return gst_pad_push (pad, gst_buffer_new_memdup (text, strlen (text)));
}

static void
close_linked (Fixture *fixture, GstPad *pad)
{
  close_harness (fixture);
  gst_object_unref (pad);
  close_fixture (fixture);
}

/* A harness says that it is live; then nothing waits. */
static void
test_stream_live (void)
{
  Fixture fixture = open_fixture ("detectimport");
  GstPad *pad = link_writer (&fixture, "application/x-json");

  expect_label (&fixture, make_frame (0), NULL);
  /* In pieces of any size. */
  write_text (pad, LINE ("0.1", "b") "{\"pts\":0.2,\"obj");
  write_text (pad, "ects\":[{\"label\":\"c\"," BOX "}]}");
  expect_label (&fixture, make_frame (1), "b");
  write_text (pad, "\n");
  expect_label (&fixture, make_frame (2), "c");
  write_text (pad, LINE ("0.1", "late"));
  expect_label (&fixture, make_frame (3), NULL);
  g_assert_cmpuint (count (&fixture, "unused"), ==, 1);
  close_linked (&fixture, pad);
}

/* Subtitles: every buffer is a line. */
static void
test_stream_text (void)
{
  Fixture fixture = open_fixture ("detectimport");
  GstPad *pad = link_writer (&fixture, "text/x-raw,format=utf8");

  write_text (pad, "{\"pts\":0,\"objects\":[{\"label\":\"a\"," BOX "}]}");
  write_text (pad, "{\"pts\":0.1,\"objects\":[{\"label\":\"b\"," BOX "}]}");
  write_text (pad, "person 87%");
  expect_label (&fixture, make_frame (0), "a");
  expect_label (&fixture, make_frame (1), "b");
  g_assert_cmpuint (count_warnings (&fixture, "meta: line 3 is passed over"),
      ==, 1);
  close_linked (&fixture, pad);
}

/* As matroskademux hands plain text on. */
static void
test_stream_markup (void)
{
  Fixture fixture = open_fixture ("detectimport");
  GstPad *pad = link_writer (&fixture, "text/x-raw,format=pango-markup");

  write_text (pad,
      "{&quot;pts&quot;:0,&quot;objects&quot;:[{&quot;label&quot;:"
      "&quot;a \\u0026 b&quot;,&quot;box_normalized&quot;:[0,0,1,1]}]}");
  expect_label (&fixture, make_frame (0), "a & b");
  close_linked (&fixture, pad);
}

static gboolean
refuse_latency (GstPad *pad, GstObject *parent, GstQuery *query)
{
  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return gst_pad_query_default (pad, parent, query);
  gst_query_set_latency (query, FALSE, 0, GST_CLOCK_TIME_NONE);
  return TRUE;
}

/* The harness hands frames from thread to thread by a queue inside GLib, whose lock
 * the threads' sanitizer does not see; this one it does. */
static GMutex handover;

static void
pass_handover (void)
{
  g_mutex_lock (&handover);
  g_mutex_unlock (&handover);
}

static GstPadProbeReturn
on_frame (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  pass_handover ();
  return GST_PAD_PROBE_OK;
}

/* Not live: a frame waits for the lines of its time. */
static Fixture
open_waiting (GstPad **pad)
{
  Fixture fixture = open_fixture ("detectimport");
  GstSegment segment;

  gst_pad_set_query_function (fixture.harness->srcpad, refuse_latency);
  gst_pad_add_probe (fixture.harness->sinkpad, GST_PAD_PROBE_TYPE_BUFFER,
      on_frame, NULL, NULL);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (fixture.harness, gst_event_new_segment (&segment));
  *pad = link_writer (&fixture, "application/x-json");
  return fixture;
}

static gpointer
push_frames (gpointer data)
{
  Fixture *fixture = data;
  GstFlowReturn flow = GST_FLOW_OK;

  for (guint i = 0; i < 4 && flow == GST_FLOW_OK; i++)
    flow = gst_harness_push (fixture->harness, make_frame (i));
  return GINT_TO_POINTER (flow);
}

static void
expect_pulled (Fixture *fixture, const gchar *expected)
{
  g_autoptr (GstBuffer) out = gst_harness_pull (fixture->harness);
  g_autofree gchar *label = NULL;

  g_assert_nonnull (out);
  pass_handover ();
  label = get_label (out);
  g_assert_cmpstr (label, ==, expected);
}

static void
test_stream_waits (void)
{
  GstPad *pad = NULL;
  Fixture fixture = open_waiting (&pad);
  GThread *thread = g_thread_new ("frames", push_frames, &fixture);

  write_text (pad, LINE ("0", "a"));
  expect_pulled (&fixture, "a");
  g_assert_cmpuint (gst_harness_buffers_in_queue (fixture.harness), ==, 0);
  write_text (pad, LINE ("0.2", "c"));
  expect_pulled (&fixture, NULL);
  expect_pulled (&fixture, "c");
  /* Time goes on without lines, too. */
  gst_pad_push_event (pad, gst_event_new_gap (3 * STEP, STEP));
  expect_pulled (&fixture, NULL);
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==, GST_FLOW_OK);
  close_linked (&fixture, pad);
}

/* What ends the waiting. */
typedef enum
{
  END_EOS,
  END_FLUSH,
  END_RELEASE,
  END_UNLINK,
  END_STATE,
  N_ENDS,
} End;

static void
test_stream_end (gconstpointer data)
{
  End end = (End) GPOINTER_TO_INT (data);
  GstPad *pad = NULL;
  Fixture fixture = open_waiting (&pad);
  GThread *thread = g_thread_new ("frames", push_frames, &fixture);
  GstFlowReturn expected = GST_FLOW_OK;

  write_text (pad, LINE ("0", "a"));
  expect_pulled (&fixture, "a");
  switch (end) {
    case END_EOS:
      gst_pad_push_event (pad, gst_event_new_eos ());
      break;
    case END_FLUSH:
      gst_harness_push_event (fixture.harness, gst_event_new_flush_start ());
      expected = GST_FLOW_FLUSHING;
      break;
    case END_RELEASE: {
      g_autoptr (GstPad)
          meta = gst_element_get_static_pad (fixture.element, "meta");
      gst_element_release_request_pad (fixture.element, meta);
      break;
    }
    case END_UNLINK: {
      g_autoptr (GstPad)
          meta = gst_element_get_static_pad (fixture.element, "meta");
      g_assert_true (gst_pad_unlink (pad, meta));
      break;
    }
    case END_STATE:
      gst_element_set_state (fixture.element, GST_STATE_READY);
      expected = GST_FLOW_FLUSHING;
      break;
    case N_ENDS:
      g_assert_not_reached ();
  }
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==, expected);
  close_linked (&fixture, pad);
}

static gpointer
write_much (gpointer data)
{
  GstFlowReturn flow = GST_FLOW_OK;

  for (guint i = 0; i < 5000 && flow == GST_FLOW_OK; i++) {
    g_autofree gchar *line =
        g_strdup_printf ("{\"pts\":%u,\"objects\":[]}\n", 100 + i);
    flow = write_text (data, line);
  }
  return GINT_TO_POINTER (flow);
}

/* More lines than are held; some are. */
static GThread *
write_ahead (Fixture *fixture, GstPad *pad)
{
  GThread *thread = g_thread_new ("lines", write_much, pad);

  while (count (fixture, "records") < 1001)
    g_thread_yield ();
  return thread;
}

/* Lines far ahead of the video wait, and are let go at its end. */
static void
test_stream_ahead (void)
{
  GstPad *pad = NULL;
  Fixture fixture = open_waiting (&pad);
  GThread *thread = write_ahead (&fixture, pad);

  expect_label (&fixture, make_frame (0), NULL);
  g_assert_cmpuint (count (&fixture, "records"), ==, 1001);
  gst_harness_push_event (fixture.harness, gst_event_new_eos ());
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==, GST_FLOW_OK);
  close_linked (&fixture, pad);
}

/* ---- seeks ---- */

/* As a source does that is sought. */
static void
push_seek (GstPad *pad, gboolean flush, guint number)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = segment.position = number * STEP;
  if (flush) {
    gst_pad_push_event (pad, gst_event_new_flush_start ());
    gst_pad_push_event (pad, gst_event_new_flush_stop (TRUE));
  }
  gst_pad_push_event (pad, gst_event_new_segment (&segment));
}

/* A line with the time of frame number. */
static void
write_at (GstPad *pad, guint number, const gchar *text)
{
  GstBuffer *buffer = gst_buffer_new_memdup (text, strlen (text));

  GST_BUFFER_PTS (buffer) = number * STEP;
  g_assert_cmpint (gst_pad_push (pad, buffer), ==, GST_FLOW_OK);
}

typedef struct
{
  Fixture *fixture;
  guint number;
} Push;

static gpointer
push_one (gpointer data)
{
  const Push *push = data;

  return GINT_TO_POINTER (gst_harness_push (push->fixture->harness,
      make_frame (push->number)));
}

/* Frame number comes before its line does. */
static void
expect_waiting (Fixture *fixture, guint number, GstPad *pad, const gchar *text,
    const gchar *label)
{
  guint64 n_before = count (fixture, "frames");
  Push push = { fixture, number };
  GThread *thread = g_thread_new ("frame", push_one, &push);

  /* What is counted and has not left waits. */
  while (count (fixture, "frames") == n_before)
    g_thread_yield ();
  write_at (pad, number, text);
  expect_pulled (fixture, label);
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==, GST_FLOW_OK);
}

#define HALF_A_LINE "{\"pts\":0.4,\"objects\":[{\"label\":\"half\""

typedef struct
{
  gboolean flush;
  gboolean at_end;
} SeekCase;

static const SeekCase seeks[] = {
  { TRUE, FALSE },
  { TRUE, TRUE },
  { FALSE, FALSE },
};

/* Back, from the middle or the end: what came before is forgotten, and frames wait
 * for their lines again. */
static void
test_seek_back (gconstpointer data)
{
  const SeekCase *c = data;
  GstPad *pad = NULL;
  Fixture fixture = open_waiting (&pad);

  write_at (pad, 0, LINE ("0", "a"));
  expect_label (&fixture, make_frame (0), "a");
  if (c->flush)
    write_at (pad, 3, LINE ("0.1", "stale") LINE ("0.3", "stale") HALF_A_LINE);
  gst_pad_push_event (pad, gst_event_new_gap (5 * STEP, STEP));
  if (c->at_end) {
    gst_pad_push_event (pad, gst_event_new_eos ());
    gst_harness_push_event (fixture.harness, gst_event_new_eos ());
  }
  push_seek (fixture.harness->srcpad, c->flush, 0);
  push_seek (pad, c->flush, 0);
  expect_waiting (&fixture, 0, pad, LINE ("0", "b") LINE ("0.2", "d"), "b");
  g_assert_cmpuint (count (&fixture, "broken"), ==, c->at_end ? 1 : 0);
  expect_label (&fixture, make_frame (1), NULL);
  expect_label (&fixture, make_frame (2), "d");
  expect_waiting (&fixture, 3, pad, LINE ("0.3", "e"), "e");
  close_linked (&fixture, pad);
}

/* Ahead, while lines wait for the video. */
static void
test_seek_ahead (void)
{
  GstPad *pad = NULL;
  Fixture fixture = open_waiting (&pad);
  GThread *thread = write_ahead (&fixture, pad);

  push_seek (fixture.harness->srcpad, TRUE, 60000);
  push_seek (pad, TRUE, 60000);
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==,
      GST_FLOW_FLUSHING);
  expect_waiting (&fixture, 60000, pad, LINE ("6000", "a"), "a");
  g_assert_cmpuint (count (&fixture, "unused"), ==, 0);
  close_linked (&fixture, pad);
}

/* The video alone: the lines in between are read and left. */
static void
test_seek_video_alone (void)
{
  GstPad *pad = NULL;
  Fixture fixture = open_waiting (&pad);
  GThread *thread = write_ahead (&fixture, pad);

  push_seek (fixture.harness->srcpad, FALSE, 30000);
  gst_buffer_unref (send (&fixture, make_frame (30000)));
  g_assert_cmpuint (count (&fixture, "matched"), ==, 1);
  g_assert_cmpuint (count (&fixture, "unused"), ==, 2900);
  gst_harness_push_event (fixture.harness, gst_event_new_eos ());
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==, GST_FLOW_OK);
  close_linked (&fixture, pad);
}

/* The lines alone, while a frame waits for its own. */
static void
test_seek_lines_alone (void)
{
  GstPad *pad = NULL;
  Fixture fixture = open_waiting (&pad);
  Push push = { &fixture, 1 };
  GThread *thread = g_thread_new ("frame", push_one, &push);

  while (count (&fixture, "frames") == 0)
    g_thread_yield ();
  push_seek (pad, TRUE, 0);
  write_at (pad, 0, LINE ("0", "a"));
  write_at (pad, 1, LINE ("0.1", "b"));
  expect_pulled (&fixture, "b");
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==, GST_FLOW_OK);
  close_linked (&fixture, pad);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/import/stream-live", test_stream_live);
  g_test_add_func ("/import/stream-text", test_stream_text);
  g_test_add_func ("/import/stream-markup", test_stream_markup);
  g_test_add_func ("/import/stream-waits", test_stream_waits);
  for (gint end = 0; end < N_ENDS; end++) {
    g_autofree gchar *path = g_strdup_printf ("/import/stream-end/%d", end);

    g_test_add_data_func (path, GINT_TO_POINTER (end), test_stream_end);
  }
  g_test_add_func ("/import/stream-ahead", test_stream_ahead);
  ADD_CASES ("/import/seek-back", seeks, test_seek_back);
  g_test_add_func ("/import/seek-ahead", test_seek_ahead);
  g_test_add_func ("/import/seek-video-alone", test_seek_video_alone);
  g_test_add_func ("/import/seek-lines-alone", test_seek_lines_alone);
  return g_test_run ();
}
