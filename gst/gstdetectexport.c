/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-detectexport
 * @title: detectexport
 * @short_description: writes down what was found on video
 *
 * Passes video on untouched and writes what its metadata says was found, as a file
 * (`location`), and as a timed stream on the request pad `meta`: JSON lines as
 * `application/x-json`, or `text/x-raw,format=utf8`, as muxers take subtitles;
 * whichever the reader wants. The video never waits for whoever reads.
 *
 * A muxer may want text of a later frame before it takes a picture, so a queue
 * belongs before its video. mp4mux wants all text up to the next line: unless
 * `empty` is set, its queue must have no limit.
 *
 * |[
 * gst-launch-1.0 filesrc location=walk.avi ! decodebin ! detect ! detectexport location=walk.jsonl ! fakesink
 * ]|
 * |[
 * gst-launch-1.0 filesrc location=walk.avi ! decodebin ! detect ! detectexport name=e ! queue ! videoconvert ! x264enc ! mux. e.meta ! mux.subtitle_0 matroskamux name=mux ! filesink location=walk.mkv
 * ]|
 */

#include "gstdetectexportprivate.h"

GST_DEBUG_CATEGORY_STATIC (gst_detect_export_debug);
#define GST_CAT_DEFAULT gst_detect_export_debug

/* More than any encoder and its queue hold back, so a muxer gets all. */
#define DEFAULT_MAX_LINES 1000

enum
{
  PROP_0,
  PROP_LOCATION,
  PROP_FORMAT,
  PROP_EMPTY,
  PROP_MAX_SIZE,
  PROP_MAX_LINES,
  PROP_STATS,
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS ("video/x-raw(ANY)"));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS ("video/x-raw(ANY)"));
static GstStaticPadTemplate meta_template = GST_STATIC_PAD_TEMPLATE ("meta",
    GST_PAD_SRC, GST_PAD_REQUEST,
    GST_STATIC_CAPS ("application/x-json; text/x-raw, format = (string) utf8"));

G_DEFINE_FINAL_TYPE_WITH_CODE (GstDetectExport, gst_detect_export,
    GST_TYPE_BASE_TRANSFORM,
    GST_DEBUG_CATEGORY_INIT (gst_detect_export_debug, "detectexport", 0,
        "writing detections down"))
GST_ELEMENT_REGISTER_DEFINE (detectexport, "detectexport", GST_RANK_NONE,
    GST_TYPE_DETECT_EXPORT)

/* ---- properties ---- */

static GType
format_get_type (void)
{
  static gsize type = 0;

  if (g_once_init_enter (&type)) {
    const GstExportFormat *const *rows = gst_export_formats ();
    GArray *values = g_array_new (TRUE, TRUE, sizeof (GEnumValue));
    GEnumValue automatic = { 0, "By the file's ending, or the stream's caps",
      "auto" };

    g_array_append_val (values, automatic);
    for (gint i = 0; rows[i]; i++) {
      GEnumValue value = { i + 1, rows[i]->help, rows[i]->name };
      g_array_append_val (values, value);
    }
    g_once_init_leave (&type,
        g_enum_register_static ("GstDetectExportFormat",
            (GEnumValue *) (gpointer) g_array_free (values, FALSE)));
  }
  return (GType) type;
}

