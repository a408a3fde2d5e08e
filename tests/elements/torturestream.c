/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events and queries at the wrong time, and streams that end and begin again. */
#include "tortureharness.h"

/* ---- seeks ---- */

typedef struct
{
  const gchar *name;
  gboolean flushes;
  gdouble rate;
  GstSegmentFlags flags;
  GstClockTime start;
} SeekCase;

static const SeekCase seek_cases[] = {
  { "flush", TRUE, 1.0, GST_SEGMENT_FLAG_NONE, 0 },
  { "no flush", FALSE, 1.0, GST_SEGMENT_FLAG_NONE, 0 },
  { "forth", TRUE, 1.0, GST_SEGMENT_FLAG_NONE, 3600 * GST_SECOND },
  { "twice as fast", TRUE, 2.0, GST_SEGMENT_FLAG_NONE, 5 * GST_SECOND },
  { "twice as fast, no flush", FALSE, 2.0, GST_SEGMENT_FLAG_NONE, 0 },
  { "half as fast", FALSE, 0.5, GST_SEGMENT_FLAG_NONE, GST_SECOND },
  { "key units", TRUE, 8.0, GST_SEGMENT_FLAG_TRICKMODE_KEY_UNITS, 0 },
  { "forward only", TRUE, 4.0,
      GST_SEGMENT_FLAG_TRICKMODE_FORWARD_PREDICTED |
          GST_SEGMENT_FLAG_TRICKMODE_NO_AUDIO,
      0 },
  { "segment", FALSE, 1.0, GST_SEGMENT_FLAG_SEGMENT, 0 },
  { "back", TRUE, -1.0, GST_SEGMENT_FLAG_NONE, 0 },
  { "back, no flush", FALSE, -1.0, GST_SEGMENT_FLAG_NONE, 0 },
  { "back, by key units", TRUE, -2.0, GST_SEGMENT_FLAG_TRICKMODE_KEY_UNITS,
      GST_SECOND },
};

static GstEvent *
make_rated_segment (const SeekCase *c, guint n)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.rate = c->rate;
  segment.flags = c->flags;
  segment.start = segment.time = c->start;
  segment.stop = c->start + n * STEP;
  segment.position = c->rate < 0 ? segment.stop : segment.start;
  return gst_event_new_segment (&segment);
}

static void
flush (Rack *rack)
{
  g_assert_true (gst_harness_push_event (rack->harness,
      gst_event_new_flush_start ()));
  g_assert_true (gst_harness_push_event (rack->harness,
      gst_event_new_flush_stop (TRUE)));
  g_mutex_lock (&rack->lock);
  g_array_set_size (rack->times, 0);
  g_mutex_unlock (&rack->lock);
  rack->n_in = 0;
}

/* Frames of one case's segment; when it runs backwards, the last comes first. */
static void
give_segment (Rack *rack, const SeekCase *c, guint n, GArray *expected)
{
  g_assert_true (gst_harness_push_event (rack->harness,
      make_rated_segment (c, n)));
  for (guint i = 0; i < n; i++) {
    GstBuffer *buffer = make_fitting (&rack->info, 0);
    GstClockTime pts = c->start + (c->rate < 0 ? n - 1 - i : i) * STEP;

    GST_BUFFER_PTS (buffer) = pts;
    g_array_append_val (expected, pts);
    g_assert_cmpint (give (rack, buffer), ==, GST_FLOW_OK);
  }
}

static void
expect_times (Rack *rack, const GArray *expected)
{
  expect_all (rack);
  g_assert_cmpuint (rack->times->len, ==, expected->len);
  for (guint i = 0; i < expected->len; i++)
    g_assert_cmpuint (g_array_index (rack->times, GstClockTime, i), ==,
        g_array_index (expected, GstClockTime, i));
}

/* One after the other, in one stream. What was under way when it was flushed is
 * gone; everything else comes out as it came in. */
