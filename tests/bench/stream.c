/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stream.h"

#include "bench.h"
#include "picture.h"
#include <glib/gstdio.h>
#include <stdlib.h>

#define NULL_ROWS 8400 /* as 640 × 640 has it */
#define NULL_CLASSES 80

static void
check_bus (BenchStream *self)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  g_autoptr (GstMessage)
      message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  if (!message)
    return;
  gst_message_parse_error (message, &error, NULL);
  bench_fail ("%s", error->message);
}

static void
make_frames (BenchStream *self, GstVideoInfo *info)
{
  g_autoptr (GstBuffer)
      picture = bench_picture_new (GST_VIDEO_FORMAT_NV12, info);

  /* It is the first that a decoder gave; the stream has no break at every frame. */
  GST_BUFFER_FLAG_UNSET (picture, GST_BUFFER_FLAG_DISCONT);
  for (guint i = 0; i < G_N_ELEMENTS (self->frames); i++)
    self->frames[i] = gst_buffer_copy_deep (picture);
}

BenchStream *
bench_stream_new (const char *elements)
{
  BenchStream *self = g_new0 (BenchStream, 1);
  g_autofree char *line =
      g_strdup_printf ("%s ! fakesink async=false sync=false", elements);
  g_autoptr (GError) error = NULL;

  self->pipeline =
      gst_parse_launch_full (line, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
  bench_check (self->pipeline != NULL, line, error);
  self->element = gst_bin_get_by_name (GST_BIN (self->pipeline), "tested");
  self->pad = gst_pad_new ("src", GST_PAD_SRC);
  g_autoptr (GstPad) sink = gst_element_get_static_pad (self->element, "sink");
  bench_check (gst_pad_link (self->pad, sink) == GST_PAD_LINK_OK, line, NULL);
  gst_pad_set_active (self->pad, TRUE);
  if (gst_element_set_state (self->pipeline, GST_STATE_READY) ==
      GST_STATE_CHANGE_FAILURE)
    check_bus (self);
  return self;
}

void
bench_stream_play (BenchStream *self)
{
  GstVideoInfo info;
  GstSegment segment;

  if (!self->frames[0])
    make_frames (self, &info);
  info = bench_video_info (GST_VIDEO_FORMAT_NV12, BENCH_WIDTH, BENCH_HEIGHT);
  g_autoptr (GstCaps) caps = gst_video_info_to_caps (&info);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (self->pad, gst_event_new_stream_start ("bench"));
  gst_pad_push_event (self->pad, gst_event_new_caps (caps));
  gst_pad_push_event (self->pad, gst_event_new_segment (&segment));
}

void
bench_stream_lend (const BenchStream *from, BenchStream *to)
{
  for (guint i = 0; i < G_N_ELEMENTS (from->frames); i++)
    to->frames[i] = gst_buffer_ref (from->frames[i]);
}

BenchStream *
bench_stream_open (const char *elements)
{
  BenchStream *self = bench_stream_new (elements);

  bench_stream_play (self);
  bench_stream_push (self);
  return self;
}

void
bench_stream_free (BenchStream *self)
{
  check_bus (self);
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_pad_set_active (self->pad, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (self->frames); i++)
    gst_clear_buffer (&self->frames[i]);
  gst_object_unref (self->pad);
  gst_object_unref (self->element);
  gst_object_unref (self->pipeline);
  g_free (self);
}

void
bench_stream_push (gpointer data)
{
  BenchStream *self = data;
  guint slot = (guint) (self->n_pushed % G_N_ELEMENTS (self->frames));
  GstBuffer *buffer = gst_buffer_copy (self->frames[slot]);

  GST_BUFFER_PTS (buffer) = self->n_pushed * GST_SECOND / 30;
  GST_BUFFER_DURATION (buffer) = GST_SECOND / 30;
  self->n_pushed++;
  if (gst_pad_push (self->pad, buffer) != GST_FLOW_OK) {
    check_bus (self);
    bench_fail ("a frame was refused");
  }
}

void
bench_stream_drain (BenchStream *self)
{
  GstClockTime now = self->n_pushed * GST_SECOND / 30;

  gst_pad_push_event (self->pad, gst_event_new_gap (now, 0));
}

void
bench_stream_push_batch (gpointer data)
{
  BenchStream *self = data;

  for (guint i = 0; i < self->n_batch; i++)
    bench_stream_push (self);
  bench_stream_drain (self);
}

/* ---- a model that finds what it is told ---- */

/* A transposed YOLOv8 head: rows of x, y, width, height, then the classes, each
 * with a column per candidate. */
static void
write_objects (GString *text, guint n_objects)
{
  for (guint i = 0; i < n_objects; i++) {
    guint x = 40 + 130 * (i % 5);
    guint y = 160 + 90 * (i / 5 % 4);
    guint values[] = { x, y, 60, 50 };

    for (guint row = 0; row < 4; row++)
      g_string_append_printf (text, "%u;%u;", row * NULL_ROWS + i, values[row]);
    g_string_append_printf (text, "%u;0.8;",
        (4 + i % NULL_CLASSES) * NULL_ROWS + i);
  }
}

static GPtrArray *null_models; /* paths, each in a folder of its own */

static void
remove_null_models (void)
{
  for (guint i = 0; i < null_models->len; i++) {
    char *path = g_ptr_array_index (null_models, i);
    g_autofree char *folder = g_path_get_dirname (path);

    g_unlink (path);
    g_rmdir (folder);
  }
}

const char *
bench_null_model (guint n_objects, guint delay_ms)
{
  g_autoptr (GString) text = g_string_new ("[input images]\nshape=1;3;640;640\n"
                                           "[output output0]\n");
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("bench-XXXXXX", &error);

  bench_check (folder != NULL, "a folder for the null model", error);
  g_string_append_printf (text,
      "shape=1;%d;%d\nfill=0\ndata=", 4 + NULL_CLASSES, NULL_ROWS);
  write_objects (text, n_objects);
  g_string_append_printf (text, "\n[behaviour]\ndelay-ms=%u\n", delay_ms);
  if (!null_models) {
    null_models = g_ptr_array_new_with_free_func (g_free);
    atexit (remove_null_models);
  }
  char *path = g_build_filename (folder, "model.null", NULL);
  g_ptr_array_add (null_models, path);
  bench_check (g_file_set_contents (path, text->str, -1, &error), path, error);
  return path;
}
