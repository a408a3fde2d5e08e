/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "meta/gstdetectmeta.h"

#include <gst/check/gstharness.h>
#include <gst/gst.h>
#include <string.h>
#ifdef HAVE_ANALYTICS
#include <gst/analytics/analytics.h>
#endif

#define WIDTH 160
#define HEIGHT 120
#define CAPS "video/x-raw,format=RGB,width=160,height=120,framerate=1/1"

/* A frame of slopes, so that a mosaic changes it everywhere. */
static GstBuffer *
make_frame (void)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, WIDTH * HEIGHT * 3, NULL);
  GstMapInfo map;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_WRITE));
  for (gint i = 0; i < WIDTH * HEIGHT; i++)
    memset (map.data + (gsize) i * 3, 40 + i % WIDTH / 2 + i / WIDTH, 3);
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = 0;
  return buffer;
}

/* Two objects, at 32,24 64,72 and at 96,24 128,72. */
static GstDetectMeta *
add_objects (GstBuffer *buffer)
{
  GstDetectMeta *meta = gst_buffer_add_detect_meta (buffer, 2);

  meta->width = WIDTH;
  meta->height = HEIGHT;
  for (gint i = 0; i < 2; i++)
    meta->objects[i] = (GstDetectObject){ .x0 = i == 0 ? 0.2f : 0.6f,
      .y0 = 0.2f,
      .x1 = i == 0 ? 0.4f : 0.8f,
      .y1 = 0.6f,
      .score = 0.5f,
      .class_id = i,
      .track_id = -1,
      .label = i == 0 ? "cat" : "dog" };
  return meta;
}

/* What is different in part of two frames. */
static gint
count_changes (GstBuffer *a, GstBuffer *b, gint left, gint right)
{
  GstMapInfo before;
  GstMapInfo after;
  gint n = 0;

  g_assert_true (gst_buffer_map (a, &before, GST_MAP_READ));
  g_assert_true (gst_buffer_map (b, &after, GST_MAP_READ));
  for (gint y = 0; y < HEIGHT; y++) {
    for (gint x = left; x < right; x++)
      n += memcmp (before.data + (y * WIDTH + x) * 3,
               after.data + (y * WIDTH + x) * 3, 3) != 0;
  }
  gst_buffer_unmap (a, &before);
  gst_buffer_unmap (b, &after);
  return n;
}

static guint32
get_pixel (GstBuffer *buffer, gint x, gint y)
{
  guint8 rgb[3];

  gst_buffer_extract (buffer, (gsize) (y * WIDTH + x) * 3, rgb, 3);
  return (guint32) rgb[0] << 16 | (guint32) rgb[1] << 8 | rgb[2];
}

static GstHarness *
make_overlay (const gchar *properties)
{
  g_autofree gchar *description =
      g_strconcat ("detectoverlay overlay-labels=false ", properties, NULL);
  GstHarness *harness = gst_harness_new_parse (description);

  gst_harness_set_src_caps_str (harness, CAPS);
  return harness;
}

/* ---- what passes ---- */

static GstBuffer *
run_on (const gchar *properties, GstBuffer *buffer)
{
  GstHarness *harness = make_overlay (properties);
  GstBuffer *out = gst_harness_push_and_pull (harness, buffer);

  g_assert_nonnull (out);
  gst_harness_teardown (harness);
  return out;
}

/* Where nothing is drawn, not even the buffer is another one. */
static void
test_passes (void)
{
  static const gchar *const cases[] = { "hide-classes=*", "hide-classes=cat,1",
    "show-classes=horse", "boxes=false landmarks=false" };
  g_autoptr (GstBuffer) nothing = make_frame ();
  GstBuffer *out = run_on ("blur-classes=*", gst_buffer_ref (nothing));

  g_assert_true (out == nothing);
  gst_buffer_unref (out);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GstBuffer) buffer = make_frame ();

    g_test_message ("%s", cases[i]);
    add_objects (buffer);
    out = run_on (cases[i], gst_buffer_ref (buffer));
    g_assert_true (out == buffer);
    gst_buffer_unref (out);
  }
}

