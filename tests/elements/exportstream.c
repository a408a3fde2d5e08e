/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "testframes.h"

/* The pad `meta`. */

/* Whoever reads the pad meta. */
typedef struct
{
  GstPad *pad;
  GMutex lock;
  GCond changed;
  GQueue items; /* buffers and serialized events */
  gboolean blocked;
  guint n_waiting;
} Reader;

static Reader reader;

static void
take (gpointer item)
{
  g_mutex_lock (&reader.lock);
  g_queue_push_tail (&reader.items, item);
  g_cond_broadcast (&reader.changed);
  g_mutex_unlock (&reader.lock);
}

static GstFlowReturn
read_buffer (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  g_mutex_lock (&reader.lock);
  reader.n_waiting++;
  g_cond_broadcast (&reader.changed);
  while (reader.blocked)
    g_cond_wait (&reader.changed, &reader.lock);
  reader.n_waiting--;
  g_mutex_unlock (&reader.lock);
  take (buffer);
  return GST_FLOW_OK;
}

static gboolean
read_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  take (event);
  return TRUE;
}

static void
link_reader (Fixture *fixture, const gchar *caps)
{
  g_autoptr (GstCaps) own = gst_caps_from_string (caps);
  g_autoptr (GstPadTemplate) pad_template =
      gst_pad_template_new ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, own);
  g_autoptr (GstPad)
      meta = gst_element_get_static_pad (fixture->element, "meta");

  if (!meta)
    meta = gst_element_request_pad_simple (fixture->element, "meta");
  g_queue_init (&reader.items);
  reader.blocked = FALSE;
  reader.pad = gst_pad_new_from_template (pad_template, "sink");
  gst_pad_set_chain_function (reader.pad, read_buffer);
  gst_pad_set_event_function (reader.pad, read_event);
  gst_pad_set_active (reader.pad, TRUE);
  /* Without a look at the caps: what does not fit turns up when it runs. */
  g_assert_cmpint (gst_pad_link_full (meta, reader.pad,
                       GST_PAD_LINK_CHECK_NOTHING),
      ==, GST_PAD_LINK_OK);
}

static void
unlink_reader (void)
{
  gst_pad_set_active (reader.pad, FALSE);
  g_clear_object (&reader.pad);
  g_queue_clear_full (&reader.items, (GDestroyNotify) gst_mini_object_unref);
}

static gpointer
next_item (void)
{
  g_mutex_lock (&reader.lock);
  while (g_queue_is_empty (&reader.items))
    g_cond_wait (&reader.changed, &reader.lock);
  gpointer item = g_queue_pop_head (&reader.items);
  g_mutex_unlock (&reader.lock);
  return item;
}

static void
expect_event (GstEventType type)
{
  g_autoptr (GstEvent) event = next_item ();

  g_assert_true (GST_IS_EVENT (event));
  g_assert_cmpstr (GST_EVENT_TYPE_NAME (event), ==,
      gst_event_type_get_name (type));
}

static gchar *
next_line (GstClockTime pts)
{
  g_autoptr (GstBuffer) buffer = next_item ();
  GstMapInfo map;

  g_assert_true (GST_IS_BUFFER (buffer));
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, pts);
  g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, STEP);
  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  gchar *line = g_strndup ((gchar *) map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  return line;
}

static void
expect_start (const gchar *caps_name)
{
  GstCaps *caps;

  expect_event (GST_EVENT_STREAM_START);
  g_autoptr (GstEvent) event = next_item ();
  g_assert_cmpint (GST_EVENT_TYPE (event), ==, GST_EVENT_CAPS);
  gst_event_parse_caps (event, &caps);
  g_assert_cmpstr (gst_structure_get_name (gst_caps_get_structure (caps, 0)),
      ==, caps_name);
  expect_event (GST_EVENT_SEGMENT);
}

typedef struct
{
  const gchar *properties;
  const gchar *caps; /* of whoever reads */
  const gchar *name; /* of what is chosen */
  const gchar *line; /* its beginning */
  gboolean has_newline;
} StreamCase;

static const StreamCase stream_cases[] = {
  { "", "application/x-json", "application/x-json", "{\"schema\":1,", TRUE },
  { "", "ANY", "application/x-json", "{\"schema\":1,", TRUE },
  { "", "text/x-raw,format=utf8", "text/x-raw", "x 30% at ", FALSE },
  { "format=jsonlines", "text/x-raw,format=utf8", "text/x-raw",
      "{\"schema\":1,", FALSE },
  { "format=csv", "application/x-json", "application/x-json", "{\"schema\":1,",
      TRUE },
};

