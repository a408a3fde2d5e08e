/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sources.h"

#include "parts.h"

#include <string.h>

/* What an URI source is followed by; NULL is uridecodebin, which finds out
 * itself. It puts no jpegparse before jpegdec, so the orientation would be lost;
 * but jpegparse drops a picture whose end is missing. gdkpixbufdec reads CMYK
 * JPEGs, BMP and TIFF, and what there is of a damaged PNG. */
static const char *const jpeg_ways[] = { "jpegparse ! jpegdec", "jpegdec",
  "jpegparse ! gdkpixbufdec", "gdkpixbufdec" };
static const char *const picture_ways[] = { NULL, "gdkpixbufdec" };
static const char *const stream_ways[] = { NULL };

/* Sound that goes into a file as it is, and what has to prepare it. */
typedef struct
{
  const char *caps;
  const char *parser;
} Sound;

static const Sound kept_sounds[] = {
  { "audio/mpeg,mpegversion=4", "aacparse" },
  { "audio/mpeg,mpegversion=1,layer=3", "mpegaudioparse" },
  { "audio/x-opus", "opusparse" },
};

static const char *const *
find_ways (InputKind kind, guint *n)
{
  switch (kind) {
    case INPUT_JPEG:
      *n = G_N_ELEMENTS (jpeg_ways);
      return jpeg_ways;
    case INPUT_PICTURE:
      *n = G_N_ELEMENTS (picture_ways);
      return picture_ways;
    case INPUT_STREAM:
      *n = G_N_ELEMENTS (stream_ways);
      return stream_ways;
  }
  *n = 0;
  return NULL;
}

guint
sources_count (InputKind kind)
{
  guint n;

  find_ways (kind, &n);
  return n;
}

const char *
source_sound_parser (const GstCaps *caps)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kept_sounds); i++) {
    g_autoptr (GstCaps) kept = gst_caps_from_string (kept_sounds[i].caps);

    if (gst_caps_can_intersect (caps, kept) &&
        parts_has (kept_sounds[i].parser))
      return kept_sounds[i].parser;
  }
  return NULL;
}

static gboolean
decode_all_but_text (GstElement *decodebin, GstPad *pad, GstCaps *caps)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  const char *type = structure ? gst_structure_get_name (structure) : "";

  return !g_str_has_prefix (type, "text/") &&
      !g_str_has_prefix (type, "subpicture/");
}

/* Whether uridecodebin should go on with a stream or give it out as it is. What
 * is not wanted is given out, which costs nothing, unlike decoding it. */
static gboolean
decode_video_only (GstElement *decodebin, GstPad *pad, GstCaps *caps)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);

  return decode_all_but_text (decodebin, pad, caps) &&
      !(structure &&
          g_str_has_prefix (gst_structure_get_name (structure), "audio/"));
}

static gboolean
decode_what_cannot_be_kept (GstElement *decodebin, GstPad *pad, GstCaps *caps)
{
  return decode_all_but_text (decodebin, pad, caps) &&
      !source_sound_parser (caps);
}

GstElement *
source_decodebin_new (const char *uri, gboolean keep_sound, GError **error)
{
  GstElement *decodebin =
      gst_element_factory_make_full ("uridecodebin", "uri", uri, NULL);

  if (!decodebin) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "GStreamer's uridecodebin is missing; install "
        "gstreamer1.0-plugins-base");
    return NULL;
  }
  g_signal_connect (decodebin, "autoplug-continue",
      keep_sound ? G_CALLBACK (decode_what_cannot_be_kept)
                 : G_CALLBACK (decode_video_only),
      NULL);
  return decodebin;
}

/* Reads the URI and hands it to a chain of decoding elements. */
static GstElement *
chain_new (const Input *input, const char *description, GError **error)
{
  GstElement *reader =
      gst_element_make_from_uri (GST_URI_SRC, input->uri, NULL, error);

  if (!reader)
    return NULL;
  GstElement *decoder = parts_parse (description, error);
  if (!decoder) {
    gst_object_unref (gst_object_ref_sink (reader));
    return NULL;
  }

  GstElement *bin = gst_bin_new (NULL);
  gst_bin_add_many (GST_BIN (bin), reader, decoder, NULL);
  /* A picture is read at once, not in blocks of a page. */
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (reader), "blocksize"))
    g_object_set (reader, "blocksize", 1 << 20, NULL);
  gst_element_link (reader, decoder);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (decoder, "src");
  gst_element_add_pad (bin, gst_ghost_pad_new ("src", pad));
  return bin;
}

GstElement *
source_new (const Input *input, guint way, gboolean keep_sound, GError **error)
{
  guint n;
  const char *const *ways = find_ways (input->kind, &n);

  g_return_val_if_fail (way < n, NULL);
  return ways[way] ? chain_new (input, ways[way], error)
                   : source_decodebin_new (input->uri, keep_sound, error);
}
