/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include "json.h"
#include "number.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SCORE_DECIMALS 4
#define PIXEL_DECIMALS 2
#define FRACTION_DECIMALS 6
#define MS_DECIMALS 3
#define SECOND_DECIMALS 6

typedef struct
{
  char *name;
  FILE *stream;
} File;

struct _Report
{
  File json;
  File csv;
  GString *line;
  GError *error;
};

static gboolean
fail (GError **error, const char *name)
{
  int code = errno;

  if (*error == NULL)
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code),
        "%s cannot be written: %s; %s", name, g_strerror (code),
        code == ENOSPC ? "make room, or write to another disk"
                       : "name another file");
  return FALSE;
}

static gboolean
file_open (File *file, const char *path, GError **error)
{
  if (!path)
    return TRUE;
  if (strcmp (path, "-") == 0) {
    file->name = g_strdup ("standard output");
    file->stream = stdout;
    return TRUE;
  }
  file->name = g_strdup (path);
  file->stream = fopen (path, "w");
  return file->stream || fail (error, path);
}

/* Whole lines, at once: who reads along never sees half of one. */
static gboolean
file_write (File *file, const GString *text, GError **error)
{
  if (text->len == 0 ||
      (fwrite (text->str, 1, text->len, file->stream) == text->len &&
          fflush (file->stream) == 0))
    return TRUE;
  return fail (error, file->name);
}

static void
file_close (File *file, GError **error)
{
  if (!file->stream)
    return;
  int result = file->stream == stdout ? fflush (stdout) : fclose (file->stream);
  if (result != 0)
    fail (error, file->name);
  file->stream = NULL;
}

Report *
report_new (const char *json_path, const char *csv_path, GError **error)
{
  g_autoptr (GError) reason = NULL;
  Report *report = g_new0 (Report, 1);

  report->line = g_string_new (NULL);
  if (file_open (&report->json, json_path, &reason) &&
      file_open (&report->csv, csv_path, &reason)) {
    if (report->csv.stream) {
      g_string_assign (report->line,
          "input,frame,pts,label,class_id,score,x0,y0,x1,y1\n");
      file_write (&report->csv, report->line, &reason);
    }
  }
  if (!reason)
    return report;
  g_propagate_error (error, g_steal_pointer (&reason));
  report_free (report);
  return NULL;
}

/* ---- JSON ---- */

static void
json_corners (GString *json, const double corners[4], int decimals)
{
  json_open (json, '[');
  for (int i = 0; i < 4; i++)
    json_number (json, corners[i], decimals);
  json_close (json, ']');
}

static void
json_landmarks (GString *json, const GstDetectMeta *meta,
    const GstDetectObject *object)
{
  json_key (json, "landmarks");
  json_open (json, '[');
  for (int i = 0; i < object->n_landmarks; i++) {
    json_open (json, '[');
    json_number (json, (double) object->landmarks[i].x * meta->width,
        PIXEL_DECIMALS);
    json_number (json, (double) object->landmarks[i].y * meta->height,
        PIXEL_DECIMALS);
    json_close (json, ']');
  }
  json_close (json, ']');
}

static void
json_object (GString *json, const GstDetectMeta *meta, guint index)
{
  const GstDetectObject *object = &meta->objects[index];
  double pixels[4];
  const double fractions[] = { object->x0, object->y0, object->x1, object->y1 };

  gst_detect_meta_get_pixel_box (meta, index, &pixels[0], &pixels[1],
      &pixels[2], &pixels[3]);
  json_open (json, '{');
  json_key (json, "label");
  json_string (json, object->label);
  json_key (json, "class_id");
  json_integer (json, object->class_id);
  json_key (json, "score");
  json_number (json, object->score, SCORE_DECIMALS);
  json_key (json, "box");
  json_corners (json, pixels, PIXEL_DECIMALS);
  json_key (json, "box_normalized");
  json_corners (json, fractions, FRACTION_DECIMALS);
  if (object->track_id >= 0) {
    json_key (json, "track_id");
    json_integer (json, object->track_id);
  }
  if (object->n_landmarks > 0)
    json_landmarks (json, meta, object);
  json_close (json, '}');
}

/* The times stand once, beside the first frame that carries the result, so that
 * summing them up gives what was spent. */
