/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TORTURE_HARNESS_H
#define TORTURE_HARNESS_H

#include "detectharness.h"

#include <gst/video/video.h>

/* What the tests share that try to break the elements: each runs with every subject. */

/* MODEL and FOLDER in the line stand for what is made for the test. */
typedef struct
{
  const gchar *name;
  const gchar *line;
} Subject;

static const Subject subjects[] = {
  { "sync", "detect policy=sync overlay=true model=MODEL" },
  { "async", "detect policy=async overlay=true model=MODEL" },
  { "parallel", "detect policy=sync parallel=2 overlay=true model=MODEL" },
  { "overlay", "detectoverlay blur-classes=cat" },
  { "chain",
      "detect policy=sync parallel=2 model=MODEL ! "
      "detectoverlay blur-classes=cat ! "
      "detectexport location=FOLDER/out.jsonl empty=true ! "
      "detectimport location=FOLDER/in.jsonl" },
};

/* What a subject was given, and what came out of it. */
typedef struct
{
  const Subject *subject;
  GstHarness *harness;
  GstBus *bus;
  GstVideoInfo info; /* of the caps that were set last */
  gchar *folder;
  gchar *model;
  guint n_in;

  GMutex lock;   /* guards what follows */
  GArray *times; /* PTS of the frames that came out, in order */
  guint n_looked_at;
} Rack;

/* Beside what the detector finds: for those that only read. */
G_GNUC_UNUSED static void
add_cat (GstBuffer *buffer)
{
  GstDetectMeta *meta = gst_buffer_add_detect_meta (buffer, 1);

  meta->width = WIDTH;
  meta->height = HEIGHT;
  meta->objects[0] = (GstDetectObject){ .x0 = 0.2f,
    .y0 = 0.2f,
    .x1 = 0.7f,
    .y1 = 0.8f,
    .score = 0.5f,
    .track_id = -1,
    .parent_id = -1,
    .label = "cat" };
}

G_GNUC_UNUSED static GstPadProbeReturn
note_frame (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Rack *rack = data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  GstClockTime pts = GST_BUFFER_PTS (buffer);

  g_mutex_lock (&rack->lock);
  g_array_append_val (rack->times, pts);
  rack->n_looked_at += gst_buffer_get_detect_meta (buffer) != NULL;
  g_mutex_unlock (&rack->lock);
  return GST_PAD_PROBE_OK;
}

/* One line of records, long before any frame. */
G_GNUC_UNUSED static void
write_records (const gchar *folder)
{
  g_autofree gchar *path = g_build_filename (folder, "in.jsonl", NULL);

  g_assert_true (g_file_set_contents (path,
      "{\"frame\":0,\"pts\":0,\"model\":\"m\",\"age\":0,\"objects\":[]}\n", -1,
      NULL));
}

G_GNUC_UNUSED static void
open_rack_with (Rack *rack, const Subject *subject, const gchar *behaviour)
{
  g_autoptr (GString) line = g_string_new (subject->line);

  *rack = (Rack){ .subject = subject };
  g_mutex_init (&rack->lock);
  rack->times = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  rack->model = write_canned (behaviour);
  rack->folder = g_dir_make_tmp ("detect-test-XXXXXX", NULL);
  write_records (rack->folder);
  g_string_replace (line, "MODEL", rack->model, 0);
  g_string_replace (line, "FOLDER", rack->folder, 0);
  rack->harness = gst_harness_new_parse (line->str);
  prepare_harness (rack->harness);
  rack->bus = gst_bus_new ();
  gst_element_set_bus (rack->harness->element, rack->bus);
  gst_pad_add_probe (rack->harness->sinkpad, GST_PAD_PROBE_TYPE_BUFFER,
      note_frame, rack, NULL);
  gst_harness_set_drop_buffers (rack->harness, TRUE);
}

G_GNUC_UNUSED static void
open_rack (Rack *rack, const Subject *subject)
{
  open_rack_with (rack, subject, "");
}

G_GNUC_UNUSED static void
remove_file (const gchar *folder, const gchar *name)
{
  g_autofree gchar *path = g_build_filename (folder, name, NULL);

  g_remove (path);
}

G_GNUC_UNUSED static void
close_rack (Rack *rack)
{
  gst_element_set_bus (rack->harness->element, NULL);
  gst_harness_teardown (rack->harness);
  gst_bus_set_flushing (rack->bus, TRUE);
  gst_object_unref (rack->bus);
  remove_file (rack->folder, "in.jsonl");
  remove_file (rack->folder, "out.jsonl");
  g_rmdir (rack->folder);
  g_free (rack->folder);
  remove_canned (rack->model);
  g_free (rack->model);
  g_array_unref (rack->times);
  g_mutex_clear (&rack->lock);
}

