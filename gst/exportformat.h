/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_EXPORT_FORMAT_H
#define GST_EXPORT_FORMAT_H

#include "detectrecord.h"

G_BEGIN_DECLS

/* A way to write detections down. A new one is a file in formats/, a line in
 * formats/formats.h and a row in exportformat.c. */
typedef struct
{
  const gchar *name;
  const gchar *help;
  const gchar *const *endings; /* of file names, with the point */
  const gchar *caps;           /* of a stream of it; NULL: only files hold it */
  const gchar *head;           /* a file begins with it; NULL: with nothing */
  const gchar *between;        /* between frames; NULL: nothing */
  const gchar *tail;           /* a file ends with it; NULL: with nothing */

  /* Appends what a frame gives, whole lines when between is NULL; nothing is a
   * frame without a line. Called with an empty text, by one thread at a time.
   * Whether a frame with nothing on it is written at all, the caller decides. */
  void (*append) (GString *text, const GstDetectRecord *record);
} GstExportFormat;

/* All rows, NULL-terminated; the first is used where nothing tells. */
const GstExportFormat *const *gst_export_formats (void);

/* NULL: there is none of that name. */
const GstExportFormat *gst_export_format_find (const gchar *name);

/* By a file name's ending. */
const GstExportFormat *gst_export_format_for_path (const gchar *path);

/* NULL: nothing streams as such caps. */
const GstExportFormat *gst_export_format_for_caps (const GstCaps *caps);

G_END_DECLS

#endif
