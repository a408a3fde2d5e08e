/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Caps that change in the middle of a stream, to all there is. */
#include "tortureharness.h"

typedef struct
{
  gint width;
  gint height;
} Size;

static const Size sizes[] = { { 16, 16 }, { 1, 1 }, { 17, 31 }, { 64, 2 } };
static const Size large_sizes[] = { { 7680, 4320 }, { 4095, 2161 },
  { 3, 4320 } };

/* ---- formats and sizes ---- */

/* FALSE: the subject does not take it. */
static gboolean
change_caps (Rack *rack, const gchar *format, const Size *size,
    const gchar *others)
{
  g_autofree gchar *caps =
      g_strdup_printf ("video/x-raw,format=%s,width=%d,height=%d%s", format,
          size->width, size->height, others);

  return set_caps (rack, caps);
}

/* How many of GStreamer's formats the subject took. */
static guint
try_formats (Rack *rack, const Size *tried, gsize n_tried, const gchar *others)
{
  guint n_formats;
  const GstVideoFormat *formats = gst_video_formats_raw (&n_formats);
  guint n_taken = 0;

  for (guint i = 0; i < n_formats; i++) {
    const gchar *name = gst_video_format_to_string (formats[i]);
    gboolean taken = FALSE;

    for (gsize k = 0; k < n_tried; k++) {
      taken = change_caps (rack, name, &tried[k], others);
      if (taken)
        give_frames (rack, 2);
    }
    n_taken += taken;
  }
  return n_taken;
}

/* In one stream: every format in every size. */
static void
test_formats (gconstpointer subject)
{
  Rack rack;

  open_rack (&rack, subject);
  guint n = try_formats (&rack, sizes, G_N_ELEMENTS (sizes), "");
  g_test_message ("%u formats", n);
  g_assert_cmpuint (n, >, 30);
  expect_all_in_order (&rack);
  close_rack (&rack);
}

/* 8K, and what is nearly as large. */
static void
test_large (gconstpointer subject)
{
  static const gchar *const few[] = { "I420", "BGRx", "P010_10LE", "v210" };
  gsize n = is_long () ? G_N_ELEMENTS (few) : 1;
  Rack rack;

  open_rack (&rack, subject);
  for (gsize i = 0; i < n; i++) {
    for (gsize k = 0; k < G_N_ELEMENTS (large_sizes); k++) {
      if (!change_caps (&rack, few[i], &large_sizes[k], ""))
        continue;
      give_frames (&rack, is_long () ? 4 : 1);
      g_assert_true (change_caps (&rack, few[i], &sizes[0], ""));
      give_frames (&rack, 1);
    }
  }
  expect_all_in_order (&rack);
  close_rack (&rack);
}

/* ---- what else caps say ---- */

static const gchar *const others[] = {
  ",framerate=0/1",
  ",framerate=2147483647/1",
  ",framerate=1/2147483647",
  ",framerate=0/1,max-framerate=60/1",
  ",pixel-aspect-ratio=64/33",
  ",pixel-aspect-ratio=1/1000000",
  ",pixel-aspect-ratio=2147483647/1",
  ",framerate=25/1,interlace-mode=interleaved",
  ",framerate=25/1,interlace-mode=interleaved,field-order=top-field-first",
  ",framerate=25/1,interlace-mode=mixed",
  ",framerate=25/1,interlace-mode=fields",
  ",colorimetry=bt2020",
  ",colorimetry=1:3:5:1",
  ",colorimetry=2:0:0:0",
  ",chroma-site=dv",
  ",multiview-mode=side-by-side,multiview-flags=0:ffffffff:mixed-mono",
  ",views=2",
};

/* With a format that is read directly, and one that is converted before. */
static void
test_others (gconstpointer subject)
{
  static const Size odd[] = { { 32, 48 }, { 17, 15 } };
  Rack rack;

  open_rack (&rack, subject);
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++) {
    for (gsize k = 0; k < G_N_ELEMENTS (odd); k++) {
      g_test_message ("%s", others[i]);
      g_assert_true (change_caps (&rack, "I420", &odd[k], others[i]));
      give_frames (&rack, 2);
      g_assert_true (change_caps (&rack, "Y41B", &odd[k], others[i]));
      give_frames (&rack, 2);
    }
  }
  expect_all_in_order (&rack);
  close_rack (&rack);
}

/* Every format once more, with fields. */
static void
test_interlaced (gconstpointer subject)
{
  static const gchar *const modes[] = { "interleaved", "mixed" };
  static const Size odd[] = { { 20, 34 }, { 5, 3 }, { 1, 1 } };
  Rack rack;

  open_rack (&rack, subject);
  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++) {
    g_autofree gchar *mode =
        g_strdup_printf (",framerate=25/1,interlace-mode=%s", modes[i]);

    try_formats (&rack, odd, G_N_ELEMENTS (odd), mode);
  }
  expect_all_in_order (&rack);
  close_rack (&rack);
}

/* ---- what is refused ---- */

static const gchar *const refused[] = {
  /* A frame is one field only. */
  "video/x-raw(format:Interlaced),format=I420,width=160,height=160,"
  "interlace-mode=alternate,framerate=25/1",
  "video/x-raw(memory:DMABuf),format=I420,width=160,height=160",
  "video/x-raw(memory:GLMemory),format=RGBA,width=160,height=160",
  "video/x-raw,format=ENCODED,width=160,height=160",
  "video/x-raw,format=I420,width=0,height=160",
  "audio/x-raw,format=S16LE,rate=44100,channels=2,layout=interleaved",
  "video/x-h264",
};

/* Refused in the middle of a stream, which then can go on as it was. */
static void
test_refused (gconstpointer subject)
{
  Rack rack;

  open_rack (&rack, subject);
  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++) {
    g_autoptr (GstCaps) caps = gst_caps_from_string (refused[i]);

    g_test_message ("%s", refused[i]);
    g_assert_true (set_caps (&rack, CAPS));
    give_frames (&rack, 2);
    gst_harness_push_event (rack.harness, gst_event_new_caps (caps));
    g_assert_cmpint (gst_harness_push (rack.harness,
                         make_fitting (&rack.info, 0)),
        ==, GST_FLOW_NOT_NEGOTIATED);
  }
  g_assert_true (set_caps (&rack, CAPS));
  give_frames (&rack, 2);
  expect_all_in_order (&rack);
  close_rack (&rack);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  add_for_subjects ("/torture/formats", test_formats);
  add_for_subjects ("/torture/large", test_large);
  add_for_subjects ("/torture/other-caps", test_others);
  add_for_subjects ("/torture/interlaced", test_interlaced);
  add_for_subjects ("/torture/refused-caps", test_refused);
  return g_test_run ();
}
