/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECTION_H
#define GST_DETECTION_H

#include "gstdetectmeta.h"

G_BEGIN_DECLS

#define GST_TYPE_DETECTION (gst_detection_get_type ())

/**
 * GstDetection:
 * @x0: left edge, in pixels of the frame
 * @y0: top edge
 * @x1: right edge, exclusive
 * @y1: bottom edge, exclusive
 * @score: confidence, 0..1; -1 when it is not told
 * @class_id: the class as the model numbers it; -1 when it is not told
 * @label: (nullable): the class's name
 * @track_id: identity across frames, or -1
 * @id: number of the object, unique on the frame
 * @parent_id: @id of the object it is a part of, or -1
 * @model_id: (nullable): which model found it
 * @pts: presentation time of the frame that was inferred, or %GST_CLOCK_TIME_NONE
 * @age: how many frames ago that was; 0 for this very frame
 * @age_time: the same by the frames' own times, in nanoseconds, or
 *     %GST_CLOCK_TIME_NONE
 * @width: width of the frame in pixels; 0 when it is not told
 * @height: its height
 * @n_landmarks: how many points gst_detection_get_landmark() gives
 *
 * One object that a buffer's metadata tells of, complete by itself: it stays
 * valid when the buffer is gone. Not thread-safe to change; nobody does.
 */
typedef struct
{
  gdouble x0;
  gdouble y0;
  gdouble x1;
  gdouble y1;
  gdouble score;
  gint class_id;
  const gchar *label;
  gint track_id;
  gint id;
  gint parent_id;
  const gchar *model_id;
  GstClockTime pts;
  guint age;
  GstClockTime age_time;
  gint width;
  gint height;
  gint n_landmarks;

  /*< private >*/
  GstDetectPoint landmarks[GST_DETECT_MAX_LANDMARKS];
} GstDetection;

GType gst_detection_get_type (void);

/**
 * gst_buffer_get_detections:
 * @buffer: a buffer
 *
 * Reads what @buffer's metadata says was found on it: #GstDetectMeta where there
 * is one, else GstAnalyticsRelationMeta, else #GstVideoRegionOfInterestMeta, so
 * that nothing is told twice.
 *
 * Returns: (transfer full) (element-type GstDetection): the objects; empty when
 *     nothing was found, and when nobody looked
 */
GList *gst_buffer_get_detections (GstBuffer *buffer);

/**
 * gst_detection_get_landmark:
 * @detection: a detection
 * @index: which point, in the model's order
 * @x: (out): horizontal position, in pixels of the frame
 * @y: (out): vertical position
 *
 * Returns: %FALSE when there is no such point
 */
gboolean gst_detection_get_landmark (const GstDetection *detection, guint index,
    gdouble *x, gdouble *y);

GstDetection *gst_detection_copy (const GstDetection *detection);
void gst_detection_free (GstDetection *detection);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstDetection, gst_detection_free)

G_END_DECLS

#endif
