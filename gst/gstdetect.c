/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-detect
 * @title: detect
 * @short_description: finds objects in raw video
 *
 * Takes raw video of any size and format, runs an object detector on it, and
 * passes the very same frames on with what was found attached as #GstDetectMeta
 * and #GstVideoRegionOfInterestMeta. With `overlay=true` boxes and labels are
 * drawn as well.
 *
 * |[
 * gst-launch-1.0 filesrc location=walk.avi ! decodebin ! detect overlay=true ! videoconvert ! autovideosink
 * ]|
 * Without a model the people detector that OpenCV carries inside itself is used.
 */

#include "gstdetectprivate.h"

#include "detectrecord.h"
#include "gstdetectannounce.h"
#include "gstdetecterror.h"
#include "gstdetectprops.h"
#include <detect/detect.h>

GST_DEBUG_CATEGORY (gst_detect_debug);
#define GST_CAT_DEFAULT gst_detect_debug

/* First what the core reads by itself, so that whoever may choose chooses that. */
#define FORMATS                                                               \
  "{ I420, NV12, YV12, NV21, NV16, YUY2, UYVY, Y42B, Y444, GRAY8, RGB, BGR, " \
  "RGBx, BGRx, xRGB, xBGR, RGBA, BGRA, ARGB, ABGR, I420_10LE, P010_10LE }"
#define OVERLAY_COMPOSITION GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION

#define CAPS                                                                              \
  GST_VIDEO_CAPS_MAKE (FORMATS)                                                           \
  "; " GST_VIDEO_CAPS_MAKE (                                                              \
      GST_VIDEO_FORMATS_ALL) "; " GST_VIDEO_CAPS_MAKE_WITH_FEATURES (OVERLAY_COMPOSITION, \
      FORMATS) "; " GST_VIDEO_CAPS_MAKE_WITH_FEATURES (OVERLAY_COMPOSITION,               \
      GST_VIDEO_FORMATS_ALL)

enum
{
  PROP_STATS = GST_DETECT_PROP_FIRST_FREE,
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));

G_DEFINE_FINAL_TYPE_WITH_CODE (GstDetect, gst_detect, GST_TYPE_BASE_TRANSFORM,
    GST_DEBUG_CATEGORY_INIT (gst_detect_debug, "detect", 0, "object detection"))
GST_ELEMENT_REGISTER_DEFINE (detect, "detect", GST_RANK_NONE, GST_TYPE_DETECT)

/* ---- options ---- */

static void
gst_detect_set_property (GObject *object, guint prop_id, const GValue *value,
    GParamSpec *pspec)
{
  GstDetect *self = GST_DETECT (object);

  g_mutex_lock (&self->lock);
  if (!gst_detect_props_set (self->options, prop_id, value)) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  } else {
    self->options_changed = TRUE;
    if (det_option_rows ()[prop_id - 1].scope == DET_SCOPE_MODEL)
      self->model_changed = TRUE;
  }
  g_mutex_unlock (&self->lock);
}

static GstStructure *
make_stats (GstDetect *self)
{
  g_mutex_lock (&self->lock);
  GstStructure *stats = gst_detect_stats_to_structure (&self->stats);
  g_mutex_unlock (&self->lock);
  gst_detect_runner_describe (&self->runner, stats);
  return stats;
}

