/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Lines of detections from anywhere, in pieces of any size: what is read of them is
 * in its bounds. */

#include "fuzz.h"
#include "importqueue.h"
#include <math.h>

static void
check_object (const GstDetectObject *object, guint n_objects)
{
  g_assert_true (object->x0 >= 0 && object->x0 <= object->x1);
  g_assert_true (object->y0 >= 0 && object->y0 <= object->y1);
  g_assert_true (object->x1 <= 1 && object->y1 <= 1);
  g_assert_true (object->score == -1 ||
      (object->score >= 0 && object->score <= 1));
  g_assert_cmpint (object->parent_id, >=, -1);
  g_assert_cmpint (object->parent_id, <, (gint) n_objects);
  g_assert_true (!object->label || g_utf8_validate (object->label, -1, NULL));
  g_assert_cmpint (object->n_landmarks, <=, GST_DETECT_MAX_LANDMARKS);
  for (gint i = 0; i < object->n_landmarks; i++)
    g_assert_true (isfinite (object->landmarks[i].x) &&
        isfinite (object->landmarks[i].y));
}

static void
check_record (const GstImportRecord *record)
{
  for (gint i = 0; i < GST_DETECT_N_STAGES; i++)
    g_assert_cmpint (record->stage_us[i], >=, 0);
  for (guint i = 0; i < record->n_objects; i++)
    check_object (&record->objects[i], record->n_objects);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  gsize piece = size > 0 ? 1 + data[0] : 1;
  GstImportQueue queue;

  gst_import_queue_init (&queue);
  for (gsize at = 0; at < size; at += piece)
    gst_import_queue_feed (&queue, (const gchar *) data + at,
        MIN (piece, size - at));
  gst_import_queue_end_line (&queue);
  g_assert_cmpuint (gst_import_queue_get_length (&queue), ==, queue.n_records);
  g_autofree gchar *complaint = gst_import_queue_take_complaint (&queue);
  g_assert_true ((complaint == NULL) == (queue.n_broken == 0));
  while (gst_import_queue_peek (&queue)) {
    g_autoptr (GstImportRecord) record = gst_import_queue_pop (&queue);
    check_record (record);
  }
  gst_import_queue_reset (&queue);
  gst_import_queue_feed (&queue, (const gchar *) data, size);
  gst_import_queue_clear (&queue);
  return 0;
}
