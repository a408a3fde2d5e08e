/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "assembly.h"

#include "failure.h"
#include "parts.h"
#include "sinks.h"
#include "targets.h"

#include <gst/video/video.h>

/* Decoding goes on while the detector looks at a frame. */
#define QUEUE "queue max-size-buffers=3 max-size-bytes=0 max-size-time=0"

/* What the tags that came along say; a stream's own tags count before the file's,
 * and come later. */
static GstVideoOrientationMethod
find_orientation (GstPad *pad)
{
  GstVideoOrientationMethod orientation = GST_VIDEO_ORIENTATION_IDENTITY;
  GstEvent *event;

  for (guint i = 0; (event = gst_pad_get_sticky_event (pad, GST_EVENT_TAG, i));
       i++) {
    GstTagList *tags;

    gst_event_parse_tag (event, &tags);
    gst_video_orientation_from_tag (tags, &orientation);
    gst_event_unref (event);
  }
  return orientation;
}

static gboolean
swaps_sides (GstVideoOrientationMethod orientation)
{
  return orientation == GST_VIDEO_ORIENTATION_90R ||
      orientation == GST_VIDEO_ORIENTATION_90L ||
      orientation == GST_VIDEO_ORIENTATION_UL_LR ||
      orientation == GST_VIDEO_ORIENTATION_UR_LL;
}

/* The frames lie right after the turn, so the tag that says how to turn them must
 * not reach a muxer. */
static GstPadProbeReturn
drop_orientation (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  GstTagList *tags;

  if (GST_EVENT_TYPE (event) != GST_EVENT_TAG)
    return GST_PAD_PROBE_OK;
  gst_event_parse_tag (event, &tags);
  if (gst_tag_list_get_tag_size (tags, GST_TAG_IMAGE_ORIENTATION) > 0) {
    GstTagList *others = gst_tag_list_copy (tags);

    gst_tag_list_remove_tag (others, GST_TAG_IMAGE_ORIENTATION);
    GST_PAD_PROBE_INFO_DATA (info) = gst_event_new_tag (others);
    gst_event_unref (event);
  }
  return GST_PAD_PROBE_OK;
}

/* The turn is set from the start: left to itself videoflip would announce the
 * size before and after, and encoders take only one. */
static GstElement *
head_new (GstVideoOrientationMethod orientation, GError **error)
{
  if (orientation == GST_VIDEO_ORIENTATION_IDENTITY)
    return parts_parse (QUEUE, error);

  GstElement *head =
      parts_parse ("videoconvert ! videoflip name=flip ! " QUEUE, error);
  if (!head)
    return NULL;
  g_autoptr (GstElement) flip = gst_bin_get_by_name (GST_BIN (head), "flip");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (flip, "src");
  g_object_set (flip, "video-direction", orientation, NULL);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, drop_orientation,
      NULL, NULL);
  return head;
}

/* The caps of the frames as they leave the head. */
static GstCaps *
turned_caps (GstPad *video, GstVideoOrientationMethod orientation)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (video);
  GstCaps *turned = gst_caps_copy (caps);
  GstStructure *structure = gst_caps_get_structure (turned, 0);
  int width;
  int height;
  int par_n;
  int par_d;

  if (!swaps_sides (orientation))
    return turned;
  if (gst_structure_get_int (structure, "width", &width) &&
      gst_structure_get_int (structure, "height", &height))
    gst_structure_set (structure, "width", G_TYPE_INT, height, "height",
        G_TYPE_INT, width, NULL);
  if (gst_structure_get_fraction (structure, "pixel-aspect-ratio", &par_n,
          &par_d) &&
      par_n > 0)
    gst_structure_set (structure, "pixel-aspect-ratio", GST_TYPE_FRACTION,
        par_d, par_n, NULL);
  return turned;
}

