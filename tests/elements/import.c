/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "testframes.h"

#include "importqueue.h"
#include "jsonguard.h"
#include <string.h>

#define BOX "\"box_normalized\":[0.25,0.5,0.75,1]"
#define LINE(pts, label)                                                      \
  "{\"frame\":9,\"pts\":" pts ",\"model\":\"m\",\"age\":0,\"objects\":[{" BOX \
  ",\"label\":\"" label "\",\"class_id\":3,\"score\":0.875}]}\n"

static void
write_file (const Fixture *fixture, const gchar *text, gssize length)
{
  g_autofree gchar *path = g_build_filename (fixture->folder, "in.jsonl", NULL);

  g_assert_true (g_file_set_contents (path, text, length, NULL));
}

/* The element only opens its file when it starts, so that is written first. */
static Fixture
open_with_file (const gchar *text, gssize length)
{
  Fixture fixture = open_fixture ("identity");

  close_harness (&fixture);
  write_file (&fixture, text, length);
  g_autofree gchar *line =
      g_strdup_printf ("detectimport location=%s/in.jsonl", fixture.folder);
  Fixture other = open_fixture (line);
  g_rmdir (other.folder);
  g_free (other.folder);
  other.folder = g_steal_pointer (&fixture.folder);
  gst_object_unref (fixture.element);
  gst_object_unref (fixture.bus);
  return other;
}

/* The label of the frame's one object; NULL: nobody looked; "": nothing found. */
static gchar *
get_label (GstBuffer *buffer)
{
  const GstDetectMeta *meta = gst_buffer_get_detect_meta (buffer);

  if (!meta)
    return NULL;
  g_assert_cmpuint (meta->n_objects, <=, 1);
  return g_strdup (meta->n_objects > 0 ? meta->objects[0].label : "");
}

static void
expect_label (Fixture *fixture, GstBuffer *frame, const gchar *expected)
{
  g_autoptr (GstBuffer) out = send (fixture, frame);
  g_autofree gchar *label = get_label (out);

  g_assert_cmpstr (label, ==, expected);
}

static guint64
count (Fixture *fixture, const gchar *name)
{
  return get_count (fixture->harness, "detectimport", name);
}

/* ---- what is put on a frame ---- */

static void
test_metas (void)
{
  static const gchar text[] =
      "{\"schema\":1,\"frame\":12,\"pts\":0.2,\"width\":640,\"height\":480,"
      "\"model\":\"net\",\"inferred\":false,\"age\":2,"
      "\"inference\":{\"frame\":7,\"pts\":0.1,"
      "\"start\":\"2023-11-14T22:13:20.123456Z\",\"duration_ms\":3},"
      "\"objects\":[{\"label\":\"cat\",\"class_id\":3,\"score\":0.875," BOX
      ",\"track_id\":5,\"landmarks_normalized\":[[0.5,0.25],[1,0]]},"
      "{\"label\":null,\"class_id\":null,\"score\":null,"
      "\"box\":[64,48,128,480],\"parent_id\":0}],"
      "\"ms\":{\"preprocess\":0.1,\"inference\":2,\"decode\":0.03},"
      "\"unknown\":{\"x\":[1,{}]}}";
  Fixture fixture = open_with_file (text, -1);
  GstBuffer *in = make_frame (2);
  GstMemory *memory = gst_buffer_peek_memory (in, 0);
  g_autoptr (GstBuffer) out = send (&fixture, in);
  const GstDetectMeta *meta = gst_buffer_get_detect_meta (out);

  g_assert_true (gst_buffer_peek_memory (out, 0) == memory);
  g_assert_nonnull (meta);
  g_assert_cmpstr (meta->model_id, ==, "net");
  g_assert_cmpuint (meta->frame_number, ==, 7);
  g_assert_cmpuint (meta->pts, ==, STEP);
  g_assert_cmpuint (meta->age, ==, 2);
  g_assert_cmpuint (meta->age_time, ==, STEP);
  g_assert_cmpint (meta->width, ==, WIDTH);
  g_assert_cmpint (meta->height, ==, HEIGHT);
  g_assert_cmpint (meta->started_us, ==, 1700000000123456);
  g_assert_cmpint (meta->stage_us[0], ==, 100);
  g_assert_cmpint (meta->stage_us[1], ==, 2000);
  g_assert_cmpint (meta->stage_us[2], ==, 30);
  g_assert_cmpuint (meta->n_objects, ==, 2);

  const GstDetectObject *object = &meta->objects[0];
  g_assert_cmpstr (object->label, ==, "cat");
  g_assert_cmpint (object->class_id, ==, 3);
  g_assert_cmpint (object->track_id, ==, 5);
  g_assert_cmpint (object->parent_id, ==, -1);
  g_assert_true (object->score == 0.875f && object->x0 == 0.25f &&
      object->y0 == 0.5f && object->x1 == 0.75f && object->y1 == 1);
  g_assert_cmpint (object->n_landmarks, ==, 2);
  g_assert_true (object->landmarks[0].y == 0.25f);
  object = &meta->objects[1];
  g_assert_null (object->label);
  g_assert_cmpint (object->parent_id, ==, 0);
  g_assert_cmpint (object->class_id, ==, -1);
  g_assert_true (object->score < 0);
  g_assert_true (object->x0 == 0.1f && object->y1 == 1);
  /* Beside it what other readers look for. */
  g_assert_cmpuint (gst_buffer_get_n_meta (out,
                        GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE),
      ==, 2);
  close_fixture (&fixture);
}

