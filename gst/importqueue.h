/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_IMPORT_QUEUE_H
#define GST_IMPORT_QUEUE_H

#include "importrecord.h"
#include "linereader.h"

G_BEGIN_DECLS

/* The longest line that is read. */
#define GST_IMPORT_MAX_LINE (1024 * 1024)

/* Records that wait for their frames, in order of time. One thread at a time. */
typedef struct
{
  GQueue records;
  GstImportParser *parser;
  GstLineReader lines;
  gchar *complaint;    /* of the first broken line; not told yet */
  gboolean complained; /* there was one */

  /* The times of the newest result, for the lines that repeat it. */
  gboolean has_stages;
  guint64 stages_frame;
  gint64 stage_us[GST_DETECT_N_STAGES];

  guint64 n_records;
  guint64 n_broken;
  guint64 n_unused; /* records whose time went by without a frame */
} GstImportQueue;

void gst_import_queue_init (GstImportQueue *queue);
void gst_import_queue_clear (GstImportQueue *queue);

/* Forgets what waits; text that comes in is a first line again. Counters stay. */
void gst_import_queue_flush (GstImportQueue *queue);

/* Counters too. */
void gst_import_queue_reset (GstImportQueue *queue);

/* Takes text in pieces of any size. */
void
gst_import_queue_feed (GstImportQueue *queue, const gchar *text, gsize length);

/* What came since the last line end is a line. */
void gst_import_queue_end_line (GstImportQueue *queue);

/* The record that is next in time, or NULL; pop hands it over. */
const GstImportRecord *gst_import_queue_peek (const GstImportQueue *queue);
GstImportRecord *gst_import_queue_pop (GstImportQueue *queue);

/* Lets the next one go that no frame will want any more. */
void gst_import_queue_drop (GstImportQueue *queue);

guint gst_import_queue_get_length (const GstImportQueue *queue);

/* What is to be told of the first broken line, once; or NULL. */
gchar *gst_import_queue_take_complaint (GstImportQueue *queue);

G_END_DECLS

#endif
