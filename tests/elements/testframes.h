/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_FRAMES_H
#define TEST_FRAMES_H

#include "meta/gstdetectmeta.h"

#include <glib/gstdio.h>
#include <gst/check/gstharness.h>
#include <gst/gst.h>
#include <gst/video/video.h>

/* What the tests of detectexport and detectimport share. */

#define WIDTH 64
#define HEIGHT 48
#define STEP (GST_SECOND / 10)
#define CAPS                                                   \
  "video/x-raw,format=GRAY8,width=64,height=48,framerate=10/1" \
  ",pixel-aspect-ratio=1/1"

static inline GstBuffer *
make_frame (guint number)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, WIDTH * HEIGHT, NULL);

  gst_buffer_memset (buffer, 0, 128, (gsize) -1);
  GST_BUFFER_PTS (buffer) = number * STEP;
  GST_BUFFER_DURATION (buffer) = STEP;
  return buffer;
}

/* A frame that was looked at, with n objects of that label. */
static inline GstBuffer *
make_found (guint number, guint n, const gchar *label)
{
  GstBuffer *buffer = make_frame (number);
  GstDetectMeta *meta = gst_buffer_add_detect_meta (buffer, n);

  meta->model_id = g_intern_static_string ("test");
  meta->frame_number = number;
  meta->pts = number * STEP;
  meta->width = WIDTH;
  meta->height = HEIGHT;
  meta->stage_us[0] = 100;
  meta->stage_us[1] = 2000;
  meta->stage_us[2] = 30;
  meta->started_us = 1700000000123456;
  for (guint i = 0; i < n; i++)
    meta->objects[i] = (GstDetectObject){ .x0 = 0.25f,
      .y0 = 0.1f + (gfloat) (i % 8) / 100,
      .x1 = 0.5f,
      .y1 = 0.9f,
      .score = 0.3f,
      .class_id = (gint) i,
      .track_id = i == 1 ? 7 : -1,
      .parent_id = i == 1 ? 0 : -1,
      .label = g_intern_string (label) };
  return buffer;
}

static inline guint64
get_count (GstHarness *harness, const gchar *element, const gchar *name)
{
  g_autoptr (GstElement) found = gst_harness_find_element (harness, element);
  g_autoptr (GstStructure) stats = NULL;
  guint64 value = G_MAXUINT64;

  g_object_get (found, "stats", &stats, NULL);
  g_assert_true (gst_structure_get_uint64 (stats, name, &value));
  return value;
}

/* A harness, its element's bus and a folder for its files. */
typedef struct
{
  GstHarness *harness;
  GstElement *element;
  GstBus *bus;
  gchar *folder;
} Fixture;

/* The line may name the folder as %s. */
static inline Fixture
open_fixture (const gchar *line)
{
  static GstStaticPadTemplate source = GST_STATIC_PAD_TEMPLATE ("src",
      GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
  static GstStaticPadTemplate sink = GST_STATIC_PAD_TEMPLATE ("sink",
      GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
  Fixture fixture = { .bus = gst_bus_new (),
    .folder = g_dir_make_tmp ("detect-XXXXXX", NULL) };
  gchar **parts = g_strsplit (line, "%s", -1);
  g_autofree gchar *whole = g_strjoinv (fixture.folder, parts);

  g_strfreev (parts);
  fixture.harness = gst_harness_new_empty ();
  fixture.element = gst_parse_launch (whole, NULL);
  g_assert_nonnull (fixture.element);
  gst_element_set_bus (fixture.element, fixture.bus);
  gst_harness_add_element_full (fixture.harness, fixture.element, &source,
      "sink", &sink, "src");
  gst_harness_set_src_caps_str (fixture.harness, CAPS);
  return fixture;
}

static inline void
close_harness (Fixture *fixture)
{
  if (!fixture->harness)
    return;
  gst_element_set_bus (fixture->element, NULL);
  g_clear_pointer (&fixture->harness, gst_harness_teardown);
}

static inline void
close_fixture (Fixture *fixture)
{
  GDir *dir = g_dir_open (fixture->folder, 0, NULL);

  close_harness (fixture);
  gst_object_unref (fixture->element);
  gst_object_unref (fixture->bus);
  for (const gchar *name = g_dir_read_name (dir); name;
       name = g_dir_read_name (dir)) {
    g_autofree gchar *path = g_build_filename (fixture->folder, name, NULL);
    g_assert_cmpint (g_unlink (path), ==, 0);
  }
  g_dir_close (dir);
  g_rmdir (fixture->folder);
  g_free (fixture->folder);
}

/* How many warnings there were since; each must name what is said, and the first
 * is returned in text. Errors are failures. */
static inline guint
count_warnings (Fixture *fixture, const gchar *says)
{
  guint n = 0;
  GstMessage *message;

  while ((message = gst_bus_pop_filtered (fixture->bus,
              GST_MESSAGE_WARNING | GST_MESSAGE_ERROR))) {
    g_autoptr (GError) error = NULL;

    g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_WARNING);
    gst_message_parse_warning (message, &error, NULL);
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, says));
    n++;
    gst_message_unref (message);
  }
  return n;
}

static inline gchar *
read_file (const Fixture *fixture, const gchar *name)
{
  g_autofree gchar *path = g_build_filename (fixture->folder, name, NULL);
  gchar *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

static inline guint
count_lines (const gchar *text)
{
  guint n = 0;

  for (const gchar *c = text; *c; c++)
    n += *c == '\n';
  return n;
}

/* Through the element; the frame that comes out. */
static inline GstBuffer *
send (Fixture *fixture, GstBuffer *frame)
{
  GstBuffer *out = gst_harness_push_and_pull (fixture->harness, frame);

  g_assert_nonnull (out);
  return out;
}

static inline void
add_cases (const gchar *prefix, gsize n, gconstpointer first, gsize size,
    GTestDataFunc function)
{
  for (gsize i = 0; i < n; i++) {
    g_autofree gchar *path = g_strdup_printf ("%s/%" G_GSIZE_FORMAT, prefix, i);

    g_test_add_data_func (path, (const gchar *) first + i * size, function);
  }
}

#define ADD_CASES(prefix, cases, function) \
  add_cases (prefix, G_N_ELEMENTS (cases), cases, sizeof *(cases), function)

#endif
