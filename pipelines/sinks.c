/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sinks.h"

#include "parts.h"
#include "sources.h"

#include <gst/video/video.h>
#include <string.h>

/* Sound waits here while the encoder and the detector hold frames back; were it
 * stopped earlier, a demuxer blocked on it could never bring the frames that all
 * wait for. */
#define SOUND_QUEUE_BYTES (64 * 1024 * 1024)

/* x264enc takes no smaller frames. */
#define LEAST_SIDE 16

/* An encoder with its settings, the parser that fits it to a container, and what
 * makes .mp4 of it; the first of the table that is there is used. */
typedef struct
{
  const char *element;
  const char *description;
  const char *mp4_muxer;
} Encoder;

static const Encoder video_encoders[] = {
  /* Constant quality; the preset leaves the processor to the detector. */
  { "x264enc",
      "x264enc pass=qual quantizer=21 speed-preset=veryfast ! "
      "video/x-h264,profile=high",
      "mp4mux" },
  { "openh264enc", "openh264enc bitrate=4000000 ! h264parse", "mp4mux" },
  /* Large, but it comes with the muxers. avenc_mpeg4 would be smaller; the one of
   * 1.22 gives its frames no times. */
  { "jpegenc", "jpegenc quality=90", "qtmux" },
};
static const Encoder sound_encoders[] = {
  { "fdkaacenc", "fdkaacenc ! aacparse", NULL },
  { "avenc_aac", "avenc_aac ! aacparse", NULL },
  { "voaacenc", "voaacenc ! aacparse", NULL },
  { "opusenc", "opusenc ! opusparse", NULL },
};

static const Encoder *
choose (const Encoder *encoders, gsize n)
{
  for (gsize i = 0; i < n; i++) {
    if (parts_has (encoders[i].element))
      return &encoders[i];
  }
  return NULL;
}

static gboolean
ends_in (const char *path, const char *ending)
{
  gsize length = strlen (path);
  gsize n = strlen (ending);

  return length >= n && g_ascii_strcasecmp (path + length - n, ending) == 0;
}

static void
set_file (GstElement *bin, const char *path)
{
  g_autoptr (GstElement) file = gst_bin_get_by_name (GST_BIN (bin), "file");

  g_object_set (file, "location", path, NULL);
}

GstElement *
sink_null_new (GError **error)
{
  return parts_parse ("fakesink sync=false async=false", error);
}

GstElement *
sink_picture_new (const char *path, const char *target, GError **error)
{
  /* pngenc by itself would add an alpha channel. */
  const char *encoder = ends_in (target, ".png")
      ? "video/x-raw,format={RGB,RGBA,GRAY8} ! pngenc"
      : "jpegenc quality=92";
  g_autofree char *description =
      g_strdup_printf ("videoconvert ! %s ! filesink name=file async=false",
          encoder);
  GstElement *bin = parts_parse (description, error);

  if (bin)
    set_file (bin, path);
  return bin;
}

static const char *
muxer_for (const char *target, const Encoder *encoder)
{
  if (ends_in (target, ".mkv"))
    return "matroskamux";
  return ends_in (target, ".mov") ? "qtmux" : encoder->mp4_muxer;
}

/* What 4:2:0 and the encoders take. */
static int
encodable (int side)
{
  return MAX (side + side % 2, LEAST_SIDE);
}

/* A source that comes back may have others; a muxer takes only one kind. */
static void
keep_colours (GstCaps *caps, const GstCaps *video)
{
  GstVideoInfo info;
  g_autofree char *colours = NULL;

  if (!gst_video_info_from_caps (&info, video) ||
      !GST_VIDEO_INFO_IS_YUV (&info))
    return;
  colours = gst_video_colorimetry_to_string (&info.colorimetry);
  if (colours)
    gst_caps_set_simple (caps, "colorimetry", G_TYPE_STRING, colours, NULL);
}

static void
set_size (GstElement *bin, const GstCaps *video)
{
  g_autoptr (GstElement) box = gst_bin_get_by_name (GST_BIN (bin), "box");
  g_autoptr (GstElement) size = gst_bin_get_by_name (GST_BIN (bin), "size");
  const GstStructure *structure = gst_caps_get_structure (video, 0);
  int width = 0;
  int height = 0;
  int par_n = 1;
  int par_d = 1;

  gst_structure_get_int (structure, "width", &width);
  gst_structure_get_int (structure, "height", &height);
  gst_structure_get_fraction (structure, "pixel-aspect-ratio", &par_n, &par_d);
  g_object_set (box, "right", width - encodable (width), "bottom",
      height - encodable (height), NULL);

  g_autoptr (GstCaps) caps = gst_caps_new_simple ("video/x-raw", "width",
      G_TYPE_INT, encodable (width), "height", G_TYPE_INT, encodable (height),
      "pixel-aspect-ratio", GST_TYPE_FRACTION, par_n, par_d, NULL);
  keep_colours (caps, video);
  g_object_set (size, "caps", caps, NULL);
}