/* Frames that others hold too get their metadata on a copy of the buffer, with the
 * same memory. */
static void
test_shared_frame (void)
{
  Fixture fixture = open_with_file (LINE ("0", "x"), -1);
  GstBuffer *in = gst_buffer_ref (make_frame (0));
  g_autoptr (GstBuffer) out = send (&fixture, in);

  g_assert_null (gst_buffer_get_detect_meta (in));
  g_assert_nonnull (gst_buffer_get_detect_meta (out));
  g_assert_true (gst_buffer_peek_memory (in, 0) ==
      gst_buffer_peek_memory (out, 0));
  gst_buffer_unref (in);
  close_fixture (&fixture);
}

/* ---- which frame ---- */

/* Frames of 100 ms: the record belongs to the one within 50 ms. */
typedef struct
{
  const gchar *pts;
  gint frame; /* that gets it; -1: none of 0…4 */
} TimeCase;

static const TimeCase time_cases[] = {
  { "0", 0 },
  { "0.2", 2 },
  { "0.249", 2 },
  { "0.25", 2 },
  { "0.251", 3 },
  { "0.151", 2 },
  { "0.149", 1 },
  { "0.45", 4 },
  { "0.46", -1 },
  { "1e8", -1 },
  { "-1", 0 },
};

static void
test_time (gconstpointer data)
{
  const TimeCase *c = data;
  g_autofree gchar *text =
      g_strdup_printf ("{\"pts\":%s,\"objects\":[{\"label\":\"x\"," BOX "}]}",
          c->pts);
  Fixture fixture = open_with_file (text, -1);

  for (gint i = 0; i < 5; i++)
    expect_label (&fixture, make_frame ((guint) i), i == c->frame ? "x" : NULL);
  g_assert_cmpuint (count (&fixture, "matched"), ==, c->frame >= 0);
  close_fixture (&fixture);
}

/* Records without a frame of their time are counted, as are frames. */
static void
test_gaps (void)
{
  Fixture fixture =
      open_with_file (LINE ("0", "a") LINE ("0.1", "b") LINE ("0.3", "d"), -1);

  expect_label (&fixture, make_frame (0), "a");
  expect_label (&fixture, make_frame (2), NULL);
  expect_label (&fixture, make_frame (3), "d");
  expect_label (&fixture, make_frame (4), NULL);
  g_assert_cmpuint (count (&fixture, "frames"), ==, 4);
  g_assert_cmpuint (count (&fixture, "matched"), ==, 2);
  g_assert_cmpuint (count (&fixture, "records"), ==, 3);
  g_assert_cmpuint (count (&fixture, "unused"), ==, 1);
  close_fixture (&fixture);
}

/* A picture has no time; then numbers count. */
static void
test_pictures (void)
{
  Fixture fixture = open_with_file ("{\"frame\":0,\"pts\":null,\"objects\":[{"
                                    "\"label\":\"a\"," BOX "}]}\n"
                                    "{\"frame\":2,\"pts\":null,\"objects\":[{"
                                    "\"label\":\"c\"," BOX "}]}\n",
      -1);

  for (guint i = 0; i < 3; i++) {
    GstBuffer *frame = make_frame (i);

    GST_BUFFER_PTS (frame) = GST_CLOCK_TIME_NONE;
    expect_label (&fixture, frame, i == 0 ? "a" : i == 2 ? "c" : NULL);
  }
  close_fixture (&fixture);
}