static void
json_times (GString *json, const FrameInfo *frame, const GstDetectMeta *meta)
{
  static const char *const names[GST_DETECT_N_STAGES] = { "preprocess",
    "inference", "decode" };

  json_key (json, "ms");
  if (!meta || !frame->fresh) {
    json_null (json);
    return;
  }
  json_open (json, '{');
  for (int i = 0; i < GST_DETECT_N_STAGES; i++) {
    json_key (json, names[i]);
    json_number (json, (double) meta->stage_us[i] / 1000, MS_DECIMALS);
  }
  json_close (json, '}');
}

static void
json_frame (GString *json, const FrameInfo *frame, const GstDetectMeta *meta)
{
  json_open (json, '{');
  json_key (json, "input");
  json_string (json, frame->input->name);
  json_key (json, "frame");
  json_integer (json, (gint64) frame->number);
  json_key (json, "pts");
  if (GST_CLOCK_TIME_IS_VALID (frame->position))
    json_number (json, (double) frame->position / GST_SECOND, SECOND_DECIMALS);
  else
    json_null (json);
  json_key (json, "width");
  json_integer (json, frame->width);
  json_key (json, "height");
  json_integer (json, frame->height);
  json_key (json, "model");
  json_string (json, meta ? meta->model_id : NULL);
  json_key (json, "inferred");
  json_boolean (json, meta && meta->age == 0);
  json_key (json, "age");
  if (meta)
    json_integer (json, meta->age);
  else
    json_null (json);
  json_key (json, "objects");
  json_open (json, '[');
  for (guint i = 0; meta && i < meta->n_objects; i++)
    json_object (json, meta, i);
  json_close (json, ']');
  json_times (json, frame, meta);
  json_close (json, '}');
  g_string_append_c (json, '\n');
}

/* ---- CSV ---- */

/* Spreadsheets run what starts like a formula, so such a text gets a quote in
 * front; what would break the row is quoted. */
static void
csv_text (GString *csv, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text ? text : "", -1);
  gboolean formula = valid[0] != '\0' && strchr ("=+-@\t\r", valid[0]);
  gboolean quoted = strpbrk (valid, ",\"\r\n") != NULL;

  if (quoted)
    g_string_append_c (csv, '"');
  if (formula)
    g_string_append_c (csv, '\'');
  for (const char *c = valid; *c != '\0'; c++) {
    if (*c == '"')
      g_string_append_c (csv, '"');
    g_string_append_c (csv, *c);
  }
  if (quoted)
    g_string_append_c (csv, '"');
}

static void
csv_object (GString *csv, const FrameInfo *frame, const GstDetectMeta *meta,
    guint index)
{
  const GstDetectObject *object = &meta->objects[index];
  double pixels[4];

  gst_detect_meta_get_pixel_box (meta, index, &pixels[0], &pixels[1],
      &pixels[2], &pixels[3]);
  csv_text (csv, frame->input->name);
  g_string_append_printf (csv, ",%" G_GUINT64_FORMAT ",", frame->number);
  if (GST_CLOCK_TIME_IS_VALID (frame->position))
    number_append (csv, (double) frame->position / GST_SECOND, SECOND_DECIMALS,
        "");
  g_string_append_c (csv, ',');
  csv_text (csv, object->label);
  g_string_append_printf (csv, ",%d,", object->class_id);
  number_append (csv, object->score, SCORE_DECIMALS, "");
  for (int i = 0; i < 4; i++) {
    g_string_append_c (csv, ',');
    number_append (csv, pixels[i], PIXEL_DECIMALS, "");
  }
  g_string_append_c (csv, '\n');
}

gboolean
report_frame (Report *report, const FrameInfo *frame, const GstDetectMeta *meta)
{
  if (report->json.stream) {
    g_string_truncate (report->line, 0);
    json_frame (report->line, frame, meta);
    if (report->error ||
        !file_write (&report->json, report->line, &report->error))
      return FALSE;
  }
  if (report->csv.stream) {
    g_string_truncate (report->line, 0);
    for (guint i = 0; meta && i < meta->n_objects; i++)
      csv_object (report->line, frame, meta, i);
    if (report->error ||
        !file_write (&report->csv, report->line, &report->error))
      return FALSE;
  }
  return report->error == NULL;
}

const GError *
report_get_error (const Report *report)
{
  return report->error;
}

gboolean
report_close (Report *report)
{
  file_close (&report->json, &report->error);
  file_close (&report->csv, &report->error);
  return report->error == NULL;
}

void
report_free (Report *report)
{
  if (!report)
    return;
  report_close (report);
  g_free (report->json.name);
  g_free (report->csv.name);
  g_string_free (report->line, TRUE);
  g_clear_error (&report->error);
  g_free (report);
}