static void
gst_detect_get_property (GObject *object, guint prop_id, GValue *value,
    GParamSpec *pspec)
{
  GstDetect *self = GST_DETECT (object);

  if (prop_id == PROP_STATS) {
    g_value_take_boxed (value, make_stats (self));
    return;
  }
  g_mutex_lock (&self->lock);
  if (!gst_detect_props_get (self->options, prop_id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  g_mutex_unlock (&self->lock);
}

/* ---- loading ---- */

/* Checks options, file and family, unless the model that is loaded, or checked
 * already, still is the one asked for. */
static gboolean
check_model (GstDetect *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DetOptions) options = NULL;

  g_mutex_lock (&self->lock);
  gboolean is_current = !self->model_changed &&
      (self->spec || gst_detect_runner_has_model (&self->runner));
  options = det_options_copy (self->options);
  self->model_changed = FALSE;
  g_mutex_unlock (&self->lock);
  if (is_current)
    return TRUE;

  DetModelSpec *spec = det_model_spec_new (options, &error);
  g_mutex_lock (&self->lock);
  det_model_spec_free (self->spec);
  self->spec = spec;
  self->model_changed |= spec == NULL;
  g_mutex_unlock (&self->lock);
  if (!spec)
    gst_detect_error_post (GST_ELEMENT (self), error);
  return spec != NULL;
}

/* ---- frames ---- */

/* The base class may push caps: what came before has to be gone. */
static GstFlowReturn
gst_detect_submit_input_buffer (GstBaseTransform *trans, gboolean is_discont,
    GstBuffer *input)
{
  GstDetect *self = GST_DETECT (trans);

  if (GST_BUFFER_IS_DISCONT (input) ||
      gst_pad_needs_reconfigure (GST_BASE_TRANSFORM_SRC_PAD (trans)))
    gst_detect_drain (self);
  GstFlowReturn flow = gst_detect_take_left (self);
  if (flow != GST_FLOW_OK) {
    gst_buffer_unref (input);
    return flow;
  }
  return GST_BASE_TRANSFORM_CLASS (gst_detect_parent_class)
      ->submit_input_buffer (trans, is_discont, input);
}

/* Only metadata is added, so memory that others hold too is shared, not copied. */
static GstFlowReturn
take_in (GstDetect *self, GstBuffer *input)
{
  GstBuffer *buffer = input;

  if (!gst_buffer_is_writable (input)) {
    buffer = gst_buffer_copy (input);
    gst_buffer_unref (input);
  }
  return buffer ? gst_detect_take_in (self, buffer) : GST_FLOW_ERROR;
}

/* Frames leave by themselves, and none is given to the base class: it would mark one
 * as discontinuous that is not. */
static GstFlowReturn
gst_detect_generate_output (GstBaseTransform *trans, GstBuffer **output)
{
  GstDetect *self = GST_DETECT (trans);
  GstBuffer *input = g_steal_pointer (&trans->queued_buf);

  *output = NULL;
  if (input) {
    GstFlowReturn flow = take_in (self, input);

    if (flow != GST_FLOW_OK)
      return flow;
  }
  return gst_detect_release (self);
}

/* ---- stream ---- */

static void
add_latency (GstDetect *self, GstQuery *query)
{
  GstClockTime min;
  GstClockTime max;
  gboolean live;

  gst_query_parse_latency (query, &live, &min, &max);
  g_mutex_lock (&self->lock);
  min += self->latency;
  if (GST_CLOCK_TIME_IS_VALID (max))
    max += self->latency;
  g_mutex_unlock (&self->lock);
  gst_query_set_latency (query, live, min, max);
}

static gboolean
gst_detect_query (GstBaseTransform *trans, GstPadDirection direction,
    GstQuery *query)
{
  GstDetect *self = GST_DETECT (trans);

  if (direction == GST_PAD_SINK && GST_QUERY_IS_SERIALIZED (query))
    gst_detect_drain (self);
  gboolean ok = GST_BASE_TRANSFORM_CLASS (gst_detect_parent_class)
                    ->query (trans, direction, query);
  if (ok && direction == GST_PAD_SRC &&
      GST_QUERY_TYPE (query) == GST_QUERY_LATENCY)
    add_latency (self, query);
  return ok;
}

static gboolean
gst_detect_set_caps (GstBaseTransform *trans, GstCaps *in, GstCaps *out)
{
  GstDetect *self = GST_DETECT (trans);

  if (!gst_video_info_from_caps (&self->info, in)) {
    GST_WARNING_OBJECT (self, "caps are not raw video: %" GST_PTR_FORMAT, in);
    return FALSE;
  }
  gst_detect_frame_reader_clear (&self->reader);
  gst_detect_frame_reader_init (&self->reader, &self->info);
  self->warned_unpaintable = FALSE;
  self->is_live = gst_detect_pad_is_live (trans->sinkpad);
  gst_detect_forget (self);
  g_mutex_lock (&self->lock);
  self->options_changed = TRUE; /* what follows from caps and options */
  g_mutex_unlock (&self->lock);
  return gst_detect_update_options (self);
}

/* The frames that come in are those that go out, so whoever is downstream decides
 * where they are allocated; some are held here for a while. */
static gboolean
gst_detect_propose_allocation (GstBaseTransform *trans, GstQuery *decide_query,
    GstQuery *query)
{
  GstDetect *self = GST_DETECT (trans);
  guint n_held = MAX (self->runner.n_at_once, 1) - 1 +
      (gst_detect_looks_ahead (self) ? 1 : 0);
  gboolean ok = gst_pad_peer_query (trans->srcpad, query);
  guint n_pools = gst_query_get_n_allocation_pools (query);

  for (guint i = 0; n_held > 0 && i < n_pools; i++) {
    g_autoptr (GstBufferPool) pool = NULL;
    guint size;
    guint min;
    guint max;

    gst_query_parse_nth_allocation_pool (query, i, &pool, &size, &min, &max);
    min += n_held;
    gst_query_set_nth_allocation_pool (query, i, pool, size, min,
        max > 0 ? MAX (max, min) : 0);
  }
  if (n_held > 0 && n_pools == 0)
    gst_query_add_allocation_pool (query, NULL,
        (guint) GST_VIDEO_INFO_SIZE (&self->info), n_held, 0);
  return ok || n_held > 0;
}

static gboolean
gst_detect_sink_event (GstBaseTransform *trans, GstEvent *event)
{
  GstDetect *self = GST_DETECT (trans);
  GstEventType type = GST_EVENT_TYPE (event);

  if (type == GST_EVENT_FLUSH_START)
    gst_detect_runner_set_flushing (&self->runner, TRUE);
  else if (GST_EVENT_IS_SERIALIZED (event) && type != GST_EVENT_FLUSH_STOP)
    gst_detect_drain (self);
  if (type == GST_EVENT_EOS)
    gst_detect_forget (self);
  /* The end of one is not that of the next. */
  if ((type == GST_EVENT_STREAM_START || type == GST_EVENT_SEGMENT) &&
      self->left == GST_FLOW_EOS)
    self->left = GST_FLOW_OK;
  gboolean handled = GST_BASE_TRANSFORM_CLASS (gst_detect_parent_class)
                         ->sink_event (trans, event);
  if (type == GST_EVENT_FLUSH_STOP) {
    gst_detect_runner_set_flushing (&self->runner, FALSE);
    gst_detect_forget (self);
    self->left = GST_FLOW_OK;
    gst_detect_lateness_reset (&self->lateness);
  }
  return handled;
}

static gboolean
gst_detect_src_event (GstBaseTransform *trans, GstEvent *event)
{
  GstDetect *self = GST_DETECT (trans);

  if (GST_EVENT_TYPE (event) == GST_EVENT_QOS)
    gst_detect_lateness_take (&self->lateness, event);
  return GST_BASE_TRANSFORM_CLASS (gst_detect_parent_class)
      ->src_event (trans, event);
}

static gboolean
gst_detect_start (GstBaseTransform *trans)
{
  GstDetect *self = GST_DETECT (trans);

  if (!check_model (self))
    return FALSE;
  g_mutex_lock (&self->lock);
  DetModelSpec *spec = g_steal_pointer (&self->spec);
  g_autoptr (DetOptions) options = det_options_copy (self->options);
  self->options_changed = TRUE;
  g_mutex_unlock (&self->lock);
  gst_detect_lateness_reset (&self->lateness);
  gst_detect_forget (self);
  g_mutex_lock (&self->lock);
  gst_detect_stats_reset (&self->stats);
  g_mutex_unlock (&self->lock);
  self->frame_number = 0;
  self->slow_load_told = FALSE;
  self->warned_failing = FALSE;
  self->n_timeouts = 0;
  self->gave_up = FALSE;
  self->left = GST_FLOW_OK;
  gst_detect_runner_set_flushing (&self->runner, FALSE);
  gst_detect_runner_load (&self->runner, spec, options);
  return TRUE;
}

static gboolean
gst_detect_stop (GstBaseTransform *trans)
{
  GstDetect *self = GST_DETECT (trans);

  GST_PAD_STREAM_LOCK (trans->sinkpad);
  gst_detect_releaser_stop (&self->releaser, GST_OBJECT (self));
  GST_PAD_STREAM_UNLOCK (trans->sinkpad);
  gst_detect_runner_close (&self->runner);
  gst_detect_frame_reader_clear (&self->reader);
  gst_detect_forget (self);
  return TRUE;
}

static GstStateChangeReturn
gst_detect_change_state (GstElement *element, GstStateChange transition)
{
  GstDetect *self = GST_DETECT (element);

  if (transition == GST_STATE_CHANGE_NULL_TO_READY && !check_model (self))
    return GST_STATE_CHANGE_FAILURE;
  /* The streaming thread may be waiting for the engine. */
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    gst_detect_runner_set_flushing (&self->runner, TRUE);
  GstStateChangeReturn result = GST_ELEMENT_CLASS (gst_detect_parent_class)
                                    ->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_READY_TO_NULL) {
    gst_detect_runner_unload (&self->runner);
    g_mutex_lock (&self->lock);
    g_clear_pointer (&self->spec, det_model_spec_free);
    g_mutex_unlock (&self->lock);
  }
  return result;
}

