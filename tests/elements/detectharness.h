/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DETECT_HARNESS_H
#define DETECT_HARNESS_H

#include "gstdetectmeta.h"

#include <glib/gstdio.h>
#include <gst/check/gstharness.h>
#include <gst/gst.h>
#include <string.h>

/* What the tests of the element share. */

#define WIDTH 160
#define HEIGHT 160
#define CAPS                                                     \
  "video/x-raw,format=I420,width=160,height=160,framerate=10/1," \
  "pixel-aspect-ratio=1/1"
#define FRAME_SIZE (WIDTH * HEIGHT * 3 / 2)
#define STEP (GST_SECOND / 10)

G_GNUC_UNUSED static GstPadProbeReturn
answer_as_file (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);

  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return GST_PAD_PROBE_OK;
  gst_query_set_latency (query, FALSE, 0, GST_CLOCK_TIME_NONE);
  return GST_PAD_PROBE_HANDLED;
}

G_GNUC_UNUSED static gboolean
feeds_from_file (void)
{
  return g_getenv ("DETECT_TEST_FILE") != NULL;
}

static gint n_handed_over;

G_GNUC_UNUSED static GstPadProbeReturn
hand_over (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  g_atomic_int_inc (&n_handed_over);
  return GST_PAD_PROBE_OK;
}

/* A harness says it is live, and of a live stream no frame is prepared ahead: tests of
 * the stream run a second time as if it came from a file. And it hands frames over by a
 * queue of GLib's, whose locks the threads' sanitizer does not see. */
G_GNUC_UNUSED static void
prepare_harness (GstHarness *harness)
{
  if (feeds_from_file ())
    gst_pad_add_probe (harness->srcpad, GST_PAD_PROBE_TYPE_QUERY_UPSTREAM,
        answer_as_file, NULL, NULL);
  gst_pad_add_probe (harness->sinkpad, GST_PAD_PROBE_TYPE_BUFFER, hand_over,
      NULL, NULL);
}

/* The next frame that leaves; waits for it. */
G_GNUC_UNUSED static GstBuffer *
pull (GstHarness *harness)
{
  GstBuffer *buffer = gst_harness_pull (harness);

  g_assert_cmpint (g_atomic_int_get (&n_handed_over), >, 0);
  return buffer;
}

G_GNUC_UNUSED static GstBuffer *
push_and_pull (GstHarness *harness, GstBuffer *buffer)
{
  g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  return pull (harness);
}

G_GNUC_UNUSED static GstHarness *
open_harness (const gchar *properties)
{
  g_autofree gchar *line =
      g_strdup_printf ("detect policy=sync %s", properties);
  GstHarness *harness = gst_harness_new_parse (line);

  prepare_harness (harness);
  gst_harness_set_src_caps_str (harness, CAPS);
  return harness;
}

G_GNUC_UNUSED static GstBuffer *
make_frame (guint number)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, FRAME_SIZE, NULL);

  gst_buffer_memset (buffer, 0, 128, FRAME_SIZE);
  GST_BUFFER_PTS (buffer) = number * STEP;
  GST_BUFFER_DTS (buffer) = number * STEP;
  GST_BUFFER_DURATION (buffer) = STEP;
  GST_BUFFER_OFFSET (buffer) = 40 + number;
  return buffer;
}

/* Frames of which there are never more than n. */
G_GNUC_UNUSED static GstBufferPool *
open_pool (guint n)
{
  GstBufferPool *pool = gst_buffer_pool_new ();
  GstStructure *config = gst_buffer_pool_get_config (pool);

  gst_buffer_pool_config_set_params (config, NULL, FRAME_SIZE, 0, n);
  g_assert_true (gst_buffer_pool_set_config (pool, config));
  g_assert_true (gst_buffer_pool_set_active (pool, TRUE));
  return pool;
}

G_GNUC_UNUSED static void
close_pool (GstBufferPool *pool)
{
  gst_buffer_pool_set_active (pool, FALSE);
  gst_object_unref (pool);
}

G_GNUC_UNUSED static GstBuffer *
acquire_frame (GstBufferPool *pool, guint number)
{
  GstBuffer *buffer = NULL;

  g_assert_cmpint (gst_buffer_pool_acquire_buffer (pool, &buffer, NULL), ==,
      GST_FLOW_OK);
  gst_buffer_memset (buffer, 0, 128, FRAME_SIZE);
  GST_BUFFER_PTS (buffer) = number * STEP;
  return buffer;
}

G_GNUC_UNUSED static GstStructure *
get_stats (GstHarness *harness)
{
  g_autoptr (GstElement) detect = gst_harness_find_element (harness, "detect");
  GstStructure *stats = NULL;

  g_object_get (detect, "stats", &stats, NULL);
  return stats;
}

G_GNUC_UNUSED static guint64
get_count (GstHarness *harness, const gchar *name)
{
  g_autoptr (GstStructure) stats = get_stats (harness);
  guint64 value = G_MAXUINT64;

  g_assert_true (gst_structure_get_uint64 (stats, name, &value));
  return value;
}

G_GNUC_UNUSED static GstMessage *
pop_message (GstBus *bus, GstMessageType type)
{
  return gst_bus_timed_pop_filtered (bus, 0, type);
}

/* 64 × 64, two classes; cell 10: 24,16 – 56,32, class 1 at 0.75; cell 20: 4,4 –
 * 14,24, class 0 at 0.5. */
static const gchar canned[] =
    "[input images]\nshape=1;3;64;64\n"
    "[output output0]\nshape=1;6;84\n"
    "data=10;40;94;24;178;32;262;16;430;0.75;20;9;104;14;188;10;272;20;356;0.5"
    "\n[metadata]\nnames={0: 'cat', 1: 'dog'}\n";

G_GNUC_UNUSED static gchar *
write_canned (const gchar *behaviour)
{
  g_autofree gchar *folder = g_dir_make_tmp ("detect-test-XXXXXX", NULL);
  gchar *path = g_build_filename (folder, "canned.null", NULL);

  g_autofree gchar *text = g_strconcat (canned, behaviour, NULL);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  return path;
}

G_GNUC_UNUSED static void
remove_canned (const gchar *path)
{
  g_autofree gchar *folder = g_path_get_dirname (path);

  g_remove (path);
  g_rmdir (folder);
}

G_GNUC_UNUSED static guint
count_objects (GstHarness *harness, guint number)
{
  g_autoptr (GstBuffer) out = push_and_pull (harness, make_frame (number));

  return gst_buffer_get_detect_meta (out)->n_objects;
}

#endif
