/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-detectoverlay
 * @title: detectoverlay
 * @short_description: draws what metadata tells of, and blurs what must not be seen
 *
 * Draws the objects that the frame's metadata tells of: #GstDetectMeta, else
 * GstAnalyticsRelationMeta, else #GstVideoRegionOfInterestMeta. Frames on which
 * nothing is drawn pass as they are.
 *
 * |[
 * gst-launch-1.0 filesrc location=walk.avi ! decodebin ! detect ! detectoverlay ! videoconvert ! autovideosink
 * ]|
 * Faces that nobody is to recognise:
 * |[
 * gst-launch-1.0 v4l2src ! detect model=face.onnx policy=sync ! detectoverlay blur-classes=* hide-classes=* ! videoconvert ! autovideosink
 * ]|
 */

#include "gstdetectoverlay.h"

#include "detectionreader.h"
#include "framemap.h"
#include "overlaybitmap.h"
#include "overlaymosaic.h"
#include "overlayoptions.h"

GST_DEBUG_CATEGORY_STATIC (gst_detect_overlay_debug);
#define GST_CAT_DEFAULT gst_detect_overlay_debug

struct _GstDetectOverlay
{
  GstBaseTransform parent;

  GMutex lock; /* guards what follows; no other is taken with it */
  GstOverlayOptions *options; /* as the properties were set */
  gboolean changed;           /* since the streaming thread last looked */

  /* The streaming thread's. */
  GstOverlaySettings settings;
  GstVideoInfo info;
  GstOverlayPainter *painter;
  GstOverlayMosaic mosaic;
  GstDetectReading reading; /* of the frame at hand */
};

G_DEFINE_FINAL_TYPE_WITH_CODE (GstDetectOverlay, gst_detect_overlay,
    GST_TYPE_BASE_TRANSFORM,
    GST_DEBUG_CATEGORY_INIT (gst_detect_overlay_debug, "detectoverlay", 0,
        "drawing of detections"))
GST_ELEMENT_REGISTER_DEFINE (detectoverlay, "detectoverlay", GST_RANK_NONE,
    GST_TYPE_DETECT_OVERLAY)

/* ---- options ---- */