/* Nothing found differs from not looked. */
static void
test_nothing (void)
{
  Fixture fixture =
      open_with_file ("{\"pts\":0,\"age\":0,\"objects\":[]}\n"
                      "{\"pts\":0.1,\"age\":null,\"objects\":[]}\n",
          -1);

  expect_label (&fixture, make_frame (0), "");
  expect_label (&fixture, make_frame (1), NULL);
  close_fixture (&fixture);
}

/* The time in the stream counts, which PTS may be far from. */
static void
test_segment (void)
{
  Fixture fixture = open_with_file (LINE ("0.1", "b"), -1);
  GstSegment segment;
  GstBuffer *frame = make_frame (1);

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = 3600 * GST_SECOND;
  segment.time = 0;
  gst_harness_push_event (fixture.harness, gst_event_new_segment (&segment));
  GST_BUFFER_PTS (frame) += 3600 * GST_SECOND;
  g_autoptr (GstBuffer) out = send (&fixture, frame);
  const GstDetectMeta *meta = gst_buffer_get_detect_meta (out);
  g_assert_nonnull (meta);
  g_assert_cmpuint (meta->pts, ==, 3600 * GST_SECOND + STEP);
  close_fixture (&fixture);
}

/* Back to the start: the records come again. */
static void
test_seek_back (void)
{
  Fixture fixture = open_with_file (LINE ("0", "a") LINE ("0.1", "b"), -1);
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  for (gint round = 0; round < 3; round++) {
    expect_label (&fixture, make_frame (0), "a");
    expect_label (&fixture, make_frame (1), "b");
    expect_label (&fixture, make_frame (2), NULL);
    gst_harness_push_event (fixture.harness, gst_event_new_flush_start ());
    gst_harness_push_event (fixture.harness, gst_event_new_flush_stop (TRUE));
    gst_harness_push_event (fixture.harness, gst_event_new_segment (&segment));
  }
  close_fixture (&fixture);
}

/* ---- lines that cannot be read ---- */

typedef struct
{
  const gchar *line;
  const gchar *says;
} BrokenCase;

#define DEEP "[[[[[[[[[[[[[[[[[[[["
#define OBJECT(text) "{\"pts\":0,\"objects\":[" text "]}"

static const BrokenCase broken_cases[] = {
  { "hello", "not JSON" },
  { "{", "not JSON" },
  { "{\"pts\":0,\"objects\":[]", "not JSON" },
  { "{\"pts\":0 \"objects\":[]}", "not JSON" },
  { "[]", "not a JSON object" },
  { "7", "not a JSON object" },
  { "null", "not a JSON object" },
  { "}{", "brackets do not match" },
  { "{\"a\":\"", "string in it is broken" },
  { "{\"a\":\"\\x\"}", "string in it is broken" },
  { "{\"a\":\"\\ud800\"}", "string in it is broken" },
  { "{\"a\":\"\\ud800\\u0041\"}", "string in it is broken" },
  { "{\"a\":\"\\udc00\"}", "string in it is broken" },
  { "{\"a\":\"\\u0000\"}", "string in it is broken" },
  { "{\"a\":\"\xff\"}", "not UTF-8" },
  { "{\"a\":" DEEP "}", "nest too deep" },
  { "/* \" */ " DEEP, "not JSON" },
  { "{\"pts\":0}", "objects is missing" },
  { "{\"pts\":0,\"objects\":{}}", "objects is missing" },
  { "{\"schema\":2,\"pts\":0,\"objects\":[]}", "schema is newer" },
  { OBJECT ("7"), "is no JSON object" },
  { OBJECT ("{}"), "no box of four numbers" },
  { OBJECT ("{\"box_normalized\":[0,0,1]}"), "no box of four numbers" },
  { OBJECT ("{\"box_normalized\":[0,0,1,\"1\"]}"), "no box of four numbers" },
  { OBJECT ("{\"box_normalized\":[0,0,1,1e999]}"), "no box of four numbers" },
  { OBJECT ("{\"box\":[0,0,1,1]}"), "no box of four numbers" },
  { OBJECT ("{\"box_normalized\":[1,0,0,1]}"), "wrong order" },
};