static void
gst_detect_export_set_property (GObject *object, guint prop_id,
    const GValue *value, GParamSpec *pspec)
{
  GstDetectExport *self = GST_DETECT_EXPORT (object);

  g_mutex_lock (&self->lock);
  switch (prop_id) {
    case PROP_LOCATION:
      g_free (self->location);
      self->location = g_value_dup_string (value);
      break;
    case PROP_FORMAT:
      self->settings.format = g_value_get_enum (value);
      break;
    case PROP_EMPTY:
      self->settings.empty = g_value_get_boolean (value);
      break;
    case PROP_MAX_SIZE:
      self->settings.max_size = g_value_get_uint (value);
      break;
    case PROP_MAX_LINES:
      self->settings.max_lines = g_value_get_uint (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
  }
  g_mutex_unlock (&self->lock);
}

static GstStructure *
make_stats (const GstDetectExportCounters *counters)
{
  return gst_structure_new ("detectexport-stats", "frames", G_TYPE_UINT64,
      counters->frames, "objects", G_TYPE_UINT64, counters->objects, "written",
      G_TYPE_UINT64, counters->written, "unwritten", G_TYPE_UINT64,
      counters->unwritten, "sent", G_TYPE_UINT64, counters->sent, "dropped",
      G_TYPE_UINT64, counters->dropped, "too-long", G_TYPE_UINT64,
      counters->too_long, NULL);
}

static void
gst_detect_export_get_property (GObject *object, guint prop_id, GValue *value,
    GParamSpec *pspec)
{
  GstDetectExport *self = GST_DETECT_EXPORT (object);

  g_mutex_lock (&self->lock);
  switch (prop_id) {
    case PROP_LOCATION:
      g_value_set_string (value, self->location);
      break;
    case PROP_FORMAT:
      g_value_set_enum (value, self->settings.format);
      break;
    case PROP_EMPTY:
      g_value_set_boolean (value, self->settings.empty);
      break;
    case PROP_MAX_SIZE:
      g_value_set_uint (value, self->settings.max_size);
      break;
    case PROP_MAX_LINES:
      g_value_set_uint (value, self->settings.max_lines);
      break;
    case PROP_STATS:
      g_value_take_boxed (value, make_stats (&self->counters));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
  }
  g_mutex_unlock (&self->lock);
}

/* ---- the file ---- */

/* The video is worth more than the file, so what goes wrong is a warning. */
static void
warn_of_file (GstDetectExport *self, const GError *error)
{
  if (self->warned_file)
    return;
  self->warned_file = TRUE;
  if (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC))
    GST_ELEMENT_WARNING (self, RESOURCE, NO_SPACE_LEFT, ("%s", error->message),
        ("the video goes on"));
  else
    GST_ELEMENT_WARNING (self, RESOURCE, OPEN_WRITE, ("%s", error->message),
        ("the video goes on"));
}

static void
open_file (GstDetectExport *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *location = NULL;
  const GstExportFormat *format;

  g_mutex_lock (&self->lock);
  location = g_strdup (self->location);
  format = gst_detect_export_get_format (&self->settings);
  g_mutex_unlock (&self->lock);
  if (!location)
    return;
  self->file = gst_export_file_open (location,
      format ? format : gst_export_format_for_path (location), &error);
  if (error)
    warn_of_file (self, error);
}

static void
write_to_file (GstDetectExport *self, const GstDetectRecord *record)
{
  g_autoptr (GError) error = NULL;
  guint64 before;

  if (!self->file && !self->warned_file)
    return; /* there is none */
  before = self->file ? gst_export_file_get_written (self->file) : 0;
  gboolean ok = self->file &&
      gst_export_file_write (self->file, record, &error);
  if (!ok)
    gst_detect_export_count (self, &self->counters.unwritten, 1);
  else
    gst_detect_export_count (self, &self->counters.written,
        gst_export_file_get_written (self->file) - before);
  if (error)
    warn_of_file (self, error);
}

static void
close_file (GstDetectExport *self)
{
  g_autoptr (GError) error = NULL;

  if (!gst_export_file_close (g_steal_pointer (&self->file), &error))
    warn_of_file (self, error);
}

/* ---- frames ---- */

static void
warn_when_useless (GstDetectExport *self, gboolean has_stream)
{
  if (has_stream || self->file || self->warned_file || self->warned_useless)
    return;
  self->warned_useless = TRUE;
  GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
      ("detections are written nowhere; set location, or link the pad meta"),
      (NULL));
}

static void
fill_record (GstDetectExport *self, GstDetectRecord *record, GstBuffer *buffer)
{
  GstClockTime utc_base = self->is_live
      ? gst_detect_find_utc_base (GST_ELEMENT (self))
      : GST_CLOCK_TIME_NONE;

  gst_detect_reading_take (&self->reading, buffer,
      self->has_info ? &self->info : NULL);
  *record = (GstDetectRecord){ .frame = self->frame++,
    .width = self->reading.width,
    .height = self->reading.height,
    .is_new = gst_detect_seen_is_new (&self->seen, &self->reading),
    .reading = &self->reading };
  gst_detect_record_set_times (record, buffer,
      &GST_BASE_TRANSFORM (self)->segment, utc_base);
}