static void
gst_detect_overlay_set_property (GObject *object, guint prop_id,
    const GValue *value, GParamSpec *pspec)
{
  GstDetectOverlay *self = GST_DETECT_OVERLAY (object);

  g_mutex_lock (&self->lock);
  if (!gst_overlay_options_set (self->options, prop_id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  self->changed = TRUE;
  g_mutex_unlock (&self->lock);
}

static void
gst_detect_overlay_get_property (GObject *object, guint prop_id, GValue *value,
    GParamSpec *pspec)
{
  GstDetectOverlay *self = GST_DETECT_OVERLAY (object);

  g_mutex_lock (&self->lock);
  if (!gst_overlay_options_get (self->options, prop_id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  g_mutex_unlock (&self->lock);
}

static gboolean
update_options (GstDetectOverlay *self, GError **error)
{
  gboolean ok = TRUE;

  g_mutex_lock (&self->lock);
  if (self->changed)
    ok = gst_overlay_options_resolve (self->options, &self->settings, error);
  self->changed = FALSE;
  g_mutex_unlock (&self->lock);
  return ok;
}

/* ---- frames ---- */

static gboolean
draws_anything (const GstDetectOverlay *self)
{
  const GstOverlayStyle *style = &self->settings.style;

  return !style->no_boxes || !style->no_landmarks || style->labels;
}

static gboolean
is_marked (const GstDetectOverlay *self)
{
  for (guint i = 0; i < self->reading.n_objects; i++) {
    const GstDetectObject *object = &self->reading.objects[i].object;

    if (gst_overlay_rules_blurs (&self->settings.rules, object) ||
        (draws_anything (self) &&
            gst_overlay_rules_shows (&self->settings.rules, object)))
      return TRUE;
  }
  return FALSE;
}

/* Reads what is to be drawn. Nothing: the frame goes on as it came. Something: the
 * frame's memory is copied when it is written to, and only if others hold it. */
static GstFlowReturn
gst_detect_overlay_prepare_output_buffer (GstBaseTransform *trans,
    GstBuffer *input, GstBuffer **output)
{
  GstDetectOverlay *self = GST_DETECT_OVERLAY (trans);
  g_autoptr (GError) error = NULL;

  /* At the start it was an error; now what was valid before stays. */
  if (!update_options (self, &error))
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS, ("%s", error->message),
        ("the value set before stays in use"));
  gst_detect_reading_take (&self->reading, input, &self->info);
  if (!is_marked (self))
    self->reading.n_objects = 0;
  if (self->reading.n_objects == 0 || gst_buffer_is_writable (input))
    *output = input;
  else
    *output = gst_buffer_copy (input);
  return *output ? GST_FLOW_OK : GST_FLOW_ERROR;
}

/* Detectors, and people, still know a small face by a few tiles and what is around
 * them, so tiles are no smaller than this part of the frame's longer side. */
#define LEAST_TILE 40

/* The side that divides the longer side of the area by blur-tiles. */
static gint
choose_tile (const GstDetectOverlay *self, const GstVideoRectangle *area)
{
  gint frame = MAX (GST_VIDEO_INFO_WIDTH (&self->info),
      GST_VIDEO_INFO_HEIGHT (&self->info));
  gint least = frame / LEAST_TILE;
  gint side = MAX (area->w, area->h) / self->settings.blur_tiles;
  gint grid_x;
  gint grid_y;

  gst_overlay_bitmap_get_grid (&self->info, &grid_x, &grid_y);
  gint grid = MAX (grid_x, grid_y); /* both are powers of two */
  return MAX ((MAX (side, least) + grid - 1) / grid, 1) * grid;
}

static void
blur (GstDetectOverlay *self, GstVideoFrame *frame,
    const GstDetectObject *object)
{
  GstVideoRectangle area;

  if (!gst_overlay_painter_locate (self->painter, object,
          self->settings.blur_margin, &area))
    return;
  switch (self->settings.blur_mode) {
    case GST_OVERLAY_BLUR_PIXELATE:
      gst_overlay_mosaic_draw (&self->mosaic, frame, &area,
          choose_tile (self, &area));
      break;
    case GST_OVERLAY_BLUR_FILL:
      gst_overlay_painter_fill (self->painter, frame, &area,
          self->settings.fill_color);
      break;
  }
}

/* First all that is blurred, so that nothing drawn is lost under it; then the best
 * last, so that it lies on top. */
static void
paint (GstDetectOverlay *self, GstVideoFrame *frame)
{
  const GstDetectReading *reading = &self->reading;

  gst_overlay_painter_begin (self->painter, frame, &self->settings.style);
  for (guint i = 0; i < reading->n_objects; i++) {
    const GstDetectObject *object = &reading->objects[i].object;

    if (gst_overlay_rules_blurs (&self->settings.rules, object))
      blur (self, frame, object);
  }
  for (guint i = reading->n_objects; i > 0; i--) {
    const GstDetectObject *object = &reading->objects[i - 1].object;

    if (gst_overlay_rules_shows (&self->settings.rules, object))
      gst_overlay_painter_draw (self->painter, frame, &self->settings.style,
          object, gst_overlay_rules_get_color (&self->settings.rules, object));
  }
}

/* A frame that cannot be drawn on is an error and no warning: it may show what was to
 * be blurred. */
static GstFlowReturn
gst_detect_overlay_transform_ip (GstBaseTransform *trans, GstBuffer *buffer)
{
  GstDetectOverlay *self = GST_DETECT_OVERLAY (trans);
  GstVideoFrame frame;

  if (self->reading.n_objects == 0)
    return GST_FLOW_OK;
  if (!gst_detect_frame_map (&frame, &self->info, buffer, GST_MAP_READWRITE)) {
    GST_ELEMENT_ERROR (self, RESOURCE, WRITE,
        ("A frame of %" G_GSIZE_FORMAT " bytes cannot be drawn on as the %dx%d "
         "%s its caps promise; put videoconvert before detectoverlay",
            gst_buffer_get_size (buffer), GST_VIDEO_INFO_WIDTH (&self->info),
            GST_VIDEO_INFO_HEIGHT (&self->info),
            gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (&self->info))),
        ("the frame does not fit its memory"));
    return GST_FLOW_ERROR;
  }
  paint (self, &frame);
  gst_video_frame_unmap (&frame);
  return GST_FLOW_OK;
}

/* ---- stream ---- */

static gboolean
gst_detect_overlay_set_caps (GstBaseTransform *trans, GstCaps *in, GstCaps *out)
{
  GstDetectOverlay *self = GST_DETECT_OVERLAY (trans);

  if (gst_video_info_from_caps (&self->info, in))
    return TRUE;
  GST_WARNING_OBJECT (self, "caps are not raw video: %" GST_PTR_FORMAT, in);
  return FALSE;
}

/* The frames that come in are those that go out, so whoever is downstream decides
 * where they are allocated. */
static gboolean
gst_detect_overlay_propose_allocation (GstBaseTransform *trans,
    GstQuery *decide_query, GstQuery *query)
{
  return gst_pad_peer_query (trans->srcpad, query);
}

static gboolean
gst_detect_overlay_start (GstBaseTransform *trans)
{
  GstDetectOverlay *self = GST_DETECT_OVERLAY (trans);
  g_autoptr (GError) error = NULL;

  g_mutex_lock (&self->lock);
  self->changed = TRUE;
  g_mutex_unlock (&self->lock);
  if (update_options (self, &error))
    return TRUE;
  GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, ("%s", error->message), (NULL));
  return FALSE;
}

static gboolean
gst_detect_overlay_stop (GstBaseTransform *trans)
{
  gst_detect_reading_clear (&GST_DETECT_OVERLAY (trans)->reading);
  return TRUE;
}

/* ---- object ---- */

static void
gst_detect_overlay_finalize (GObject *object)
{
  GstDetectOverlay *self = GST_DETECT_OVERLAY (object);

  gst_overlay_options_free (self->options);
  gst_overlay_settings_clear (&self->settings);
  gst_overlay_painter_free (self->painter);
  gst_overlay_mosaic_clear (&self->mosaic);
  gst_detect_reading_clear (&self->reading);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (gst_detect_overlay_parent_class)->finalize (object);
}

static void
gst_detect_overlay_init (GstDetectOverlay *self)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);

  g_mutex_init (&self->lock);
  self->options = gst_overlay_options_new ();
  self->painter = gst_overlay_painter_new ();
  gst_base_transform_set_in_place (trans, TRUE);
  gst_base_transform_set_qos_enabled (trans, FALSE);
}

