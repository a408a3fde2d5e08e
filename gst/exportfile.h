/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_EXPORT_FILE_H
#define GST_EXPORT_FILE_H

#include "exportformat.h"

G_BEGIN_DECLS

/* A file of detections being written. One thread at a time. */
typedef struct _GstExportFile GstExportFile;

/* Opens the file and writes its head; "-" is standard output. */
GstExportFile *gst_export_file_open (const gchar *path,
    const GstExportFormat *format, GError **error);

/* Writes a frame and hands it on to the system; whole lines, at once, so that who
 * reads along never sees half of one. A frame that gives no line is none. FALSE:
 * it could not be written; the file is then broken, and says so again each time.
 * Errors are of G_FILE_ERROR, with the file's name and what to do in them. */
gboolean gst_export_file_write (GstExportFile *file,
    const GstDetectRecord *record, GError **error);

/* How many frames have given something. */
guint64 gst_export_file_get_written (const GstExportFile *file);

/* Writes the tail, unless the file is broken, and frees everything; NULL is
 * closed already. */
gboolean gst_export_file_close (GstExportFile *file, GError **error);

G_END_DECLS

#endif
