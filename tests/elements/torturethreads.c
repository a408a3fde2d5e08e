/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What others do to an element while frames run through it. */
#include "gateharness.h"
#include "tortureharness.h"

/* Rounds of what is done over and over. */
static guint
rounds (guint quick)
{
  return is_long () ? quick * 50 : quick;
}

/* ---- frames that are few ---- */

/* Whoever makes the frames waits for one to come back: no element may keep it until
 * the next one comes. */
static void
test_small_pool (gconstpointer subject)
{
  for (guint n = 1; n <= 2; n++) {
    GstBufferPool *pool = open_pool (n);
    Rack rack;

    open_rack (&rack, subject);
    g_assert_true (set_caps (&rack, CAPS));
    for (guint i = 0; i < rounds (40); i++)
      g_assert_cmpint (give (&rack, acquire_frame (pool, i)), ==, GST_FLOW_OK);
    expect_all_in_order (&rack);
    close_pool (pool);
    close_rack (&rack);
  }
}

/* ---- options that change what is under way ---- */

/* Pushes frames until an inference is under way; the gate is closed. */
static guint
begin_async (Bench *bench)
{
  guint number = 0;

  while (get_count (bench->harness, "frames") ==
      get_count (bench->harness, "skipped")) {
    push (bench, number++);
    gst_buffer_unref (gst_harness_try_pull (bench->harness));
  }
  return number;
}

/* What async has begun does not keep sync from looking. */
static void
test_async_to_sync (void)
{
  Bench bench;

  open_bench (&bench, "policy=async", "");
  guint number = begin_async (&bench);
  g_object_set (bench.detect, "policy", "sync", NULL);
  let_go (&bench, 4);
  for (guint i = 0; i < 3; i++) {
    push (&bench, number + i);
    expect_frame (&bench, number + i);
  }
  close_bench (&bench);
}

/* Frames that wait for their results get them, and no others. */
static void
test_sync_to_async (void)
{
  Bench bench;

  open_bench (&bench, "policy=sync parallel=4", "");
  for (guint i = 0; i < 3; i++)
    push (&bench, i);
  g_object_set (bench.detect, "policy", "async", NULL);
  let_go (&bench, 3);
  for (guint i = 3; i < 9; i++) {
    let_go (&bench, 1);
    push (&bench, i);
  }
  gst_harness_push_event (bench.harness, gst_event_new_eos ());
  for (guint i = 0; i < 9; i++) {
    g_autoptr (GstBuffer) out = gst_harness_try_pull (bench.harness);
    const GstDetectMeta *meta = gst_buffer_get_detect_meta (out);

    g_assert_cmpuint (GST_BUFFER_PTS (out), ==, i * STEP);
    if (i < 3)
      g_assert_cmpuint (meta->age, ==, 0);
    if (meta)
      g_assert_cmpuint (meta->frame_number + meta->age, ==, i);
  }
  close_bench (&bench);
}

/* What was under way when it was switched off is not shown when it is on again. */
static void
test_enabled_again (void)
{
  Bench bench;

  open_bench (&bench, "policy=async max-age=500", "");
  guint number = begin_async (&bench);
  g_object_set (bench.detect, "enabled", FALSE, NULL);
  for (guint i = 0; i < 20; i++) {
    push (&bench, number++);
    g_autoptr (GstBuffer) out = gst_harness_try_pull (bench.harness);
    g_assert_null (gst_buffer_get_detect_meta (out));
  }
  let_go (&bench, 8);
  g_object_set (bench.detect, "enabled", TRUE, NULL);
  for (guint first = number;;) {
    push (&bench, number++);
    g_autoptr (GstBuffer) out = gst_harness_try_pull (bench.harness);
    const GstDetectMeta *meta = gst_buffer_get_detect_meta (out);
    if (!meta)
      continue;
    g_assert_cmpuint (meta->frame_number, >=, first);
    break;
  }
  close_bench (&bench);
}

/* ---- properties from everywhere ---- */

typedef struct
{
  GstElement *element;
  GParamSpec *spec;
} Property;

static const gchar *const words[] = { NULL, "", "cat", "unicorn", "cat,dog",
  "cat:0.5", "cat:9,:", "0,0,1,1", "0.1,0.1,0.5,0.5", "0,0 1,0 0.5,1",
  "objects", "2x2", "8x8", "x", "10x10", "0x0", "sync", "async", "auto", "pass",
  "fail", "Sans 12", "*", "#ff0000", "cat=red", "-1", "\xff\xfe" };

/* All that the elements of the subject have, but for what only the base classes
 * know. */
