/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "detectionreader.h"

#include <math.h>
#include <string.h>

#ifdef HAVE_ANALYTICS
#include <gst/analytics/analytics.h>
#endif

/* ---- the reading ---- */

static GstDetectFound *
append (GstDetectReading *reading)
{
  if (reading->n_objects == reading->n_allocated) {
    reading->n_allocated = MAX (16, reading->n_allocated * 2);
    reading->objects =
        g_renew (GstDetectFound, reading->objects, reading->n_allocated);
  }

  GstDetectFound *found = &reading->objects[reading->n_objects++];
  *found = (GstDetectFound){ .object = { .score = GST_DETECT_SCORE_UNKNOWN,
                                 .class_id = GST_DETECT_ID_NONE,
                                 .track_id = GST_DETECT_ID_NONE,
                                 .parent_id = GST_DETECT_ID_NONE },
    .parent_id = GST_DETECT_ID_NONE };
  return found;
}

static void
begin (GstDetectReading *reading, GstBuffer *buffer, const GstVideoInfo *info)
{
  GstDetectFound *objects = reading->objects;
  guint n_allocated = reading->n_allocated;
  const GstVideoMeta *video = gst_buffer_get_video_meta (buffer);

  *reading = (GstDetectReading){ .objects = objects,
    .n_allocated = n_allocated,
    .pts = GST_CLOCK_TIME_NONE,
    .age_time = GST_CLOCK_TIME_NONE };
  if (info) {
    reading->width = GST_VIDEO_INFO_WIDTH (info);
    reading->height = GST_VIDEO_INFO_HEIGHT (info);
  } else if (video) {
    reading->width = (gint) video->width;
    reading->height = (gint) video->height;
  }
}

void
gst_detect_reading_clear (GstDetectReading *reading)
{
  g_free (reading->objects);
  memset (reading, 0, sizeof *reading);
}

static gfloat
to_fraction (gdouble pixel, gint size)
{
  return size > 0 ? (gfloat) (pixel / size) : 0;
}

static void
set_pixels (const GstDetectReading *reading, GstDetectFound *found, gdouble x,
    gdouble y, gdouble width, gdouble height)
{
  GstDetectObject *object = &found->object;

  found->x0 = x;
  found->y0 = y;
  found->x1 = x + width;
  found->y1 = y + height;
  object->x0 = to_fraction (found->x0, reading->width);
  object->y0 = to_fraction (found->y0, reading->height);
  object->x1 = to_fraction (found->x1, reading->width);
  object->y1 = to_fraction (found->y1, reading->height);
}

/* ---- GstDetectMeta ---- */

static void
take_header (GstDetectReading *reading, const GstDetectMeta *meta)
{
  reading->source = GST_DETECT_SOURCE_DETECT;
  reading->model_id = meta->model_id;
  reading->frame_number = meta->frame_number;
  reading->pts = meta->pts;
  reading->age = meta->age;
  reading->age_time = meta->age_time;
  memcpy (reading->stage_us, meta->stage_us, sizeof reading->stage_us);
  reading->started_us = meta->started_us;
  if (reading->width < 1 || reading->height < 1) {
    reading->width = meta->width;
    reading->height = meta->height;
  }
}

static void
take_objects (GstDetectReading *reading, const GstDetectMeta *meta)
{
  for (guint i = 0; i < meta->n_objects; i++) {
    const GstDetectObject *object = &meta->objects[i];
    guint id = reading->n_objects;
    GstDetectFound *found = append (reading);

    found->object = *object;
    found->id = (gint) id;
    found->parent_id = object->parent_id;
    found->model_id = meta->model_id;
    found->x0 = (gdouble) object->x0 * reading->width;
    found->y0 = (gdouble) object->y0 * reading->height;
    found->x1 = (gdouble) object->x1 * reading->width;
    found->y1 = (gdouble) object->y1 * reading->height;
  }
}

/* There may be several: one per detector that looked. */
static gboolean
read_detect (GstDetectReading *reading, GstBuffer *buffer)
{
  gpointer state = NULL;
  GstMeta *meta;

  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_DETECT_META_API_TYPE))) {
    if (reading->source == GST_DETECT_SOURCE_NONE)
      take_header (reading, (GstDetectMeta *) meta);
    take_objects (reading, (GstDetectMeta *) meta);
  }
  return reading->source == GST_DETECT_SOURCE_DETECT;
}

/* ---- GstAnalyticsRelationMeta ---- */

