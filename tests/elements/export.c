/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "testframes.h"

#include "exportformat.h"

/* ---- files ---- */

/* What two objects on frame 3 come to in each format. */
typedef struct
{
  const gchar *format;
  const gchar
      *name; /* the file; its ending chooses the format where that is NULL */
  const gchar *expected;
} FileCase;

#define BOXES                                                           \
  "{\"label\":\"a "                                                     \
  "\\\"b\\\"\",\"class_id\":0,\"score\":0.3,\"box\":[16,4.8,32,43.2],"  \
  "\"box_normalized\":[0.25,0.1,0.5,0.9]},"                             \
  "{\"label\":\"a "                                                     \
  "\\\"b\\\"\",\"class_id\":1,\"score\":0.3,\"box\":[16,5.28,32,43.2]," \
  "\"box_normalized\":[0.25,0.11,0.5,0.9],\"track_id\":7,\"parent_id\":0}"
#define JSON                                                                   \
  "{\"schema\":1,\"frame\":0,\"pts\":0.3,\"running_time\":0.3,\"utc\":null,"   \
  "\"width\":64,\"height\":48,\"model\":\"test\",\"inferred\":true,\"age\":0," \
  "\"inference\":{\"frame\":3,\"pts\":0.3,"                                    \
  "\"start\":\"2023-11-14T22:13:20.123456Z\",\"duration_ms\":2.13},"           \
  "\"objects\":[" BOXES "],"                                                   \
  "\"ms\":{\"preprocess\":0.1,\"inference\":2,\"decode\":0.03}}\n"
#define MOT \
  "1,-1,16,4.8,16,38.4,0.3,0,-1,-1\n1,7,16,5.28,16,37.92,0.3,1,-1,-1\n"
#define COCO                                                                   \
  "[\n{\"image_id\":0,\"category_id\":0,\"bbox\":[16,4.8,16,38.4],\"score\":"  \
  "0.3},"                                                                      \
  "{\"image_id\":0,\"category_id\":1,\"bbox\":[16,5.28,16,37.92],\"score\":0." \
  "3}\n]\n"
#define TEXT "a \"b\" 30% at 16,5 to 32,43\na \"b\" #7 30% at 16,5 to 32,43\n"
#define TABLE                                          \
  "input,frame,pts,label,class_id,score,x0,y0,x1,y1\n" \
  ",0,0.3,\"a \"\"b\"\"\",0,0.3,16,4.8,32,43.2\n"      \
  ",0,0.3,\"a \"\"b\"\"\",1,0.3,16,5.28,32,43.2\n"

static const FileCase file_cases[] = {
  { NULL, "out.jsonl", JSON },
  { NULL, "out.ndjson", JSON },
  { NULL, "out", JSON },
  { NULL, "OUT.CSV", MOT },
  { NULL, "out.json", COCO },
  { NULL, "out.txt", TEXT },
  { "jsonlines", "out.txt", JSON },
  { "csv", "out.json", MOT },
  { "coco", "out", COCO },
  { "text", "out", TEXT },
  { "table", "out.csv", TABLE },
};

static void
test_file (gconstpointer data)
{
  const FileCase *c = data;
  g_autofree gchar *line =
      g_strdup_printf ("detectexport format=%s location=%%s/%s",
          c->format ? c->format : "auto", c->name);
  Fixture fixture = open_fixture (line);

  gst_buffer_unref (send (&fixture, make_found (3, 2, "a \"b\"")));
  /* Nothing on it, and nobody looked. */
  gst_buffer_unref (send (&fixture, make_found (4, 0, "")));
  gst_buffer_unref (send (&fixture, make_frame (5)));
  g_assert_cmpuint (get_count (fixture.harness, "detectexport", "frames"), ==,
      3);
  g_assert_cmpuint (get_count (fixture.harness, "detectexport", "objects"), ==,
      2);
  g_assert_cmpuint (get_count (fixture.harness, "detectexport", "written"), ==,
      1);
  g_assert_cmpuint (count_warnings (&fixture, ""), ==, 0);
  close_harness (&fixture);
  g_autofree gchar *text = read_file (&fixture, c->name);
  g_assert_cmpstr (text, ==, c->expected);
  close_fixture (&fixture);
}

/* Every format was tried by its name. */
static void
test_all_formats (void)
{
  const GstExportFormat *const *rows = gst_export_formats ();

  for (gsize i = 0; rows[i]; i++) {
    gboolean tried = FALSE;

    for (gsize k = 0; k < G_N_ELEMENTS (file_cases); k++)
      tried |= g_strcmp0 (file_cases[k].format, rows[i]->name) == 0;
    g_assert_true (tried);
    g_assert_true (gst_export_format_find (rows[i]->name) == rows[i]);
  }
}

