/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetection.h"

#include "metabytes.h"
#include "metatransform.h"
#include <gst/gst.h>
#include <math.h>
#include <string.h>
#ifdef HAVE_ANALYTICS
#include <gst/analytics/analytics.h>
#endif

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
  meta->age_time = 80 * GST_MSECOND;
  meta->width = WIDTH;
  meta->height = HEIGHT;
  meta->objects[0] = (GstDetectObject){ .x0 = 0.25f,
    .y0 = 0.5f,
    .x1 = 0.75f,
    .y1 = 1.0f,
    .score = 0.875f,
    .class_id = 3,
    .track_id = -1,
    .parent_id = -1,
    .label = g_intern_static_string ("cat"),
    .n_landmarks = 1,
    .landmarks = { { 0.5f, 0.75f } } };
  meta->objects[1] = (GstDetectObject){ .x1 = 0.1f,
    .y1 = 0.1f,
    .score = 0.5f,
    .class_id = 4,
    .track_id = 9,
    .parent_id = 0 };
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
  g_assert_cmpuint (meta->age_time, ==, 80 * GST_MSECOND);
  g_assert_cmpuint (meta->n_objects, ==, 2);
  g_assert_cmpstr (meta->objects[0].label, ==, "cat");
  g_assert_cmpint (meta->objects[0].class_id, ==, 3);
  assert_near ((gdouble) meta->objects[0].score, 0.875);
  g_assert_cmpint (meta->objects[1].track_id, ==, 9);
  g_assert_cmpint (meta->objects[0].parent_id, ==, -1);
  g_assert_cmpint (meta->objects[1].parent_id, ==, 0);
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

  gst_detect_meta_mirror (gst_buffer_get_detect_meta (buffer), buffer);
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

/* A second detector's objects get ids of their own. */
static void
test_region_ids (void)
{
  g_autoptr (GstBuffer) buffer = make_frame ();
  const GstDetectMeta *meta = gst_buffer_get_detect_meta (buffer);
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  gpointer state = NULL;
  GstMeta *region;

  gst_detect_meta_mirror (meta, buffer);
  gst_detect_meta_mirror (meta, buffer);
  while ((region = gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)))
    g_hash_table_add (seen,
        GINT_TO_POINTER (((GstVideoRegionOfInterestMeta *) region)->id));
  g_assert_cmpuint (g_hash_table_size (seen), ==, 4);
}

#ifdef HAVE_ANALYTICS
static void
test_analytics (void)
{
  g_autoptr (GstBuffer) buffer = make_frame ();
  GstAnalyticsODMtd od;
  GstAnalyticsTrackingMtd track;
  gpointer state = NULL;
  gint x;
  gint y;
  gint width;
  gint height;
  gfloat score;

  gst_detect_meta_mirror (gst_buffer_get_detect_meta (buffer), buffer);
  gst_detect_meta_mirror (gst_buffer_get_detect_meta (buffer), buffer);
  g_assert_cmpuint (gst_buffer_get_n_meta (buffer,
                        GST_ANALYTICS_RELATION_META_API_TYPE),
      ==, 1);
  GstAnalyticsRelationMeta *relations =
      gst_buffer_get_analytics_relation_meta (buffer);
  for (gint i = 0; i < 4; i++) {
    g_assert_true (gst_analytics_relation_meta_iterate (relations, &state,
        gst_analytics_od_mtd_get_mtd_type (), (GstAnalyticsMtd *) &od));
    const GstVideoRegionOfInterestMeta *region =
        gst_buffer_get_video_region_of_interest_meta_id (buffer, (gint) od.id);
    g_assert_nonnull (region);
    g_assert_true (gst_analytics_od_mtd_get_location (&od, &x, &y, &width,
        &height, &score));
    g_assert_cmpint (x, ==, (gint) region->x);
    g_assert_cmpint (y, ==, (gint) region->y);
    g_assert_cmpint (width, ==, (gint) region->w);
    g_assert_cmpint (height, ==, (gint) region->h);
    g_assert_cmpuint (gst_analytics_od_mtd_get_obj_type (&od), ==,
        region->roi_type);
  }
  assert_near ((gdouble) score, 0.5);
  g_assert_true (gst_analytics_relation_meta_get_direct_related (relations,
      od.id, GST_ANALYTICS_REL_TYPE_RELATE_TO,
      gst_analytics_tracking_mtd_get_mtd_type (), NULL,
      (GstAnalyticsMtd *) &track));
}
#endif