static void
test_seeks (gconstpointer subject)
{
  g_autoptr (GArray)
      expected = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  Rack rack;

  open_rack (&rack, subject);
  g_assert_true (set_caps (&rack, CAPS));
  for (gsize i = 0; i < 2 * G_N_ELEMENTS (seek_cases); i++) {
    const SeekCase *c = &seek_cases[i * 5 % G_N_ELEMENTS (seek_cases)];

    g_test_message ("%s", c->name);
    if (c->flushes) {
      flush (&rack);
      g_array_set_size (expected, 0);
    }
    give_segment (&rack, c, 7, expected);
    if (c->flags & GST_SEGMENT_FLAG_SEGMENT)
      gst_harness_push_event (rack.harness,
          gst_event_new_segment_done (GST_FORMAT_TIME, GST_SECOND));
    if (i % 5 == 4)
      gst_harness_push_event (rack.harness,
          gst_event_new_instant_rate_change (c->rate < 0 ? -2.0 : 2.0,
              GST_SEGMENT_FLAG_NONE));
  }
  expect_times (&rack, expected);
  close_rack (&rack);
}

/* ---- segments ---- */

typedef struct
{
  GstFormat format;
  guint64 start;
  guint64 stop;
  guint64 time;
  guint64 base;
  guint64 offset;
} SegmentCase;

static const SegmentCase segment_cases[] = {
  { GST_FORMAT_TIME, 0, GST_CLOCK_TIME_NONE, 0, 0, 0 },
  { GST_FORMAT_TIME, 0, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, 0, 0 },
  { GST_FORMAT_TIME, 3600 * GST_SECOND, GST_CLOCK_TIME_NONE, 0, 0, 0 },
  { GST_FORMAT_TIME, 0, 0, 0, 0, 0 },
  { GST_FORMAT_TIME, 0, GST_SECOND, 7, G_MAXINT64, G_MAXINT64 },
  { GST_FORMAT_BYTES, 0, G_MAXUINT64, 0, 0, 0 },
  { GST_FORMAT_DEFAULT, 0, G_MAXUINT64, 0, 0, 0 },
};

/* Frames within them, before and after. */
static void
test_segments (gconstpointer subject)
{
  Rack rack;

  open_rack (&rack, subject);
  g_assert_true (set_caps (&rack, CAPS));
  for (gsize i = 0; i < G_N_ELEMENTS (segment_cases); i++) {
    const SegmentCase *c = &segment_cases[i];
    GstSegment segment;

    gst_segment_init (&segment, c->format);
    segment.start = c->start;
    segment.stop = c->stop;
    segment.time = c->time;
    segment.base = c->base;
    segment.offset = c->offset;
    g_assert_true (gst_harness_push_event (rack.harness,
        gst_event_new_segment (&segment)));
    give_frames (&rack, 5);
  }
  expect_all_in_order (&rack);
  close_rack (&rack);
}

/* ---- other events ---- */

static GstEvent *
make_tag (void)
{
  return gst_event_new_tag (gst_tag_list_new (GST_TAG_TITLE, "a street", NULL));
}

static GstEvent *
make_gap (void)
{
  return gst_event_new_gap (GST_SECOND, STEP);
}

static GstEvent *
make_endless_gap (void)
{
  return gst_event_new_gap (0, GST_CLOCK_TIME_NONE);
}

static GstEvent *
make_far_gap (void)
{
  return gst_event_new_gap (G_MAXINT64, G_MAXINT64);
}

static GstEvent *
make_custom (void)
{
  return gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM_STICKY,
      gst_structure_new_empty ("custom"));
}

static GstEvent *
make_out_of_band (void)
{
  return gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM_OOB,
      gst_structure_new_empty ("custom"));
}

static GstEvent *
make_group_done (void)
{
  return gst_event_new_stream_group_done (3);
}

static GstEvent *
make_start (void)
{
  return gst_event_new_stream_start ("another");
}

