/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetectmeta.h"

#ifdef HAVE_ANALYTICS
#include <gst/analytics/analytics.h>
#endif

#define UNNAMED "object"

/* Regions and analytics count in guint and gint; what came from another process may
 * lie anywhere. */
static guint
to_pixel (gdouble value)
{
  return (guint) (CLAMP (value, 0, G_MAXINT - 1) + 0.5);
}

/* A box in whole pixels. */
typedef struct
{
  guint x;
  guint y;
  guint width;
  guint height;
} Region;

static Region
get_region (const GstDetectMeta *meta, const GstDetectObject *object)
{
  guint x = to_pixel ((gdouble) object->x0 * meta->width);
  guint y = to_pixel ((gdouble) object->y0 * meta->height);
  guint right = to_pixel ((gdouble) object->x1 * meta->width);
  guint bottom = to_pixel ((gdouble) object->y1 * meta->height);

  return (Region){
    .x = x,
    .y = y,
    .width = MAX (right, x) - x,
    .height = MAX (bottom, y) - y,
  };
}

/* ---- analytics ---- */

#ifdef HAVE_ANALYTICS
static void
add_track (GstAnalyticsRelationMeta *relations, const GstDetectMeta *meta,
    const GstDetectObject *object, const GstAnalyticsODMtd *od)
{
  GstAnalyticsTrackingMtd track;

  if (object->track_id < 0 ||
      !gst_analytics_relation_meta_add_tracking_mtd (relations,
          (guint64) object->track_id, meta->pts, &track))
    return;
  gst_analytics_relation_meta_set_relation (relations,
      GST_ANALYTICS_REL_TYPE_RELATE_TO, od->id, track.id);
}

static gint
add_od (const GstDetectMeta *meta, GstBuffer *buffer,
    const GstDetectObject *object, gint id)
{
  /* The buffer's one, also when another detector added it. */
  GstAnalyticsRelationMeta *relations =
      gst_buffer_get_analytics_relation_meta (buffer);
  Region region = get_region (meta, object);
  GstAnalyticsODMtd od;

  if (!relations)
    relations = gst_buffer_add_analytics_relation_meta (buffer);
  if (!relations ||
      !gst_analytics_relation_meta_add_od_mtd (relations,
          g_quark_from_string (object->label ? object->label : UNNAMED),
          (gint) region.x, (gint) region.y, (gint) region.width,
          (gint) region.height, object->score, &od))
    return id;
  add_track (relations, meta, object, &od);
  return (gint) od.id;
}
#else
static gint
add_od (const GstDetectMeta *meta, GstBuffer *buffer,
    const GstDetectObject *object, gint id)
{
  return id;
}
#endif

/* ---- regions of interest ---- */

static gint
find_free_id (GstBuffer *buffer)
{
  gpointer state = NULL;
  gint id = 0;
  GstMeta *meta;

  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))) {
    gint used = ((GstVideoRegionOfInterestMeta *) meta)->id;

    if (used < G_MAXINT)
      id = MAX (id, used + 1);
  }
  return id;
}

/* The id of a region by its number among those of the buffer; -1: none such. */
static gint
find_region_id (GstBuffer *buffer, gint number)
{
  gpointer state = NULL;
  GstMeta *meta;

  while (number >= 0 &&
      (meta = gst_buffer_iterate_meta_filtered (buffer, &state,
           GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))) {
    if (number-- == 0)
      return ((GstVideoRegionOfInterestMeta *) meta)->id;
  }
  return -1;
}

/* As the readers of Intel's DL Streamer expect them. */
static void
add_params (GstVideoRegionOfInterestMeta *roi, const GstDetectObject *object)
{
  gst_video_region_of_interest_meta_add_param (roi,
      gst_structure_new ("detection", "label_id", G_TYPE_INT, object->class_id,
          "confidence", G_TYPE_DOUBLE, (gdouble) object->score, "x_min",
          G_TYPE_DOUBLE, (gdouble) object->x0, "x_max", G_TYPE_DOUBLE,
          (gdouble) object->x1, "y_min", G_TYPE_DOUBLE, (gdouble) object->y0,
          "y_max", G_TYPE_DOUBLE, (gdouble) object->y1, NULL));
  if (object->track_id >= 0)
    gst_video_region_of_interest_meta_add_param (roi,
        gst_structure_new ("object_id", "id", G_TYPE_INT, object->track_id,
            NULL));
}

static void
add_region (const GstDetectMeta *meta, GstBuffer *buffer,
    const GstDetectObject *object, gint id)
{
  Region region = get_region (meta, object);
  GstVideoRegionOfInterestMeta *roi =
      gst_buffer_add_video_region_of_interest_meta (buffer,
          object->label ? object->label : UNNAMED, region.x, region.y,
          region.width, region.height);

  if (!roi)
    return;
  roi->id = id;
  roi->parent_id = find_region_id (buffer, object->parent_id);
  add_params (roi, object);
}

void
gst_detect_meta_mirror (const GstDetectMeta *meta, GstBuffer *buffer)
{
  g_return_if_fail (meta != NULL);
  g_return_if_fail (GST_IS_BUFFER (buffer));

  gint id = find_free_id (buffer);
  for (guint i = 0; i < meta->n_objects; i++) {
    const GstDetectObject *object = &meta->objects[i];

    add_region (meta, buffer, object, add_od (meta, buffer, object, id++));
  }
}