static void
test_detections (void)
{
  g_autoptr (GstBuffer) buffer = make_frame ();
  GList *found = gst_buffer_get_detections (buffer);
  gdouble x;
  gdouble y;

  g_clear_pointer (&buffer, gst_buffer_unref);
  g_assert_cmpuint (g_list_length (found), ==, 2);
  const GstDetection *cat = found->data;
  g_assert_cmpstr (cat->label, ==, "cat");
  g_assert_cmpstr (cat->model_id, ==, "test");
  g_assert_cmpint (cat->class_id, ==, 3);
  g_assert_cmpint (cat->width, ==, WIDTH);
  g_assert_cmpuint (cat->pts, ==, 5);
  g_assert_cmpuint (cat->age, ==, 2);
  g_assert_cmpuint (cat->age_time, ==, 80 * GST_MSECOND);
  assert_near (cat->score, 0.875);
  assert_near (cat->x0, 80);
  assert_near (cat->y1, 240);
  g_assert_true (gst_detection_get_landmark (cat, 0, &x, &y));
  assert_near (x, 160);
  assert_near (y, 180);
  g_assert_false (gst_detection_get_landmark (cat, 1, &x, &y));
  const GstDetection *other = found->next->data;
  g_assert_null (other->label);
  g_assert_cmpint (other->track_id, ==, 9);
  g_list_free_full (found, (GDestroyNotify) gst_detection_free);

  g_autoptr (GstBuffer) empty = gst_buffer_new ();
  g_assert_null (gst_buffer_get_detections (empty));
}

/* ---- as bytes ---- */

static void
test_bytes (void)
{
  g_autoptr (GstBuffer) buffer = make_frame ();
  g_autoptr (GstBuffer) other = gst_buffer_new ();
  g_autoptr (GBytes)
      bytes = gst_detect_meta_to_bytes (gst_buffer_get_detect_meta (buffer));
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  g_assert_nonnull (gst_detect_meta_from_bytes (other, data, size,
      GST_DETECT_META_BYTES_VERSION));
  g_clear_pointer (&buffer, gst_buffer_unref);
  /* A copy holds the strings too. */
  g_autoptr (GstBuffer) copy = gst_buffer_copy (other);
  g_clear_pointer (&other, gst_buffer_unref);
  const GstDetectMeta *meta = gst_buffer_get_detect_meta (copy);
  assert_same_fields (meta);
  assert_near ((gdouble) meta->objects[0].x0, 0.25);
  g_assert_cmpint (meta->objects[0].n_landmarks, ==, 1);
  assert_near ((gdouble) meta->objects[0].landmarks[0].y, 0.75);
  g_assert_null (meta->objects[1].label);
}