/* ---- object ---- */

static void
gst_detect_dispose (GObject *object)
{
  gst_detect_releaser_settle (&GST_DETECT (object)->releaser);
  G_OBJECT_CLASS (gst_detect_parent_class)->dispose (object);
}

static void
gst_detect_finalize (GObject *object)
{
  GstDetect *self = GST_DETECT (object);

  gst_detect_runner_clear (&self->runner);
  gst_detect_releaser_clear (&self->releaser);
  gst_detect_forget (self);
  gst_detect_frame_reader_clear (&self->reader);
  gst_detect_reading_clear (&self->reading);
  gst_overlay_painter_free (self->painter);
  det_model_spec_free (self->spec);
  det_options_free (self->options);
  gst_detect_settings_clear (&self->settings);
  gst_detect_lateness_clear (&self->lateness);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (gst_detect_parent_class)->finalize (object);
}

static void
gst_detect_init (GstDetect *self)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);

  g_mutex_init (&self->lock);
  gst_detect_runner_init (&self->runner);
  gst_detect_releaser_init (&self->releaser);
  self->runner.notify = gst_detect_releaser_wake;
  self->runner.notify_data = &self->releaser;
  self->options = det_options_new ();
  self->painter = gst_overlay_painter_new ();
  gst_detect_pacer_reset (&self->pacer);
  gst_detect_lateness_init (&self->lateness);
  gst_base_transform_set_in_place (trans, TRUE);
  gst_base_transform_set_passthrough (trans, FALSE);
  gst_base_transform_set_qos_enabled (trans, FALSE);
}

