/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "importrecord.h"

#include "jsonguard.h"
#include <json-glib/json-glib.h>
#include <math.h>

#define SCHEMA 1
#define MAX_DEPTH 16

/* Names are interned for ever, so there is an end to how many and how long. */
#define MAX_NAMES 65536
#define MAX_NAME_LENGTH 256

/* Whole numbers that a double holds. */
#define MAX_WHOLE 9007199254740992.0
#define MAX_SECONDS 1e9
#define MAX_MS 1e9

struct _GstImportParser
{
  JsonParser *json;
  GHashTable *names;
};

static gboolean
fail (GError **error, const gchar *is, const gchar *what)
{
  g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE, "%s %s", what,
      is);
  return FALSE;
}

GstImportParser *
gst_import_parser_new (void)
{
  GstImportParser *parser = g_new0 (GstImportParser, 1);

  parser->json = json_parser_new_immutable ();
  parser->names = g_hash_table_new (g_direct_hash, g_direct_equal);
  return parser;
}

void
gst_import_parser_free (GstImportParser *parser)
{
  if (!parser)
    return;
  g_object_unref (parser->json);
  g_hash_table_unref (parser->names);
  g_free (parser);
}

void
gst_import_record_free (GstImportRecord *record)
{
  if (!record)
    return;
  g_free (record->objects);
  g_free (record);
}

/* ---- values; what is absent, null or of another kind is not there ---- */

static gboolean
node_number (JsonNode *node, gdouble least, gdouble most, gdouble *number)
{
  GType type = node && JSON_NODE_HOLDS_VALUE (node)
      ? json_node_get_value_type (node)
      : G_TYPE_INVALID;

  if (type != G_TYPE_INT64 && type != G_TYPE_DOUBLE)
    return FALSE;

  gdouble value = json_node_get_double (node);
  if (!isfinite (value))
    return FALSE;
  *number = CLAMP (value, least, most);
  return TRUE;
}

static gboolean
get_number (JsonObject *object, const gchar *name, gdouble least, gdouble most,
    gdouble *number)
{
  return node_number (json_object_get_member (object, name), least, most,
      number);
}

static GstClockTime
get_time (JsonObject *object, const gchar *name)
{
  gdouble seconds = 0;

  if (!get_number (object, name, 0, MAX_SECONDS, &seconds))
    return GST_CLOCK_TIME_NONE;
  return (GstClockTime) (seconds * GST_SECOND + 0.5);
}

static gint
get_id (JsonObject *object, const gchar *name)
{
  gdouble number = -1;

  get_number (object, name, -1, G_MAXINT, &number);
  return (gint) number;
}

static guint64
get_count (JsonObject *object, const gchar *name)
{
  gdouble number = 0;

  get_number (object, name, 0, MAX_WHOLE, &number);
  return (guint64) number;
}

static const gchar *
get_text (JsonObject *object, const gchar *name)
{
  JsonNode *node = json_object_get_member (object, name);

  if (!node || !JSON_NODE_HOLDS_VALUE (node) ||
      json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

static JsonObject *
get_object (JsonObject *object, const gchar *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node)
                                               : NULL;
}

static JsonArray *
get_array (JsonObject *object, const gchar *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node)
                                              : NULL;
}

/* Exactly n numbers. */
static gboolean
get_numbers (JsonArray *array, gdouble *numbers, guint n)
{
  if (!array || json_array_get_length (array) != n)
    return FALSE;
  for (guint i = 0; i < n; i++) {
    if (!node_number (json_array_get_element (array, i), -MAX_WHOLE, MAX_WHOLE,
            &numbers[i]))
      return FALSE;
  }
  return TRUE;
}

static gboolean
get_name (GstImportParser *parser, JsonObject *object, const gchar *member,
    const gchar **name, GError **error)
{
  const gchar *text = get_text (object, member);
  g_autofree gchar *cut = NULL;

  *name = NULL;
  if (!text)
    return TRUE;
  if (g_utf8_strlen (text, -1) > MAX_NAME_LENGTH)
    text = cut = g_utf8_substring (text, 0, MAX_NAME_LENGTH);
  if (g_hash_table_size (parser->names) >= MAX_NAMES)
    return fail (error, "is not kept: there are too many different ones",
        member);
  *name = g_intern_string (text);
  g_hash_table_add (parser->names, (gpointer) *name);
  return TRUE;
}

/* ---- objects ---- */

typedef struct
{
  gdouble width;
  gdouble height;
} Size;

/* As fractions, or in pixels of a frame whose size is told. */
static gboolean
get_pairs (JsonArray *fractions, JsonArray *pixels, const Size *size,
    gdouble *numbers, guint n)
{
  if (get_numbers (fractions, numbers, n))
    return TRUE;
  if (size->width < 1 || size->height < 1 || !get_numbers (pixels, numbers, n))
    return FALSE;
  for (guint i = 0; i < n; i += 2) {
    numbers[i] /= size->width;
    numbers[i + 1] /= size->height;
  }
  return TRUE;
}

static gboolean
read_box (JsonObject *json, const Size *size, GstDetectObject *object,
    GError **error)
{
  gdouble box[4];

  if (!get_pairs (get_array (json, "box_normalized"), get_array (json, "box"),
          size, box, G_N_ELEMENTS (box)))
    return fail (error, "has no box of four numbers", "an object");
  for (gsize i = 0; i < G_N_ELEMENTS (box); i++)
    box[i] = CLAMP (box[i], 0, 1);
  if (box[0] > box[2] || box[1] > box[3])
    return fail (error, "has a box whose edges are in the wrong order",
        "an object");
  object->x0 = (gfloat) box[0];
  object->y0 = (gfloat) box[1];
  object->x1 = (gfloat) box[2];
  object->y1 = (gfloat) box[3];
  return TRUE;
}

