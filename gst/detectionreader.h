/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_DETECTION_READER_H
#define GST_DETECT_DETECTION_READER_H

#include "meta/gstdetectmeta.h"
#include <gst/video/video.h>

G_BEGIN_DECLS

/* What a frame's metadata says was found on it, whoever wrote it. The one reader:
 * GstDetectMeta first, then GstAnalyticsRelationMeta, then
 * GstVideoRegionOfInterestMeta, since the later ones only repeat the earlier. */

/* Scores, class ids and track ids that the metadata does not tell. */
#define GST_DETECT_SCORE_UNKNOWN (-1.0f)
#define GST_DETECT_ID_NONE (-1)

typedef enum
{
  GST_DETECT_SOURCE_NONE,      /* nobody looked at the frame */
  GST_DETECT_SOURCE_DETECT,    /* GstDetectMeta, also with no object in it */
  GST_DETECT_SOURCE_ANALYTICS, /* GstAnalyticsRelationMeta */
  GST_DETECT_SOURCE_REGIONS,   /* GstVideoRegionOfInterestMeta */
} GstDetectSource;

/* One object. Strings belong to the buffer's metadata, or are interned. */
typedef struct
{
  GstDetectObject object; /* box and landmarks as fractions of the frame */
  gdouble x0;             /* the same box in the frame's pixels, half-open */
  gdouble y0;
  gdouble x1;
  gdouble y1;
  gint id;               /* unique on the frame */
  gint parent_id;        /* id of the object it is a part of, or none */
  const gchar *model_id; /* which model found it; NULL: not told */
} GstDetectFound;

/* One frame's objects; may be read into again and again, so that memory is only
 * allocated for more objects than any frame before had. */
typedef struct
{
  GstDetectSource source;
  gint width; /* of the frame, in pixels; 0: not told, then fractions are 0 */
  gint height;

  /* Of the first GstDetectMeta; NULL, GST_CLOCK_TIME_NONE and 0 from other sources. */
  const gchar *model_id;
  guint64 frame_number;
  GstClockTime pts;
  guint age;
  GstClockTime age_time;
  gint64 stage_us[GST_DETECT_N_STAGES];
  gint64 started_us;

  guint n_objects;
  GstDetectFound *objects;
  guint n_allocated;
} GstDetectReading;

/* Reads all that is on the buffer. info: of the frame's caps; NULL: the buffer's
 * own metadata tells its size. The reading is valid while the buffer's metadata is
 * not changed. A zeroed reading is an empty one. */
G_GNUC_INTERNAL
void gst_detect_reading_take (GstDetectReading *reading, GstBuffer *buffer,
    const GstVideoInfo *info);
G_GNUC_INTERNAL
void gst_detect_reading_clear (GstDetectReading *reading);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstDetectReading, gst_detect_reading_clear)

G_END_DECLS

#endif
