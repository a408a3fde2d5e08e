/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetectmeta.h"

#include <string.h>

/**
 * SECTION:gstdetectmeta
 * @title: GstDetectMeta
 * @short_description: what a detector found on a frame
 *
 * Any thread that may read a buffer may read its metas; whoever may write the
 * buffer's metadata may change them.
 */

GType
gst_detect_meta_api_get_type (void)
{
  static gsize type = 0;
  /* Exactly these: then videoconvert and videoscale ask our transform, and
   * elements that crop or turn the picture drop the meta instead of keeping it
   * wrong. */
  static const gchar *tags[] = { GST_META_TAG_VIDEO_STR,
    GST_META_TAG_VIDEO_SIZE_STR, GST_META_TAG_VIDEO_ORIENTATION_STR, NULL };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        gst_meta_api_type_register ("GstDetectMetaAPI", tags));
  return (GType) type;
}

static gboolean
detect_meta_init (GstMeta *meta, gpointer params, GstBuffer *buffer)
{
  gsize header = sizeof (GstMeta);

  memset ((guint8 *) meta + header, 0, sizeof (GstDetectMeta) - header);
  ((GstDetectMeta *) meta)->pts = GST_CLOCK_TIME_NONE;
  return TRUE;
}

static void
detect_meta_free (GstMeta *meta, GstBuffer *buffer)
{
  g_free (((GstDetectMeta *) meta)->objects);
}

/* The part of the output picture that the input picture covers, as fractions. */
typedef struct
{
  gdouble x;
  gdouble y;
  gdouble width;
  gdouble height;
} Placement;

static GstDetectMeta *
copy_to (const GstDetectMeta *from, GstBuffer *to)
{
  GstDetectMeta *copy = gst_buffer_add_detect_meta (to, from->n_objects);

  if (!copy)
    return NULL;

  GstDetectMeta fields = *from;
  fields.meta = copy->meta;
  fields.objects = copy->objects;
  *copy = fields;
  if (from->n_objects > 0)
    memcpy (copy->objects, from->objects,
        from->n_objects * sizeof (GstDetectObject));
  return copy;
}

static void
place_object (GstDetectObject *object, const Placement *placement)
{
  object->x0 = (gfloat) (placement->x + object->x0 * placement->width);
  object->x1 = (gfloat) (placement->x + object->x1 * placement->width);
  object->y0 = (gfloat) (placement->y + object->y0 * placement->height);
  object->y1 = (gfloat) (placement->y + object->y1 * placement->height);
  for (gint i = 0; i < object->n_landmarks; i++) {
    GstDetectPoint *point = &object->landmarks[i];

    point->x = (gfloat) (placement->x + point->x * placement->width);
    point->y = (gfloat) (placement->y + point->y * placement->height);
  }
}

/* videoscale keeps the display aspect by borders (its default). Its sizes are
 * worked out here with its own integer arithmetic. */
static Placement
find_placement (const GstVideoInfo *in, const GstVideoInfo *out)
{
  Placement whole = { 0, 0, 1, 1 };
  gint width = GST_VIDEO_INFO_WIDTH (out);
  gint height = GST_VIDEO_INFO_HEIGHT (out);
  gint dar_n;
  gint dar_d;
  gint n;
  gint d;

  if (!gst_util_fraction_multiply (GST_VIDEO_INFO_WIDTH (in),
          GST_VIDEO_INFO_HEIGHT (in), GST_VIDEO_INFO_PAR_N (in),
          GST_VIDEO_INFO_PAR_D (in), &dar_n, &dar_d) ||
      !gst_util_fraction_multiply (dar_n, dar_d, GST_VIDEO_INFO_PAR_D (out),
          GST_VIDEO_INFO_PAR_N (out), &n, &d) ||
      n < 1 || d < 1)
    return whole;

  gint picture_height = (gint) gst_util_uint64_scale_int (width, d, n);
  gint picture_width = width;
  if (picture_height > height) {
    picture_height = height;
    picture_width = (gint) gst_util_uint64_scale_int (height, n, d);
  }
  if (width - picture_width <= 1 && height - picture_height <= 1)
    return whole; /* the aspect is kept but for rounding */
  return (Placement){
    .x = (gdouble) ((width - picture_width) / 2) / width,
    .y = (gdouble) ((height - picture_height) / 2) / height,
    .width = (gdouble) picture_width / width,
    .height = (gdouble) picture_height / height,
  };
}

static gboolean
scale_to (const GstDetectMeta *from, GstBuffer *to,
    const GstVideoMetaTransform *scale)
{
  GstDetectMeta *copy = copy_to (from, to);
  Placement placement = find_placement (scale->in_info, scale->out_info);

  if (!copy)
    return FALSE;
  copy->width = GST_VIDEO_INFO_WIDTH (scale->out_info);
  copy->height = GST_VIDEO_INFO_HEIGHT (scale->out_info);
  for (guint i = 0; i < copy->n_objects; i++)
    place_object (&copy->objects[i], &placement);
  return TRUE;
}