static GArray *
list_properties (Rack *rack)
{
  static const gchar *const names[] = { "detect", "detectoverlay",
    "detectexport", "detectimport" };
  GArray *properties = g_array_new (FALSE, FALSE, sizeof (Property));

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GstElement)
        element = gst_harness_find_element (rack->harness, names[i]);
    guint n = 0;
    if (!element)
      continue;
    g_autofree GParamSpec **specs =
        g_object_class_list_properties (G_OBJECT_GET_CLASS (element), &n);
    for (guint k = 0; k < n; k++) {
      Property property = { element, specs[k] };

      if (specs[k]->owner_type == G_OBJECT_TYPE (element))
        g_array_append_val (properties, property);
    }
  }
  return properties;
}

static void
choose_value (const GParamSpec *spec, GRand *random, GValue *value)
{
  gint32 dice = g_rand_int_range (random, 0, 3);

  if (G_VALUE_HOLDS_STRING (value)) {
    g_value_set_static_string (value,
        words[g_rand_int_range (random, 0, G_N_ELEMENTS (words))]);
  } else if (G_VALUE_HOLDS_BOOLEAN (value)) {
    g_value_set_boolean (value, dice == 0);
  } else if (G_VALUE_HOLDS_INT (value)) {
    const GParamSpecInt *s = G_PARAM_SPEC_INT (spec);
    g_value_set_int (value,
        dice == 0       ? s->minimum
            : dice == 1 ? s->maximum
                        : s->default_value);
  } else if (G_VALUE_HOLDS_UINT (value)) {
    const GParamSpecUInt *s = G_PARAM_SPEC_UINT (spec);
    g_value_set_uint (value,
        dice == 0       ? s->minimum
            : dice == 1 ? s->maximum
                        : s->default_value);
  } else if (G_VALUE_HOLDS_DOUBLE (value)) {
    const GParamSpecDouble *s = G_PARAM_SPEC_DOUBLE (spec);
    g_value_set_double (value,
        g_rand_double_range (random, s->minimum, s->maximum));
  } else if (G_VALUE_HOLDS_ENUM (value)) {
    const GEnumClass *class = G_PARAM_SPEC_ENUM (spec)->enum_class;
    g_value_set_enum (value,
        class->values[g_rand_int_range (random, 0, (gint32) class->n_values)]
            .value);
  }
}

typedef struct
{
  const GArray *properties;
  guint32 seed;
  gint *n_running; /* atomic */
} Meddler;

static void
meddle_once (const Property *property, GRand *random)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, property->spec->value_type);
  if (property->spec->flags & G_PARAM_WRITABLE &&
      g_rand_int_range (random, 0, 4) > 0) {
    choose_value (property->spec, random, &value);
    g_object_set_property (G_OBJECT (property->element), property->spec->name,
        &value);
  } else {
    g_object_get_property (G_OBJECT (property->element), property->spec->name,
        &value);
  }
  g_value_unset (&value);
}

static gpointer
meddle (gpointer data)
{
  const Meddler *meddler = data;
  GRand *random = g_rand_new_with_seed (meddler->seed);

  for (guint i = 0; i < rounds (400); i++) {
    guint k =
        (guint) g_rand_int_range (random, 0, (gint32) meddler->properties->len);
    meddle_once (&g_array_index (meddler->properties, Property, k), random);
  }
  g_rand_free (random);
  g_atomic_int_dec_and_test (meddler->n_running);
  return NULL;
}

/* Anything is set to anything, from four threads: what makes no sense is a warning. */
static void
test_properties (gconstpointer subject)
{
  enum
  {
    N_THREADS = 4
  };
  GThread *threads[N_THREADS];
  Meddler meddlers[N_THREADS];
  gint n_running = N_THREADS;
  Rack rack;

  open_rack (&rack, subject);
  g_assert_true (set_caps (&rack, CAPS));
  give_until_looked_at (&rack);
  g_autoptr (GArray) properties = list_properties (&rack);
  for (guint i = 0; i < N_THREADS; i++) {
    meddlers[i] = (Meddler){ properties, i, &n_running };
    threads[i] = g_thread_new ("meddle", meddle, &meddlers[i]);
  }
  while (g_atomic_int_get (&n_running) > 0)
    give_frames (&rack, 1);
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  expect_all_in_order (&rack);
  close_rack (&rack);
}

/* ---- states, flushes and negotiation from elsewhere ---- */

typedef struct
{
  Rack *rack;
  gint stopped; /* atomic */
  GMutex lock;  /* held while a frame is pushed */
} Source;

/* Goes on whatever it is told, as a source behind a tee does. */
static gpointer
push_on (gpointer data)
{
  Source *source = data;

  for (guint i = 0; !g_atomic_int_get (&source->stopped); i++) {
    g_mutex_lock (&source->lock);
    gst_harness_push (source->rack->harness,
        make_fitting (&source->rack->info, i));
    g_mutex_unlock (&source->lock);
  }
  return NULL;
}