/* One warning, with the number of the line; those around it are read. */
static void
test_broken (gconstpointer data)
{
  const BrokenCase *c = data;
  g_autofree gchar *text = g_strconcat (LINE ("0", "a"), "\n", c->line, "\n",
      c->line, "\n", LINE ("0.1", "b"), NULL);
  Fixture fixture = open_with_file (text, -1);

  expect_label (&fixture, make_frame (0), "a");
  expect_label (&fixture, make_frame (1), "b");
  g_assert_cmpuint (count (&fixture, "broken"), ==, 2);
  GstMessage *message = gst_bus_pop_filtered (fixture.bus, GST_MESSAGE_WARNING);
  g_autoptr (GError) error = NULL;
  g_assert_nonnull (message);
  gst_message_parse_warning (message, &error, NULL);
  gst_message_unref (message);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, "in.jsonl: line 3 is passed over"));
  g_assert_nonnull (strstr (error->message, c->says));
  g_assert_null (gst_bus_pop_filtered (fixture.bus,
      GST_MESSAGE_ANY & ~GST_MESSAGE_STREAM_STATUS));
  close_fixture (&fixture);
}

/* Longer than any line: passed over in little memory. */
static void
test_endless_line (void)
{
  g_autoptr (GString) text = g_string_new (LINE ("0", "a"));

  for (gint i = 0; i < 3 * GST_IMPORT_MAX_LINE / 8; i++)
    g_string_append (text, "12345678");
  g_string_append (text, "\n" LINE ("0.1", "b"));
  Fixture fixture = open_with_file (text->str, (gssize) text->len);
  expect_label (&fixture, make_frame (0), "a");
  expect_label (&fixture, make_frame (1), "b");
  g_assert_cmpuint (count_warnings (&fixture,
                        "line 2 is passed over, since it "
                        "is longer than 1 MiB"),
      ==, 1);
  close_fixture (&fixture);
}

/* Odd values are brought into range rather than believed. */
static void
test_odd_values (void)
{
  Fixture fixture =
      open_with_file ("{\"pts\":0,\"frame\":1e300,\"age\":-3,\"width\":\"x\","
                      "\"model\":[],"
                      "\"inference\":{\"frame\":-1,\"pts\":-5,\"start\":"
                      "\"yesterday\"},"
                      "\"ms\":{\"preprocess\":1e300},\"objects\":[{\"label\":7,"
                      "\"class_id\":1e99,"
                      "\"score\":17,\"track_id\":-9,\"box_normalized\":[-1,-1,"
                      "2,2],"
                      "\"landmarks_normalized\":[[0.5],7,[1,2,3]]}]}",
          -1);
  g_autoptr (GstBuffer) out = send (&fixture, make_frame (0));
  const GstDetectMeta *meta = gst_buffer_get_detect_meta (out);

  g_assert_cmpuint (count (&fixture, "broken"), ==, 0);
  g_assert_nonnull (meta);
  g_assert_cmpuint (meta->age, ==, 0);
  g_assert_null (meta->model_id);
  g_assert_cmpint (meta->started_us, ==, 0);
  const GstDetectObject *object = &meta->objects[0];
  g_assert_null (object->label);
  g_assert_cmpint (object->class_id, ==, G_MAXINT);
  g_assert_cmpint (object->track_id, ==, -1);
  g_assert_cmpint (object->n_landmarks, ==, 0);
  g_assert_true (object->score == 1 && object->x0 == 0 && object->x1 == 1);
  close_fixture (&fixture);
}

static void
test_binary_file (void)
{
  guint8 bytes[4096];

  for (gsize i = 0; i < sizeof bytes; i++)
    bytes[i] = (guint8) (i * 7 + i / 256);
  Fixture fixture = open_with_file ((gchar *) bytes, sizeof bytes);
  expect_label (&fixture, make_frame (0), NULL);
  g_assert_cmpuint (count_warnings (&fixture, "line 1 is passed over"), ==, 1);
  close_fixture (&fixture);
}

