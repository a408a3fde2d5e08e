/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-detectimport
 * @title: detectimport
 * @short_description: puts detections that were written down back on video
 *
 * Reads the JSON lines of `detectexport`, or of `gst-detect-1.0 --json`, from a
 * file (`location`) or a stream (the request pad `meta`), and attaches them to the
 * frames of the same time, to half a frame, as `detect` does: whatever comes behind
 * works as if `detect` had run. Records have to be in order of time. Boxes are
 * fractions, so the frames may be larger or smaller than they were.
 *
 * |[
 * gst-launch-1.0 filesrc location=walk.mp4 ! decodebin ! detectimport location=walk.jsonl ! detectoverlay ! videoconvert ! autovideosink
 * ]|
 */

#include "gstdetectimportprivate.h"

#include "detectrecord.h"
#include <errno.h>

GST_DEBUG_CATEGORY_STATIC (gst_detect_import_debug);
#define GST_CAT_DEFAULT gst_detect_import_debug

#define CHUNK (64 * 1024)
/* After so much of a file without a record the frame is not kept waiting. */
#define MAX_CHUNKS 256
/* Half a frame, when nothing tells how long one is. */
#define DEFAULT_TOLERANCE (20 * GST_MSECOND)

enum
{
  PROP_0,
  PROP_LOCATION,
  PROP_STATS,
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS ("video/x-raw(ANY)"));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS ("video/x-raw(ANY)"));
static GstStaticPadTemplate meta_template =
    GST_STATIC_PAD_TEMPLATE ("meta", GST_PAD_SINK, GST_PAD_REQUEST,
        GST_STATIC_CAPS ("application/x-json; text/x-raw"));

G_DEFINE_FINAL_TYPE_WITH_CODE (GstDetectImport, gst_detect_import,
    GST_TYPE_BASE_TRANSFORM,
    GST_DEBUG_CATEGORY_INIT (gst_detect_import_debug, "detectimport", 0,
        "reading detections back"))
GST_ELEMENT_REGISTER_DEFINE (detectimport, "detectimport", GST_RANK_NONE,
    GST_TYPE_DETECT_IMPORT)

/* ---- properties ---- */

static void
gst_detect_import_set_property (GObject *object, guint prop_id,
    const GValue *value, GParamSpec *pspec)
{
  GstDetectImport *self = GST_DETECT_IMPORT (object);

  if (prop_id != PROP_LOCATION) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    return;
  }
  g_mutex_lock (&self->lock);
  g_free (self->location);
  self->location = g_value_dup_string (value);
  g_mutex_unlock (&self->lock);
}

static GstStructure *
make_stats (const GstDetectImport *self)
{
  const GstImportQueue *queue = &self->queue;

  return gst_structure_new ("detectimport-stats", "frames", G_TYPE_UINT64,
      self->n_frames, "matched", G_TYPE_UINT64, self->n_matched, "records",
      G_TYPE_UINT64, queue->n_records, "broken", G_TYPE_UINT64, queue->n_broken,
      "unused", G_TYPE_UINT64, queue->n_unused, NULL);
}

