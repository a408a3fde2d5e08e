/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "remote.h"

#include "detector.h"
#include "importrecord.h"
#include "optionflags.h"
#include "parts.h"
#include "secret.h"
#include "server/jpeg.h"

#include <gst/video/video.h>
#include <libsoup/soup.h>
#include <string.h>

/* As the old clients did it. */
#define QUALITY 95
#define TIMEOUT 60 /* seconds without a byte from the server */
/* A server that is busy is asked again. */
#define BUSY_TRIES 100
#define BUSY_MS 100

typedef struct
{
  GstElement *bin; /* not owned: it owns this */
  char *url;
  char *token;

  /* The streaming thread's, which is another one for each input. */
  GThread *thread;
  SoupSession *session;
  GstImportParser *parser;
  GstVideoInfo info; /* of the frames */
  GstVideoInfo sent_info;
  GstVideoConverter *converter; /* from the one to the other */
  guint64 n_frames;
  gboolean failed;
} Remote;

static void
remote_free (gpointer data)
{
  Remote *remote = data;

  g_clear_object (&remote->session);
  gst_import_parser_free (remote->parser);
  g_clear_pointer (&remote->converter, gst_video_converter_free);
  g_free (remote->url);
  g_free (remote->token);
  g_free (remote);
}

/* ---- asking ---- */

static SoupSession *
get_session (Remote *remote)
{
  if (remote->session && remote->thread == g_thread_self ())
    return remote->session;
  g_clear_object (&remote->session);
  remote->thread = g_thread_self ();
  remote->session = soup_session_new_with_options ("timeout", TIMEOUT, NULL);
  return remote->session;
}

/* The body of an answer; of another status than 200 what it says is an error. */
static GBytes *
ask_once (Remote *remote, const char *method, const char *path, GBytes *body,
    guint *status, GError **error)
{
  g_autofree char *url = g_strconcat (remote->url, path, NULL);
  g_autoptr (SoupMessage) message = soup_message_new (method, url);

  if (!message) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "that is no URL such as http://localhost:8080");
    return NULL;
  }
  if (remote->token) {
    g_autofree char *value = g_strconcat ("Bearer ", remote->token, NULL);
    soup_message_headers_replace (soup_message_get_request_headers (message),
        "Authorization", value);
  }
  if (body)
    soup_message_set_request_body_from_bytes (message, "image/jpeg", body);

  GBytes *answer =
      soup_session_send_and_read (get_session (remote), message, NULL, error);
  *status = soup_message_get_status (message);
  return answer;
}

static GBytes *
ask (Remote *remote, const char *method, const char *path, GBytes *body,
    GError **error)
{
  guint status = 0;
  g_autoptr (GBytes) answer = NULL;
  g_autoptr (GError) cause = NULL;

  for (int i = 0; i < BUSY_TRIES; i++) {
    g_clear_pointer (&answer, g_bytes_unref);
    answer = ask_once (remote, method, path, body, &status, &cause);
    if (status != SOUP_STATUS_SERVICE_UNAVAILABLE)
      break;
    g_usleep (BUSY_MS * 1000);
  }
  if (answer && status == SOUP_STATUS_OK)
    return g_steal_pointer (&answer);
  if (!answer) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ_WRITE,
        "%s does not answer: %s; check that gst-detect-server-1.0 runs there",
        remote->url, cause->message);
    return NULL;
  }
  gsize size;
  const char *text = g_bytes_get_data (answer, &size);
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED,
      "%s answers with status %u: %.*s", remote->url, status,
      (int) MIN (size, 200), text ? text : "");
  return NULL;
}

/* ---- frames ---- */

static void
prepare (Remote *remote, const GstVideoInfo *info)
{
  if (remote->converter && gst_video_info_is_equal (&remote->info, info))
    return;
  g_clear_pointer (&remote->converter, gst_video_converter_free);
  remote->info = *info;
  gst_video_info_set_format (&remote->sent_info, GST_VIDEO_FORMAT_BGR,
      (guint) info->width, (guint) info->height);
  /* The converter wants these to be the same. */
  remote->sent_info.fps_n = info->fps_n;
  remote->sent_info.fps_d = info->fps_d;
  remote->sent_info.interlace_mode = info->interlace_mode;
  remote->converter =
      gst_video_converter_new (&remote->info, &remote->sent_info, NULL);
}

/* The frame itself stays as it is. */
static gboolean
convert (Remote *remote, GstBuffer *from, GstBuffer *to)
{
  GstVideoFrame source;
  GstVideoFrame target;

  if (!remote->converter ||
      !gst_video_frame_map (&source, &remote->info, from, GST_MAP_READ))
    return FALSE;
  gboolean ok =
      gst_video_frame_map (&target, &remote->sent_info, to, GST_MAP_WRITE);
  if (ok) {
    gst_video_converter_frame (remote->converter, &source, &target);
    gst_video_frame_unmap (&target);
  }
  gst_video_frame_unmap (&source);
  return ok;
}

static GBytes *
encode (Remote *remote, GstBuffer *buffer, const GstVideoInfo *info,
    GError **error)
{
  GstMapInfo map;
  DetFrame view;

  prepare (remote, info);
  g_autoptr (GstBuffer)
      sent = gst_buffer_new_allocate (NULL, remote->sent_info.size, NULL);
  if (!convert (remote, buffer, sent) ||
      !gst_buffer_map (sent, &map, GST_MAP_READ)) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ,
        "a frame cannot be read; run again with --gst-debug=3 to see why");
    return NULL;
  }
  det_frame_init_packed (&view, DET_PIXEL_FORMAT_BGR, info->width, info->height,
      GST_VIDEO_INFO_PLANE_STRIDE (&remote->sent_info, 0), map.data);
  GBytes *bytes = jpeg_encode (&view, QUALITY, error);
  gst_buffer_unmap (sent, &map);
  return bytes;
}