/* Formats that are not made of whole bytes a pixel cannot be drawn on, so they are
 * not taken. */
static GstCaps *
make_caps (void)
{
  GValue names = G_VALUE_INIT;
  guint n_formats = 0;
  const GstVideoFormat *formats = gst_video_formats_raw (&n_formats);

  g_value_init (&names, GST_TYPE_LIST);
  for (guint i = 0; i < n_formats; i++) {
    GValue name = G_VALUE_INIT;

    if (!gst_overlay_painter_can_paint (formats[i]))
      continue;
    g_value_init (&name, G_TYPE_STRING);
    g_value_set_string (&name, gst_video_format_to_string (formats[i]));
    gst_value_list_append_and_take_value (&names, &name);
  }
  GstCaps *caps = gst_caps_from_string (
      GST_VIDEO_CAPS_MAKE ("{ I420 }") "; " GST_VIDEO_CAPS_MAKE_WITH_FEATURES (
          GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION, "{ I420 }"));
  gst_caps_set_value (caps, "format", &names);
  g_value_unset (&names);
  return caps;
}

static void
add_pad (GstElementClass *klass, const gchar *name, GstPadDirection direction)
{
  g_autoptr (GstCaps) caps = make_caps ();

  gst_element_class_add_pad_template (klass,
      gst_pad_template_new (name, direction, GST_PAD_ALWAYS, caps));
}

static void
gst_detect_overlay_class_init (GstDetectOverlayClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  object_class->set_property = gst_detect_overlay_set_property;
  object_class->get_property = gst_detect_overlay_get_property;
  object_class->finalize = gst_detect_overlay_finalize;
  gst_overlay_options_install (object_class);

  gst_element_class_set_static_metadata (element_class, "Detection overlay",
      "Filter/Editor/Video",
      "Draws the objects that metadata tells of, and blurs what must not be "
      "seen",
      "The detect authors");
  add_pad (element_class, "sink", GST_PAD_SINK);
  add_pad (element_class, "src", GST_PAD_SRC);

  trans_class->start = gst_detect_overlay_start;
  trans_class->stop = gst_detect_overlay_stop;
  trans_class->set_caps = gst_detect_overlay_set_caps;
  trans_class->propose_allocation = gst_detect_overlay_propose_allocation;
  trans_class->prepare_output_buffer = gst_detect_overlay_prepare_output_buffer;
  trans_class->transform_ip = gst_detect_overlay_transform_ip;
}