/* FALSE: the subject does not take such frames, and says so when asked. */
G_GNUC_UNUSED static gboolean
set_caps (Rack *rack, const gchar *text)
{
  GstCaps *caps = gst_caps_from_string (text);
  g_autoptr (GstCaps)
      taken = gst_pad_peer_query_caps (rack->harness->srcpad, caps);

  if (gst_caps_is_empty (taken)) {
    gst_caps_unref (caps);
    return FALSE;
  }
  g_assert_true (gst_video_info_from_caps (&rack->info, caps));
  gst_harness_set_src_caps (rack->harness, caps);
  return TRUE;
}

/* A frame as the caps say, grey, with a cat. */
G_GNUC_UNUSED static GstBuffer *
make_fitting (const GstVideoInfo *info, guint number)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, info->size, NULL);

  gst_buffer_memset (buffer, 0, 128, info->size);
  GST_BUFFER_PTS (buffer) = number * STEP;
  GST_BUFFER_DURATION (buffer) = STEP;
  add_cat (buffer);
  return buffer;
}

/* Whatever becomes of it. */
G_GNUC_UNUSED static GstFlowReturn
give (Rack *rack, GstBuffer *buffer)
{
  rack->n_in++;
  return gst_harness_push (rack->harness, buffer);
}

G_GNUC_UNUSED static guint
count_posted (Rack *rack, GstMessageType type)
{
  GstMessage *message;
  guint n = 0;

  while ((message = gst_bus_pop_filtered (rack->bus, type))) {
    g_autoptr (GError) error = NULL;
    g_autofree gchar *debug = NULL;

    if (type == GST_MESSAGE_ERROR) {
      gst_message_parse_error (message, &error, &debug);
      g_test_message ("%s (%s)", error->message, debug);
    }
    gst_message_unref (message);
    n++;
  }
  return n;
}

G_GNUC_UNUSED static void
give_frames (Rack *rack, guint n)
{
  for (guint i = 0; i < n; i++) {
    GstFlowReturn flow = give (rack, make_fitting (&rack->info, rack->n_in));

    if (flow == GST_FLOW_ERROR)
      count_posted (rack, GST_MESSAGE_ERROR);
    g_assert_cmpint (flow, ==, GST_FLOW_OK);
  }
}

/* What async has looked at, too. */
G_GNUC_UNUSED static guint64
count_looked_at (Rack *rack)
{
  return get_count (rack->harness, "frames") -
      get_count (rack->harness, "skipped");
}

/* In async the model may take a while to load. */
G_GNUC_UNUSED static void
give_until_looked_at (Rack *rack)
{
  gboolean async = g_str_equal (rack->subject->name, "async");

  do
    give_frames (rack, 1);
  while (async && count_looked_at (rack) == 0);
}

G_GNUC_UNUSED static guint
count_out (Rack *rack)
{
  g_mutex_lock (&rack->lock);
  guint n = rack->times->len;
  g_mutex_unlock (&rack->lock);
  return n;
}

/* Ends the stream: every frame has come out, and nobody complained. */
G_GNUC_UNUSED static void
expect_all (Rack *rack)
{
  g_assert_true (gst_harness_push_event (rack->harness, gst_event_new_eos ()));
  g_assert_cmpuint (count_posted (rack, GST_MESSAGE_ERROR), ==, 0);
  g_assert_cmpuint (count_out (rack), ==, rack->n_in);
}

/* ... and in the order they came. */
G_GNUC_UNUSED static void
expect_all_in_order (Rack *rack)
{
  expect_all (rack);
  for (guint i = 0; i < rack->n_in; i++)
    g_assert_cmpuint (g_array_index (rack->times, GstClockTime, i), ==,
        i * STEP);
}

/* Heavier amounts are for who asks for them. */
G_GNUC_UNUSED static gboolean
is_long (void)
{
  return g_strcmp0 (g_getenv ("DETECT_LONG"), "1") == 0;
}

G_GNUC_UNUSED static void
add_for_subjects (const gchar *path, GTestDataFunc function)
{
  for (gsize i = 0; i < G_N_ELEMENTS (subjects); i++) {
    g_autofree gchar *name = g_strdup_printf ("%s/%s", path, subjects[i].name);

    g_test_add_data_func (name, &subjects[i], function);
  }
}

#endif