/* Whatever is done to a line, it is read or refused. */
static void
test_mutations (void)
{
  static const gchar line[] =
      "{\"schema\":1,\"frame\":12,\"pts\":0.2,\"model\":\"n\\u00e9t\",\"age\":"
      "2,"
      "\"inference\":{\"frame\":7,\"pts\":0.1,"
      "\"start\":\"2023-11-14T22:13:20.123456Z\"},"
      "\"objects\":[{\"label\":\"\\ud83d\\ude00\",\"class_id\":3,\"score\":0."
      "875," BOX
      ",\"landmarks\":[[0.5,0.25],[1,0]]}],\"ms\":{\"decode\":0.03}}";
  static const gchar spice[] = "{}[],:\"\\u0-+.eE/*'#\n nt\x80\xff";
  GstImportParser *parser = gst_import_parser_new ();
  guint n_read = 0;

  for (gint round = 0; round < 30000; round++) {
    g_autofree gchar *changed = g_memdup2 (line, sizeof line - 1);
    gsize length = (gsize) g_test_rand_int_range (1, sizeof line);

    if (g_test_rand_bit ())
      length = sizeof line - 1;
    for (gint i = g_test_rand_int_range (1, 4); i > 0; i--)
      changed[g_test_rand_int_range (0, (gint) length)] =
          spice[g_test_rand_int_range (0, sizeof spice - 1)];
    /* At its end, so that one byte too far is noticed. */
    g_autofree gchar *exact = g_memdup2 (changed, length);
    g_autoptr (GError) error = NULL;
    GstImportRecord *record =
        gst_import_parser_read (parser, exact, length, &error);
    g_assert_true ((record == NULL) == (error != NULL));
    n_read += record != NULL;
    gst_import_record_free (record);
  }
  g_assert_cmpuint (n_read, >, 100);
  gst_import_parser_free (parser);
}

/* ---- files that are none ---- */

static void
test_no_file (gconstpointer data)
{
  g_autofree gchar *line =
      g_strdup_printf ("detectimport location=%s", (const gchar *) data);
  g_autoptr (GstElement) element = gst_parse_launch (line, NULL);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GError) error = NULL;

  gst_object_ref_sink (element);
  gst_element_set_bus (element, bus);
  g_assert_cmpint (gst_element_set_state (element, GST_STATE_PAUSED), ==,
      GST_STATE_CHANGE_FAILURE);
  GstMessage *message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  gst_message_unref (message);
  g_assert_true (g_str_has_prefix (error->message, data));
  g_assert_null (gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR));
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
}

/* ---- the stream ---- */

static GstPad *
link_writer (Fixture *fixture, const gchar *caps_text)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (caps_text);
  g_autoptr (GstPad)
      meta = gst_element_request_pad_simple (fixture->element, "meta");
  GstPad *pad = gst_pad_new ("writer", GST_PAD_SRC);
  GstSegment segment;

  gst_pad_set_active (pad, TRUE);
  g_assert_cmpint (gst_pad_link (pad, meta), ==, GST_PAD_LINK_OK);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (pad, gst_event_new_stream_start ("writer"));
  gst_pad_push_event (pad, gst_event_new_caps (caps));
  gst_pad_push_event (pad, gst_event_new_segment (&segment));
  return pad;
}

static GstFlowReturn
write_text (GstPad *pad, const gchar *text)
{
  return gst_pad_push (pad, gst_buffer_new_memdup (text, strlen (text)));
}

/* A harness says that it is live; then nothing waits. */
static void
test_stream_live (void)
{
  Fixture fixture = open_fixture ("detectimport");
  GstPad *pad = link_writer (&fixture, "application/x-json");

  expect_label (&fixture, make_frame (0), NULL);
  /* In pieces of any size. */
  write_text (pad, LINE ("0.1", "b") "{\"pts\":0.2,\"obj");
  write_text (pad, "ects\":[{\"label\":\"c\"," BOX "}]}");
  expect_label (&fixture, make_frame (1), "b");
  write_text (pad, "\n");
  expect_label (&fixture, make_frame (2), "c");
  write_text (pad, LINE ("0.1", "late"));
  expect_label (&fixture, make_frame (3), NULL);
  g_assert_cmpuint (count (&fixture, "unused"), ==, 1);
  close_harness (&fixture);
  gst_object_unref (pad);
  close_fixture (&fixture);
}