/* Events, lines and gaps come in order, and the end last. */
static void
test_stream (gconstpointer data)
{
  const StreamCase *c = data;
  g_autofree gchar *text = g_strdup_printf ("detectexport %s", c->properties);
  Fixture fixture = open_fixture (text);

  link_reader (&fixture, c->caps);
  gst_buffer_unref (send (&fixture, make_found (0, 1, "x")));
  expect_start (c->name);
  g_autofree gchar *first = next_line (0);
  g_assert_true (g_str_has_prefix (first, c->line));
  g_assert_true (g_str_has_suffix (first, "\n") == c->has_newline);
  gst_buffer_unref (send (&fixture, make_found (1, 0, "x")));
  expect_event (GST_EVENT_GAP);
  gst_buffer_unref (send (&fixture, make_found (2, 1, "x")));
  g_autofree gchar *last = next_line (2 * STEP);
  gst_harness_push_event (fixture.harness, gst_event_new_eos ());
  expect_event (GST_EVENT_EOS);
  g_assert_cmpuint (get_count (fixture.harness, "detectexport", "sent"), ==, 2);
  g_assert_cmpuint (count_warnings (&fixture, ""), ==, 0);
  close_harness (&fixture);
  unlink_reader ();
  close_fixture (&fixture);
}

/* A flush goes through at once; what waited is gone, and a segment comes anew. */
static void
test_stream_flush (void)
{
  Fixture fixture = open_fixture ("detectexport");
  GstSegment segment;

  link_reader (&fixture, "application/x-json");
  gst_buffer_unref (send (&fixture, make_found (0, 1, "x")));
  expect_start ("application/x-json");
  g_free (next_line (0));
  gst_harness_push_event (fixture.harness, gst_event_new_flush_start ());
  expect_event (GST_EVENT_FLUSH_START);
  gst_harness_push_event (fixture.harness, gst_event_new_flush_stop (TRUE));
  expect_event (GST_EVENT_FLUSH_STOP);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (fixture.harness, gst_event_new_segment (&segment));
  gst_buffer_unref (send (&fixture, make_found (5, 1, "x")));
  expect_event (GST_EVENT_SEGMENT);
  g_free (next_line (5 * STEP));
  close_harness (&fixture);
  unlink_reader ();
  close_fixture (&fixture);
}

static void
set_blocked (gboolean blocked)
{
  g_mutex_lock (&reader.lock);
  reader.blocked = blocked;
  g_cond_broadcast (&reader.changed);
  g_mutex_unlock (&reader.lock);
}

/* Whoever reads stands still: the video goes on, what does not fit is counted, and
 * there is one warning. */
static void
test_slow_reader (void)
{
  Fixture fixture = open_fixture ("detectexport max-lines=4");

  link_reader (&fixture, "application/x-json");
  set_blocked (TRUE);
  gst_buffer_unref (send (&fixture, make_found (0, 1, "x")));
  expect_start ("application/x-json");
  g_mutex_lock (&reader.lock);
  while (reader.n_waiting == 0)
    g_cond_wait (&reader.changed, &reader.lock);
  g_mutex_unlock (&reader.lock);

  for (guint i = 1; i < 20; i++)
    gst_buffer_unref (send (&fixture, make_found (i, 1, "x")));
  /* Frames without lines do not pile up either. */
  for (guint i = 20; i < 1000; i++)
    gst_buffer_unref (send (&fixture, make_found (i, 0, "x")));
  g_assert_cmpuint (count_warnings (&fixture, "too slow"), ==, 1);
  g_assert_cmpuint (get_count (fixture.harness, "detectexport", "frames"), ==,
      1000);
  g_assert_cmpuint (get_count (fixture.harness, "detectexport", "sent"), ==, 5);
  g_assert_cmpuint (get_count (fixture.harness, "detectexport", "dropped"), ==,
      15);

  set_blocked (FALSE);
  for (guint i = 0; i < 5; i++)
    g_free (next_line (i * STEP));
  expect_event (GST_EVENT_GAP);
  gst_harness_push_event (fixture.harness, gst_event_new_eos ());
  expect_event (GST_EVENT_EOS);
  close_harness (&fixture);
  unlink_reader ();
  close_fixture (&fixture);
}