/* A frame that somebody else holds is drawn on in a copy. */
static void
test_shared (void)
{
  g_autoptr (GstBuffer) buffer = make_frame ();
  g_autoptr (GstBuffer) plain = make_frame ();
  add_objects (buffer);
  g_autoptr (GstBuffer) out = run_on ("", gst_buffer_ref (buffer));

  g_assert_cmpint (count_changes (plain, buffer, 0, WIDTH), ==, 0);
  g_assert_cmpint (count_changes (plain, out, 0, WIDTH), >, 0);
}

/* A frame that nobody else holds is drawn on as it is. */
static void
test_in_place (void)
{
  GstBuffer *buffer = make_frame ();
  GstMemory *memory = gst_buffer_peek_memory (buffer, 0);

  add_objects (buffer);
  g_autoptr (GstBuffer) out = run_on ("", buffer);
  g_assert_true (gst_buffer_peek_memory (out, 0) == memory);
}

/* ---- who is read ---- */

static void
add_by_regions (GstBuffer *buffer)
{
  gst_buffer_add_video_region_of_interest_meta (buffer, "cat", 32, 24, 32, 48);
  gst_buffer_add_video_region_of_interest_meta (buffer, "dog", 96, 24, 32, 48);
}

static void
test_sources (void)
{
  const gchar *colors = "class-colors=cat:#ff0000,dog:#00ff00";
  g_autoptr (GstBuffer) ours = make_frame ();
  g_autoptr (GstBuffer) both = make_frame ();
  g_autoptr (GstBuffer) regions = make_frame ();

  add_objects (ours);
  gst_detect_meta_mirror (add_objects (both), both);
  /* Were this read too, it would be drawn elsewhere. */
  gst_buffer_add_video_region_of_interest_meta (both, "cat", 10, 80, 20, 20);
  add_by_regions (regions);
  g_autoptr (GstBuffer) wanted = run_on (colors, g_steal_pointer (&ours));
  g_autoptr (GstBuffer) once = run_on (colors, g_steal_pointer (&both));
  g_autoptr (GstBuffer) others = run_on (colors, g_steal_pointer (&regions));
  g_assert_cmphex (get_pixel (wanted, 48, 24), ==, 0xff0000);
  g_assert_cmphex (get_pixel (wanted, 112, 24), ==, 0x00ff00);
  g_assert_cmpint (count_changes (wanted, once, 0, WIDTH), ==, 0);
  g_assert_cmpint (count_changes (wanted, others, 0, WIDTH), ==, 0);

#ifdef HAVE_ANALYTICS
  g_autoptr (GstBuffer) analytics = make_frame ();
  GstAnalyticsRelationMeta *relations =
      gst_buffer_add_analytics_relation_meta (analytics);
  GstAnalyticsODMtd od;
  gst_analytics_relation_meta_add_od_mtd (relations,
      g_quark_from_static_string ("cat"), 32, 24, 32, 48, 0.5f, &od);
  gst_analytics_relation_meta_add_od_mtd (relations,
      g_quark_from_static_string ("dog"), 96, 24, 32, 48, 0.5f, &od);
  g_autoptr (GstBuffer) drawn = run_on (colors, g_steal_pointer (&analytics));
  g_assert_cmpint (count_changes (wanted, drawn, 0, WIDTH), ==, 0);
#endif
}

/* ---- which classes ---- */

typedef struct
{
  const gchar *properties;
  gboolean cat; /* is drawn */
  gboolean dog;
} ClassCase;