/* With empty=true every frame has a line where the format has such lines. */
static void
test_empty (gconstpointer data)
{
  const gchar *format = data;
  g_autofree gchar *line =
      g_strdup_printf ("detectexport empty=true format=%s location=%%s/out",
          format);
  Fixture fixture = open_fixture (line);
  gboolean has_lines = g_str_equal (format, "jsonlines") ||
      g_str_equal (format, "text");

  gst_buffer_unref (send (&fixture, make_found (0, 0, "")));
  gst_buffer_unref (send (&fixture, make_frame (1)));
  close_harness (&fixture);
  g_autofree gchar *text = read_file (&fixture, "out");
  if (has_lines)
    g_assert_cmpuint (count_lines (text), ==, 2);
  if (g_str_equal (format, "jsonlines")) {
    g_assert_nonnull (strstr (text, "\"inferred\":true,\"age\":0"));
    g_assert_nonnull (strstr (text,
        "\"model\":null,\"inferred\":false,\"age\":null,\"inference\":null,"
        "\"objects\":[],\"ms\":null}\n"));
  }
  close_fixture (&fixture);
}

/* A result that stays keeps its objects and its age; its times stand once. */
static void
test_aged (void)
{
  Fixture fixture = open_fixture ("detectexport location=%s/out");

  for (guint i = 0; i < 3; i++) {
    GstBuffer *frame = make_found (i, 1, "x");
    GstDetectMeta *meta = gst_buffer_get_detect_meta (frame);

    meta->frame_number = 0;
    meta->pts = 0;
    meta->age = i;
    gst_buffer_unref (send (&fixture, frame));
  }
  close_harness (&fixture);
  g_autofree gchar *text = read_file (&fixture, "out");
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_assert_nonnull (strstr (lines[0], "\"inferred\":true,\"age\":0"));
  g_assert_nonnull (strstr (lines[2], "\"inferred\":false,\"age\":2"));
  g_assert_nonnull (strstr (lines[2], "\"inference\":{\"frame\":0,\"pts\":0,"));
  g_assert_nonnull (strstr (lines[0], "\"ms\":{"));
  g_assert_nonnull (strstr (lines[2], "\"ms\":null"));
  close_fixture (&fixture);
}

/* The very same buffers go out. */
static void
test_untouched (void)
{
  Fixture fixture = open_fixture ("detectexport location=%s/out");
  GstBuffer *in = gst_buffer_ref (make_found (0, 1, "x"));
  g_autoptr (GstBuffer) out = send (&fixture, in);

  g_assert_true (out == in);
  gst_buffer_unref (in);
  close_fixture (&fixture);
}

/* Labels as regions carry them, which may be any bytes. */
static void
test_wild_labels (void)
{
  static const gchar *const labels[] = { "\"quoted\" \\ back", "two\nlines\r\t",
    "<b>&amp;</b>", "\xf0\x9f\x90\x88 cat", "bad \xff\xc3(\xf0\x9f", "=1+1",
    "\x01\x1f\x7f", "" };
  Fixture fixture =
      open_fixture ("detectexport format=table location=%s/out.csv");
  GstBuffer *frame = make_frame (0);

  for (gsize i = 0; i < G_N_ELEMENTS (labels); i++)
    gst_buffer_add_video_region_of_interest_meta (frame, labels[i], 1, 2, 3, 4);
  gst_buffer_unref (send (&fixture, frame));
  close_harness (&fixture);
  g_autofree gchar *text = read_file (&fixture, "out.csv");
  g_assert_true (g_utf8_validate (text, -1, NULL));
  g_assert_nonnull (strstr (text, ",two lines  ,"));
  g_assert_nonnull (strstr (text, ",'=1+1,"));
  g_assert_null (strstr (text, ",=1+1,"));
  close_fixture (&fixture);
}

/* ---- times ---- */

typedef struct
{
  const gchar *caps;
  GstClockTime timestamp;
  const gchar *expected;
} UtcCase;

static const UtcCase utc_cases[] = {
  { "timestamp/x-unix", 1700000000 * GST_SECOND + 5000,
      "\"utc\":\"2023-11-14T22:13:20.000005Z\"" },
  { "timestamp/x-ntp", G_GUINT64_CONSTANT (3908988800) * GST_SECOND,
      "\"utc\":\"2023-11-14T22:13:20.000000Z\"" },
  { "timestamp/x-ntp", 5, "\"utc\":null" },
  { "timestamp/x-camera", 1700000000 * GST_SECOND, "\"utc\":null" },
};