/* The element can be stopped while its reader stands still, once that lets go. */
static void
test_stop_while_slow (void)
{
  Fixture fixture = open_fixture ("detectexport max-lines=4");

  link_reader (&fixture, "application/x-json");
  set_blocked (TRUE);
  for (guint i = 0; i < 10; i++)
    gst_buffer_unref (send (&fixture, make_found (i, 1, "x")));
  set_blocked (FALSE);
  close_harness (&fixture);
  unlink_reader ();
  close_fixture (&fixture);
}

static void
test_wrong_reader (void)
{
  Fixture fixture = open_fixture ("detectexport");

  link_reader (&fixture, "audio/x-raw");
  for (guint i = 0; i < 5; i++)
    gst_buffer_unref (send (&fixture, make_found (i, 1, "x")));
  g_assert_cmpuint (count_warnings (&fixture, "takes neither"), ==, 1);
  g_assert_cmpuint (get_count (fixture.harness, "detectexport", "dropped"), ==,
      5);
  close_harness (&fixture);
  unlink_reader ();
  close_fixture (&fixture);
}

/* Lines are whole or not there. */
static void
test_max_size (void)
{
  Fixture fixture = open_fixture ("detectexport max-size=1000");

  link_reader (&fixture, "application/x-json");
  for (guint i = 0; i < 6; i++)
    gst_buffer_unref (send (&fixture, make_found (i, i % 2 ? 100 : 1, "x")));
  expect_start ("application/x-json");
  for (guint i = 0; i < 6; i += 2) {
    g_autofree gchar *line = next_line (i * STEP);

    g_assert_cmpuint (strlen (line), <=, 1000);
    g_assert_true (g_str_has_suffix (line, "}\n"));
  }
  g_assert_cmpuint (count_warnings (&fixture, "max-size is 1000"), ==, 1);
  g_assert_cmpuint (get_count (fixture.harness, "detectexport", "too-long"), ==,
      3);
  close_harness (&fixture);
  unlink_reader ();
  close_fixture (&fixture);
}

/* The pad may come and go while the video runs. */
static void
test_pad_on_the_way (void)
{
  Fixture fixture = open_fixture ("detectexport location=%s/out");

  for (guint round = 0; round < 3; round++) {
    gst_buffer_unref (send (&fixture, make_found (2 * round, 1, "x")));
    link_reader (&fixture, "application/x-json");
    gst_buffer_unref (send (&fixture, make_found (2 * round + 1, 1, "x")));
    expect_start ("application/x-json");
    g_free (next_line ((2 * round + 1) * STEP));
    g_assert_null (gst_element_request_pad (fixture.element,
        gst_element_get_pad_template (fixture.element, "meta"), NULL, NULL));

    g_autoptr (GstPad)
        meta = gst_element_get_static_pad (fixture.element, "meta");
    gst_element_release_request_pad (fixture.element, meta);
    unlink_reader ();
  }
  g_assert_cmpuint (get_count (fixture.harness, "detectexport", "written"), ==,
      6);
  close_fixture (&fixture);
}

static void
test_unlinked_pad (void)
{
  Fixture fixture = open_fixture ("detectexport max-lines=4294967295");
  g_autoptr (GstPad)
      meta = gst_element_request_pad_simple (fixture.element, "meta");
  guint n = 0;

  /* What the pad's own thread finds out is told with a later frame. */
  for (guint i = 0; n == 0; i++) {
    gst_buffer_unref (send (&fixture, make_found (i, 1, "x")));
    n = count_warnings (&fixture, "it is not linked");
    g_thread_yield ();
  }
  g_assert_cmpuint (n, ==, 1);

  /* Linked at last, it gets what comes from then on. */
  link_reader (&fixture, "application/x-json");
  gst_buffer_unref (send (&fixture, make_found (99, 1, "x")));
  expect_start ("application/x-json");
  g_free (next_line (99 * STEP));
  close_harness (&fixture);
  unlink_reader ();
  close_fixture (&fixture);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  ADD_CASES ("/export/stream", stream_cases, test_stream);
  g_test_add_func ("/export/stream-flush", test_stream_flush);
  g_test_add_func ("/export/slow-reader", test_slow_reader);
  g_test_add_func ("/export/stop-while-slow", test_stop_while_slow);
  g_test_add_func ("/export/wrong-reader", test_wrong_reader);
  g_test_add_func ("/export/max-size", test_max_size);
  g_test_add_func ("/export/pad-on-the-way", test_pad_on_the_way);
  g_test_add_func ("/export/unlinked-pad", test_unlinked_pad);
  return g_test_run ();
}