static const ClassCase class_cases[] = {
  { "", TRUE, TRUE },
  { "show-classes=cat", TRUE, FALSE },
  { "show-classes=1", FALSE, TRUE },
  { "show-classes=\"1, cat\"", TRUE, TRUE },
  { "hide-classes=cat", FALSE, TRUE },
  { "show-classes=cat,dog hide-classes=dog", TRUE, FALSE },
  { "show-classes=* hide-classes=0", FALSE, TRUE },
  { "hide-classes=Cat", TRUE, TRUE },
  { "hide-classes=* blur-classes=cat", TRUE, FALSE },
  { "hide-classes=* blur-classes=1 blur-mode=fill", FALSE, TRUE },
};

static void
test_classes (void)
{
  g_autoptr (GstBuffer) plain = make_frame ();

  for (gsize i = 0; i < G_N_ELEMENTS (class_cases); i++) {
    const ClassCase *c = &class_cases[i];
    GstBuffer *buffer = make_frame ();

    g_test_message ("%s", c->properties);
    add_objects (buffer);
    g_autoptr (GstBuffer) out = run_on (c->properties, buffer);
    g_assert_cmpint (count_changes (plain, out, 0, WIDTH / 2) > 0, ==, c->cat);
    g_assert_cmpint (count_changes (plain, out, WIDTH / 2, WIDTH) > 0, ==,
        c->dog);
  }
}

/* ---- blur ---- */

static void
test_fill (void)
{
  GstBuffer *buffer = make_frame ();

  add_objects (buffer);
  g_autoptr (GstBuffer) out =
      run_on ("hide-classes=* blur-classes=cat blur-mode=fill blur-margin=0.25 "
              "fill-color=#123456",
          buffer);
  g_assert_cmphex (get_pixel (out, 32, 24), ==, 0x123456);
  g_assert_cmphex (get_pixel (out, 63, 71), ==, 0x123456);
  /* The margin: a quarter of the box, around it. */
  g_assert_cmphex (get_pixel (out, 24, 12), ==, 0x123456);
  g_assert_cmphex (get_pixel (out, 71, 83), ==, 0x123456);
  g_assert_cmphex (get_pixel (out, 23, 12), !=, 0x123456);
  g_assert_cmphex (get_pixel (out, 72, 83), !=, 0x123456);
}

/* No pixel within a tile differs from another, and boxes are drawn over it. */
static void
test_pixelate (void)
{
  GstBuffer *buffer = make_frame ();

  add_objects (buffer);
  g_autoptr (GstBuffer) out =
      run_on ("show-classes=dog blur-classes=* blur-margin=0 blur-tiles=3 "
              "class-colors=dog:red",
          buffer);
  /* 48 pixels down in three tiles. */
  for (gint y = 24; y < 40; y++) {
    for (gint x = 32; x < 48; x++)
      g_assert_cmphex (get_pixel (out, x, y), ==, get_pixel (out, 32, 24));
  }
  g_assert_cmphex (get_pixel (out, 32, 24), !=, get_pixel (out, 48, 40));
  g_assert_cmphex (get_pixel (out, 112, 24), ==, 0xff0000);
}

/* ---- options ---- */

static void
test_live (void)
{
  GstHarness *harness = make_overlay ("class-colors=cat:red");
  GstElement *overlay = gst_harness_find_element (harness, "detectoverlay");
  GstBuffer *buffer = make_frame ();

  add_objects (buffer);
  g_autoptr (GstBuffer) first = gst_harness_push_and_pull (harness, buffer);
  g_assert_cmphex (get_pixel (first, 48, 24), ==, 0xff0000);
  g_object_set (overlay, "class-colors", "*:blue", NULL);
  buffer = make_frame ();
  add_objects (buffer);
  g_autoptr (GstBuffer) second = gst_harness_push_and_pull (harness, buffer);
  g_assert_cmphex (get_pixel (second, 48, 24), ==, 0x0000ff);
  gst_object_unref (overlay);
  gst_harness_teardown (harness);
}

static GstMessage *
pop (GstBus *bus, GstMessageType type)
{
  return gst_bus_timed_pop_filtered (bus, 0, type);
}

