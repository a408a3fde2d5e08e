/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "importqueue.h"

#include <string.h>

void
gst_import_queue_init (GstImportQueue *queue)
{
  *queue = (GstImportQueue){ .parser = gst_import_parser_new () };
  g_queue_init (&queue->records);
}

void
gst_import_queue_clear (GstImportQueue *queue)
{
  gst_import_queue_flush (queue);
  g_clear_pointer (&queue->parser, gst_import_parser_free);
  g_clear_pointer (&queue->complaint, g_free);
}

void
gst_import_queue_flush (GstImportQueue *queue)
{
  g_queue_clear_full (&queue->records, (GDestroyNotify) gst_import_record_free);
  gst_line_reader_clear (&queue->lines);
  queue->has_stages = FALSE;
}

void
gst_import_queue_reset (GstImportQueue *queue)
{
  gst_import_queue_flush (queue);
  g_clear_pointer (&queue->complaint, g_free);
  queue->complained = FALSE;
  queue->n_records = 0;
  queue->n_broken = 0;
  queue->n_unused = 0;
}

/* ---- lines ---- */

static void
complain (GstImportQueue *queue, guint64 number, const gchar *why)
{
  queue->n_broken++;
  if (queue->complained)
    return;
  queue->complained = TRUE;
  queue->complaint =
      g_strdup_printf ("line %" G_GUINT64_FORMAT " is passed over, since %s",
          number, why);
}

static void
complete_stages (GstImportQueue *queue, GstImportRecord *record)
{
  if (record->has_stages) {
    queue->has_stages = TRUE;
    queue->stages_frame = record->inferred_frame;
    memcpy (queue->stage_us, record->stage_us, sizeof queue->stage_us);
  } else if (queue->has_stages &&
      queue->stages_frame == record->inferred_frame) {
    memcpy (record->stage_us, queue->stage_us, sizeof record->stage_us);
  }
}

static gboolean
is_later (const GstImportRecord *a, const GstImportRecord *b)
{
  return GST_CLOCK_TIME_IS_VALID (a->pts) && GST_CLOCK_TIME_IS_VALID (b->pts) &&
      a->pts > b->pts;
}

/* They come in order but for what a network does to them. */
static void
insert (GstImportQueue *queue, GstImportRecord *record)
{
  GList *before = queue->records.tail;

  while (before && is_later (before->data, record))
    before = before->prev;
  if (before)
    g_queue_insert_after (&queue->records, before, record);
  else
    g_queue_push_head (&queue->records, record);
}

static gboolean
is_blank (const gchar *line, gsize length)
{
  for (gsize i = 0; i < length; i++) {
    if (!g_ascii_isspace (line[i]))
      return FALSE;
  }
  return TRUE;
}

static void
take_line (const gchar *line, gsize length, guint64 number, gpointer data)
{
  GstImportQueue *queue = data;
  g_autoptr (GError) error = NULL;

  if (!line) {
    complain (queue, number, "it is longer than 1 MiB");
    return;
  }
  if (is_blank (line, length))
    return;

  GstImportRecord *record =
      gst_import_parser_read (queue->parser, line, length, &error);
  if (!record) {
    complain (queue, number, error->message);
    return;
  }
  complete_stages (queue, record);
  insert (queue, record);
  queue->n_records++;
}

void
gst_import_queue_feed (GstImportQueue *queue, const gchar *text, gsize length)
{
  gst_line_reader_feed (&queue->lines, text, length, GST_IMPORT_MAX_LINE,
      take_line, queue);
}

void
gst_import_queue_end_line (GstImportQueue *queue)
{
  gst_line_reader_finish (&queue->lines, take_line, queue);
}

/* ---- records ---- */

const GstImportRecord *
gst_import_queue_peek (const GstImportQueue *queue)
{
  return queue->records.head ? queue->records.head->data : NULL;
}

GstImportRecord *
gst_import_queue_pop (GstImportQueue *queue)
{
  return g_queue_pop_head (&queue->records);
}

void
gst_import_queue_drop (GstImportQueue *queue)
{
  gst_import_record_free (gst_import_queue_pop (queue));
  queue->n_unused++;
}

guint
gst_import_queue_get_length (const GstImportQueue *queue)
{
  return queue->records.length;
}

gchar *
gst_import_queue_take_complaint (GstImportQueue *queue)
{
  return g_steal_pointer (&queue->complaint);
}