static GstEvent *
make_segment (void)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  return gst_event_new_segment (&segment);
}

static GstEvent *
make_segment_done (void)
{
  return gst_event_new_segment_done (GST_FORMAT_TIME, 0);
}

static GstEvent *
make_instant_rate (void)
{
  return gst_event_new_instant_rate_change (0.25, GST_SEGMENT_FLAG_NONE);
}

static GstEvent *
make_caps_again (void)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (CAPS);

  return gst_event_new_caps (caps);
}

static GstEvent *
make_bufsize (void)
{
  return gst_event_new_buffer_size (GST_FORMAT_BYTES, -1, G_MAXINT64, TRUE);
}

static GstEvent *(*const event_cases[]) (void) = { make_tag, make_gap,
  make_endless_gap, make_far_gap, make_custom, make_out_of_band,
  make_group_done, make_start, make_segment, make_segment_done,
  make_instant_rate, make_caps_again, make_bufsize };

/* Between any two frames. */
static void
test_events (gconstpointer subject)
{
  const gsize n = G_N_ELEMENTS (event_cases);
  Rack rack;

  open_rack (&rack, subject);
  g_assert_true (set_caps (&rack, CAPS));
  for (gsize i = 0; i < n * n; i++) {
    give_frames (&rack, i % 3);
    gst_harness_push_event (rack.harness, event_cases[i % n]());
    gst_harness_push_event (rack.harness, event_cases[i / n]());
  }
  expect_all_in_order (&rack);
  close_rack (&rack);
}

/* Streams end and begin again, with frames under way; what comes after the end is
 * refused. */
static void
test_ends (gconstpointer subject)
{
  Rack rack;

  open_rack (&rack, subject);
  g_assert_true (set_caps (&rack, CAPS));
  for (guint i = 0; i < 10; i++) {
    give_frames (&rack, i % 4);
    g_assert_true (gst_harness_push_event (rack.harness, gst_event_new_eos ()));
    g_assert_cmpint (gst_harness_push (rack.harness,
                         make_fitting (&rack.info, 0)),
        ==, GST_FLOW_EOS);
    g_assert_cmpuint (count_out (&rack), ==, rack.n_in);
    gst_harness_push_event (rack.harness, make_start ());
    gst_harness_push_event (rack.harness, make_segment ());
  }
  expect_all_in_order (&rack);
  close_rack (&rack);
}

/* Events from downstream, and from an application. */
static void
test_upstream_events (gconstpointer subject)
{
  Rack rack;

  open_rack (&rack, subject);
  g_assert_true (set_caps (&rack, CAPS));
  for (guint i = 0; i < 50; i++) {
    GstEvent *const events[] = {
      gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 0.5,
          -(GstClockTimeDiff) (i * STEP), i * STEP),
      gst_event_new_reconfigure (),
      gst_event_new_latency (i * STEP),
      gst_event_new_seek (1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
          GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_NONE, 0),
      gst_event_new_step (GST_FORMAT_BUFFERS, 1, 1, TRUE, FALSE),
      gst_event_new_navigation (gst_structure_new_empty ("key")),
    };

    for (gsize k = 0; k < G_N_ELEMENTS (events); k++) {
      give_frames (&rack, 1);
      gst_harness_push_upstream_event (rack.harness, events[k]);
    }
  }
  expect_all_in_order (&rack);
  close_rack (&rack);
}

/* ---- queries ---- */

static gboolean
refuse_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  return GST_QUERY_TYPE (query) == GST_QUERY_CAPS ||
          GST_QUERY_TYPE (query) == GST_QUERY_ACCEPT_CAPS
      ? gst_pad_query_default (pad, parent, query)
      : FALSE;
}