static GstElement *
writer_new (const AssemblySpec *spec, const GstCaps *video, GstPad *sound,
    GError **error)
{
  g_autoptr (GstCaps) sound_caps = NULL;

  if (target_is_picture (spec->target))
    return sink_picture_new (spec->path, spec->target, error);
  if (sound) {
    sound_caps = gst_pad_get_current_caps (sound);
    if (!sound_caps)
      sound_caps = gst_pad_query_caps (sound, NULL);
  }
  return sink_video_new (spec->path, spec->target, video, sound_caps, error);
}

static gboolean
add (GstElement *pipeline, GstElement *element)
{
  return element && gst_bin_add (GST_BIN (pipeline), element);
}

/* The file, the window, both behind a tee, or neither; @last is what the detector
 * is linked to. */
static gboolean
add_sinks (Assembly *assembly, GstElement *pipeline, const AssemblySpec *spec,
    GstElement **last, GError **error)
{
  if (assembly->writer && !add (pipeline, assembly->writer))
    return FALSE;
  if (spec->show) {
    assembly->window = sink_window_new (spec->real_time, error);
    if (!add (pipeline, assembly->window))
      return FALSE;
  }
  if (assembly->writer && assembly->window) {
    *last = gst_element_factory_make ("tee", NULL);
    return add (pipeline, *last) &&
        gst_element_link (*last, assembly->writer) &&
        gst_element_link (*last, assembly->window);
  }
  *last = assembly->writer ? assembly->writer : assembly->window;
  if (*last)
    return TRUE;
  *last = sink_null_new (error);
  return add (pipeline, *last);
}

static gboolean
link_source (const Assembly *assembly, GstElement *head, GstPad *video,
    GstPad *sound)
{
  g_autoptr (GstPad) head_pad = gst_element_get_static_pad (head, "sink");
  g_autoptr (GstPad) sound_pad = assembly->writer
      ? gst_element_get_static_pad (assembly->writer, "sound")
      : NULL;

  if (sound && sound_pad &&
      GST_PAD_LINK_FAILED (gst_pad_link (sound, sound_pad)))
    return FALSE;
  return !GST_PAD_LINK_FAILED (gst_pad_link (video, head_pad));
}

static gboolean
fail (GError **error)
{
  if (error && !*error)
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_PAD,
        "the elements cannot be linked; run again with --gst-debug=3 to see "
        "why");
  return FALSE;
}

/* What does not start is left alone from then on: the rest could not be stopped if it
 * were to be started again on the way down. It has said on the bus what is wrong. */
static gboolean
start (GstElement *part, GstElement *pipeline, GError **error)
{
  if (gst_element_sync_state_with_parent (part))
    return TRUE;
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage)
      message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  gst_element_set_locked_state (part, TRUE);
  gst_element_set_state (part, GST_STATE_NULL);
  if (message)
    g_propagate_error (error, failure_from_message (message));
  return FALSE;
}

gboolean
assembly_build (Assembly *assembly, GstElement *pipeline,
    const AssemblySpec *spec, GstPad *video, GstPad *sound, GError **error)
{
  GstVideoOrientationMethod orientation = find_orientation (video);
  g_autoptr (GstCaps) caps = turned_caps (video, orientation);
  GstElement *head = head_new (orientation, error);
  GstElement *last;

  *assembly = (Assembly){ NULL, NULL };
  if (!add (pipeline, head))
    return fail (error);
  if (spec->target) {
    assembly->writer = writer_new (spec, caps, sound, error);
    if (!assembly->writer)
      return fail (error);
  }
  if (!add_sinks (assembly, pipeline, spec, &last, error) ||
      !gst_element_link (head, spec->detect) ||
      !gst_element_link (spec->detect, last))
    return fail (error);

  /* From the end on, so that nothing flows into what does not run yet. */
  GstElement *const parts[] = { assembly->writer, assembly->window, last,
    spec->detect, head };
  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++) {
    if (parts[i] && !start (parts[i], pipeline, error))
      return fail (error);
  }
  return link_source (assembly, head, video, sound) ? TRUE : fail (error);
}