/* With the lock held: the stream begins anew, and a frame gets in. */
static void
start_again (Rack *rack)
{
  gst_harness_push_event (rack->harness, gst_event_new_stream_start ("new"));
  g_assert_true (set_caps (rack, CAPS));
  gst_harness_push_event (rack->harness, make_segment ());
  g_assert_cmpint (gst_harness_push (rack->harness,
                       make_fitting (&rack->info, 0)),
      ==, GST_FLOW_OK);
}

/* Down in the middle of a frame. */
static void
cycle_states (Source *source)
{
  static const GstState states[] = { GST_STATE_NULL, GST_STATE_READY };
  GstElement *element = source->rack->harness->element;

  for (gsize i = 0; i < G_N_ELEMENTS (states); i++) {
    g_assert_cmpint (gst_element_set_state (element, states[i]), ==,
        GST_STATE_CHANGE_SUCCESS);
    g_mutex_lock (&source->lock);
    g_assert_cmpint (gst_element_set_state (element, GST_STATE_PLAYING), ==,
        GST_STATE_CHANGE_SUCCESS);
    start_again (source->rack);
    g_mutex_unlock (&source->lock);
  }
}

static void
flush_stream (Source *source)
{
  GstHarness *harness = source->rack->harness;

  gst_harness_push_event (harness, gst_event_new_flush_start ());
  g_mutex_lock (&source->lock);
  gst_harness_push_event (harness, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (harness, make_segment ());
  g_mutex_unlock (&source->lock);
}

static void
ask_to_reconfigure (Source *source)
{
  gst_harness_push_upstream_event (source->rack->harness,
      gst_event_new_reconfigure ());
}

static void
ask_for_pool (Source *source)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (CAPS);
  g_autoptr (GstQuery) query = gst_query_new_allocation (caps, TRUE);

  gst_pad_peer_query (source->rack->harness->srcpad, query);
}

static void
send_late_news (Source *source)
{
  gst_harness_push_upstream_event (source->rack->harness,
      gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 0.5, GST_SECOND, 0));
}

static const struct
{
  const gchar *name;
  void (*disturb) (Source *source);
  guint n;
} disturbances[] = {
  { "states", cycle_states, 10 },
  { "flushes", flush_stream, 60 },
  { "reconfigure", ask_to_reconfigure, 400 },
  { "allocation", ask_for_pool, 200 },
  { "late frames", send_late_news, 400 },
};

/* The stream goes on afterwards as if nothing had been. */
static void
test_disturbances (gconstpointer subject)
{
  for (gsize i = 0; i < G_N_ELEMENTS (disturbances); i++) {
    Rack rack;
    Source source = { .rack = &rack };

    g_test_message ("%s", disturbances[i].name);
    g_mutex_init (&source.lock);
    open_rack (&rack, subject);
    g_assert_true (set_caps (&rack, CAPS));
    GThread *thread = g_thread_new ("source", push_on, &source);
    for (guint k = 0; k < rounds (disturbances[i].n); k++)
      disturbances[i].disturb (&source);
    g_atomic_int_set (&source.stopped, TRUE);
    g_thread_join (thread);
    flush_stream (&source);
    g_array_set_size (rack.times, 0);
    rack.n_in = 0;
    give_frames (&rack, 5);
    expect_all_in_order (&rack);
    close_rack (&rack);
    g_mutex_clear (&source.lock);
  }
}

/* ---- elements that share a model ---- */

static gpointer
push_frame (gpointer data)
{
  return GINT_TO_POINTER (gst_harness_push (data, make_frame (0)));
}

/* One is torn down in the middle of an inference, the other goes on with it. */
static void
test_shared_teardown (void)
{
  for (guint i = 0; i < rounds (4); i++) {
    Bench bench;

    open_bench (&bench, i % 2 ? "parallel=2" : "", "");
    g_autofree gchar *line = g_strdup_printf ("model=%s", bench.model);
    GstHarness *other = open_harness (line);
    let_go (&bench, 2);
    push (&bench, 0);
    g_assert_cmpuint (count_objects (other, 0), ==, 2);
    GThread *mine = g_thread_new ("mine", push_frame, bench.harness);
    GThread *theirs = g_thread_new ("theirs", push_frame, other);
    gst_element_set_state (bench.detect, GST_STATE_NULL);
    g_thread_join (mine); /* before its end, or after it has begun */
    let_go (&bench, 2);
    g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (theirs)), ==, GST_FLOW_OK);
    gst_buffer_unref (gst_harness_pull (other));
    gst_harness_teardown (other);
    close_bench (&bench);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  add_for_subjects ("/torture/small-pool", test_small_pool);
  g_test_add_func ("/torture/async-to-sync", test_async_to_sync);
  g_test_add_func ("/torture/sync-to-async", test_sync_to_async);
  g_test_add_func ("/torture/enabled-again", test_enabled_again);
  add_for_subjects ("/torture/properties", test_properties);
  add_for_subjects ("/torture/disturbances", test_disturbances);
  g_test_add_func ("/torture/shared-teardown", test_shared_teardown);
  return g_test_run ();
}
