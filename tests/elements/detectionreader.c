/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "detectionreader.h"

#include <gst/gst.h>
#ifdef HAVE_ANALYTICS
#include <gst/analytics/analytics.h>
#endif

#define WIDTH 320
#define HEIGHT 240

static void
assert_near (gdouble found, gdouble expected)
{
  g_assert_cmpfloat_with_epsilon (found, expected, 1e-4);
}

static void
assert_box (const GstDetectFound *found, gdouble x0, gdouble y0, gdouble x1,
    gdouble y1)
{
  assert_near (found->x0, x0);
  assert_near (found->y0, y0);
  assert_near (found->x1, x1);
  assert_near (found->y1, y1);
}

static GstVideoInfo
make_info (gint width, gint height)
{
  GstVideoInfo info;

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_I420, (guint) width,
      (guint) height);
  return info;
}

static GstDetectMeta *
add_detect (GstBuffer *buffer, const gchar *model, const gchar *label)
{
  GstDetectMeta *meta = gst_buffer_add_detect_meta (buffer, 1);

  meta->model_id = g_intern_string (model);
  meta->frame_number = 7;
  meta->pts = 5;
  meta->age = 2;
  meta->width = WIDTH;
  meta->height = HEIGHT;
  meta->objects[0] = (GstDetectObject){ .x0 = 0.25f,
    .y0 = 0.5f,
    .x1 = 0.75f,
    .y1 = 1.0f,
    .score = 0.875f,
    .class_id = 3,
    .track_id = 9,
    .parent_id = -1,
    .label = g_intern_string (label),
    .n_landmarks = 1,
    .landmarks = { { 0.5f, 0.75f } } };
  return meta;
}

static void
add_region (GstBuffer *buffer, const gchar *type, gint id, guint x, guint y,
    guint width, guint height)
{
  GstVideoRegionOfInterestMeta *region =
      gst_buffer_add_video_region_of_interest_meta (buffer, type, x, y, width,
          height);

  region->id = id;
  region->parent_id = -1;
}

/* Leaves only what readers of regions see. */
static void
drop_analytics (GstBuffer *buffer)
{
#ifdef HAVE_ANALYTICS
  GstMeta *relations =
      (GstMeta *) gst_buffer_get_analytics_relation_meta (buffer);

  g_assert_nonnull (relations);
  gst_buffer_remove_meta (buffer, relations);
#endif
}

static void
test_nothing (void)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  g_auto (GstDetectReading) reading = { 0 };
  GstVideoInfo info = make_info (WIDTH, HEIGHT);

  gst_detect_reading_take (&reading, buffer, &info);
  g_assert_cmpint (reading.source, ==, GST_DETECT_SOURCE_NONE);
  g_assert_cmpuint (reading.n_objects, ==, 0);
  g_assert_cmpint (reading.width, ==, WIDTH);
}

static void
test_found_nothing (void)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  g_auto (GstDetectReading) reading = { 0 };
  GstVideoInfo info = make_info (WIDTH, HEIGHT);

  gst_buffer_add_detect_meta (buffer, 0);
  add_region (buffer, "cat", 0, 1, 2, 3, 4);
  gst_detect_reading_take (&reading, buffer, &info);
  g_assert_cmpint (reading.source, ==, GST_DETECT_SOURCE_DETECT);
  g_assert_cmpuint (reading.n_objects, ==, 0);
}

static void
test_detect (void)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  g_auto (GstDetectReading) reading = { 0 };
  GstVideoInfo info = make_info (2 * WIDTH, 2 * HEIGHT);
  GstDetectMeta *meta = add_detect (buffer, "faces", "face");

  gst_detect_meta_mirror (meta, buffer);
  add_detect (buffer, "cats", "cat");
  gst_detect_reading_take (&reading, buffer, &info);
  g_assert_cmpint (reading.source, ==, GST_DETECT_SOURCE_DETECT);
  g_assert_cmpstr (reading.model_id, ==, "faces");
  g_assert_cmpuint (reading.frame_number, ==, 7);
  g_assert_cmpuint (reading.pts, ==, 5);
  g_assert_cmpuint (reading.age, ==, 2);
  g_assert_cmpuint (reading.n_objects, ==, 2);
  g_assert_cmpstr (reading.objects[0].object.label, ==, "face");
  g_assert_cmpstr (reading.objects[1].object.label, ==, "cat");
  g_assert_cmpstr (reading.objects[1].model_id, ==, "cats");
  g_assert_cmpint (reading.objects[0].id, ==, 0);
  g_assert_cmpint (reading.objects[1].id, ==, 1);
  g_assert_cmpint (reading.objects[1].parent_id, ==, -1);
  g_assert_cmpint (reading.objects[0].object.track_id, ==, 9);
  g_assert_cmpint (reading.objects[0].object.n_landmarks, ==, 1);
  /* Pixels are the frame's, not those the meta was made with. */
  assert_box (&reading.objects[0], 160, 240, 480, 480);

  gst_detect_reading_take (&reading, buffer, NULL);
  assert_box (&reading.objects[0], 80, 120, 240, 240);
}