static JsonArray *
get_row (JsonArray *rows, guint index)
{
  JsonNode *node = rows && index < json_array_get_length (rows)
      ? json_array_get_element (rows, index)
      : NULL;

  return node && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node)
                                              : NULL;
}

/* Points that cannot be read are left out, with all behind them. */
static void
read_landmarks (JsonObject *json, const Size *size, GstDetectObject *object)
{
  JsonArray *fractions = get_array (json, "landmarks_normalized");
  JsonArray *pixels = get_array (json, "landmarks");
  gdouble point[2];

  for (gint i = 0; i < GST_DETECT_MAX_LANDMARKS; i++) {
    if (!get_pairs (get_row (fractions, (guint) i), get_row (pixels, (guint) i),
            size, point, G_N_ELEMENTS (point)))
      return;
    object->landmarks[i].x = (gfloat) point[0];
    object->landmarks[i].y = (gfloat) point[1];
    object->n_landmarks = i + 1;
  }
}

static gboolean
read_object (GstImportParser *parser, JsonNode *node, const Size *size,
    GstDetectObject *object, GError **error)
{
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return fail (error, "is no JSON object", "an entry of objects");

  JsonObject *json = json_node_get_object (node);
  gdouble score = -1; /* as what reads metadata says that it is not told */

  get_number (json, "score", 0, 1, &score);
  object->score = (gfloat) score;
  object->class_id = get_id (json, "class_id");
  object->track_id = get_id (json, "track_id");
  object->parent_id = get_id (json, "parent_id");
  read_landmarks (json, size, object);
  return get_name (parser, json, "label", &object->label, error) &&
      read_box (json, size, object, error);
}

static gboolean
read_objects (GstImportParser *parser, JsonObject *json,
    GstImportRecord *record, GError **error)
{
  JsonArray *objects = get_array (json, "objects");
  guint n = objects ? json_array_get_length (objects) : 0;
  Size size = { 0, 0 };

  if (!objects)
    return fail (error, "is missing", "the list objects");
  get_number (json, "width", 0, G_MAXINT, &size.width);
  get_number (json, "height", 0, G_MAXINT, &size.height);
  record->objects = g_new0 (GstDetectObject, n);
  record->n_objects = n;
  for (guint i = 0; i < n; i++) {
    if (!read_object (parser, json_array_get_element (objects, i), &size,
            &record->objects[i], error))
      return FALSE;
    if (record->objects[i].parent_id >= (gint) n)
      record->objects[i].parent_id = -1;
  }
  return TRUE;
}

/* ---- the line ---- */

static gint64
get_utc_us (JsonObject *object, const gchar *name)
{
  const gchar *text = get_text (object, name);
  g_autoptr (GDateTime) date = text ? g_date_time_new_from_iso8601 (text, NULL)
                                    : NULL;

  return date ? g_date_time_to_unix (date) * G_USEC_PER_SEC +
          g_date_time_get_microsecond (date)
              : 0;
}

static void
read_inference (JsonObject *json, GstImportRecord *record)
{
  static const gchar *const stages[GST_DETECT_N_STAGES] = { "preprocess",
    "inference", "decode" };
  JsonObject *inference = get_object (json, "inference");
  JsonObject *ms = get_object (json, "ms");
  gdouble value = 0;

  record->inferred_frame = record->frame;
  record->inferred_pts = record->age == 0 ? record->pts : GST_CLOCK_TIME_NONE;
  if (inference) {
    record->inferred_frame = get_count (inference, "frame");
    record->inferred_pts = get_time (inference, "pts");
    record->started_us = get_utc_us (inference, "start");
  }
  record->has_stages = ms != NULL;
  for (gint i = 0; ms && i < GST_DETECT_N_STAGES; i++) {
    get_number (ms, stages[i], 0, MAX_MS, &value);
    record->stage_us[i] = (gint64) (value * 1000 + 0.5);
  }
}

static gboolean
read_frame (GstImportParser *parser, JsonObject *json, GstImportRecord *record,
    GError **error)
{
  gdouble schema = SCHEMA;
  gdouble age = -1;

  get_number (json, "schema", 0, G_MAXINT, &schema);
  if (schema > SCHEMA)
    return fail (error, "is newer than what is understood here", "its schema");
  record->pts = get_time (json, "pts");
  record->frame = get_count (json, "frame");
  record->looked = get_number (json, "age", 0, G_MAXINT, &age);
  record->age = record->looked ? (guint) age : 0;
  read_inference (json, record);
  return get_name (parser, json, "model", &record->model_id, error) &&
      read_objects (parser, json, record, error);
}

GstImportRecord *
gst_import_parser_read (GstImportParser *parser, const gchar *line,
    gsize length, GError **error)
{
  g_autoptr (GstImportRecord) record = g_new0 (GstImportRecord, 1);

  if (!gst_json_guard_check (line, length, MAX_DEPTH, error))
    return NULL;
  if (!json_parser_load_from_data (parser->json, line, (gssize) length, NULL)) {
    fail (error, "JSON", "it is not");
    return NULL;
  }

  JsonNode *root = json_parser_get_root (parser->json);
  if (!root || !JSON_NODE_HOLDS_OBJECT (root)) {
    fail (error, "a JSON object", "it is not");
    return NULL;
  }
  if (!read_frame (parser, json_node_get_object (root), record, error))
    return NULL;
  /* Objects without an age come from writers that know no other. */
  record->looked |= record->n_objects > 0;
  return g_steal_pointer (&record);
}