static gboolean
offer_nonsense (GstPad *pad, GstObject *parent, GstQuery *query)
{
  GstAllocationParams params = { .align = 127, .prefix = 13, .padding = 5 };

  if (GST_QUERY_TYPE (query) != GST_QUERY_ALLOCATION)
    return gst_pad_query_default (pad, parent, query);
  g_autoptr (GstBufferPool) pool = gst_buffer_pool_new ();
  gst_query_add_allocation_pool (query, NULL, 0, 0, 0);
  gst_query_add_allocation_pool (query, pool, G_MAXUINT, G_MAXUINT - 1,
      G_MAXUINT - 1);
  gst_query_add_allocation_pool (query, pool, 1, 1, 1);
  gst_query_add_allocation_param (query, NULL, &params);
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  return TRUE;
}

static const GstPadQueryFunction query_cases[] = { refuse_query,
  offer_nonsense };

static void
ask_everything (Rack *rack)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (CAPS);
  GstQuery *const queries[] = {
    gst_query_new_allocation (caps, TRUE),
    gst_query_new_allocation (NULL, TRUE),
    gst_query_new_drain (),
    gst_query_new_latency (),
    gst_query_new_position (GST_FORMAT_TIME),
    gst_query_new_duration (GST_FORMAT_BYTES),
    gst_query_new_convert (GST_FORMAT_TIME, 1, GST_FORMAT_BYTES),
    gst_query_new_segment (GST_FORMAT_TIME),
    gst_query_new_scheduling (),
    gst_query_new_accept_caps (caps),
    gst_query_new_caps (NULL),
    gst_query_new_custom (GST_QUERY_CUSTOM, gst_structure_new_empty ("what")),
  };

  for (gsize i = 0; i < G_N_ELEMENTS (queries); i++) {
    if (GST_QUERY_IS_DOWNSTREAM (queries[i]))
      gst_pad_peer_query (rack->harness->srcpad, queries[i]);
    if (GST_QUERY_IS_UPSTREAM (queries[i]))
      gst_pad_peer_query (rack->harness->sinkpad, queries[i]);
    gst_query_unref (queries[i]);
  }
}

/* Whatever whoever is downstream answers. */
static void
test_queries (gconstpointer subject)
{
  for (gsize i = 0; i < G_N_ELEMENTS (query_cases); i++) {
    Rack rack;

    open_rack (&rack, subject);
    gst_pad_set_query_function (rack.harness->sinkpad, query_cases[i]);
    ask_everything (&rack); /* before there are caps */
    g_assert_true (set_caps (&rack, CAPS));
    for (guint k = 0; k < 5; k++) {
      give_frames (&rack, k);
      ask_everything (&rack);
    }
    expect_all_in_order (&rack);
    close_rack (&rack);
  }
}

/* ---- downstream ---- */

static gint n_refused;

static GstPadProbeReturn
refuse_frame (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  g_atomic_int_inc (&n_refused);
  gst_clear_buffer ((GstBuffer **) &info->data);
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) =
      (GstFlowReturn) GPOINTER_TO_INT (data);
  return GST_PAD_PROBE_HANDLED;
}

static const GstFlowReturn flow_cases[] = { GST_FLOW_EOS, GST_FLOW_FLUSHING,
  GST_FLOW_NOT_LINKED, GST_FLOW_NOT_NEGOTIATED, GST_FLOW_ERROR };

/* Frames that leave by themselves have done so by then. */
static void
wait_until_refused (gint n)
{
  gint64 deadline = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;

  while (g_atomic_int_get (&n_refused) < n) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    g_thread_yield ();
  }
}

/* What it says comes back to the source with the frame, or with the next one; and
 * nothing of it stays. */