static void
test_regions (void)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  g_autoptr (GstBuffer) maker = gst_buffer_new ();
  g_auto (GstDetectReading) reading = { 0 };
  GstVideoInfo info = make_info (WIDTH, HEIGHT);
  GstDetectMeta *meta = add_detect (maker, "cats", "cat");

  meta->objects[0].x0 = 0.2511f;
  gst_detect_meta_mirror (meta, buffer);
  drop_analytics (buffer);
  add_region (buffer, "plain", 4, 10, 20, 30, 40);
  gst_detect_reading_take (&reading, buffer, &info);
  g_assert_cmpint (reading.source, ==, GST_DETECT_SOURCE_REGIONS);
  g_assert_cmpuint (reading.n_objects, ==, 2);

  const GstDetectFound *cat = &reading.objects[0];
  g_assert_cmpstr (cat->object.label, ==, "cat");
  g_assert_cmpint (cat->object.class_id, ==, 3);
  g_assert_cmpint (cat->object.track_id, ==, 9);
  assert_near ((gdouble) cat->object.score, 0.875);
  assert_box (cat, 0.2511 * WIDTH, 120, 240, 240);

  const GstDetectFound *plain = &reading.objects[1];
  g_assert_cmpint (plain->id, ==, 4);
  g_assert_cmpint (plain->object.class_id, ==, GST_DETECT_ID_NONE);
  g_assert_cmpint (plain->object.track_id, ==, GST_DETECT_ID_NONE);
  g_assert_true (plain->object.score < 0);
  assert_box (plain, 10, 20, 40, 60);
  assert_near ((gdouble) plain->object.y1, 0.25);
}

/* Parameters that an element carried along without scaling them are not believed. */
static void
test_stale_params (void)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  g_auto (GstDetectReading) reading = { 0 };
  GstVideoInfo info = make_info (WIDTH, HEIGHT);

  add_region (buffer, "cat", 0, 10, 20, 30, 40);
  GstVideoRegionOfInterestMeta *region =
      gst_buffer_get_video_region_of_interest_meta_id (buffer, 0);
  gst_video_region_of_interest_meta_add_param (region,
      gst_structure_new ("detection", "confidence", G_TYPE_DOUBLE, 0.5, "x_min",
          G_TYPE_DOUBLE, 0.5, "x_max", G_TYPE_DOUBLE, 0.6, "y_min",
          G_TYPE_DOUBLE, 0.5, "y_max", G_TYPE_DOUBLE, 0.6, NULL));
  gst_detect_reading_take (&reading, buffer, &info);
  assert_box (&reading.objects[0], 10, 20, 40, 60);
  assert_near ((gdouble) reading.objects[0].object.score, 0.5);
}

/* Without caps and metadata that tell the size, pixels are still told. */
static void
test_no_size (void)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  g_auto (GstDetectReading) reading = { 0 };

  add_region (buffer, "cat", 0, 10, 20, 30, 40);
  gst_detect_reading_take (&reading, buffer, NULL);
  g_assert_cmpint (reading.width, ==, 0);
  assert_box (&reading.objects[0], 10, 20, 40, 60);
  assert_near ((gdouble) reading.objects[0].object.x1, 0);
}

static void
test_many (void)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  g_auto (GstDetectReading) reading = { 0 };

  for (gint i = 0; i < 100; i++)
    add_region (buffer, "cat", i, (guint) i, 0, 1, 1);
  for (gint round = 0; round < 2; round++) {
    gst_detect_reading_take (&reading, buffer, NULL);
    g_assert_cmpuint (reading.n_objects, ==, 100);
    g_assert_cmpint (reading.objects[99].id, ==, 99);
  }
}

#ifdef HAVE_ANALYTICS
static void
test_analytics (void)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  g_auto (GstDetectReading) reading = { 0 };
  GstVideoInfo info = make_info (WIDTH, HEIGHT);
  GstAnalyticsRelationMeta *relations =
      gst_buffer_add_analytics_relation_meta (buffer);
  GstAnalyticsODMtd od;
  GstAnalyticsTrackingMtd track;

  gst_analytics_relation_meta_add_tracking_mtd (relations, 41, 0, &track);
  gst_analytics_relation_meta_add_od_mtd (relations,
      g_quark_from_static_string ("cat"), 10, 20, 30, 40, 0.5f, &od);
  gst_analytics_relation_meta_set_relation (relations,
      GST_ANALYTICS_REL_TYPE_RELATE_TO, od.id, track.id);
  add_region (buffer, "cat", 0, 10, 20, 30, 40);
  gst_detect_reading_take (&reading, buffer, &info);
  g_assert_cmpint (reading.source, ==, GST_DETECT_SOURCE_ANALYTICS);
  g_assert_cmpuint (reading.n_objects, ==, 1);
  g_assert_cmpint (reading.objects[0].id, ==, (gint) od.id);
  g_assert_cmpstr (reading.objects[0].object.label, ==, "cat");
  g_assert_cmpint (reading.objects[0].object.track_id, ==, 41);
  assert_near ((gdouble) reading.objects[0].object.score, 0.5);
  assert_box (&reading.objects[0], 10, 20, 40, 60);
}
#endif

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/detectionreader/nothing", test_nothing);
  g_test_add_func ("/detectionreader/found-nothing", test_found_nothing);
  g_test_add_func ("/detectionreader/detect", test_detect);
  g_test_add_func ("/detectionreader/regions", test_regions);
  g_test_add_func ("/detectionreader/stale-params", test_stale_params);
  g_test_add_func ("/detectionreader/no-size", test_no_size);
  g_test_add_func ("/detectionreader/many", test_many);
#ifdef HAVE_ANALYTICS
  g_test_add_func ("/detectionreader/analytics", test_analytics);
#endif
  return g_test_run ();
}
