/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_IMPORT_PRIVATE_H
#define GST_DETECT_IMPORT_PRIVATE_H

#include "gstdetectimport.h"

#include "importqueue.h"
#include <gst/video/video.h>
#include <stdio.h>

G_BEGIN_DECLS

struct _GstDetectImport
{
  GstBaseTransform parent;

  GMutex lock; /* guards what follows; no other is taken with it */
  GCond changed;
  gchar *location;
  GstImportQueue queue;
  guint64 n_frames;
  guint64 n_matched;
  GstPad *meta;            /* NULL: none was asked for */
  gboolean meta_is_markup; /* with entities in it */
  gboolean meta_is_text;   /* one record a buffer */
  gboolean meta_is_live;
  gboolean meta_ended;
  gboolean meta_stopped;
  GstClockTime meta_time; /* there is nothing before that which has not come */
  gboolean video_ended;
  gboolean video_stopped;

  /* The streaming thread's. */
  GstVideoInfo info;
  gboolean video_is_live;
  FILE *file;
  gboolean file_ended;
  GstClockTime last_time; /* of the newest frame, in the stream */
};

/* All are called without the lock. */

/* Posts what there was to complain of; who takes the message may ask for
 * properties. */
void gst_detect_import_post_complaint (GstDetectImport *self);

/* Sets a flag that either stream may be waiting for. */
void gst_detect_import_set_flag (GstDetectImport *self, gboolean *flag,
    gboolean value);

/* The pad that records come in by. */
GstPad *gst_detect_import_request_new_pad (GstElement *element,
    GstPadTemplate *pad_template, const gchar *name, const GstCaps *caps);
void gst_detect_import_release_pad (GstElement *element, GstPad *pad);

G_END_DECLS

#endif