/* Subtitles: every buffer is a line. */
static void
test_stream_text (void)
{
  Fixture fixture = open_fixture ("detectimport");
  GstPad *pad = link_writer (&fixture, "text/x-raw,format=utf8");

  write_text (pad, "{\"pts\":0,\"objects\":[{\"label\":\"a\"," BOX "}]}");
  write_text (pad, "{\"pts\":0.1,\"objects\":[{\"label\":\"b\"," BOX "}]}");
  write_text (pad, "person 87%");
  expect_label (&fixture, make_frame (0), "a");
  expect_label (&fixture, make_frame (1), "b");
  g_assert_cmpuint (count_warnings (&fixture, "meta: line 3 is passed over"),
      ==, 1);
  close_harness (&fixture);
  gst_object_unref (pad);
  close_fixture (&fixture);
}

/* As matroskademux hands plain text on. */
static void
test_stream_markup (void)
{
  Fixture fixture = open_fixture ("detectimport");
  GstPad *pad = link_writer (&fixture, "text/x-raw,format=pango-markup");

  write_text (pad,
      "{&quot;pts&quot;:0,&quot;objects&quot;:[{&quot;label&quot;:"
      "&quot;a \\u0026 b&quot;,&quot;box_normalized&quot;:[0,0,1,1]}]}");
  expect_label (&fixture, make_frame (0), "a & b");
  close_harness (&fixture);
  gst_object_unref (pad);
  close_fixture (&fixture);
}

static gboolean
refuse_latency (GstPad *pad, GstObject *parent, GstQuery *query)
{
  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return gst_pad_query_default (pad, parent, query);
  gst_query_set_latency (query, FALSE, 0, GST_CLOCK_TIME_NONE);
  return TRUE;
}

/* The harness hands frames from thread to thread by a queue inside GLib, whose lock
 * the threads' sanitizer does not see; this one it does. */
static GMutex handover;

static void
pass_handover (void)
{
  g_mutex_lock (&handover);
  g_mutex_unlock (&handover);
}

static GstPadProbeReturn
on_frame (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  pass_handover ();
  return GST_PAD_PROBE_OK;
}

/* Not live: a frame waits for the lines of its time. */
static Fixture
open_waiting (GstPad **pad)
{
  Fixture fixture = open_fixture ("detectimport");
  GstSegment segment;

  gst_pad_set_query_function (fixture.harness->srcpad, refuse_latency);
  gst_pad_add_probe (fixture.harness->sinkpad, GST_PAD_PROBE_TYPE_BUFFER,
      on_frame, NULL, NULL);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (fixture.harness, gst_event_new_segment (&segment));
  *pad = link_writer (&fixture, "application/x-json");
  return fixture;
}

static gpointer
push_frames (gpointer data)
{
  Fixture *fixture = data;
  GstFlowReturn flow = GST_FLOW_OK;

  for (guint i = 0; i < 4 && flow == GST_FLOW_OK; i++)
    flow = gst_harness_push (fixture->harness, make_frame (i));
  return GINT_TO_POINTER (flow);
}

static void
expect_pulled (Fixture *fixture, const gchar *expected)
{
  g_autoptr (GstBuffer) out = gst_harness_pull (fixture->harness);
  g_autofree gchar *label = NULL;

  g_assert_nonnull (out);
  pass_handover ();
  label = get_label (out);
  g_assert_cmpstr (label, ==, expected);
}

static void
test_stream_waits (void)
{
  GstPad *pad = NULL;
  Fixture fixture = open_waiting (&pad);
  GThread *thread = g_thread_new ("frames", push_frames, &fixture);

  write_text (pad, LINE ("0", "a"));
  expect_pulled (&fixture, "a");
  g_assert_cmpuint (gst_harness_buffers_in_queue (fixture.harness), ==, 0);
  write_text (pad, LINE ("0.2", "c"));
  expect_pulled (&fixture, NULL);
  expect_pulled (&fixture, "c");
  /* Time goes on without lines, too. */
  gst_pad_push_event (pad, gst_event_new_gap (3 * STEP, STEP));
  expect_pulled (&fixture, NULL);
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==, GST_FLOW_OK);
  close_harness (&fixture);
  gst_object_unref (pad);
  close_fixture (&fixture);
}

/* What ends the waiting. */
typedef enum
{
  END_EOS,
  END_FLUSH,
  END_RELEASE,
  END_UNLINK,
  END_STATE,
  N_ENDS,
} End;

