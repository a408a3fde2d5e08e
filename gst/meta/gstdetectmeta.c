/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetectmeta.h"

#include "metabytes.h"
#include "metatransform.h"
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
  GstDetectMeta *self = (GstDetectMeta *) meta;

  g_free (self->objects);
  g_bytes_unref (self->strings);
}

#if GST_CHECK_VERSION(1, 24, 0)
static gboolean
detect_meta_serialize (const GstMeta *meta, GstByteArrayInterface *data,
    guint8 *version)
{
  g_autoptr (GBytes)
      bytes = gst_detect_meta_to_bytes ((const GstDetectMeta *) meta);
  gsize size = 0;
  const guint8 *content = g_bytes_get_data (bytes, &size);

  *version = GST_DETECT_META_BYTES_VERSION;
  return gst_byte_array_interface_append_data (data, content, size);
}

static GstMeta *
detect_meta_deserialize (const GstMetaInfo *info, GstBuffer *buffer,
    const guint8 *data, gsize size, guint8 version)
{
  return (GstMeta *) gst_detect_meta_from_bytes (buffer, data, size, version);
}
#endif

static const GstMetaInfo *
register_meta (void)
{
#if GST_CHECK_VERSION(1, 24, 0)
  GstMetaInfo *info =
      (GstMetaInfo *) gst_meta_info_new (GST_DETECT_META_API_TYPE,
          "GstDetectMeta", sizeof (GstDetectMeta));

  info->init_func = detect_meta_init;
  info->free_func = detect_meta_free;
  info->transform_func = gst_detect_meta_transform;
  info->serialize_func = detect_meta_serialize;
  info->deserialize_func = detect_meta_deserialize;
  return gst_meta_info_register (info);
#else
  return gst_meta_register (GST_DETECT_META_API_TYPE, "GstDetectMeta",
      sizeof (GstDetectMeta), detect_meta_init, detect_meta_free,
      gst_detect_meta_transform);
#endif
}

const GstMetaInfo *
gst_detect_meta_get_info (void)
{
  static gsize info = 0;

  if (g_once_init_enter (&info))
    g_once_init_leave (&info, (gsize) register_meta ());
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
          G_TYPE_INT, object->track_id, "parent-id", G_TYPE_INT,
          object->parent_id, NULL));
  gst_value_array_append_and_take_value (array, &value);
}

GstStructure *
gst_detect_meta_to_structure (const GstDetectMeta *meta)
{
  g_return_val_if_fail (meta != NULL, NULL);

  GValue objects = G_VALUE_INIT;
  GstStructure *structure = gst_structure_new ("detections", "model",
      G_TYPE_STRING, meta->model_id, "frame-number", G_TYPE_UINT64,
      meta->frame_number, "pts", G_TYPE_UINT64, meta->pts, "age", G_TYPE_UINT,
      meta->age, "age-time", G_TYPE_UINT64, meta->age_time, "width", G_TYPE_INT,
      meta->width, "height", G_TYPE_INT, meta->height, NULL);

  gst_value_array_init (&objects, meta->n_objects);
  for (guint i = 0; i < meta->n_objects; i++)
    append_object (&objects, meta, i);
  gst_structure_take_value (structure, "objects", &objects);
  return structure;
}
