/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a frame is looked at: tiles, and objects that others found. */
#include "gstdetectmeta.h"

#include <gst/video/video.h>

#include "detectharness.h"

typedef struct
{
  GstHarness *harness;
  gchar *model;
} Bench;

static void
open_bench (Bench *bench, const gchar *properties)
{
  bench->model = write_canned ("");
  g_autofree gchar *line =
      g_strdup_printf ("model=%s threshold=0.6 %s", bench->model, properties);
  bench->harness = open_harness (line);
}

static void
close_bench (Bench *bench)
{
  gst_harness_teardown (bench->harness);
  remove_canned (bench->model);
  g_free (bench->model);
}

/* Whether the network's one sure object was found in the part at x, y of a size. */
static const GstDetectObject *
find_in (const GstDetectMeta *meta, gdouble x, gdouble y, gdouble side)
{
  for (guint i = 0; i < meta->n_objects; i++) {
    gdouble x0, y0, x1, y1;

    gst_detect_meta_get_pixel_box (meta, i, &x0, &y0, &x1, &y1);
    if (ABS (x0 - (x + side * 24 / 64)) < 0.01 &&
        ABS (y0 - (y + side * 16 / 64)) < 0.01 &&
        ABS (x1 - (x + side * 56 / 64)) < 0.01 &&
        ABS (y1 - (y + side * 32 / 64)) < 0.01)
      return &meta->objects[i];
  }
  return NULL;
}

/* The whole frame and each tile. */
static void
test_tiles (void)
{
  static const gchar *const formats[] = { "I420", "NV12", "YUY2", "RGB",
    "GRAY8", "v210" }; /* the last is read through a converter */

  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autofree gchar *caps =
        g_strdup_printf ("video/"
                         "x-raw,format=%s,width=160,height=160,framerate=10/1",
            formats[i]);
    GstVideoInfo info;
    Bench bench;

    g_test_message ("%s", formats[i]);
    open_bench (&bench, "tiles=2x2 tile-overlap=0");
    gst_harness_set_src_caps_str (bench.harness, caps);
    g_autoptr (GstCaps) parsed = gst_caps_from_string (caps);
    g_assert_true (gst_video_info_from_caps (&info, parsed));
    GstBuffer *in = gst_buffer_new_allocate (NULL, info.size, NULL);
    gst_buffer_memset (in, 0, 100, info.size);
    g_autoptr (GstBuffer) out = push_and_pull (bench.harness, in);
    const GstDetectMeta *meta = gst_buffer_get_detect_meta (out);
    g_assert_cmpuint (meta->n_objects, ==, 5);
    g_assert_nonnull (find_in (meta, 0, 0, 160));
    for (gint tile = 0; tile < 4; tile++)
      g_assert_nonnull (find_in (meta, tile % 2 * 80, tile / 2 * 80, 80));
    close_bench (&bench);
  }
}

/* Tiles that overlap cover the frame: 1 × 2 with a third of each in common. */
static void
test_overlap (void)
{
  Bench bench;

  open_bench (&bench, "tiles=2x2 tile-overlap=0.4");
  g_autoptr (GstBuffer) out = push_and_pull (bench.harness, make_frame (0));
  const GstDetectMeta *meta = gst_buffer_get_detect_meta (out);
  g_assert_nonnull (find_in (meta, 0, 0, 100)); /* 2 of 100 less 40 are 160 */
  g_assert_nonnull (find_in (meta, 60, 60, 100));
  close_bench (&bench);
}

static void
add_region (GstBuffer *buffer, const gchar *label, gint id, guint x, guint y,
    guint side)
{
  gst_buffer_add_video_region_of_interest_meta (buffer, label, x, y, side, side)
      ->id = id;
}

/* Only the objects of the classes are looked into, and are the parents. */
static void
test_objects (void)
{
  Bench bench;
  GstBuffer *in = make_frame (0);

  open_bench (&bench, "region=objects region-classes=person,bus");
  add_region (in, "person", 7, 20, 10, 40);
  add_region (in, "car", 8, 80, 10, 40);
  add_region (in, "bus", 9, 80, 100, 50);
  add_region (in, "person", 10, 0, 0, 4); /* too small to see anything in */
  g_autoptr (GstBuffer) out = push_and_pull (bench.harness, in);
  const GstDetectMeta *meta = gst_buffer_get_detect_meta (out);
  g_assert_cmpuint (meta->n_objects, ==, 2);
  g_assert_cmpint (find_in (meta, 20, 10, 40)->parent_id, ==, 7);
  g_assert_cmpint (find_in (meta, 80, 100, 50)->parent_id, ==, 9);
  close_bench (&bench);
}

/* No object to look into: looked, found nothing. */
static void
test_no_objects (void)
{
  Bench bench;

  open_bench (&bench, "region=objects");
  g_autoptr (GstBuffer) out = push_and_pull (bench.harness, make_frame (0));
  const GstDetectMeta *meta = gst_buffer_get_detect_meta (out);
  g_assert_cmpuint (meta->n_objects, ==, 0);
  close_bench (&bench);
}

/* Two in a row: the second's objects are related to the first's, in their regions
 * of interest too. */
static void
test_two_in_a_row (void)
{
  g_autofree gchar *model = write_canned ("");
  g_autofree gchar *line =
      g_strdup_printf ("detect policy=sync model=%s ! detect policy=sync "
                       "model=%s "
                       "region=objects region-classes=dog threshold=0.6",
          model, model);
  GstHarness *harness = gst_harness_new_parse (line);
  prepare_harness (harness);
  gpointer state = NULL;
  GstMeta *found;
  gint ids[3] = { -1, -1, -1 };
  gint parents[3] = { -1, -1, -1 };
  guint n = 0;

  gst_harness_set_src_caps_str (harness, CAPS);
  g_autoptr (GstBuffer) out = push_and_pull (harness, make_frame (0));
  while ((found = gst_buffer_iterate_meta_filtered (out, &state,
              GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))) {
    g_assert_cmpuint (n, <, 3);
    ids[n] = ((GstVideoRegionOfInterestMeta *) found)->id;
    parents[n++] = ((GstVideoRegionOfInterestMeta *) found)->parent_id;
  }
  g_assert_cmpuint (n, ==, 3); /* dog and cat, and a dog in the dog */
  g_assert_cmpint (parents[0], ==, -1);
  g_assert_cmpint (parents[1], ==, -1);
  g_assert_cmpint (parents[2], ==, ids[0]);
  gst_harness_teardown (harness);
  remove_canned (model);
}

/* Parts change while frames come. */
static void
test_live (void)
{
  Bench bench;

  open_bench (&bench, "");
  g_assert_cmpuint (count_objects (bench.harness, 0), ==, 1);
  gst_harness_set (bench.harness, "detect", "tiles", "3x1", NULL);
  g_assert_cmpuint (count_objects (bench.harness, 1), >, 1);
  gst_harness_set (bench.harness, "detect", "tiles", NULL, "region",
      "0,0,0.1,0.1", NULL);
  g_assert_cmpuint (count_objects (bench.harness, 2), ==, 0);
  gst_harness_set (bench.harness, "detect", "region", NULL, NULL);
  g_assert_cmpuint (count_objects (bench.harness, 3), ==, 1);
  close_bench (&bench);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/parts/tiles", test_tiles);
  g_test_add_func ("/parts/overlap", test_overlap);
  g_test_add_func ("/parts/objects", test_objects);
  g_test_add_func ("/parts/no-objects", test_no_objects);
  g_test_add_func ("/parts/two-in-a-row", test_two_in_a_row);
  g_test_add_func ("/parts/live", test_live);
  return g_test_run ();
}
