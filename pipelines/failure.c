/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "failure.h"

#include <string.h>

#define ANY (-1)

typedef struct
{
  GQuark (*domain) (void);
  int code;
  const char *step;
} Step;

static const char install[] =
    "install the GStreamer plugins that read it, for instance "
    "gstreamer1.0-libav and gstreamer1.0-plugins-bad";
static const char damaged[] =
    "the file may be damaged: copy it again, or convert it";

/* The first row that fits counts. */
static const Step steps[] = {
  { gst_stream_error_quark, GST_STREAM_ERROR_TYPE_NOT_FOUND,
      "name a picture or a video" },
  { gst_stream_error_quark, GST_STREAM_ERROR_WRONG_TYPE,
      "name a picture or a video" },
  { gst_stream_error_quark, GST_STREAM_ERROR_CODEC_NOT_FOUND, install },
  { gst_stream_error_quark, GST_STREAM_ERROR_DECRYPT,
      "it is encrypted: name a copy that is not" },
  { gst_stream_error_quark, GST_STREAM_ERROR_ENCODE,
      "write another kind of file, or allow it more memory" },
  { gst_stream_error_quark, ANY, damaged },
  { gst_core_error_quark, GST_CORE_ERROR_MISSING_PLUGIN, install },
  { gst_resource_error_quark, GST_RESOURCE_ERROR_NOT_FOUND,
      "check the name or the address" },
  { gst_resource_error_quark, GST_RESOURCE_ERROR_NOT_AUTHORIZED,
      "check user and password" },
  { gst_resource_error_quark, GST_RESOURCE_ERROR_NO_SPACE_LEFT,
      "make room, or write to another disk" },
  { gst_resource_error_quark, GST_RESOURCE_ERROR_OPEN_WRITE,
      "check that the folder may be written to" },
  { gst_resource_error_quark, GST_RESOURCE_ERROR_WRITE,
      "check the disk and the folder" },
  { gst_resource_error_quark, GST_RESOURCE_ERROR_OPEN_READ,
      "check that it is there and may be read" },
  { gst_resource_error_quark, ANY, "check that it can be reached" },
};

static const char *
find_step (const GError *error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++) {
    if (error->domain == steps[i].domain () &&
        (steps[i].code == ANY || steps[i].code == error->code))
      return steps[i].step;
  }
  return "run again with --gst-debug=3 to see more";
}

/* "Internal data stream error." */
static gboolean
is_vague (const GError *error)
{
  return g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED);
}

/* Where the message says nothing the last line of the debug text does. */
static char *
find_reason (const GError *error, const char *debug)
{
  const char *last = debug ? strrchr (debug, '\n') : NULL;
  char *reason =
      g_strdup (is_vague (error) && last && last[1] != '\0' ? last + 1
                                                            : error->message);

  if (g_str_has_suffix (reason, "."))
    reason[strlen (reason) - 1] = '\0';
  return reason;
}

GError *
failure_from_message (GstMessage *message)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *debug = NULL;

  gst_message_parse_error (message, &error, &debug);
  g_autofree char *reason = find_reason (error, debug);
  return g_error_new (error->domain, error->code, "%s; %s", reason,
      find_step (error));
}

GError *
failure_from_source (GstMessage *message, gboolean remote, const char *missing)
{
  g_autoptr (GError) error = NULL;

  gst_message_parse_error (message, &error, NULL);
  if (missing)
    return g_error_new (error->domain, error->code,
        "%s is missing; install the GStreamer plugin that has it", missing);
  /* An HTTP source does not say why it could not connect. */
  if (remote && is_vague (error))
    return g_error_new (error->domain, error->code,
        "nothing came from it; check the address, and that the server answers");
  return failure_from_message (message);
}

GError *
failure_without_video (const char *missing)
{
  if (missing)
    return g_error_new (GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "nothing here decodes its video: %s is missing; install the "
        "GStreamer plugin that has it, for instance gstreamer1.0-libav",
        missing);
  return g_error_new (GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE,
      "there is no video in it; name a picture or a video");
}

GError *
failure_from_own_message (GstMessage *message)
{
  GError *error = NULL;

  gst_message_parse_error (message, &error, NULL);
  return error;
}