/* Called with stream_lock. */
static void
take_settings (GstDetectExport *self)
{
  g_mutex_lock (&self->lock);
  self->current = self->settings;
  g_mutex_unlock (&self->lock);
}

static GstFlowReturn
gst_detect_export_transform_ip (GstBaseTransform *trans, GstBuffer *buffer)
{
  GstDetectExport *self = GST_DETECT_EXPORT (trans);
  GstDetectRecord record;

  fill_record (self, &record, buffer);
  gst_detect_export_count (self, &self->counters.frames, 1);
  gst_detect_export_count (self, &self->counters.objects,
      self->reading.n_objects);
  g_mutex_lock (&self->stream_lock);
  take_settings (self);
  gboolean wanted = self->current.empty || self->reading.n_objects > 0;
  gboolean has_stream = self->stream != NULL;
  if (has_stream && wanted)
    gst_detect_export_send_line (self, &record, buffer);
  else if (has_stream)
    gst_detect_export_send_gap (self, GST_BUFFER_PTS (buffer),
        GST_BUFFER_DURATION (buffer));
  g_mutex_unlock (&self->stream_lock);
  if (wanted)
    write_to_file (self, &record);
  gst_detect_export_post_warning (self);
  warn_when_useless (self, has_stream);
  return GST_FLOW_OK;
}

/* ---- stream of frames ---- */

static gboolean
gst_detect_export_set_caps (GstBaseTransform *trans, GstCaps *in, GstCaps *out)
{
  GstDetectExport *self = GST_DETECT_EXPORT (trans);

  self->has_info = gst_video_info_from_caps (&self->info, in);
  return TRUE;
}

static gboolean
gst_detect_export_sink_event (GstBaseTransform *trans, GstEvent *event)
{
  GstDetectExport *self = GST_DETECT_EXPORT (trans);

  if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT)
    self->is_live = gst_detect_pad_is_live (trans->sinkpad);
  g_mutex_lock (&self->stream_lock);
  take_settings (self);
  if (self->stream)
    gst_detect_export_pass_event (self, event);
  g_mutex_unlock (&self->stream_lock);
  gst_detect_export_post_warning (self);
  return GST_BASE_TRANSFORM_CLASS (gst_detect_export_parent_class)
      ->sink_event (trans, event);
}

static gboolean
gst_detect_export_start (GstBaseTransform *trans)
{
  GstDetectExport *self = GST_DETECT_EXPORT (trans);

  g_mutex_lock (&self->lock);
  self->counters = (GstDetectExportCounters){ 0 };
  g_mutex_unlock (&self->lock);
  g_mutex_lock (&self->stream_lock);
  self->warned_stream = FALSE;
  self->warned_size = FALSE;
  gst_detect_export_reset_stream (self);
  g_mutex_unlock (&self->stream_lock);
  self->warned_file = FALSE;
  self->warned_useless = FALSE;
  self->has_info = FALSE;
  self->is_live = FALSE;
  self->seen = (GstDetectSeen){ 0 };
  self->frame = 0;
  open_file (self);
  return TRUE;
}

static gboolean
gst_detect_export_stop (GstBaseTransform *trans)
{
  GstDetectExport *self = GST_DETECT_EXPORT (trans);

  close_file (self);
  gst_detect_reading_clear (&self->reading);
  return TRUE;
}

/* ---- the request pad ---- */

static GstPad *
gst_detect_export_request_new_pad (GstElement *element,
    GstPadTemplate *pad_template, const gchar *name, const GstCaps *caps)
{
  GstDetectExport *self = GST_DETECT_EXPORT (element);

  g_mutex_lock (&self->stream_lock);
  gboolean taken = self->stream != NULL;
  g_mutex_unlock (&self->stream_lock);
  if (taken) {
    GST_WARNING_OBJECT (self, "there is one pad meta; put a tee behind it");
    return NULL;
  }

  GstExportStream *stream =
      gst_export_stream_new (element, pad_template, "meta");
  g_mutex_lock (&self->stream_lock);
  self->stream = stream;
  gst_detect_export_reset_stream (self);
  g_mutex_unlock (&self->stream_lock);
  return gst_export_stream_get_pad (stream);
}

