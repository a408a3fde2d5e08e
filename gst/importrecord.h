/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_IMPORT_RECORD_H
#define GST_IMPORT_RECORD_H

#include "meta/gstdetectmeta.h"

G_BEGIN_DECLS

/* A line of detections that was read back. */
typedef struct
{
  GstClockTime pts; /* of the frame, in the stream; NONE: not told */
  guint64 frame;
  gboolean looked;       /* FALSE: nothing is known of the frame */
  const gchar *model_id; /* interned, as labels are; NULL: not told */
  guint age;
  guint64 inferred_frame;
  GstClockTime inferred_pts; /* in the stream; NONE: not told */
  gint64 started_us;
  gboolean has_stages; /* only the first line of a result tells them */
  gint64 stage_us[GST_DETECT_N_STAGES];
  guint n_objects;
  GstDetectObject *objects;
} GstImportRecord;

/* Reads lines; keeps what they need from one to the next. One thread at a time. */
typedef struct _GstImportParser GstImportParser;

GstImportParser *gst_import_parser_new (void);
void gst_import_parser_free (GstImportParser *parser);

/* Reads a line; it may hold anything. NULL: it is none of ours, and the error says
 * why in a few words. Unknown members are passed over. */
GstImportRecord *gst_import_parser_read (GstImportParser *parser,
    const gchar *line, gsize length, GError **error);

void gst_import_record_free (GstImportRecord *record);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstImportRecord, gst_import_record_free)

G_END_DECLS

#endif
