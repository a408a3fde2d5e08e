/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetectresult.h"

#include "gstdetectframe.h"
#include <string.h>

G_STATIC_ASSERT (GST_DETECT_MAX_LANDMARKS == DET_MAX_LANDMARKS);
G_STATIC_ASSERT (GST_DETECT_N_STAGES == DET_N_STAGES);

void
gst_detect_result_clear (GstDetectResult *result)
{
  det_detections_unref (result->detections);
  memset (result, 0, sizeof *result);
}

void
gst_detect_result_begin (GstDetectResult *result, const GstVideoFrame *frame,
    const GstDetectParts *parts, guint64 frame_number, const gchar *model_id)
{
  *result = (GstDetectResult){
    .model_id = g_intern_string (model_id),
    .frame_number = frame_number,
    .pts = GST_BUFFER_PTS (frame->buffer),
    .started_us = g_get_real_time (),
    .crop = gst_detect_frame_get_crop (frame),
    .width = GST_VIDEO_FRAME_WIDTH (frame),
    .height = GST_VIDEO_FRAME_HEIGHT (frame),
  };
  memcpy (result->parents, parts->parents, parts->n * sizeof *result->parents);
}

GstClockTime
gst_detect_result_get_age (const GstDetectResult *result, GstClockTime pts)
{
  if (!GST_CLOCK_TIME_IS_VALID (pts) || !GST_CLOCK_TIME_IS_VALID (result->pts))
    return GST_CLOCK_TIME_NONE;
  return pts > result->pts ? pts - result->pts : result->pts - pts;
}

gboolean
gst_detect_result_is_fresh (const GstDetectResult *result, GstClockTime max_age,
    GstClockTime pts)
{
  GstClockTime age = gst_detect_result_get_age (result, pts);

  return max_age > 0 && (!GST_CLOCK_TIME_IS_VALID (age) || age <= max_age);
}

/* Pixels of the part that was looked at -> fractions of the whole frame. */
static gfloat
to_fraction (gfloat pixel, gint offset, gint size)
{
  return (pixel + (gfloat) offset) / (gfloat) size;
}

/* Parents are numbers of objects on the frame that was looked at, and on no other. */
static void
fill_object (const GstDetectResult *result, const DetObject *from, guint age,
    GstDetectObject *to)
{
  gint x = result->crop.x;
  gint y = result->crop.y;

  *to = (GstDetectObject){
    .x0 = to_fraction (from->box.x0, x, result->width),
    .y0 = to_fraction (from->box.y0, y, result->height),
    .x1 = to_fraction (from->box.x1, x, result->width),
    .y1 = to_fraction (from->box.y1, y, result->height),
    .score = from->score,
    .class_id = from->class_id,
    .track_id = from->track_id,
    .parent_id = age == 0 ? result->parents[from->part] : -1,
    .label = g_intern_string (from->label),
    .n_landmarks = from->n_landmarks,
  };
  for (gint i = 0; i < from->n_landmarks; i++) {
    to->landmarks[i].x = to_fraction (from->landmarks[i].x, x, result->width);
    to->landmarks[i].y = to_fraction (from->landmarks[i].y, y, result->height);
  }
}

GstDetectMeta *
gst_detect_result_attach (const GstDetectResult *result, GstBuffer *buffer,
    guint age)
{
  const DetDetections *detections = result->detections;
  GstDetectMeta *meta =
      gst_buffer_add_detect_meta (buffer, detections->n_objects);

  meta->model_id = result->model_id;
  meta->frame_number = result->frame_number;
  meta->pts = result->pts;
  meta->started_us = result->started_us;
  meta->age = age;
  meta->age_time = gst_detect_result_get_age (result, GST_BUFFER_PTS (buffer));
  meta->width = result->width;
  meta->height = result->height;
  memcpy (meta->stage_us, detections->stage_us, sizeof meta->stage_us);
  for (guint i = 0; i < detections->n_objects; i++)
    fill_object (result, &detections->objects[i], age, &meta->objects[i]);
  gst_detect_meta_mirror (meta, buffer);
  return meta;
}