static void
gst_detect_export_release_pad (GstElement *element, GstPad *pad)
{
  GstDetectExport *self = GST_DETECT_EXPORT (element);

  g_mutex_lock (&self->stream_lock);
  GstExportStream *stream = g_steal_pointer (&self->stream);
  g_mutex_unlock (&self->stream_lock);
  if (stream)
    gst_export_stream_free (stream);
}

/* ---- object ---- */

static void
gst_detect_export_dispose (GObject *object)
{
  GstDetectExport *self = GST_DETECT_EXPORT (object);

  g_clear_pointer (&self->stream, gst_export_stream_free);
  G_OBJECT_CLASS (gst_detect_export_parent_class)->dispose (object);
}

static void
gst_detect_export_finalize (GObject *object)
{
  GstDetectExport *self = GST_DETECT_EXPORT (object);

  g_free (self->location);
  g_free (self->warning);
  g_string_free (self->text, TRUE);
  gst_detect_reading_clear (&self->reading);
  g_mutex_clear (&self->stream_lock);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (gst_detect_export_parent_class)->finalize (object);
}

static void
gst_detect_export_init (GstDetectExport *self)
{
  g_mutex_init (&self->lock);
  g_mutex_init (&self->stream_lock);
  self->settings.max_lines = DEFAULT_MAX_LINES;
  self->text = g_string_new (NULL);
  gst_base_transform_set_passthrough (GST_BASE_TRANSFORM (self), TRUE);
  gst_base_transform_set_gap_aware (GST_BASE_TRANSFORM (self), TRUE);
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  g_object_class_install_property (object_class, PROP_LOCATION,
      g_param_spec_string ("location", "location",
          "File to write; - is standard output, NULL none", NULL,
          flags | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (object_class, PROP_FORMAT,
      g_param_spec_enum ("format", "format", "How detections are written",
          format_get_type (), 0, flags | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (object_class, PROP_EMPTY,
      g_param_spec_boolean ("empty", "empty",
          "Write a line for frames with nothing on them too", FALSE,
          flags | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (object_class, PROP_MAX_SIZE,
      g_param_spec_uint ("max-size", "max-size",
          "Most bytes of a line on meta, for datagrams; longer ones are left "
          "out whole (0: no limit)",
          0, G_MAXUINT, 0, flags | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (object_class, PROP_MAX_LINES,
      g_param_spec_uint ("max-lines", "max-lines",
          "Most lines that may wait for whoever reads meta", 1, G_MAXUINT,
          DEFAULT_MAX_LINES, flags | GST_PARAM_MUTABLE_PLAYING));
  /**
   * GstDetectExport:stats:
   *
   * Counters since the start (uint64): frames and objects seen; written and
   * unwritten, the frames that the file took and could not take; sent, the lines
   * on meta; dropped, those its reader did not take; too-long, those over
   * max-size.
   */
  g_object_class_install_property (object_class, PROP_STATS,
      g_param_spec_boxed ("stats", "stats", "Counters since the start",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
gst_detect_export_class_init (GstDetectExportClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  object_class->set_property = gst_detect_export_set_property;
  object_class->get_property = gst_detect_export_get_property;
  object_class->dispose = gst_detect_export_dispose;
  object_class->finalize = gst_detect_export_finalize;
  install_properties (object_class);

  gst_element_class_set_static_metadata (element_class, "Detection writer",
      "Filter/Analyzer/Video",
      "Writes what was found on video to a file, and as a timed stream",
      "The detect authors");
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_add_static_pad_template (element_class, &meta_template);
  gst_type_mark_as_plugin_api (format_get_type (), 0);
  element_class->request_new_pad = gst_detect_export_request_new_pad;
  element_class->release_pad = gst_detect_export_release_pad;

  trans_class->start = gst_detect_export_start;
  trans_class->stop = gst_detect_export_stop;
  trans_class->set_caps = gst_detect_export_set_caps;
  trans_class->sink_event = gst_detect_export_sink_event;
  trans_class->transform_ip = gst_detect_export_transform_ip;
}
