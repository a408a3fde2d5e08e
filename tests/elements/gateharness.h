/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GATE_HARNESS_H
#define GATE_HARNESS_H

#include "detectharness.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* An element whose inferences the test lets go, through a gate, so that nothing depends
 * on how long they take. */

#define N_RUNS_TO_LEAVE 64 /* more than a test begins */

/* No inference that does not hang takes so long, on the busiest machine. */
#define LONG_MS 1500

/* By then a worker has taken a frame up, on the busiest machine: what times out is the
 * engine. */
#define TAKEN_UP_MS 500

/* An element whose inferences wait for let_go(). */
typedef struct
{
  GstHarness *harness;
  GstElement *detect;
  GstBus *bus;
  GString *seen; /* what left: a letter each, b for a buffer */
  gchar *model;
  gchar *pipe;
  int gate;
} Bench;

G_GNUC_UNUSED static void
let_go (const Bench *bench, guint n)
{
  for (guint i = 0; i < n; i++)
    g_assert_cmpint (write (bench->gate, "", 1), ==, 1);
}

G_GNUC_UNUSED static GstPadProbeReturn
note (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Bench *bench = data;

  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    g_string_append_c (bench->seen, 'b');
    return GST_PAD_PROBE_OK;
  }
  switch (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info))) {
    case GST_EVENT_SEGMENT:
      g_string_append_c (bench->seen, 's');
      break;
    case GST_EVENT_TAG:
      g_string_append_c (bench->seen, 't');
      break;
    case GST_EVENT_CAPS:
      g_string_append_c (bench->seen, 'c');
      break;
    case GST_EVENT_GAP:
      g_string_append_c (bench->seen, 'g');
      break;
    case GST_EVENT_CUSTOM_DOWNSTREAM:
      g_string_append_c (bench->seen, 'x');
      break;
    case GST_EVENT_EOS:
      g_string_append_c (bench->seen, 'e');
      break;
    default:
      break;
  }
  return GST_PAD_PROBE_OK;
}

G_GNUC_UNUSED static void
open_bench (Bench *bench, const gchar *properties, const gchar *behaviour)
{
  g_autofree gchar *folder = g_dir_make_tmp ("detect-test-XXXXXX", NULL);

  bench->pipe = g_build_filename (folder, "gate", NULL);
  g_assert_cmpint (mkfifo (bench->pipe, 0600), ==, 0);
  bench->gate = open (bench->pipe, O_RDWR | O_CLOEXEC);
  g_assert_cmpint (bench->gate, >=, 0);
  gboolean gated = !strstr (behaviour, "fault");
  g_autofree gchar *text = g_strdup_printf ("[behaviour]\n%s%s\n%s",
      gated ? "gate=" : "", gated ? bench->pipe : "", behaviour);
  bench->model = write_canned (text);
  g_autofree gchar *line =
      g_strdup_printf ("model=%s %s", bench->model, properties);
  bench->harness = open_harness (line);
  bench->detect = gst_harness_find_element (bench->harness, "detect");
  bench->bus = gst_bus_new ();
  gst_element_set_bus (bench->detect, bench->bus);
  bench->seen = g_string_new (NULL);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (bench->detect, "src");
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, note,
      bench, NULL);
}

G_GNUC_UNUSED static void
close_bench (Bench *bench)
{
  g_autofree gchar *folder = g_path_get_dirname (bench->pipe);

  let_go (bench, N_RUNS_TO_LEAVE);
  gst_element_set_bus (bench->detect, NULL);
  gst_object_unref (bench->detect);
  gst_object_unref (bench->bus);
  gst_harness_teardown (bench->harness);
  g_string_free (bench->seen, TRUE);
  close (bench->gate);
  g_remove (bench->pipe);
  g_rmdir (folder);
  g_free (bench->pipe);
  remove_canned (bench->model);
  g_free (bench->model);
}

G_GNUC_UNUSED static void
push (const Bench *bench, guint number)
{
  g_assert_cmpint (gst_harness_push (bench->harness, make_frame (number)), ==,
      GST_FLOW_OK);
}

G_GNUC_UNUSED static void
expect_seen (Bench *bench, const gchar *wanted)
{
  g_assert_cmpstr (bench->seen->str, ==, wanted);
}

G_GNUC_UNUSED static void
forget_seen (Bench *bench)
{
  g_string_truncate (bench->seen, 0);
}

/* The next buffer that left is frame number, with its own result. */
G_GNUC_UNUSED static void
expect_frame (Bench *bench, guint number)
{
  g_autoptr (GstBuffer) out = pull (bench->harness);

  g_assert_nonnull (out);
  g_assert_cmpuint (GST_BUFFER_PTS (out), ==, number * STEP);
  g_assert_cmpuint (GST_BUFFER_OFFSET (out), ==, 40 + number);
  const GstDetectMeta *meta = gst_buffer_get_detect_meta (out);
  g_assert_nonnull (meta);
  g_assert_cmpuint (meta->pts, ==, number * STEP);
  g_assert_cmpuint (meta->age, ==, 0);
  g_assert_cmpuint (meta->n_objects, ==, 2);
}

G_GNUC_UNUSED static GstEvent *
make_segment (void)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  return gst_event_new_segment (&segment);
}

G_GNUC_UNUSED static void
flush (const Bench *bench)
{
  gst_harness_push_event (bench->harness, gst_event_new_flush_start ());
  gst_harness_push_event (bench->harness, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (bench->harness, make_segment ());
}

/* Pushes frames until one carries a result of a frame from first on. */
G_GNUC_UNUSED static guint
push_until_result (Bench *bench, guint number, guint64 first)
{
  gint64 deadline = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;

  for (;; number++) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    push (bench, number);
    g_autoptr (GstBuffer) out = gst_harness_try_pull (bench->harness);
    g_assert_cmpuint (GST_BUFFER_PTS (out), ==, number * STEP);
    const GstDetectMeta *meta = gst_buffer_get_detect_meta (out);
    if (!meta)
      continue;
    g_assert_cmpuint (meta->frame_number + meta->age, ==, number);
    g_assert_cmpuint (meta->pts, ==, meta->frame_number * STEP);
    g_assert_cmpuint (meta->age_time, ==, meta->age * STEP);
    if (meta->frame_number >= first)
      return number;
  }
}

#endif
