/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetectmeta.h"

#include <gst/check/gstharness.h>
#include <gst/gst.h>
#include <math.h>

#define WIDTH 320
#define HEIGHT 240

static GstBuffer *
make_frame (void)
{
  GstBuffer *buffer =
      gst_buffer_new_allocate (NULL, WIDTH * HEIGHT * 3 / 2, NULL);
  GstDetectMeta *meta = gst_buffer_add_detect_meta (buffer, 2);

  gst_buffer_memset (buffer, 0, 128, (gsize) -1);
  GST_BUFFER_PTS (buffer) = 0;
  meta->model_id = g_intern_static_string ("test");
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
    .track_id = -1,
    .label = g_intern_static_string ("cat"),
    .n_landmarks = 1,
    .landmarks = { { 0.5f, 0.75f } } };
  meta->objects[1] = (GstDetectObject){ .x1 = 0.1f,
    .y1 = 0.1f,
    .score = 0.5f,
    .class_id = 4,
    .track_id = 9 };
  return buffer;
}

static void
assert_near (gdouble found, gdouble expected)
{
  g_assert_cmpfloat_with_epsilon (found, expected, 1e-5);
}

static void
assert_same_fields (const GstDetectMeta *meta)
{
  g_assert_nonnull (meta);
  g_assert_cmpstr (meta->model_id, ==, "test");
  g_assert_cmpuint (meta->frame_number, ==, 7);
  g_assert_cmpuint (meta->pts, ==, 5);
  g_assert_cmpuint (meta->age, ==, 2);
  g_assert_cmpuint (meta->n_objects, ==, 2);
  g_assert_cmpstr (meta->objects[0].label, ==, "cat");
  g_assert_cmpint (meta->objects[0].class_id, ==, 3);
  assert_near ((gdouble) meta->objects[0].score, 0.875);
  g_assert_cmpint (meta->objects[1].track_id, ==, 9);
}

static void
test_fields (void)
{
  g_autoptr (GstBuffer) buffer = make_frame ();
  const GstDetectMeta *meta = gst_buffer_get_detect_meta (buffer);
  gdouble x0;
  gdouble y0;
  gdouble x1;
  gdouble y1;

  assert_same_fields (meta);
  g_assert_true (gst_detect_meta_get_pixel_box (meta, 0, &x0, &y0, &x1, &y1));
  assert_near (x0, 80);
  assert_near (y0, 120);
  assert_near (x1, 240);
  assert_near (y1, 240);
  g_assert_false (gst_detect_meta_get_pixel_box (meta, 2, &x0, &y0, &x1, &y1));
}

static void
test_copy (void)
{
  g_autoptr (GstBuffer) buffer = make_frame ();
  g_autoptr (GstBuffer) copy = gst_buffer_copy (buffer);
  const GstDetectMeta *original = gst_buffer_get_detect_meta (buffer);
  const GstDetectMeta *meta = gst_buffer_get_detect_meta (copy);

  assert_same_fields (meta);
  g_assert_true (meta->objects != original->objects);
}

static void
test_regions (void)
{
  g_autoptr (GstBuffer) buffer = make_frame ();
  gdouble confidence = 0;
  gint label_id = 0;

  gst_detect_meta_add_roi_metas (gst_buffer_get_detect_meta (buffer), buffer);
  g_assert_cmpuint (gst_buffer_get_n_meta (buffer,
                        GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE),
      ==, 2);

  GstVideoRegionOfInterestMeta *roi =
      gst_buffer_get_video_region_of_interest_meta_id (buffer, 0);
  g_assert_cmpstr (g_quark_to_string (roi->roi_type), ==, "cat");
  g_assert_cmpuint (roi->x, ==, 80);
  g_assert_cmpuint (roi->y, ==, 120);
  g_assert_cmpuint (roi->w, ==, 160);
  g_assert_cmpuint (roi->h, ==, 120);
  const GstStructure *param =
      gst_video_region_of_interest_meta_get_param (roi, "detection");
  g_assert_true (gst_structure_get (param, "label_id", G_TYPE_INT, &label_id,
      "confidence", G_TYPE_DOUBLE, &confidence, NULL));
  g_assert_cmpint (label_id, ==, 3);
  assert_near (confidence, 0.875);
}

