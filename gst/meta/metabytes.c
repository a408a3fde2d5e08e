/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metabytes.h"

/* The inline forms write through misaligned pointers, which C does not allow. */
#define GST_BYTE_READER_DISABLE_INLINES
#define GST_BYTE_WRITER_DISABLE_INLINES
#include <gst/base/gstbytereader.h>
#include <gst/base/gstbytewriter.h>
#include <math.h>
#include <string.h>

#define NULL_STRING G_MAXUINT32
/* Of times in microseconds, so that their sum is a number too. */
#define MOST_US (G_MAXINT64 / 8)
#define LEAST_OBJECT_SIZE (5 * 4 + 3 * 4 + 4 + 1)

/* ---- writing ---- */

static void
put_string (GstByteWriter *writer, const gchar *text)
{
  gsize length = text ? strlen (text) : 0;

  if (!text || length >= NULL_STRING) {
    gst_byte_writer_put_uint32_le (writer, NULL_STRING);
    return;
  }
  gst_byte_writer_put_uint32_le (writer, (guint32) length);
  gst_byte_writer_put_data (writer, (const guint8 *) text, (guint) length);
}

static void
put_object (GstByteWriter *writer, const GstDetectObject *object)
{
  const gfloat numbers[] = { object->x0, object->y0, object->x1, object->y1,
    object->score };

  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    gst_byte_writer_put_float32_le (writer, numbers[i]);
  gst_byte_writer_put_int32_le (writer, object->class_id);
  gst_byte_writer_put_int32_le (writer, object->track_id);
  gst_byte_writer_put_int32_le (writer, object->parent_id);
  put_string (writer, object->label);
  gst_byte_writer_put_uint8 (writer, (guint8) object->n_landmarks);
  for (gint i = 0; i < object->n_landmarks; i++) {
    gst_byte_writer_put_float32_le (writer, object->landmarks[i].x);
    gst_byte_writer_put_float32_le (writer, object->landmarks[i].y);
  }
}

GBytes *
gst_detect_meta_to_bytes (const GstDetectMeta *meta)
{
  GstByteWriter writer;

  gst_byte_writer_init (&writer);
  gst_byte_writer_put_uint64_le (&writer, meta->frame_number);
  gst_byte_writer_put_uint64_le (&writer, meta->pts);
  gst_byte_writer_put_uint32_le (&writer, meta->age);
  gst_byte_writer_put_uint64_le (&writer, meta->age_time);
  gst_byte_writer_put_int32_le (&writer, meta->width);
  gst_byte_writer_put_int32_le (&writer, meta->height);
  for (gint i = 0; i < GST_DETECT_N_STAGES; i++)
    gst_byte_writer_put_int64_le (&writer, meta->stage_us[i]);
  gst_byte_writer_put_int64_le (&writer, meta->started_us);
  put_string (&writer, meta->model_id);
  gst_byte_writer_put_uint32_le (&writer, meta->n_objects);
  for (guint i = 0; i < meta->n_objects; i++)
    put_object (&writer, &meta->objects[i]);

  gsize size = gst_byte_writer_get_size (&writer);
  return g_bytes_new_take (gst_byte_writer_reset_and_get_data (&writer), size);
}

/* ---- reading ---- */

/* What is read, before any of it goes on a buffer. Strings are offsets into one
 * block, which may still move; 0: NULL. */
typedef struct
{
  GstByteReader bytes;
  GstDetectMeta meta;
  guint model;
  GstDetectObject *objects;
  guint *labels;
  GByteArray *strings;
} Reader;

static void
reader_clear (Reader *reader)
{
  g_free (reader->objects);
  g_free (reader->labels);
  g_byte_array_unref (reader->strings);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reader, reader_clear)

static gboolean
get_string (Reader *reader, guint *offset)
{
  guint32 length;
  const guint8 *text;

  *offset = 0;
  if (!gst_byte_reader_get_uint32_le (&reader->bytes, &length))
    return FALSE;
  if (length == NULL_STRING)
    return TRUE;
  if (!gst_byte_reader_get_data (&reader->bytes, length, &text) ||
      !g_utf8_validate ((const gchar *) text, (gssize) length, NULL))
    return FALSE;
  *offset = reader->strings->len;
  if (length > 0)
    g_byte_array_append (reader->strings, text, length);
  g_byte_array_append (reader->strings, (const guint8 *) "", 1);
  return TRUE;
}

static gboolean
get_float (Reader *reader, gfloat *value)
{
  return gst_byte_reader_get_float32_le (&reader->bytes, value) &&
      isfinite (*value);
}

static gboolean
get_us (Reader *reader, gint64 *value)
{
  return gst_byte_reader_get_int64_le (&reader->bytes, value) && *value >= 0 &&
      *value <= MOST_US;
}