static GstDetectMeta *
attach (Remote *remote, GstBuffer *buffer, const GstVideoInfo *info,
    const GstImportRecord *record)
{
  GstDetectMeta *meta = gst_buffer_add_detect_meta (buffer, record->n_objects);

  meta->model_id = record->model_id;
  meta->frame_number = remote->n_frames++;
  meta->pts = GST_BUFFER_PTS (buffer);
  meta->width = GST_VIDEO_INFO_WIDTH (info);
  meta->height = GST_VIDEO_INFO_HEIGHT (info);
  if (record->n_objects > 0)
    memcpy (meta->objects, record->objects,
        record->n_objects * sizeof *meta->objects);
  return meta;
}

static gboolean
look_at (Remote *remote, GstBuffer *buffer, const GstVideoInfo *info,
    GError **error)
{
  gint64 started = g_get_real_time ();
  gint64 start = g_get_monotonic_time ();
  g_autoptr (GBytes) body = encode (remote, buffer, info, error);
  gint64 encoded = g_get_monotonic_time ();
  g_autoptr (GBytes)
      answer = body ? ask (remote, "POST", "/v1/detect", body, error) : NULL;

  if (!answer)
    return FALSE;
  gsize size;
  const char *line = g_bytes_get_data (answer, &size);
  gint64 answered = g_get_monotonic_time ();
  while (size > 0 && line[size - 1] == '\n')
    size--;
  g_autoptr (GstImportRecord)
      record = gst_import_parser_read (remote->parser, line, size, error);
  if (!record) {
    g_prefix_error (error, "%s gives what is no detections: ", remote->url);
    return FALSE;
  }
  GstDetectMeta *meta = attach (remote, buffer, info, record);
  meta->started_us = started;
  meta->stage_us[0] = encoded - start;
  meta->stage_us[1] = answered - encoded;
  meta->stage_us[2] = g_get_monotonic_time () - answered;
  return TRUE;
}

static GstPadProbeReturn
take_frame (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Remote *remote = data;
  GstBuffer *buffer =
      gst_buffer_make_writable (GST_PAD_PROBE_INFO_BUFFER (info));
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  g_autoptr (GError) error = NULL;
  GstVideoInfo video;

  GST_PAD_PROBE_INFO_DATA (info) = buffer;
  if (remote->failed)
    return GST_PAD_PROBE_DROP;
  if (caps && gst_video_info_from_caps (&video, caps) &&
      look_at (remote, buffer, &video, &error))
    return GST_PAD_PROBE_OK;
  remote->failed = TRUE;
  gst_element_post_message (remote->bin,
      gst_message_new_error (GST_OBJECT (remote->bin), error, NULL));
  return GST_PAD_PROBE_DROP;
}

/* ---- the element ---- */

static gboolean
check_options (const DetOptions *options, GError **error)
{
  for (int id = 0; id < DET_N_OPTIONS; id++) {
    if (det_options_is_set (options, id) && !option_flags_draws (id)) {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
          "--%s is of no use with --server, which looks at the frames with "
          "options of its own; leave it out",
          det_option_rows ()[id].name);
      return FALSE;
    }
  }
  return TRUE;
}

static void
set_style (GstElement *bin, const DetOptions *options)
{
  g_autoptr (GstElement)
      painter = gst_bin_get_by_name (GST_BIN (bin), "painter");

  for (int id = 0; painter && id < DET_N_OPTIONS; id++) {
    if (det_options_is_set (options, id))
      detector_set_property (painter, options, id);
  }
}

static GstElement *
build (Remote *remote, const DetOptions *options, gboolean overlay,
    GError **error)
{
  GstElement *bin = parts_parse (overlay
          ? "identity name=look silent=true ! detectoverlay name=painter"
          : "identity name=look silent=true",
      error);

  if (!bin)
    return NULL;
  gst_object_ref_sink (bin);
  set_style (bin, options);
  g_autoptr (GstElement) look = gst_bin_get_by_name (GST_BIN (bin), "look");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (look, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, take_frame, remote, NULL);
  gst_element_set_state (bin, GST_STATE_READY);
  return bin;
}

/* Whether anybody is there, and takes the token. */
static gboolean
greet (Remote *remote, GError **error)
{
  g_autoptr (GBytes) models = ask (remote, "GET", "/v1/models", NULL, error);

  return models != NULL;
}

GstElement *
remote_new (const char *url, const char *token_file, const DetOptions *options,
    gboolean overlay, GError **error)
{
  Remote *remote = g_new0 (Remote, 1);

  remote->url = g_strdup (url);
  while (g_str_has_suffix (remote->url, "/"))
    remote->url[strlen (remote->url) - 1] = '\0';
  remote->parser = gst_import_parser_new ();
  if (token_file)
    remote->token = secret_read (token_file, error);
  if ((!token_file || remote->token) && check_options (options, error) &&
      greet (remote, error))
    remote->bin = build (remote, options, overlay, error);
  if (remote->bin)
    g_object_set_data_full (G_OBJECT (remote->bin), "remote", remote,
        remote_free);
  GstElement *bin = remote->bin;
  if (!bin)
    remote_free (remote);
  return bin;
}