static void
gst_detect_class_init (GstDetectClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  object_class->set_property = gst_detect_set_property;
  object_class->get_property = gst_detect_get_property;
  object_class->dispose = gst_detect_dispose;
  object_class->finalize = gst_detect_finalize;
  gst_detect_props_install (object_class);
  /**
   * GstDetect:stats:
   *
   * Counters and times since the start: frames, inferred, skipped, late, errors,
   * timeouts, dropped, objects (uint64), fps, and for each of preprocess, inference, decode and total
   * <stage>-ms-mean, -p50, -p95, -p99 (double), model, engine, decoder (string).
   */
  g_object_class_install_property (object_class, PROP_STATS,
      g_param_spec_boxed ("stats", "stats",
          "Counters and times since the start", GST_TYPE_STRUCTURE,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));

  gst_element_class_set_static_metadata (element_class, "Object detector",
      "Filter/Analyzer/Video",
      "Finds objects in raw video and attaches them as metadata",
      "The detect authors");
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  element_class->change_state = gst_detect_change_state;
  gst_detect_announce_install (element_class);

  trans_class->start = gst_detect_start;
  trans_class->stop = gst_detect_stop;
  trans_class->set_caps = gst_detect_set_caps;
  trans_class->sink_event = gst_detect_sink_event;
  trans_class->src_event = gst_detect_src_event;
  trans_class->query = gst_detect_query;
  trans_class->propose_allocation = gst_detect_propose_allocation;
  trans_class->submit_input_buffer = gst_detect_submit_input_buffer;
  trans_class->generate_output = gst_detect_generate_output;
}