static gboolean
get_landmarks (Reader *reader, GstDetectObject *object)
{
  guint8 n;

  if (!gst_byte_reader_get_uint8 (&reader->bytes, &n) ||
      n > GST_DETECT_MAX_LANDMARKS)
    return FALSE;
  object->n_landmarks = n;
  for (guint8 i = 0; i < n; i++) {
    if (!get_float (reader, &object->landmarks[i].x) ||
        !get_float (reader, &object->landmarks[i].y))
      return FALSE;
  }
  return TRUE;
}

static gboolean
get_object (Reader *reader, GstDetectObject *object, guint *label)
{
  gint32 class_id;
  gint32 track_id;
  gint32 parent_id;

  if (!get_float (reader, &object->x0) || !get_float (reader, &object->y0) ||
      !get_float (reader, &object->x1) || !get_float (reader, &object->y1) ||
      !get_float (reader, &object->score) ||
      !gst_byte_reader_get_int32_le (&reader->bytes, &class_id) ||
      !gst_byte_reader_get_int32_le (&reader->bytes, &track_id) ||
      !gst_byte_reader_get_int32_le (&reader->bytes, &parent_id) ||
      !get_string (reader, label))
    return FALSE;
  object->class_id = class_id;
  object->track_id = track_id;
  object->parent_id = parent_id;
  return get_landmarks (reader, object);
}

static gboolean
get_header (Reader *reader)
{
  GstByteReader *bytes = &reader->bytes;
  GstDetectMeta *meta = &reader->meta;

  if (!gst_byte_reader_get_uint64_le (bytes, &meta->frame_number) ||
      !gst_byte_reader_get_uint64_le (bytes, &meta->pts) ||
      !gst_byte_reader_get_uint32_le (bytes, &meta->age) ||
      !gst_byte_reader_get_uint64_le (bytes, &meta->age_time) ||
      !gst_byte_reader_get_int32_le (bytes, &meta->width) ||
      !gst_byte_reader_get_int32_le (bytes, &meta->height))
    return FALSE;
  for (gint i = 0; i < GST_DETECT_N_STAGES; i++) {
    if (!get_us (reader, &meta->stage_us[i]))
      return FALSE;
  }
  return get_us (reader, &meta->started_us) && meta->width >= 0 &&
      meta->height >= 0 && get_string (reader, &reader->model);
}

static gboolean
get_objects (Reader *reader)
{
  guint32 n;

  /* Memory is only asked for objects that can be there. */
  if (!gst_byte_reader_get_uint32_le (&reader->bytes, &n) ||
      n > gst_byte_reader_get_remaining (&reader->bytes) / LEAST_OBJECT_SIZE)
    return FALSE;
  reader->meta.n_objects = n;
  reader->objects = g_new0 (GstDetectObject, n);
  reader->labels = g_new0 (guint, n);
  for (guint32 i = 0; i < n; i++) {
    if (!get_object (reader, &reader->objects[i], &reader->labels[i]))
      return FALSE;
  }
  return gst_byte_reader_get_remaining (&reader->bytes) == 0;
}

static const gchar *
find_string (GBytes *strings, guint offset)
{
  const gchar *first = g_bytes_get_data (strings, NULL);

  return offset > 0 ? first + offset : NULL;
}

static GstDetectMeta *
add_meta (Reader *reader, GstBuffer *buffer)
{
  GstDetectMeta *meta = gst_buffer_add_detect_meta (buffer, 0);

  if (!meta)
    return NULL;

  GstDetectMeta fields = reader->meta;
  fields.meta = meta->meta;
  g_free (meta->objects);
  fields.objects = g_steal_pointer (&reader->objects);
  fields.strings = g_bytes_new (reader->strings->data, reader->strings->len);
  fields.model_id = find_string (fields.strings, reader->model);
  for (guint i = 0; i < fields.n_objects; i++)
    fields.objects[i].label = find_string (fields.strings, reader->labels[i]);
  *meta = fields;
  return meta;
}

GstDetectMeta *
gst_detect_meta_from_bytes (GstBuffer *buffer, const guint8 *data, gsize size,
    guint8 version)
{
  if (version != GST_DETECT_META_BYTES_VERSION || size > G_MAXUINT)
    return NULL;

  g_auto (Reader) reader = { .strings = g_byte_array_new () };
  gst_byte_reader_init (&reader.bytes, data, (guint) size);
  /* The first byte is no string's, so that offset 0 can stand for NULL. */
  g_byte_array_append (reader.strings, (const guint8 *) "", 1);
  if (!get_header (&reader) || !get_objects (&reader))
    return NULL;
  return add_meta (&reader, buffer);
}