static void
test_utc (gconstpointer data)
{
  const UtcCase *c = data;
  Fixture fixture = open_fixture ("detectexport location=%s/out");
  g_autoptr (GstCaps) caps = gst_caps_from_string (c->caps);
  GstBuffer *frame = make_found (0, 1, "x");

  gst_buffer_add_reference_timestamp_meta (frame, caps, c->timestamp,
      GST_CLOCK_TIME_NONE);
  gst_buffer_unref (send (&fixture, frame));
  close_harness (&fixture);
  g_autofree gchar *text = read_file (&fixture, "out");
  g_assert_nonnull (strstr (text, c->expected));
  close_fixture (&fixture);
}

/* A live stream under a clock that counts from 1970. */
static void
test_utc_of_clock (void)
{
  g_autoptr (GstElement)
      pipeline = gst_parse_launch ("videotestsrc is-live=true num-buffers=2 ! "
                                   "video/x-raw,framerate=100/1 ! "
                                   "detectexport empty=true name=e ! fakesink "
                                   "sync=false async=false  e.meta "
                                   "! appsink name=lines sync=false",
          NULL);
  g_autoptr (GstElement)
      lines = gst_bin_get_by_name (GST_BIN (pipeline), "lines");
  g_autoptr (GstClock) clock = g_object_new (GST_TYPE_SYSTEM_CLOCK,
      "clock-type", GST_CLOCK_TYPE_REALTIME, NULL);
  g_autoptr (GstSample) sample = NULL;
  g_autoptr (GDateTime) before = g_date_time_new_now_utc ();
  GstMapInfo map;

  gst_pipeline_use_clock (GST_PIPELINE (pipeline), clock);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_signal_emit_by_name (lines, "pull-sample", &sample);
  g_assert_nonnull (sample);
  g_assert_true (gst_buffer_map (gst_sample_get_buffer (sample), &map,
      GST_MAP_READ));
  g_autofree gchar *text = g_strndup ((gchar *) map.data, map.size);
  gst_buffer_unmap (gst_sample_get_buffer (sample), &map);
  const gchar *utc = strstr (text, "\"utc\":\"");
  g_assert_nonnull (utc);
  utc += strlen ("\"utc\":\"");
  g_autofree gchar *cut = g_strndup (utc, strcspn (utc, "\""));
  g_autoptr (GDateTime) taken = g_date_time_new_from_iso8601 (cut, NULL);
  g_assert_nonnull (taken);
  /* Which day it is, is what a wrong epoch would get wrong. */
  g_assert_cmpint (ABS (g_date_time_difference (taken, before)), <,
      G_TIME_SPAN_HOUR);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* ---- what goes wrong ---- */

typedef struct
{
  const gchar *location;
  const gchar *says;
} TroubleCase;

static const TroubleCase trouble_cases[] = {
  { "/dev/full",
      "/dev/full cannot be written: No space left on device; make room" },
  { "%s/none/out.jsonl", "none/out.jsonl cannot be written: No such file" },
  { "%s", "cannot be written: Is a directory; name another file" },
};

/* The video goes on, there is one warning, and what was lost is counted. */
static void
test_trouble (gconstpointer data)
{
  const TroubleCase *c = data;
  g_autofree gchar *line =
      g_strdup_printf ("detectexport location=%s", c->location);
  Fixture fixture = open_fixture (line);

  for (guint i = 0; i < 5; i++)
    gst_buffer_unref (send (&fixture, make_found (i, 1, "x")));
  g_assert_cmpuint (count_warnings (&fixture, c->says), ==, 1);
  g_assert_cmpuint (get_count (fixture.harness, "detectexport", "written"), ==,
      0);
  g_assert_cmpuint (get_count (fixture.harness, "detectexport", "unwritten"),
      ==, 5);
  close_fixture (&fixture);
}

static void
test_useless (void)
{
  Fixture fixture = open_fixture ("detectexport");

  for (guint i = 0; i < 3; i++)
    gst_buffer_unref (send (&fixture, make_found (i, 1, "x")));
  g_assert_cmpuint (count_warnings (&fixture, "set location"), ==, 1);
  close_fixture (&fixture);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  ADD_CASES ("/export/file", file_cases, test_file);
  g_test_add_func ("/export/all-formats", test_all_formats);
  for (gsize i = 0; gst_export_formats ()[i]; i++) {
    const gchar *name = gst_export_formats ()[i]->name;
    g_autofree gchar *path = g_strdup_printf ("/export/empty/%s", name);

    g_test_add_data_func (path, name, test_empty);
  }
  g_test_add_func ("/export/aged", test_aged);
  g_test_add_func ("/export/untouched", test_untouched);
  g_test_add_func ("/export/wild-labels", test_wild_labels);
  ADD_CASES ("/export/utc", utc_cases, test_utc);
  g_test_add_func ("/export/utc-of-clock", test_utc_of_clock);
  ADD_CASES ("/export/trouble", trouble_cases, test_trouble);
  g_test_add_func ("/export/useless", test_useless);
  return g_test_run ();
}