/* Every field where metabytes.h says that it is. */
static void
test_layout (void)
{
  static const guint8 expected[] = {
    7, 0, 0, 0, 0, 0, 0, 0,                /* frame number */
    5, 0, 0, 0, 0, 0, 0, 0,                /* pts */
    2, 0, 0, 0,                            /* age */
    0x00, 0xb4, 0xc4, 0x04, 0, 0, 0, 0,    /* age as time: 80 ms */
    0x40, 1, 0, 0, 0xf0, 0, 0, 0,          /* 320 x 240 */
    11, 0, 0, 0, 0, 0, 0, 0,               /* preprocess */
    12, 0, 0, 0, 0, 0, 0, 0,               /* inference */
    13, 0, 0, 0, 0, 0, 0, 0,               /* decode */
    14, 0, 0, 0, 0, 0, 0, 0,               /* when it began */
    4, 0, 0, 0, 't', 'e', 's', 't',        /* model id */
    2, 0, 0, 0,                            /* number of objects */
    0, 0, 0x80, 0x3e, 0, 0, 0x00, 0x3f,    /* 0.25, 0.5 */
    0, 0, 0x40, 0x3f, 0, 0, 0x80, 0x3f,    /* 0.75, 1 */
    0, 0, 0x60, 0x3f,                      /* score: 0.875 */
    3, 0, 0, 0,                            /* class id */
    0xff, 0xff, 0xff, 0xff,                /* track id */
    0xff, 0xff, 0xff, 0xff,                /* parent id */
    3, 0, 0, 0, 'c', 'a', 't',             /* label */
    1, 0, 0, 0x00, 0x3f, 0, 0, 0x40, 0x3f, /* a landmark: 0.5, 0.75 */
    0, 0, 0, 0, 0, 0, 0, 0,                /* the second object */
    0, 0, 0, 0x3e, 0, 0, 0, 0x3e,          /* 0.125, 0.125 */
    0, 0, 0x00, 0x3f,                      /* score: 0.5 */
    4, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0,    /* class, track and parent id */
    0xff, 0xff, 0xff, 0xff,                /* no label */
    0,                                     /* no landmarks */
  };
  g_autoptr (GstBuffer) buffer = make_frame ();
  GstDetectMeta *meta = gst_buffer_get_detect_meta (buffer);

  for (gint i = 0; i < GST_DETECT_N_STAGES; i++)
    meta->stage_us[i] = 11 + i;
  meta->started_us = 14;
  meta->objects[1].x1 = meta->objects[1].y1 = 0.125f;
  g_autoptr (GBytes) bytes = gst_detect_meta_to_bytes (meta);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  g_assert_cmpmem (data, size, expected, sizeof expected);
}

static void
refuse (const guint8 *data, gsize size, guint8 version)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  /* At its end, so that one byte too far is noticed. */
  g_autofree guint8 *exact = g_memdup2 (data, size);

  g_assert_null (gst_detect_meta_from_bytes (buffer, exact, size, version));
  g_assert_null (gst_buffer_get_detect_meta (buffer));
}

static void
test_hostile_bytes (void)
{
  g_autoptr (GstBuffer) buffer = make_frame ();
  g_autoptr (GBytes)
      bytes = gst_detect_meta_to_bytes (gst_buffer_get_detect_meta (buffer));
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  g_autofree guint8 *changed = g_malloc (size + 1);
  gsize n_taken = 0;

  refuse (data, size, 0);
  refuse (data, size, GST_DETECT_META_BYTES_VERSION + 1);
  for (gsize less = 0; less < size; less++)
    refuse (data, less, GST_DETECT_META_BYTES_VERSION);
  memcpy (changed, data, size);
  changed[size] = 0;
  refuse (changed, size + 1, GST_DETECT_META_BYTES_VERSION);

  /* Whatever is taken can be used. */
  for (gint round = 0; round < 20000; round++) {
    g_autoptr (GstBuffer) target = gst_buffer_new ();
    memcpy (changed, data, size);
    for (gint i = g_test_rand_int_range (1, 5); i > 0; i--)
      changed[g_test_rand_int_range (0, (gint) size)] =
          (guint8) (g_test_rand_bit () ? 0xff : g_test_rand_int ());
    if (!gst_detect_meta_from_bytes (target, changed, size,
            GST_DETECT_META_BYTES_VERSION))
      continue;
    n_taken++;
    g_list_free_full (gst_buffer_get_detections (target),
        (GDestroyNotify) gst_detection_free);
    gst_structure_free (
        gst_detect_meta_to_structure (gst_buffer_get_detect_meta (target)));
  }
  g_assert_cmpuint (n_taken, >, 0);
}

/* As regions they lie where readers can count them. */
static void
test_far_boxes (void)
{
  g_autoptr (GstBuffer) buffer = make_frame ();
  GstDetectMeta *meta = gst_buffer_get_detect_meta (buffer);
  gpointer state = NULL;
  GstMeta *each;
  guint n = 0;

  meta->objects[0].x0 = -3e38f;
  meta->objects[0].x1 = 3e38f;
  meta->objects[1].y0 = 0.75f; /* below its y1 */
  meta->objects[1].y1 = 0.25f;
  gst_detect_meta_mirror (meta, buffer);
  while ((each = gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))) {
    const GstVideoRegionOfInterestMeta *roi =
        (const GstVideoRegionOfInterestMeta *) each;

    n++;
    g_assert_cmpuint ((guint64) roi->x + roi->w, <=, G_MAXINT);
    g_assert_cmpuint ((guint64) roi->y + roi->h, <=, HEIGHT);
  }
  g_assert_cmpuint (n, ==, 2);
}