static void
test_flows (gconstpointer subject)
{
  Rack rack;

  open_rack (&rack, subject);
  g_assert_true (set_caps (&rack, CAPS));
  for (gsize i = 0; i < G_N_ELEMENTS (flow_cases); i++) {
    GstFlowReturn flow = GST_FLOW_OK;

    give_frames (&rack, 3);
    gulong probe =
        gst_pad_add_probe (rack.harness->sinkpad, GST_PAD_PROBE_TYPE_BUFFER,
            refuse_frame, GINT_TO_POINTER (flow_cases[i]), NULL);
    g_atomic_int_set (&n_refused, 0);
    for (gint k = 0; k < 2 && flow == GST_FLOW_OK; k++) {
      flow = gst_harness_push (rack.harness, make_fitting (&rack.info, k));
      if (flow == GST_FLOW_OK)
        wait_until_refused (k + 1);
    }
    g_assert_cmpint (flow, ==, flow_cases[i]);
    gst_pad_remove_probe (rack.harness->sinkpad, probe);
    flush (&rack);
    gst_harness_push_event (rack.harness, make_segment ());
  }
  give_frames (&rack, 3);
  expect_all_in_order (&rack);
  close_rack (&rack);
}

/* Unlinked while frames are under way, and linked again: as behind a tee that may
 * do without it. */
static void
test_relink (gconstpointer subject)
{
  Rack rack;

  open_rack (&rack, subject);
  g_assert_true (set_caps (&rack, CAPS));
  g_autoptr (GstPad) source = gst_pad_get_peer (rack.harness->sinkpad);
  for (guint i = 0; i < 4; i++) {
    GstFlowReturn flow = GST_FLOW_OK;

    give_frames (&rack, 3);
    g_assert_true (gst_pad_unlink (source, rack.harness->sinkpad));
    gst_harness_push_event (rack.harness, make_tag ());
    while (flow == GST_FLOW_OK)
      flow = gst_harness_push (rack.harness, make_fitting (&rack.info, 0));
    g_assert_cmpint (flow, ==, GST_FLOW_NOT_LINKED);
    gst_harness_push (rack.harness, make_fitting (&rack.info, 0));
    gst_harness_push_event (rack.harness, make_tag ());
    g_assert_cmpint (gst_pad_link (source, rack.harness->sinkpad), ==,
        GST_PAD_LINK_OK);
  }
  guint before = count_out (&rack);
  rack.n_in = 0;
  give_frames (&rack, 5);
  gst_harness_push_event (rack.harness, gst_event_new_eos ());
  g_assert_cmpuint (count_out (&rack), >=, before + 5);
  close_rack (&rack);
}

/* ---- messages ---- */

/* Nobody takes what is said. */
static void
test_no_bus (gconstpointer subject)
{
  for (guint i = 0; i < 2; i++) {
    Rack rack;

    open_rack (&rack, subject);
    if (i == 0)
      gst_bus_set_flushing (rack.bus, TRUE);
    else
      gst_element_set_bus (rack.harness->element, NULL);
    g_autoptr (GstElement)
        detect = gst_harness_find_element (rack.harness, "detect");
    if (detect)
      g_object_set (detect, "post-messages", TRUE, "classes", "cat", NULL);
    g_assert_true (set_caps (&rack, CAPS));
    give_until_looked_at (&rack); /* later such options are no errors */
    give_frames (&rack, 4);
    if (detect)
      g_object_set (detect, "classes", "unicorn", "region", "1,2", NULL);
    give_frames (&rack, 5);
    gst_harness_push_event (rack.harness, gst_event_new_eos ());
    g_assert_cmpuint (count_out (&rack), ==, rack.n_in);
    close_rack (&rack);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  add_for_subjects ("/torture/seeks", test_seeks);
  add_for_subjects ("/torture/segments", test_segments);
  add_for_subjects ("/torture/events", test_events);
  add_for_subjects ("/torture/ends", test_ends);
  add_for_subjects ("/torture/upstream-events", test_upstream_events);
  add_for_subjects ("/torture/queries", test_queries);
  add_for_subjects ("/torture/flows", test_flows);
  add_for_subjects ("/torture/relink", test_relink);
  add_for_subjects ("/torture/no-bus", test_no_bus);
  return g_test_run ();
}