static gboolean
detect_meta_transform (GstBuffer *to, GstMeta *meta, GstBuffer *from,
    GQuark type, gpointer data)
{
  if (GST_META_TRANSFORM_IS_COPY (type))
    return copy_to ((GstDetectMeta *) meta, to) != NULL;
  if (GST_VIDEO_META_TRANSFORM_IS_SCALE (type))
    return scale_to ((GstDetectMeta *) meta, to, data);
  return FALSE; /* a change nobody told us how to follow */
}

const GstMetaInfo *
gst_detect_meta_get_info (void)
{
  static gsize info = 0;

  if (g_once_init_enter (&info)) {
    const GstMetaInfo *registered = gst_meta_register (GST_DETECT_META_API_TYPE,
        "GstDetectMeta", sizeof (GstDetectMeta), detect_meta_init,
        detect_meta_free, detect_meta_transform);
    g_once_init_leave (&info, (gsize) registered);
  }
  return (const GstMetaInfo *) info;
}

GstDetectMeta *
gst_buffer_add_detect_meta (GstBuffer *buffer, guint n_objects)
{
  g_return_val_if_fail (GST_IS_BUFFER (buffer), NULL);

  GstDetectMeta *meta = (GstDetectMeta *) gst_buffer_add_meta (buffer,
      GST_DETECT_META_INFO, NULL);
  if (!meta)
    return NULL;
  meta->n_objects = n_objects;
  meta->objects = g_new0 (GstDetectObject, n_objects);
  return meta;
}

GstDetectMeta *
gst_buffer_get_detect_meta (GstBuffer *buffer)
{
  g_return_val_if_fail (GST_IS_BUFFER (buffer), NULL);

  return (GstDetectMeta *) gst_buffer_get_meta (buffer,
      GST_DETECT_META_API_TYPE);
}

gboolean
gst_detect_meta_get_pixel_box (const GstDetectMeta *meta, guint index,
    gdouble *x0, gdouble *y0, gdouble *x1, gdouble *y1)
{
  g_return_val_if_fail (meta != NULL, FALSE);

  if (index >= meta->n_objects)
    return FALSE;

  const GstDetectObject *object = &meta->objects[index];
  *x0 = (gdouble) object->x0 * meta->width;
  *y0 = (gdouble) object->y0 * meta->height;
  *x1 = (gdouble) object->x1 * meta->width;
  *y1 = (gdouble) object->y1 * meta->height;
  return TRUE;
}

static guint
to_pixel (gdouble value)
{
  return value > 0 ? (guint) (value + 0.5) : 0;
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

void
gst_detect_meta_add_roi_metas (const GstDetectMeta *meta, GstBuffer *buffer)
{
  g_return_if_fail (meta != NULL);

  for (guint i = 0; i < meta->n_objects; i++) {
    const GstDetectObject *object = &meta->objects[i];
    guint x = to_pixel ((gdouble) object->x0 * meta->width);
    guint y = to_pixel ((gdouble) object->y0 * meta->height);
    guint right = to_pixel ((gdouble) object->x1 * meta->width);
    guint bottom = to_pixel ((gdouble) object->y1 * meta->height);
    GstVideoRegionOfInterestMeta *roi =
        gst_buffer_add_video_region_of_interest_meta (buffer,
            object->label ? object->label : "object", x, y, right - x,
            bottom - y);

    roi->id = (gint) i;
    roi->parent_id = -1;
    add_params (roi, object);
  }
}

static void
append_object (GValue *array, const GstDetectMeta *meta, guint index)
{
  const GstDetectObject *object = &meta->objects[index];
  GValue value = G_VALUE_INIT;
  gdouble x0 = 0;
  gdouble y0 = 0;
  gdouble x1 = 0;
  gdouble y1 = 0;

  gst_detect_meta_get_pixel_box (meta, index, &x0, &y0, &x1, &y1);
  g_value_init (&value, GST_TYPE_STRUCTURE);
  g_value_take_boxed (&value,
      gst_structure_new ("object", "label", G_TYPE_STRING, object->label,
          "class-id", G_TYPE_INT, object->class_id, "score", G_TYPE_DOUBLE,
          (gdouble) object->score, "x0", G_TYPE_DOUBLE, x0, "y0", G_TYPE_DOUBLE,
          y0, "x1", G_TYPE_DOUBLE, x1, "y1", G_TYPE_DOUBLE, y1, "track-id",
          G_TYPE_INT, object->track_id, NULL));
  gst_value_array_append_and_take_value (array, &value);
}

GstStructure *
gst_detect_meta_to_structure (const GstDetectMeta *meta)
{
  g_return_val_if_fail (meta != NULL, NULL);

  GValue objects = G_VALUE_INIT;
  GstStructure *structure =
      gst_structure_new ("detections", "model", G_TYPE_STRING, meta->model_id,
          "frame-number", G_TYPE_UINT64, meta->frame_number, "pts",
          G_TYPE_UINT64, meta->pts, "age", G_TYPE_UINT, meta->age, "width",
          G_TYPE_INT, meta->width, "height", G_TYPE_INT, meta->height, NULL);

  gst_value_array_init (&objects, meta->n_objects);
  for (guint i = 0; i < meta->n_objects; i++)
    append_object (&objects, meta, i);
  gst_structure_take_value (structure, "objects", &objects);
  return structure;
}