/* The branch that sound takes to the muxer, or NULL when nothing encodes it. */
static char *
describe_sound (const GstCaps *sound)
{
  const char *parser = source_sound_parser (sound);
  const Encoder *encoder =
      choose (sound_encoders, G_N_ELEMENTS (sound_encoders));
  g_autofree char *encode = encoder
      ? g_strdup_printf ("audioconvert ! audioresample ! %s",
            encoder->description)
      : NULL;

  if (!parser && !encode)
    return NULL;
  return g_strdup_printf ("identity name=soundin silent=true ! %s ! queue "
                          "max-size-time=0 "
                          "max-size-buffers=0 max-size-bytes=%d ! mux.",
      parser ? parser : encode, SOUND_QUEUE_BYTES);
}

/* Some decoders give two frames the same time, or none; encoders and muxers break
 * off over that. Such a frame is put just behind the one before. */
static GstPadProbeReturn
space_out (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  GstClockTime *next = data; /* the least time the frame may have */

  if (!GST_BUFFER_PTS_IS_VALID (buffer) || GST_BUFFER_PTS (buffer) < *next) {
    buffer = gst_buffer_make_writable (buffer);
    GST_BUFFER_PTS (buffer) = *next;
    GST_PAD_PROBE_INFO_DATA (info) = buffer;
  }
  *next = GST_BUFFER_PTS (buffer) + GST_MSECOND;
  return GST_PAD_PROBE_OK;
}

static void
space_frames_out (GstElement *bin)
{
  g_autoptr (GstElement) first = gst_bin_get_by_name (GST_BIN (bin), "videoin");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (first, "sink");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, space_out,
      g_new0 (GstClockTime, 1), g_free);
}

/* Loose ends would be named by order; these names say what they are for. */
static void
add_pad (GstElement *bin, const char *element, const char *name)
{
  g_autoptr (GstElement) first = gst_bin_get_by_name (GST_BIN (bin), element);
  g_autoptr (GstPad) pad = first ? gst_element_get_static_pad (first, "sink")
                                 : NULL;

  if (pad)
    gst_element_add_pad (bin, gst_ghost_pad_new (name, pad));
}

GstElement *
sink_video_new (const char *path, const char *target, const GstCaps *video,
    const GstCaps *sound, GError **error)
{
  const Encoder *encoder =
      choose (video_encoders, G_N_ELEMENTS (video_encoders));
  g_autofree char *sound_branch = sound ? describe_sound (sound) : NULL;

  if (!encoder) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "no video encoder is there; install gstreamer1.0-plugins-ugly "
        "(x264enc) or gstreamer1.0-plugins-good (jpegenc)");
    return NULL;
  }

  /* The queue lets the encoder work while the next frame is looked at. */
  g_autofree char *description =
      g_strdup_printf ("%s name=mux ! filesink name=file async=false "
                       "queue name=videoin max-size-buffers=3 max-size-bytes=0 "
                       "max-size-time=0 "
                       "! videoconvert ! video/x-raw,format=I420 ! videobox "
                       "name=box ! "
                       "videoscale ! capsfilter name=size ! %s ! mux. %s",
          muxer_for (target, encoder), encoder->description,
          sound_branch ? sound_branch : "");
  GstElement *bin = gst_parse_bin_from_description_full (description, FALSE,
      NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  if (!bin)
    return NULL;
  set_file (bin, path);
  set_size (bin, video);
  space_frames_out (bin);
  add_pad (bin, "videoin", "sink");
  add_pad (bin, "soundin", "sound");
  return bin;
}

/* autovideosink tries every sink there is. That of DirectFB ends the program where
 * there is no framebuffer, and those of Wayland write to standard error where
 * there is no compositor. */
static void
pass_over_hopeless_windows (void)
{
  static const char *const wayland[] = { "waylandsink", "gtkwaylandsink" };
  GstRegistry *registry = gst_registry_get ();
  g_autoptr (GstPluginFeature)
      directfb = gst_registry_lookup_feature (registry, "dfbvideosink");

  if (directfb)
    gst_plugin_feature_set_rank (directfb, GST_RANK_NONE);
  if (g_getenv ("WAYLAND_DISPLAY"))
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (wayland); i++) {
    g_autoptr (GstPluginFeature)
        sink = gst_registry_lookup_feature (registry, wayland[i]);

    if (sink)
      gst_plugin_feature_set_rank (sink, GST_RANK_NONE);
  }
}

GstElement *
sink_window_new (gboolean real_time, GError **error)
{
  pass_over_hopeless_windows ();
  return parts_parse (real_time
          ? "queue max-size-buffers=3 ! videoconvert ! videoscale ! "
            "autovideosink name=window"
          : "queue max-size-buffers=3 ! videoconvert ! videoscale ! "
            "autovideosink name=window sync=false",
      error);
}

gboolean
sink_window_check (GError **error)
{
  g_autoptr (GstElement) bin = sink_window_new (FALSE, error);
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstMessage *message;
  gboolean works;

  if (!bin)
    return FALSE;
  gst_object_ref_sink (bin);
  gst_element_set_bus (bin, bus);
  works =
      gst_element_set_state (bin, GST_STATE_READY) != GST_STATE_CHANGE_FAILURE;
  /* Where no sink works autovideosink takes a fake one, and says so in a
   * warning. */
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR);
  gst_element_set_state (bin, GST_STATE_NULL);
  gst_element_set_bus (bin, NULL);
  if (works && !message)
    return TRUE;
  g_clear_pointer (&message, gst_message_unref);
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE,
      "--show: no window can be opened; set DISPLAY or WAYLAND_DISPLAY, or use "
      "--output instead");
  return FALSE;
}
