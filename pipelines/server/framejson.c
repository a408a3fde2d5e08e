/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "framejson.h"

#include "../../gst/exportformat.h"
#include "../../gst/gstdetectresult.h"

GstDetectMeta *
frame_attach (GstBuffer *buffer, const DetModel *model, DetDetections *found)
{
  gint64 took_us = 0;

  for (int i = 0; i < DET_N_STAGES; i++)
    took_us += found->stage_us[i];
  const GstDetectResult result = { .detections = found,
    .model_id = g_intern_string (det_model_get_id (model)),
    .pts = GST_CLOCK_TIME_NONE,
    .crop = { 0, 0, found->width, found->height },
    .width = found->width,
    .height = found->height,
    .started_us = g_get_real_time () - took_us,
    .parents = { -1 } };

  return gst_detect_result_attach (&result, buffer, 0);
}

void
frame_json (GString *json, const char *name, const DetModel *model,
    DetDetections *found)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  g_auto (GstDetectReading) reading = { .n_objects = 0 };
  const GstDetectRecord record = { .input = name,
    .width = found->width,
    .height = found->height,
    .is_new = TRUE,
    .pts = GST_CLOCK_TIME_NONE,
    .running_time = GST_CLOCK_TIME_NONE,
    .utc = GST_CLOCK_TIME_NONE,
    .inferred_pts = GST_CLOCK_TIME_NONE,
    .reading = &reading };

  frame_attach (buffer, model, found);
  gst_detect_reading_take (&reading, buffer, NULL);
  gst_export_format_find ("jsonlines")->append (json, &record);
}