static void
test_structure (void)
{
  g_autoptr (GstBuffer) buffer = make_frame ();
  g_autoptr (GstStructure) structure =
      gst_detect_meta_to_structure (gst_buffer_get_detect_meta (buffer));
  const GValue *objects = gst_structure_get_value (structure, "objects");
  gdouble x1 = 0;

  g_assert_true (gst_structure_has_name (structure, "detections"));
  g_assert_cmpuint (gst_value_array_get_size (objects), ==, 2);
  const GstStructure *object =
      gst_value_get_structure (gst_value_array_get_value (objects, 0));
  g_assert_cmpstr (gst_structure_get_string (object, "label"), ==, "cat");
  g_assert_true (gst_structure_get_double (object, "x1", &x1));
  assert_near (x1, 240);
}

/* What stock elements do with the meta: where the first object must be in their
 * output, as fractions; x1 of 0: the meta must be gone. */
typedef struct
{
  const gchar *element;
  const gchar *out_caps;
  gdouble x0;
  gdouble y0;
  gdouble x1;
  gdouble y1;
} StockCase;

static const StockCase stock_cases[] = {
  { "identity", "video/x-raw,format=I420,width=320,height=240", 0.25, 0.5, 0.75,
      1 },
  { "videoconvert", "video/x-raw,format=RGB,width=320,height=240", 0.25, 0.5,
      0.75, 1 },
  { "videoscale",
      "video/x-raw,format=I420,width=640,height=480,pixel-aspect-ratio=1/1",
      0.25, 0.5, 0.75, 1 },
  /* 4:3 in 16:9: 320 wide in the middle of 427 … */
  { "videoscale",
      "video/x-raw,format=I420,width=640,height=240,pixel-aspect-ratio=1/1",
      0.375, 0.5, 0.625, 1 },
  /* … and in 1:1, borders above and below. */
  { "videoscale",
      "video/x-raw,format=I420,width=320,height=320,pixel-aspect-ratio=1/1",
      0.25, 0.5, 0.75, 0.875 },
  { "videoconvertscale",
      "video/x-raw,format=NV12,width=640,height=240,pixel-aspect-ratio=1/1",
      0.375, 0.5, 0.625, 1 },
  { "videocrop left=32", NULL, 0, 0, 0, 0 },
  { "videoflip video-direction=180", NULL, 0, 0, 0, 0 },
  { "videobox left=32", NULL, 0, 0, 0, 0 },
};

static void
test_stock (gconstpointer data)
{
  const StockCase *c = data;
  GstHarness *harness = gst_harness_new_parse (c->element);

  if (!harness || !harness->element) {
    g_test_skip ("skipped: the element is not installed");
    return;
  }
  if (c->out_caps)
    gst_harness_set_sink_caps_str (harness, c->out_caps);
  gst_harness_set_src_caps_str (harness,
      "video/x-raw,format=I420,width=320,height=240,framerate=1/1,"
      "pixel-aspect-ratio=1/1");
  g_autoptr (GstBuffer)
      out = gst_harness_push_and_pull (harness, make_frame ());
  g_assert_nonnull (out);
  const GstDetectMeta *meta = gst_buffer_get_detect_meta (out);
  if (c->x1 > 0) {
    assert_same_fields (meta);
    assert_near ((gdouble) meta->objects[0].x0, c->x0);
    assert_near ((gdouble) meta->objects[0].y0, c->y0);
    assert_near ((gdouble) meta->objects[0].x1, c->x1);
    assert_near ((gdouble) meta->objects[0].y1, c->y1);
    assert_near ((gdouble) meta->objects[0].landmarks[0].x, 0.5);
  } else {
    g_assert_null (meta);
  }
  gst_harness_teardown (harness);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/meta/fields", test_fields);
  g_test_add_func ("/meta/copy", test_copy);
  g_test_add_func ("/meta/regions", test_regions);
  g_test_add_func ("/meta/structure", test_structure);
  for (gsize i = 0; i < G_N_ELEMENTS (stock_cases); i++) {
    g_autofree gchar *path = g_strdup_printf ("/meta/stock/%s-%" G_GSIZE_FORMAT,
        stock_cases[i].element, i);
    g_test_add_data_func (path, &stock_cases[i], test_stock);
  }
  return g_test_run ();
}