static void
gst_detect_import_get_property (GObject *object, guint prop_id, GValue *value,
    GParamSpec *pspec)
{
  GstDetectImport *self = GST_DETECT_IMPORT (object);

  g_mutex_lock (&self->lock);
  switch (prop_id) {
    case PROP_LOCATION:
      g_value_set_string (value, self->location);
      break;
    case PROP_STATS:
      g_value_take_boxed (value, make_stats (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
  }
  g_mutex_unlock (&self->lock);
}

/* ---- where records come from; all with the lock ---- */

/* Reads on until there is a record. */
static gboolean
read_file (GstDetectImport *self)
{
  g_autofree gchar *chunk = g_malloc (CHUNK);

  for (gint i = 0; i < MAX_CHUNKS && !self->file_ended; i++) {
    gsize length = fread (chunk, 1, CHUNK, self->file);

    gst_import_queue_feed (&self->queue, chunk, length);
    self->file_ended = length == 0;
    if (self->file_ended)
      gst_import_queue_end_line (&self->queue);
    if (gst_import_queue_peek (&self->queue))
      return TRUE;
  }
  return FALSE;
}

/* Waits until something new has come, or nothing more is to be waited for. */
static gboolean
wait_for_meta (GstDetectImport *self, GstClockTime until)
{
  if (!self->meta || !gst_pad_is_linked (self->meta) || self->meta_ended ||
      self->meta_is_live || self->video_is_live || self->video_stopped ||
      !GST_CLOCK_TIME_IS_VALID (until) ||
      (GST_CLOCK_TIME_IS_VALID (self->meta_time) && self->meta_time > until))
    return FALSE;
  g_cond_broadcast (&self->changed); /* there may be room again */
  g_cond_wait (&self->changed, &self->lock);
  return TRUE;
}

static gboolean
get_more (GstDetectImport *self, GstClockTime until)
{
  return self->file ? read_file (self) : wait_for_meta (self, until);
}

/* ---- frames ---- */

typedef struct
{
  guint64 number;
  GstClockTime time; /* in the stream, or NONE */
  GstClockTime tolerance;
} Frame;

/* Less than 0: the record's frame has gone by; more: it is still to come. */
static gint
compare (const GstImportRecord *record, const Frame *frame)
{
  if (!GST_CLOCK_TIME_IS_VALID (record->pts) ||
      !GST_CLOCK_TIME_IS_VALID (frame->time))
    return (record->frame > frame->number) - (record->frame < frame->number);
  if (record->pts + frame->tolerance <= frame->time)
    return -1;
  return record->pts > frame->time + frame->tolerance;
}

/* Called with the lock. */
static GstImportRecord *
find_record (GstDetectImport *self, const Frame *frame)
{
  GstClockTime until = GST_CLOCK_TIME_IS_VALID (frame->time)
      ? frame->time + frame->tolerance
      : GST_CLOCK_TIME_NONE;

  for (;;) {
    const GstImportRecord *next = gst_import_queue_peek (&self->queue);
    gint order = next ? compare (next, frame) : 0;

    if (!next) {
      if (!get_more (self, until))
        return NULL;
    } else if (order < 0) {
      gst_import_queue_drop (&self->queue);
    } else {
      return order == 0 ? gst_import_queue_pop (&self->queue) : NULL;
    }
  }
}

static GstClockTime
find_tolerance (const GstDetectImport *self, const GstBuffer *buffer)
{
  if (GST_BUFFER_DURATION_IS_VALID (buffer) && GST_BUFFER_DURATION (buffer) > 1)
    return GST_BUFFER_DURATION (buffer) / 2;
  if (GST_VIDEO_INFO_FPS_N (&self->info) > 0)
    return gst_util_uint64_scale_int (GST_SECOND / 2,
        GST_VIDEO_INFO_FPS_D (&self->info), GST_VIDEO_INFO_FPS_N (&self->info));
  return DEFAULT_TOLERANCE;
}

/* How long before the record's frame the one was that was inferred, or NONE. */
static GstClockTime
find_age (const GstImportRecord *record)
{
  if (!GST_CLOCK_TIME_IS_VALID (record->inferred_pts) ||
      !GST_CLOCK_TIME_IS_VALID (record->pts) ||
      record->inferred_pts > record->pts)
    return GST_CLOCK_TIME_NONE;
  return record->pts - record->inferred_pts;
}

/* Parents are numbered over all that is on a frame, and a detector may have been
 * here before. */
static gint
count_objects (GstBuffer *buffer)
{
  gpointer state = NULL;
  guint n = 0;
  GstMeta *meta;

  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_DETECT_META_API_TYPE)))
    n += ((GstDetectMeta *) meta)->n_objects;
  return (gint) n;
}

static void
attach (GstDetectImport *self, GstImportRecord *record, GstBuffer *buffer)
{
  gint n_before = count_objects (buffer);
  GstDetectMeta *meta = gst_buffer_add_detect_meta (buffer, record->n_objects);

  if (!meta)
    return;
  meta->model_id = record->model_id;
  meta->frame_number = record->inferred_frame;
  meta->age = record->age;
  meta->age_time = find_age (record);
  if (GST_BUFFER_PTS_IS_VALID (buffer) &&
      GST_CLOCK_TIME_IS_VALID (meta->age_time) &&
      meta->age_time <= GST_BUFFER_PTS (buffer))
    meta->pts = GST_BUFFER_PTS (buffer) - meta->age_time;
  meta->width = GST_VIDEO_INFO_WIDTH (&self->info);
  meta->height = GST_VIDEO_INFO_HEIGHT (&self->info);
  meta->started_us = record->started_us;
  for (gint i = 0; i < GST_DETECT_N_STAGES; i++)
    meta->stage_us[i] = record->stage_us[i];
  for (guint i = 0; i < record->n_objects; i++) {
    meta->objects[i] = record->objects[i];
    if (meta->objects[i].parent_id >= 0)
      meta->objects[i].parent_id += n_before;
  }
  gst_detect_meta_mirror (meta, buffer);
}