#ifdef HAVE_ANALYTICS
static gint
find_track (GstAnalyticsRelationMeta *relations, guint id)
{
  GstAnalyticsMtd mtd;
  gpointer state = NULL;
  guint64 track = 0;
  GstClockTime first;
  GstClockTime last;
  gboolean lost;

  if (gst_analytics_relation_meta_get_direct_related (relations, id,
          GST_ANALYTICS_REL_TYPE_ANY,
          gst_analytics_tracking_mtd_get_mtd_type (), &state, &mtd) &&
      gst_analytics_tracking_mtd_get_info ((GstAnalyticsTrackingMtd *) &mtd,
          &track, &first, &last, &lost) &&
      track <= G_MAXINT)
    return (gint) track;
  return GST_DETECT_ID_NONE;
}

static void
take_od (GstDetectReading *reading, const GstAnalyticsODMtd *od)
{
  GstDetectFound *found;
  gint x;
  gint y;
  gint width;
  gint height;
  gfloat score;

  if (!gst_analytics_od_mtd_get_location (od, &x, &y, &width, &height, &score))
    return;
  found = append (reading);
  found->id = (gint) od->id;
  found->object.score = score;
  found->object.label =
      g_quark_to_string (gst_analytics_od_mtd_get_obj_type (od));
  found->object.track_id = find_track (od->meta, od->id);
  set_pixels (reading, found, x, y, width, height);
}
#endif

static gboolean
read_analytics (GstDetectReading *reading, GstBuffer *buffer)
{
#ifdef HAVE_ANALYTICS
  GstAnalyticsRelationMeta *relations =
      gst_buffer_get_analytics_relation_meta (buffer);
  GstAnalyticsMtd mtd;
  gpointer state = NULL;

  while (relations &&
      gst_analytics_relation_meta_iterate (relations, &state,
          gst_analytics_od_mtd_get_mtd_type (), &mtd))
    take_od (reading, (GstAnalyticsODMtd *) &mtd);
#endif
  if (reading->n_objects > 0)
    reading->source = GST_DETECT_SOURCE_ANALYTICS;
  return reading->n_objects > 0;
}

/* ---- GstVideoRegionOfInterestMeta ---- */

static gboolean
is_close (gdouble a, gdouble b)
{
  return fabs (a - b) <= 1.0;
}

/* The fractions are finer than the region's whole pixels, but elements that scale
 * a region may leave its parameters as they were: they count while they agree. */
static void
take_fractions (const GstDetectReading *reading, GstDetectFound *found,
    const GstStructure *detection)
{
  gdouble x0;
  gdouble y0;
  gdouble x1;
  gdouble y1;

  if (!gst_structure_get (detection, "x_min", G_TYPE_DOUBLE, &x0, "y_min",
          G_TYPE_DOUBLE, &y0, "x_max", G_TYPE_DOUBLE, &x1, "y_max",
          G_TYPE_DOUBLE, &y1, NULL))
    return;
  x0 *= reading->width;
  y0 *= reading->height;
  x1 *= reading->width;
  y1 *= reading->height;
  if (is_close (x0, found->x0) && is_close (y0, found->y0) &&
      is_close (x1, found->x1) && is_close (y1, found->y1))
    set_pixels (reading, found, x0, y0, x1 - x0, y1 - y0);
}

static void
take_params (const GstDetectReading *reading, GstDetectFound *found,
    GstVideoRegionOfInterestMeta *region)
{
  const GstStructure *detection =
      gst_video_region_of_interest_meta_get_param (region, "detection");
  const GstStructure *track =
      gst_video_region_of_interest_meta_get_param (region, "object_id");
  gdouble confidence;

  if (track)
    gst_structure_get_int (track, "id", &found->object.track_id);
  if (!detection)
    return;
  gst_structure_get_int (detection, "label_id", &found->object.class_id);
  if (gst_structure_get_double (detection, "confidence", &confidence))
    found->object.score = (gfloat) confidence;
  take_fractions (reading, found, detection);
}

static gboolean
read_regions (GstDetectReading *reading, GstBuffer *buffer)
{
  gpointer state = NULL;
  GstMeta *meta;

  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))) {
    GstVideoRegionOfInterestMeta *region =
        (GstVideoRegionOfInterestMeta *) meta;
    GstDetectFound *found = append (reading);

    found->id = region->id;
    found->parent_id = region->parent_id;
    found->object.label = g_quark_to_string (region->roi_type);
    set_pixels (reading, found, region->x, region->y, region->w, region->h);
    take_params (reading, found, region);
  }
  if (reading->n_objects > 0)
    reading->source = GST_DETECT_SOURCE_REGIONS;
  return reading->n_objects > 0;
}

void
gst_detect_reading_take (GstDetectReading *reading, GstBuffer *buffer,
    const GstVideoInfo *info)
{
  begin (reading, buffer, info);
  if (!read_detect (reading, buffer) && !read_analytics (reading, buffer))
    read_regions (reading, buffer);
}
