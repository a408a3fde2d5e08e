/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "encoders.h"

#include "parts.h"

#include <string.h>

#define H264_PAY "h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1"
#define H265_PAY "h265parse ! rtph265pay name=pay0 pt=96 config-interval=-1"

/* The first of a codec that is there is used; `auto` is the first of all. A key
 * frame comes every 50 frames, so that who joins late does not wait long. */
typedef struct
{
  const char *codec;
  const char *element;
  const char *settings; /* may hold a %d for the bit rate */
  int bits;             /* how many the bit rate counts in */
  const char *payloader;
} Encoder;

static const Encoder encoders[] = {
  { "h264", "x264enc",
      "tune=zerolatency speed-preset=ultrafast key-int-max=50 bitrate=%d ! "
      "video/x-h264,profile=constrained-baseline",
      1000, H264_PAY },
  { "h264", "vah264enc", "key-int-max=50 b-frames=0 bitrate=%d", 1000,
      H264_PAY },
  { "h264", "openh264enc", "complexity=low gop-size=50 bitrate=%d", 1,
      H264_PAY },
  { "h264", "v4l2h264enc", "", 1, H264_PAY },
  { "jpeg", "jpegenc", "quality=80", 1, "rtpjpegpay name=pay0 pt=26" },
  { "h265", "x265enc",
      "tune=zerolatency speed-preset=ultrafast key-int-max=50 bitrate=%d", 1000,
      H265_PAY },
  { "h265", "vah265enc", "key-int-max=50 b-frames=0 bitrate=%d", 1000,
      H265_PAY },
  { "h265", "v4l2h265enc", "", 1, H265_PAY },
};

static const char *const words[] = { "auto", "h264", "h265", "jpeg", NULL };

const char *const *
encoder_words (void)
{
  return words;
}

static const Encoder *
choose (const char *codec)
{
  gboolean any = strcmp (codec, words[0]) == 0;

  for (gsize i = 0; i < G_N_ELEMENTS (encoders); i++) {
    if ((any || strcmp (encoders[i].codec, codec) == 0) &&
        parts_has (encoders[i].element))
      return &encoders[i];
  }
  return NULL;
}

static char *
describe_settings (const Encoder *encoder, int kbits)
{
  g_auto (GStrv) parts = g_strsplit (encoder->settings, "%d", 2);

  if (g_strv_length (parts) < 2)
    return g_strdup (encoder->settings);
  return g_strdup_printf ("%s%d%s", parts[0], kbits * 1000 / encoder->bits,
      parts[1]);
}

char *
encoder_describe (const char *codec, int kbits, GError **error)
{
  const Encoder *encoder = choose (codec);

  if (!encoder) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "no encoder for %s is there; install gstreamer1.0-plugins-ugly "
        "(H.264), "
        "gstreamer1.0-plugins-bad (H.265) or gstreamer1.0-plugins-good (JPEG)",
        codec);
    return NULL;
  }
  g_autofree char *settings = describe_settings (encoder, kbits);
  return g_strdup_printf ("%s %s ! %s", encoder->element, settings,
      encoder->payloader);
}
