/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "formats.h"

#include "../json.h"

/* One JSON object per frame and line. docs/detections.schema.json says what is in
 * it; whoever changes that changes both, and SCHEMA with it when old readers would
 * misread the new form. */
#define SCHEMA 1

#define PIXEL_DECIMALS 2
#define MS_DECIMALS 3

static void
append_time (GString *json, const char *key, GstClockTime time)
{
  json_key (json, key);
  if (GST_CLOCK_TIME_IS_VALID (time))
    json_seconds (json, time);
  else
    json_null (json);
}

static void
append_utc (GString *json, const char *key, GstClockTime utc)
{
  g_autoptr (GString) text = g_string_new (NULL);

  json_key (json, key);
  json_string (json, gst_detect_append_utc (text, utc) ? text->str : NULL);
}

static void
append_box (GString *json, const GstDetectFound *found)
{
  const double pixels[] = { found->x0, found->y0, found->x1, found->y1 };
  const float fractions[] = { found->object.x0, found->object.y0,
    found->object.x1, found->object.y1 };

  json_key (json, "box");
  json_open (json, '[');
  for (gsize i = 0; i < G_N_ELEMENTS (pixels); i++)
    json_number (json, pixels[i], PIXEL_DECIMALS);
  json_close (json, ']');
  json_key (json, "box_normalized");
  json_open (json, '[');
  for (gsize i = 0; i < G_N_ELEMENTS (fractions); i++)
    json_float (json, fractions[i]);
  json_close (json, ']');
}

static void
append_landmarks (GString *json, const GstDetectRecord *record,
    const GstDetectObject *object)
{
  json_key (json, "landmarks");
  json_open (json, '[');
  for (int i = 0; i < object->n_landmarks; i++) {
    json_open (json, '[');
    json_number (json, (double) object->landmarks[i].x * record->width,
        PIXEL_DECIMALS);
    json_number (json, (double) object->landmarks[i].y * record->height,
        PIXEL_DECIMALS);
    json_close (json, ']');
  }
  json_close (json, ']');
  json_key (json, "landmarks_normalized");
  json_open (json, '[');
  for (int i = 0; i < object->n_landmarks; i++) {
    json_open (json, '[');
    json_float (json, object->landmarks[i].x);
    json_float (json, object->landmarks[i].y);
    json_close (json, ']');
  }
  json_close (json, ']');
}

static void
append_object (GString *json, const GstDetectRecord *record,
    const GstDetectFound *found)
{
  const GstDetectObject *object = &found->object;

  json_open (json, '{');
  json_key (json, "label");
  json_string (json, object->label);
  json_key (json, "class_id");
  if (object->class_id >= 0)
    json_integer (json, object->class_id);
  else
    json_null (json);
  json_key (json, "score");
  if (object->score >= 0)
    json_float (json, object->score);
  else
    json_null (json);
  append_box (json, found);
  if (object->track_id >= 0) {
    json_key (json, "track_id");
    json_integer (json, object->track_id);
  }
  if (found->parent_id >= 0) {
    json_key (json, "parent_id");
    json_integer (json, found->parent_id);
  }
  /* Several detectors may have looked, one of them after the other. */
  if (g_strcmp0 (found->model_id, record->reading->model_id) != 0) {
    json_key (json, "model");
    json_string (json, found->model_id);
  }
  if (object->n_landmarks > 0)
    append_landmarks (json, record, object);
  json_close (json, '}');
}

/* Which frame was looked at, when that began, and how long it took. */
static void
append_inference (GString *json, const GstDetectRecord *record)
{
  const GstDetectReading *reading = record->reading;
  gint64 us = 0;

  json_key (json, "inference");
  if (reading->source != GST_DETECT_SOURCE_DETECT) {
    json_null (json);
    return;
  }
  for (int i = 0; i < GST_DETECT_N_STAGES; i++)
    us += reading->stage_us[i];
  json_open (json, '{');
  json_key (json, "frame");
  json_integer (json, (gint64) reading->frame_number);
  append_time (json, "pts", record->inferred_pts);
  append_utc (json, "start",
      reading->started_us > 0 ? (GstClockTime) reading->started_us * GST_USECOND
                              : GST_CLOCK_TIME_NONE);
  json_key (json, "duration_ms");
  json_number (json, (double) us / 1000, MS_DECIMALS);
  json_close (json, '}');
}

/* The times stand once, beside the first frame that carries the result, so that
 * summing them up gives what was spent. */
static void
append_stages (GString *json, const GstDetectRecord *record)
{
  static const char *const names[GST_DETECT_N_STAGES] = { "preprocess",
    "inference", "decode" };
  const GstDetectReading *reading = record->reading;

  json_key (json, "ms");
  if (reading->source != GST_DETECT_SOURCE_DETECT || !record->is_new) {
    json_null (json);
    return;
  }
  json_open (json, '{');
  for (int i = 0; i < GST_DETECT_N_STAGES; i++) {
    json_key (json, names[i]);
    json_number (json, (double) reading->stage_us[i] / 1000, MS_DECIMALS);
  }
  json_close (json, '}');
}

static void
append_frame (GString *json, const GstDetectRecord *record)
{
  gboolean known = record->reading->source != GST_DETECT_SOURCE_NONE;

  json_key (json, "frame");
  json_integer (json, (gint64) record->frame);
  append_time (json, "pts", record->pts);
  append_time (json, "running_time", record->running_time);
  append_utc (json, "utc", record->utc);
  json_key (json, "width");
  json_integer (json, record->width);
  json_key (json, "height");
  json_integer (json, record->height);
  json_key (json, "model");
  json_string (json, record->reading->model_id);
  json_key (json, "inferred");
  json_boolean (json, known && record->reading->age == 0);
  json_key (json, "age");
  if (known)
    json_integer (json, record->reading->age);
  else
    json_null (json);
}

static void
append (GString *json, const GstDetectRecord *record)
{
  json_open (json, '{');
  json_key (json, "schema");
  json_integer (json, SCHEMA);
  if (record->input) {
    json_key (json, "input");
    json_string (json, record->input);
  }
  append_frame (json, record);
  append_inference (json, record);
  json_key (json, "objects");
  json_open (json, '[');
  for (guint i = 0; i < record->reading->n_objects; i++)
    append_object (json, record, &record->reading->objects[i]);
  json_close (json, ']');
  append_stages (json, record);
  json_close (json, '}');
  g_string_append_c (json, '\n');
}

static const gchar *const endings[] = { ".jsonl", ".ndjson", NULL };

const GstExportFormat gst_export_jsonlines = {
  .name = "jsonlines",
  .help = "One JSON object per frame and line",
  .endings = endings,
  .caps = "application/x-json",
  .append = append,
};
