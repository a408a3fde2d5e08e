/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetection.h"

#include "detectionreader.h"
#include <string.h>

/**
 * SECTION:gstdetection
 * @title: GstDetection
 * @short_description: what a buffer's metadata tells, for applications
 *
 * |[<!-- language="Python" -->
 * for found in GstDetect.buffer_get_detections (buffer):
 *     print (found.label, found.score, found.x0, found.y0, found.x1, found.y1)
 * ]|
 */

G_DEFINE_BOXED_TYPE (GstDetection, gst_detection, gst_detection_copy,
    gst_detection_free)

static GstDetection *
make_detection (const GstDetectReading *reading, const GstDetectFound *found)
{
  const GstDetectObject *object = &found->object;
  GstDetection *detection = g_new (GstDetection, 1);

  *detection = (GstDetection){ .x0 = found->x0,
    .y0 = found->y0,
    .x1 = found->x1,
    .y1 = found->y1,
    .score = (gdouble) object->score,
    .class_id = object->class_id,
    .label = g_strdup (object->label),
    .track_id = object->track_id,
    .id = found->id,
    .parent_id = found->parent_id,
    .model_id = g_strdup (found->model_id),
    .pts = reading->pts,
    .age = reading->age,
    .age_time = reading->age_time,
    .width = reading->width,
    .height = reading->height,
    .n_landmarks = object->n_landmarks };
  memcpy (detection->landmarks, object->landmarks, sizeof object->landmarks);
  return detection;
}

GList *
gst_buffer_get_detections (GstBuffer *buffer)
{
  g_return_val_if_fail (GST_IS_BUFFER (buffer), NULL);

  g_auto (GstDetectReading) reading = { 0 };
  GList *detections = NULL;

  gst_detect_reading_take (&reading, buffer, NULL);
  for (guint i = reading.n_objects; i > 0; i--)
    detections = g_list_prepend (detections,
        make_detection (&reading, &reading.objects[i - 1]));
  return detections;
}

gboolean
gst_detection_get_landmark (const GstDetection *detection, guint index,
    gdouble *x, gdouble *y)
{
  g_return_val_if_fail (detection != NULL, FALSE);

  gboolean found = index < (guint) detection->n_landmarks;
  *x = found ? (gdouble) detection->landmarks[index].x * detection->width : 0;
  *y = found ? (gdouble) detection->landmarks[index].y * detection->height : 0;
  return found;
}

GstDetection *
gst_detection_copy (const GstDetection *detection)
{
  GstDetection *copy = g_memdup2 (detection, sizeof *detection);

  copy->label = g_strdup (detection->label);
  copy->model_id = g_strdup (detection->model_id);
  return copy;
}

void
gst_detection_free (GstDetection *detection)
{
  if (!detection)
    return;
  g_free ((gchar *) detection->label);
  g_free ((gchar *) detection->model_id);
  g_free (detection);
}
