/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_META_H
#define GST_DETECT_META_H

#include <gst/gst.h>
#include <gst/video/video.h>

G_BEGIN_DECLS

#define GST_DETECT_MAX_LANDMARKS 17
#define GST_DETECT_N_STAGES 3

/**
 * GstDetectPoint:
 * @x: horizontal position, 0..1 of the frame's width
 * @y: vertical position, 0..1 of the frame's height
 */
typedef struct
{
  gfloat x;
  gfloat y;
} GstDetectPoint;

/**
 * GstDetectObject:
 * @x0: left edge, 0..1 of the frame's width
 * @y0: top edge, 0..1 of the frame's height
 * @x1: right edge, exclusive
 * @y1: bottom edge, exclusive
 * @score: confidence, 0..1
 * @class_id: the class as the model numbers it
 * @track_id: identity across frames, or -1
 * @parent_id: number of the object it was found in, counted over all metas of this
 *     kind that the buffer has, in their order; -1: none
 * @label: (transfer none) (nullable): the class's name; lives as long as the meta
 * @n_landmarks: how many of @landmarks are set
 * @landmarks: (array length=n_landmarks): points, in the model's order
 *
 * One detected object. Coordinates are fractions of the frame, so they stay
 * right when the frame is scaled; gst_detect_meta_get_pixel_box() gives pixels.
 */
typedef struct
{
  gfloat x0;
  gfloat y0;
  gfloat x1;
  gfloat y1;
  gfloat score;
  gint class_id;
  gint track_id;
  gint parent_id;
  const gchar *label;
  gint n_landmarks;
  GstDetectPoint landmarks[GST_DETECT_MAX_LANDMARKS];
} GstDetectObject;

/**
 * GstDetectMeta:
 * @meta: parent
 * @model_id: (transfer none): which model looked; lives as long as the meta
 * @frame_number: number of the frame that was inferred, counted by the element
 *     from its start
 * @pts: presentation time of the frame that was inferred
 * @age: how many frames ago that was; 0 for this very frame
 * @age_time: how long ago that was by the frames' own times, in nanoseconds;
 *     #GST_CLOCK_TIME_NONE when a frame has none
 * @width: width of the frame the boxes refer to, in pixels
 * @height: its height
 * @stage_us: microseconds spent in preprocess, inference and decode
 * @started_us: when the inference began, in microseconds of UTC since 1970; 0:
 *     not known
 * @n_objects: how many objects; 0 means "looked, found nothing"
 * @objects: (array length=n_objects): the objects, best score first
 * @strings: what holds the labels and @model_id of a meta that came from another
 *     process, or %NULL while they are interned
 *
 * What `detect` found on a frame. A frame without this meta was not looked at.
 */
typedef struct
{
  GstMeta meta;
  const gchar *model_id;
  guint64 frame_number;
  GstClockTime pts;
  guint age;
  GstClockTime age_time;
  gint width;
  gint height;
  gint64 stage_us[GST_DETECT_N_STAGES];
  gint64 started_us;
  guint n_objects;
  GstDetectObject *objects;

  /*< private >*/
  GBytes *strings;
} GstDetectMeta;

#define GST_DETECT_META_API_TYPE (gst_detect_meta_api_get_type ())
#define GST_DETECT_META_INFO (gst_detect_meta_get_info ())

GType gst_detect_meta_api_get_type (void);
const GstMetaInfo *gst_detect_meta_get_info (void);

/**
 * gst_buffer_add_detect_meta:
 * @buffer: a buffer whose metadata is writable
 * @n_objects: how many objects there is room for
 *
 * Returns: (transfer none): the new meta, its objects zeroed
 */
GstDetectMeta *gst_buffer_add_detect_meta (GstBuffer *buffer, guint n_objects);

/**
 * gst_buffer_get_detect_meta:
 * @buffer: a buffer
 *
 * Returns: (transfer none) (nullable): the first #GstDetectMeta of @buffer
 */
GstDetectMeta *gst_buffer_get_detect_meta (GstBuffer *buffer);

/**
 * gst_detect_meta_get_pixel_box:
 * @meta: a meta
 * @index: which object
 * @x0: (out): left edge, in pixels
 * @y0: (out): top edge
 * @x1: (out): right edge, exclusive
 * @y1: (out): bottom edge, exclusive
 *
 * Returns: %FALSE when there is no such object
 */
gboolean gst_detect_meta_get_pixel_box (const GstDetectMeta *meta, guint index,
    gdouble *x0, gdouble *y0, gdouble *x1, gdouble *y1);

/**
 * gst_detect_meta_mirror:
 * @meta: a meta on @buffer
 * @buffer: the buffer, its metadata writable
 *
 * Repeats what @meta tells in the forms that others read. With GStreamer 1.24 and
 * later and its analytics library: one GstAnalyticsODMtd per object in the
 * buffer's GstAnalyticsRelationMeta, related to a GstAnalyticsTrackingMtd where
 * there is a track id. Always: a #GstVideoRegionOfInterestMeta per object, whose
 * roi_type is the label, whose id is the ODMtd's (else the next that is free on
 * @buffer), and whose param structure "detection" carries label_id (int),
 * confidence, x_min, x_max, y_min and y_max (double, fractions of the frame); a
 * track id stands in "object_id" as id (int).
 */
void gst_detect_meta_mirror (const GstDetectMeta *meta, GstBuffer *buffer);

/**
 * gst_detect_meta_to_structure:
 * @meta: a meta
 *
 * Returns: (transfer full): a structure "detections" with the same content, as
 *     element messages carry it
 */
GstStructure *gst_detect_meta_to_structure (const GstDetectMeta *meta);

G_END_DECLS

#endif