/* Offsets in what make_frame() comes to. */
#define HEADER (8 + 8 + 4 + 8 + 4 + 4 + 4 * 8 + 4 + 4)

static void
test_refused_values (void)
{
  static const struct
  {
    gsize offset;
    guint32 value;
  } cases[] = {
    { 28, 0x80000000u },              /* a negative width */
    { 40, 0x80000000u },              /* a negative time */
    { 64, 0x7fffffffu },              /* one that cannot be added to */
    { 68, 0xfffffffeu },              /* a model id of 4 GiB */
    { HEADER, 0xffffffffu },          /* objects without end */
    { HEADER + 4, 0x7fc00000u },      /* x0 is not a number */
    { HEADER + 4 + 16, 0x7f800000u }, /* the score is infinite */
    { HEADER + 4 + 36, 0xfec3fec3u }, /* the label is not UTF-8 */
    { HEADER + 4 + 39, 0x00000012u }, /* more landmarks than there is room */
  };
  g_autoptr (GstBuffer) buffer = make_frame ();
  g_autoptr (GBytes)
      bytes = gst_detect_meta_to_bytes (gst_buffer_get_detect_meta (buffer));
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree guint8 *changed = g_memdup2 (data, size);
    guint32 value = GUINT32_TO_LE (cases[i].value);

    g_test_message ("%" G_GSIZE_FORMAT, cases[i].offset);
    memcpy (changed + cases[i].offset, &value, sizeof value);
    refuse (changed, size, GST_DETECT_META_BYTES_VERSION);
  }
}

#if GST_CHECK_VERSION(1, 24, 0)
static void
test_serialized (void)
{
  g_autoptr (GstBuffer) buffer = make_frame ();
  g_autoptr (GstBuffer) other = gst_buffer_new ();
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint32 consumed = 0;

  g_assert_true (gst_meta_serialize_simple (
      (GstMeta *) gst_buffer_get_detect_meta (buffer), bytes));
  g_assert_nonnull (gst_meta_deserialize (other, bytes->data, bytes->len,
      &consumed));
  g_assert_cmpuint (consumed, ==, bytes->len);
  assert_same_fields (gst_buffer_get_detect_meta (other));
}
#endif

/* ---- through a homography ---- */

typedef struct
{
  const gchar *name;
  GstVideoRectangle in;
  gint out_width;
  gint out_height;
  GstVideoRectangle out;
  gfloat matrix[3][3];
  gdouble box[4]; /* of the first object, in pixels of the output */
  guint n_objects;
} MatrixCase;

#define WHOLE           \
  {                     \
    0, 0, WIDTH, HEIGHT \
  }

/* The first object is at 80,120 240,240, the second one at 0,0 32,24. */
static const MatrixCase matrix_cases[] = {
  { "scale", WHOLE, 640, 480, { 0, 0, 640, 480 },
      { { 2, 0, 0 }, { 0, 2, 0 }, { 0, 0, 1 } }, { 160, 240, 480, 480 }, 2 },
  { "borders", WHOLE, 640, 240, { 160, 0, 320, 240 },
      { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } }, { 240, 120, 400, 240 }, 2 },
  { "crop", { 100, 0, 220, 240 }, 220, 240, { 0, 0, 220, 240 },
      { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } }, { 0, 120, 140, 240 }, 1 },
  { "rotate-right", WHOLE, HEIGHT, WIDTH, { 0, 0, HEIGHT, WIDTH },
      { { 0, -1, HEIGHT }, { 1, 0, 0 }, { 0, 0, 1 } }, { 0, 80, 120, 240 }, 2 },
  { "mirror", WHOLE, WIDTH, HEIGHT, WHOLE,
      { { -1, 0, WIDTH }, { 0, 1, 0 }, { 0, 0, 1 } }, { 80, 120, 240, 240 },
      2 },
  { "nearer", WHOLE, WIDTH, HEIGHT, WHOLE,
      { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 2 } }, { 40, 60, 120, 120 }, 2 },
  { "singular", WHOLE, WIDTH, HEIGHT, WHOLE,
      { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 0 } }, { 0 }, 0 },
};

