/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* GstDetectMeta from another process's bytes: what is taken is written again as the
 * same bytes, and every way a meta goes on stands it. */

#include "detectrecord.h"
#include "exportformat.h"
#include "fuzz.h"
#include "fuzzgst.h"
#include "gstdetection.h"
#include "meta/metabytes.h"
#include "meta/metatransform.h"

#define SIDE 64

static void
check_same_bytes (const GstDetectMeta *meta, const guint8 *data, gsize size)
{
  g_autoptr (GBytes) bytes = gst_detect_meta_to_bytes (meta);
  gsize n = 0;
  const guint8 *written = g_bytes_get_data (bytes, &n);

  g_assert_cmpmem (written, n, data, size);
}

static void
check_texts (const GstDetectMeta *meta)
{
  g_assert_true (!meta->model_id || g_utf8_validate (meta->model_id, -1, NULL));
  for (guint i = 0; i < meta->n_objects; i++) {
    const gchar *label = meta->objects[i].label;

    g_assert_true (!label || g_utf8_validate (label, -1, NULL));
  }
}

static void
check_transforms (GstBuffer *from, GstDetectMeta *meta, guint8 turn)
{
  g_autoptr (GstBuffer) to = gst_buffer_new ();
  GstVideoInfo in;
  GstVideoInfo out;

  gst_video_info_set_format (&in, GST_VIDEO_FORMAT_GRAY8, SIDE, SIDE);
  gst_video_info_set_format (&out, GST_VIDEO_FORMAT_GRAY8, SIDE, SIDE / 2);
  GstVideoMetaTransform scale = { &in, &out };
  GstDetectMatrix matrix = { .in_info = &in,
    .in = { 0, 0, SIDE, SIDE },
    .out_info = &out,
    .out = { 0, 0, SIDE, SIDE / 2 },
    .matrix = { { 1, 0, 0 }, { 0, 0.5f, 0 }, { 0, 0, 1 } } };

  matrix.matrix[turn % 3][turn / 3 % 3] = (gfloat) turn / 16 - 4;
  gst_detect_meta_transform_matrix (meta, from, to, &matrix);
  gst_detect_meta_transform (to, (GstMeta *) meta, from,
      gst_video_meta_transform_scale_get_quark (), &scale);
}

/* Readers count in gint. */
static void
check_regions (GstBuffer *buffer)
{
  gpointer state = NULL;
  GstMeta *meta;

  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))) {
    const GstVideoRegionOfInterestMeta *roi =
        (const GstVideoRegionOfInterestMeta *) meta;

    g_assert_cmpuint ((guint64) roi->x + roi->w, <=, G_MAXINT);
    g_assert_cmpuint ((guint64) roi->y + roi->h, <=, G_MAXINT);
  }
}

static void
check_ways_on (GstBuffer *buffer, GstDetectMeta *meta)
{
  GstStructure *structure = gst_detect_meta_to_structure (meta);
  GstDetectReading reading = { 0 };
  const GstDetectRecord record = { .input = "frame",
    .pts = GST_CLOCK_TIME_NONE,
    .running_time = GST_CLOCK_TIME_NONE,
    .utc = GST_CLOCK_TIME_NONE,
    .inferred_pts = GST_CLOCK_TIME_NONE,
    .reading = &reading };

  gst_structure_free (structure);
  g_list_free_full (gst_buffer_get_detections (buffer),
      (GDestroyNotify) gst_detection_free);
  gst_detect_meta_mirror (meta, buffer);
  check_regions (buffer);
  gst_detect_reading_take (&reading, buffer, NULL);
  g_assert_cmpuint (reading.n_objects, ==, meta->n_objects);
  for (gint i = 0; gst_export_formats ()[i]; i++) {
    g_autoptr (GString) text = g_string_new (NULL);

    gst_export_formats ()[i]->append (text, &record);
    g_assert_true (g_utf8_validate_len (text->str, text->len, NULL));
  }
  gst_detect_reading_clear (&reading);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  fuzz_start_gstreamer ();

  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  GstDetectMeta *meta = gst_detect_meta_from_bytes (buffer, data, size,
      GST_DETECT_META_BYTES_VERSION);

  g_assert_true (meta == gst_buffer_get_detect_meta (buffer));
  if (!meta)
    return 0;
  check_same_bytes (meta, data, size);
  check_texts (meta);
  check_transforms (buffer, meta, (guint8) meta->frame_number);
  check_ways_on (buffer, meta);
  return 0;
}
