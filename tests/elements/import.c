/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "importframes.h"

#include "importqueue.h"
#include "jsonguard.h"
#include <string.h>

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
  return g_test_run ();
}