static void
test_matrix (gconstpointer data)
{
  const MatrixCase *c = data;
  g_autoptr (GstBuffer) buffer = make_frame ();
  g_autoptr (GstBuffer) other = gst_buffer_new ();
  GstVideoInfo in;
  GstVideoInfo out;
  GstDetectMatrix matrix = { .in_info = &in,
    .in = c->in,
    .out_info = &out,
    .out = c->out };
  gdouble box[4];

  gst_video_info_set_format (&in, GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT);
  gst_video_info_set_format (&out, GST_VIDEO_FORMAT_I420, (guint) c->out_width,
      (guint) c->out_height);
  memcpy (matrix.matrix, c->matrix, sizeof matrix.matrix);
  g_assert_true (gst_detect_meta_transform_matrix (
      gst_buffer_get_detect_meta (buffer), buffer, other, &matrix));
  const GstDetectMeta *meta = gst_buffer_get_detect_meta (other);
  g_assert_cmpuint (meta->n_objects, ==, c->n_objects);
  g_assert_cmpint (meta->width, ==, c->out_width);
  if (c->n_objects == 0)
    return;
  gst_detect_meta_get_pixel_box (meta, 0, &box[0], &box[1], &box[2], &box[3]);
  for (gint i = 0; i < 4; i++)
    g_assert_cmpfloat_with_epsilon (box[i], c->box[i], 1e-2);
}

/* An object that was cut away is nobody's parent, and those behind it move up. */
static void
test_matrix_parents (void)
{
  g_autoptr (GstBuffer) buffer = make_frame ();
  g_autoptr (GstBuffer) other = gst_buffer_new ();
  GstDetectMeta *meta = gst_buffer_add_detect_meta (buffer, 2);
  GstVideoInfo in;
  GstVideoInfo out;
  GstDetectMatrix matrix = { .in_info = &in,
    .in = { 0, 100, WIDTH, HEIGHT - 100 },
    .out_info = &out,
    .out = { 0, 0, WIDTH, HEIGHT - 100 },
    .matrix = { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } } };

  gst_video_info_set_format (&in, GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT);
  gst_video_info_set_format (&out, GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT - 100);
  for (gint i = 0; i < 2; i++) {
    meta->objects[i] = gst_buffer_get_detect_meta (buffer)->objects[0];
    /* Number 1 is above what is kept; number 2 is the first of this meta. */
    meta->objects[i].parent_id = 1 + i;
  }
  gpointer state = NULL;
  GstMeta *each;
  while ((each = gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_DETECT_META_API_TYPE)))
    g_assert_true (gst_detect_meta_transform_matrix ((GstDetectMeta *) each,
        buffer, other, &matrix));
  gst_buffer_remove_meta (other,
      (GstMeta *) gst_buffer_get_detect_meta (other));
  const GstDetectMeta *second = gst_buffer_get_detect_meta (other);
  g_assert_cmpuint (second->n_objects, ==, 2);
  g_assert_cmpint (second->objects[0].parent_id, ==, -1);
  g_assert_cmpint (second->objects[1].parent_id, ==, 1);
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
  g_test_add_func ("/meta/region-ids", test_region_ids);
  g_test_add_func ("/meta/detections", test_detections);
  g_test_add_func ("/meta/bytes", test_bytes);
  g_test_add_func ("/meta/layout", test_layout);
  g_test_add_func ("/meta/hostile-bytes", test_hostile_bytes);
  g_test_add_func ("/meta/far-boxes", test_far_boxes);
  g_test_add_func ("/meta/refused-values", test_refused_values);
#ifdef HAVE_ANALYTICS
  g_test_add_func ("/meta/analytics", test_analytics);
#endif
#if GST_CHECK_VERSION(1, 24, 0)
  g_test_add_func ("/meta/serialized", test_serialized);
#endif
  for (gsize i = 0; i < G_N_ELEMENTS (matrix_cases); i++) {
    g_autofree gchar *path =
        g_strdup_printf ("/meta/matrix/%s", matrix_cases[i].name);
    g_test_add_data_func (path, &matrix_cases[i], test_matrix);
  }
  g_test_add_func ("/meta/matrix-parents", test_matrix_parents);
  return g_test_run ();
}