/* At the start a value that cannot be read is one error; later it is a warning, and
 * what was valid stays. */
static void
test_bad_values (void)
{
  static const gchar *const bad[][2] = { { "class-colors", "cat" },
    { "class-colors", "cat:nocolour" }, { "fill-color", "" },
    { "fill-color", "#12" }, { "blur-mode", "blur" }, { "blur-mode", "" } };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GstElement) overlay =
        gst_object_ref_sink (gst_element_factory_make ("detectoverlay", NULL));
    g_autoptr (GstBus) bus = gst_bus_new ();
    g_autoptr (GError) error = NULL;

    gst_element_set_bus (overlay, bus);
    g_object_set (overlay, bad[i][0], bad[i][1], NULL);
    g_assert_cmpint (gst_element_set_state (overlay, GST_STATE_PAUSED), ==,
        GST_STATE_CHANGE_FAILURE);
    g_autoptr (GstMessage) message = pop (bus, GST_MESSAGE_ERROR);
    g_assert_nonnull (message);
    gst_message_parse_error (message, &error, NULL);
    g_assert_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS);
    g_assert_nonnull (strstr (error->message, bad[i][0]));
    g_assert_null (pop (bus, GST_MESSAGE_ERROR));
    gst_element_set_state (overlay, GST_STATE_NULL);
    gst_element_set_bus (overlay, NULL);
  }
}

static void
test_bad_live_value (void)
{
  GstHarness *harness = make_overlay ("class-colors=cat:red");
  GstElement *overlay = gst_harness_find_element (harness, "detectoverlay");
  g_autoptr (GstBus) bus = gst_bus_new ();

  gst_element_set_bus (overlay, bus);
  g_object_set (overlay, "class-colors", "cat:nocolour", NULL);
  for (gint i = 0; i < 3; i++) {
    GstBuffer *buffer = make_frame ();

    add_objects (buffer);
    g_autoptr (GstBuffer) out = gst_harness_push_and_pull (harness, buffer);
    g_assert_cmphex (get_pixel (out, 48, 24), ==, 0xff0000);
  }
  g_autoptr (GstMessage) message = pop (bus, GST_MESSAGE_WARNING);
  g_assert_nonnull (message);
  g_assert_null (pop (bus, GST_MESSAGE_WARNING));
  gst_element_set_bus (overlay, NULL);
  gst_object_unref (overlay);
  gst_harness_teardown (harness);
}

/* What cannot be drawn on must not pass: it may show what was to be blurred. */
static void
test_short_frame (void)
{
  GstHarness *harness = make_overlay ("blur-classes=*");
  GstElement *overlay = gst_harness_find_element (harness, "detectoverlay");
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 16, NULL);

  gst_element_set_bus (overlay, bus);
  GST_BUFFER_PTS (buffer) = 0;
  add_objects (buffer);
  g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_ERROR);
  g_autoptr (GstMessage) message = pop (bus, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_element_set_bus (overlay, NULL);
  gst_object_unref (overlay);
  gst_harness_teardown (harness);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/detectoverlay/passes", test_passes);
  g_test_add_func ("/detectoverlay/shared", test_shared);
  g_test_add_func ("/detectoverlay/in-place", test_in_place);
  g_test_add_func ("/detectoverlay/sources", test_sources);
  g_test_add_func ("/detectoverlay/classes", test_classes);
  g_test_add_func ("/detectoverlay/fill", test_fill);
  g_test_add_func ("/detectoverlay/pixelate", test_pixelate);
  g_test_add_func ("/detectoverlay/live", test_live);
  g_test_add_func ("/detectoverlay/bad-values", test_bad_values);
  g_test_add_func ("/detectoverlay/bad-live-value", test_bad_live_value);
  g_test_add_func ("/detectoverlay/short-frame", test_short_frame);
  return g_test_run ();
}
