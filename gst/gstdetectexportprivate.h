/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_EXPORT_PRIVATE_H
#define GST_DETECT_EXPORT_PRIVATE_H

#include "gstdetectexport.h"

#include "exportfile.h"
#include "exportstream.h"

G_BEGIN_DECLS

/* What the application may set, but for the file. */
typedef struct
{
  gint
      format; /* 0: by the ending or the caps; else one more than a row's index */
  gboolean empty;
  guint max_size;
  guint max_lines;
} GstDetectExportSettings;

typedef struct
{
  guint64 frames;
  guint64 objects;
  guint64 written;   /* frames in the file */
  guint64 unwritten; /* frames that the file could not take */
  guint64 sent;      /* lines on `meta` */
  guint64 dropped;   /* lines that whoever reads `meta` did not take */
  guint64 too_long;  /* lines over max-size */
} GstDetectExportCounters;

struct _GstDetectExport
{
  GstBaseTransform parent;

  GMutex lock; /* guards what follows; no other is taken with it */
  gchar *location;
  GstDetectExportSettings settings;
  GstDetectExportCounters counters;

  GMutex stream_lock; /* guards what follows; the other may be taken with it */
  GstDetectExportSettings current;      /* as they were when the frame came */
  GstExportStream *stream;              /* NULL: no pad was asked for */
  const GstExportFormat *stream_format; /* NULL: not negotiated */
  gboolean stream_is_text; /* one record a buffer, without newline */
  gboolean started;        /* STREAM_START was sent, … */
  gboolean has_segment;    /* … and the segment */
  gboolean warned_stream;
  gboolean warned_size;
  gchar *warning; /* not posted yet */

  /* The streaming thread's. */
  GstVideoInfo info;
  gboolean has_info;
  gboolean is_live;
  gboolean warned_file;
  gboolean warned_useless;
  GstExportFile *file;
  GstDetectReading reading;
  GstDetectSeen seen;
  GString *text;
  guint64 frame;
};

/* The row that was asked for, or NULL. */
const GstExportFormat *
gst_detect_export_get_format (const GstDetectExportSettings *settings);

/* Counts n more. Called without lock. */
void
gst_detect_export_count (GstDetectExport *self, guint64 *counter, guint64 n);

/* What follows, but for the last, is called with stream_lock. */

/* Sends a frame's line to whoever reads meta, and counts what came of it. */
void gst_detect_export_send_line (GstDetectExport *self,
    const GstDetectRecord *record, const GstBuffer *frame);

/* Whoever reads has to know that time goes on. */
void gst_detect_export_send_gap (GstDetectExport *self, GstClockTime pts,
    GstClockTime duration);

/* What an event of the video means for the stream. */
void gst_detect_export_pass_event (GstDetectExport *self, GstEvent *event);

/* From here on it begins anew. */
void gst_detect_export_reset_stream (GstDetectExport *self);

/* Posts what there was to warn of. */
void gst_detect_export_post_warning (GstDetectExport *self);

G_END_DECLS

#endif