static GstFlowReturn
gst_detect_import_transform_ip (GstBaseTransform *trans, GstBuffer *buffer)
{
  GstDetectImport *self = GST_DETECT_IMPORT (trans);
  g_autoptr (GstImportRecord) record = NULL;
  Frame frame = { .time = gst_detect_stream_time (&trans->segment,
                      GST_BUFFER_PTS (buffer)),
    .tolerance = find_tolerance (self, buffer) };

  g_mutex_lock (&self->lock);
  frame.number = self->n_frames++;
  record = find_record (self, &frame);
  if (record)
    self->n_matched++;
  gboolean stopped = self->video_stopped;
  g_cond_broadcast (&self->changed); /* there may be room again */
  g_mutex_unlock (&self->lock);
  self->last_time = frame.time;
  gst_detect_import_post_complaint (self);
  if (stopped)
    return GST_FLOW_FLUSHING;
  if (record && record->looked)
    attach (self, record, buffer);
  return GST_FLOW_OK;
}

/* ---- stream of frames ---- */

/* Only metadata is added, so memory that others hold too is shared, not copied. */
static GstFlowReturn
gst_detect_import_prepare_output_buffer (GstBaseTransform *trans,
    GstBuffer *input, GstBuffer **output)
{
  *output = gst_buffer_is_writable (input) ? input : gst_buffer_copy (input);
  return *output ? GST_FLOW_OK : GST_FLOW_ERROR;
}

/* The frames that come in are those that go out, so whoever is downstream decides
 * where they are allocated. */
static gboolean
gst_detect_import_propose_allocation (GstBaseTransform *trans,
    GstQuery *decide_query, GstQuery *query)
{
  return gst_pad_peer_query (trans->srcpad, query);
}

static gboolean
gst_detect_import_set_caps (GstBaseTransform *trans, GstCaps *in, GstCaps *out)
{
  GstDetectImport *self = GST_DETECT_IMPORT (trans);

  if (!gst_video_info_from_caps (&self->info, in)) {
    GST_WARNING_OBJECT (self, "caps are not raw video: %" GST_PTR_FORMAT, in);
    return FALSE;
  }
  return TRUE;
}

/* Frames that come again want their records again. */
static void
rewind_file (GstDetectImport *self, const GstSegment *segment)
{
  GstClockTime time = segment->format == GST_FORMAT_TIME ? segment->time : 0;

  self->video_is_live =
      gst_detect_pad_is_live (GST_BASE_TRANSFORM_SINK_PAD (self));
  if (!self->file || !GST_CLOCK_TIME_IS_VALID (self->last_time) ||
      time > self->last_time || fseek (self->file, 0, SEEK_SET) != 0)
    return;
  self->file_ended = FALSE;
  self->last_time = GST_CLOCK_TIME_NONE;
  g_mutex_lock (&self->lock);
  gst_import_queue_flush (&self->queue);
  g_mutex_unlock (&self->lock);
}

static gboolean
gst_detect_import_sink_event (GstBaseTransform *trans, GstEvent *event)
{
  GstDetectImport *self = GST_DETECT_IMPORT (trans);
  const GstSegment *segment;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_FLUSH_START:
      gst_detect_import_set_flag (self, &self->video_stopped, TRUE);
      break;
    case GST_EVENT_FLUSH_STOP:
      gst_detect_import_set_flag (self, &self->video_stopped, FALSE);
      gst_detect_import_set_flag (self, &self->video_ended, FALSE);
      break;
    case GST_EVENT_STREAM_START:
      gst_detect_import_set_flag (self, &self->video_ended, FALSE);
      break;
    case GST_EVENT_EOS:
      gst_detect_import_set_flag (self, &self->video_ended, TRUE);
      break;
    case GST_EVENT_SEGMENT:
      gst_event_parse_segment (event, &segment);
      rewind_file (self, segment);
      break;
    default:
      break;
  }
  return GST_BASE_TRANSFORM_CLASS (gst_detect_import_parent_class)
      ->sink_event (trans, event);
}

/* ---- states ---- */

static gboolean
open_file (GstDetectImport *self)
{
  g_autofree gchar *location = NULL;

  g_mutex_lock (&self->lock);
  location = g_strdup (self->location);
  g_mutex_unlock (&self->lock);
  if (!location)
    return TRUE;
  /* Whatever else can keep a reader waiting comes in by the pad. */
  if (g_file_test (location, G_FILE_TEST_EXISTS) &&
      !g_file_test (location, G_FILE_TEST_IS_REGULAR)) {
    GST_ELEMENT_ERROR (self, RESOURCE, OPEN_READ,
        ("%s is no regular file; let filesrc or fdsrc read it, and link that "
         "to "
         "the pad meta",
            location),
        (NULL));
    return FALSE;
  }
  self->file = fopen (location, "re");
  if (!self->file)
    gst_element_message_full (GST_ELEMENT (self), GST_MESSAGE_ERROR,
        GST_RESOURCE_ERROR,
        errno == ENOENT ? GST_RESOURCE_ERROR_NOT_FOUND
                        : GST_RESOURCE_ERROR_OPEN_READ,
        g_strdup_printf ("%s cannot be read: %s; name a file that detectexport "
                         "has written",
            location, g_strerror (errno)),
        NULL, __FILE__, GST_FUNCTION, __LINE__);
  return self->file != NULL;
}

