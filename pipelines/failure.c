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

/* "Internal data stream error." and its kind say nothing; the last line of the
 * debug text then does. */
static const char *
find_reason (const GError *error, const char *debug)
{
  gboolean vague =
      g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED);
  const char *last = debug ? strrchr (debug, '\n') : NULL;

  return vague && last && last[1] != '\0' ? last + 1 : error->message;
}

GError *
failure_from_message (GstMessage *message, const char *missing)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *debug = NULL;

  gst_message_parse_error (message, &error, &debug);
  if (missing)
    return g_error_new (error->domain, error->code,
        "%s is missing; install the GStreamer plugin that has it", missing);

  g_autofree char *reason = g_strdup (find_reason (error, debug));
  gsize length = strlen (reason);
  if (length > 0 && reason[length - 1] == '.')
    reason[length - 1] = '\0';
  return g_error_new (error->domain, error->code, "%s; %s", reason,
      find_step (error));
}

GError *
failure_from_own_message (GstMessage *message)
{
  GError *error = NULL;

  gst_message_parse_error (message, &error, NULL);
  return error;
}