static void
test_stream_end (gconstpointer data)
{
  End end = (End) GPOINTER_TO_INT (data);
  GstPad *pad = NULL;
  Fixture fixture = open_waiting (&pad);
  GThread *thread = g_thread_new ("frames", push_frames, &fixture);
  GstFlowReturn expected = GST_FLOW_OK;

  write_text (pad, LINE ("0", "a"));
  expect_pulled (&fixture, "a");
  switch (end) {
    case END_EOS:
      gst_pad_push_event (pad, gst_event_new_eos ());
      break;
    case END_FLUSH:
      gst_harness_push_event (fixture.harness, gst_event_new_flush_start ());
      expected = GST_FLOW_FLUSHING;
      break;
    case END_RELEASE: {
      g_autoptr (GstPad)
          meta = gst_element_get_static_pad (fixture.element, "meta");
      gst_element_release_request_pad (fixture.element, meta);
      break;
    }
    case END_UNLINK: {
      g_autoptr (GstPad)
          meta = gst_element_get_static_pad (fixture.element, "meta");
      g_assert_true (gst_pad_unlink (pad, meta));
      break;
    }
    case END_STATE:
      gst_element_set_state (fixture.element, GST_STATE_READY);
      expected = GST_FLOW_FLUSHING;
      break;
    case N_ENDS:
      g_assert_not_reached ();
  }
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==, expected);
  close_harness (&fixture);
  gst_object_unref (pad);
  close_fixture (&fixture);
}

static gpointer
write_much (gpointer data)
{
  GstFlowReturn flow = GST_FLOW_OK;

  for (guint i = 0; i < 5000 && flow == GST_FLOW_OK; i++) {
    g_autofree gchar *line =
        g_strdup_printf ("{\"pts\":%u,\"objects\":[]}\n", 100 + i);
    flow = write_text (data, line);
  }
  return GINT_TO_POINTER (flow);
}

/* Lines far ahead of the video wait, and are let go at its end. */
static void
test_stream_ahead (void)
{
  GstPad *pad = NULL;
  Fixture fixture = open_waiting (&pad);
  GThread *thread = g_thread_new ("lines", write_much, pad);

  while (count (&fixture, "records") < 1001)
    g_thread_yield ();
  expect_label (&fixture, make_frame (0), NULL);
  g_assert_cmpuint (count (&fixture, "records"), ==, 1001);
  gst_harness_push_event (fixture.harness, gst_event_new_eos ());
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==, GST_FLOW_OK);
  close_harness (&fixture);
  gst_object_unref (pad);
  close_fixture (&fixture);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/import/metas", test_metas);
  g_test_add_func ("/import/shared-frame", test_shared_frame);
  ADD_CASES ("/import/time", time_cases, test_time);
  g_test_add_func ("/import/gaps", test_gaps);
  g_test_add_func ("/import/pictures", test_pictures);
  g_test_add_func ("/import/nothing", test_nothing);
  g_test_add_func ("/import/segment", test_segment);
  g_test_add_func ("/import/seek-back", test_seek_back);
  ADD_CASES ("/import/broken", broken_cases, test_broken);
  g_test_add_func ("/import/endless-line", test_endless_line);
  g_test_add_func ("/import/odd-values", test_odd_values);
  g_test_add_func ("/import/binary-file", test_binary_file);
  g_test_add_func ("/import/mutations", test_mutations);
  g_test_add_data_func ("/import/missing-file", "/none/such.jsonl",
      test_no_file);
  g_test_add_data_func ("/import/folder", "/tmp", test_no_file);
  g_test_add_data_func ("/import/device", "/dev/zero", test_no_file);
  g_test_add_func ("/import/stream-live", test_stream_live);
  g_test_add_func ("/import/stream-text", test_stream_text);
  g_test_add_func ("/import/stream-markup", test_stream_markup);
  g_test_add_func ("/import/stream-waits", test_stream_waits);
  for (gint end = 0; end < N_ENDS; end++) {
    g_autofree gchar *path = g_strdup_printf ("/import/stream-end/%d", end);

    g_test_add_data_func (path, GINT_TO_POINTER (end), test_stream_end);
  }
  g_test_add_func ("/import/stream-ahead", test_stream_ahead);
  return g_test_run ();
}