static gboolean
gst_detect_import_start (GstBaseTransform *trans)
{
  GstDetectImport *self = GST_DETECT_IMPORT (trans);

  g_mutex_lock (&self->lock);
  gst_import_queue_reset (&self->queue);
  self->n_frames = 0;
  self->n_matched = 0;
  self->meta_is_live = FALSE;
  self->meta_ended = FALSE;
  self->meta_time = GST_CLOCK_TIME_NONE;
  self->video_ended = FALSE;
  g_mutex_unlock (&self->lock);
  self->video_is_live = FALSE;
  self->file_ended = FALSE;
  self->last_time = GST_CLOCK_TIME_NONE;
  return open_file (self);
}

static gboolean
gst_detect_import_stop (GstBaseTransform *trans)
{
  GstDetectImport *self = GST_DETECT_IMPORT (trans);

  g_mutex_lock (&self->lock);
  gst_import_queue_flush (&self->queue);
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&self->file, fclose);
  return TRUE;
}

/* Either stream may be waiting for the other. */
static void
stop_waiting (GstDetectImport *self, gboolean stop)
{
  gst_detect_import_set_flag (self, &self->meta_stopped, stop);
  gst_detect_import_set_flag (self, &self->video_stopped, stop);
}

static GstStateChangeReturn
gst_detect_import_change_state (GstElement *element, GstStateChange transition)
{
  GstDetectImport *self = GST_DETECT_IMPORT (element);

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    stop_waiting (self, FALSE);
  else if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    stop_waiting (self, TRUE);
  return GST_ELEMENT_CLASS (gst_detect_import_parent_class)
      ->change_state (element, transition);
}

/* ---- object ---- */

static void
gst_detect_import_finalize (GObject *object)
{
  GstDetectImport *self = GST_DETECT_IMPORT (object);

  g_free (self->location);
  gst_import_queue_clear (&self->queue);
  g_cond_clear (&self->changed);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (gst_detect_import_parent_class)->finalize (object);
}

static void
gst_detect_import_init (GstDetectImport *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  gst_import_queue_init (&self->queue);
  gst_base_transform_set_in_place (GST_BASE_TRANSFORM (self), TRUE);
  gst_base_transform_set_gap_aware (GST_BASE_TRANSFORM (self), TRUE);
}

static void
install_properties (GObjectClass *object_class)
{
  g_object_class_install_property (object_class, PROP_LOCATION,
      g_param_spec_string ("location", "location",
          "File of JSON lines to read; NULL: they come in on the pad meta",
          NULL,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
              GST_PARAM_MUTABLE_READY));
  /**
   * GstDetectImport:stats:
   *
   * Counters since the start (uint64): frames, and matched, those of them that had
   * a record; records that were read, broken lines that were passed over, and
   * unused, the records for whose time no frame came.
   */
  g_object_class_install_property (object_class, PROP_STATS,
      g_param_spec_boxed ("stats", "stats", "Counters since the start",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
gst_detect_import_class_init (GstDetectImportClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  object_class->set_property = gst_detect_import_set_property;
  object_class->get_property = gst_detect_import_get_property;
  object_class->finalize = gst_detect_import_finalize;
  install_properties (object_class);

  gst_element_class_set_static_metadata (element_class, "Detection reader",
      "Filter/Analyzer/Video",
      "Puts detections that were written down back on video",
      "The detect authors");
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_add_static_pad_template (element_class, &meta_template);
  element_class->request_new_pad = gst_detect_import_request_new_pad;
  element_class->release_pad = gst_detect_import_release_pad;
  element_class->change_state = gst_detect_import_change_state;

  trans_class->prepare_output_buffer = gst_detect_import_prepare_output_buffer;
  trans_class->propose_allocation = gst_detect_import_propose_allocation;
  trans_class->start = gst_detect_import_start;
  trans_class->stop = gst_detect_import_stop;
  trans_class->set_caps = gst_detect_import_set_caps;
  trans_class->sink_event = gst_detect_import_sink_event;
  trans_class->transform_ip = gst_detect_import_transform_ip;
}
