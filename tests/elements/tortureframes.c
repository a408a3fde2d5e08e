/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames as nobody should make them, and all there are of formats and sizes. */
#include "tortureharness.h"

/* ---- buffers ---- */

/* What becomes of a frame. */
typedef enum
{
  PASSES,
  FAILS, /* with one error */
} Fate;

typedef struct
{
  const gchar *name;
  void (*change) (GstBuffer *buffer, const GstVideoInfo *info);
  Fate fate;
  gboolean shared; /* while it is pushed somebody else holds it */
} FrameCase;

static void
leave (GstBuffer *buffer, const GstVideoInfo *info)
{
}

static void
drop_times (GstBuffer *buffer, const GstVideoInfo *info)
{
  GST_BUFFER_PTS (buffer) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_DURATION (buffer) = GST_CLOCK_TIME_NONE;
}

static void
drop_duration (GstBuffer *buffer, const GstVideoInfo *info)
{
  GST_BUFFER_DURATION (buffer) = GST_CLOCK_TIME_NONE;
}

static void
set_far_times (GstBuffer *buffer, const GstVideoInfo *info)
{
  GST_BUFFER_PTS (buffer) = G_MAXUINT64 - 1;
  GST_BUFFER_DTS (buffer) = 0;
  GST_BUFFER_DURATION (buffer) = G_MAXUINT64 - 1;
  GST_BUFFER_OFFSET (buffer) = G_MAXUINT64 - 1;
  GST_BUFFER_OFFSET_END (buffer) = 0;
}

static void
mark (GstBuffer *buffer, const GstVideoInfo *info)
{
  GST_BUFFER_FLAG_SET (buffer,
      GST_BUFFER_FLAG_DISCONT | GST_BUFFER_FLAG_RESYNC |
          GST_BUFFER_FLAG_CORRUPTED | GST_BUFFER_FLAG_HEADER |
          GST_BUFFER_FLAG_DROPPABLE | GST_BUFFER_FLAG_DELTA_UNIT);
}

static void
mark_gap (GstBuffer *buffer, const GstVideoInfo *info)
{
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_GAP);
}

static void
mark_fields (GstBuffer *buffer, const GstVideoInfo *info)
{
  GST_BUFFER_FLAG_SET (buffer,
      GST_VIDEO_BUFFER_FLAG_INTERLACED | GST_VIDEO_BUFFER_FLAG_TFF |
          GST_VIDEO_BUFFER_FLAG_RFF | GST_VIDEO_BUFFER_FLAG_ONEFIELD);
}

static void
make_read_only (GstBuffer *buffer, const GstVideoInfo *info)
{
  gpointer data = g_malloc (info->size);

  memset (data, 128, info->size);
  gst_buffer_replace_all_memory (buffer,
      gst_memory_new_wrapped (GST_MEMORY_FLAG_READONLY, data, info->size, 0,
          info->size, data, g_free));
}

/* In pieces of no meaning. */
static void
split (GstBuffer *buffer, guint n)
{
  GstMemory *whole = gst_buffer_get_all_memory (buffer);
  gsize size = gst_memory_get_sizes (whole, NULL, NULL);
  gsize at = 0;

  gst_buffer_remove_all_memory (buffer);
  for (guint i = 0; i < n; i++) {
    gsize end = i + 1 < n ? size / n * (i + 1) + 1 : size;
    GstMemory *piece =
        gst_memory_copy (whole, (gssize) at, (gssize) (end - at));

    gst_buffer_append_memory (buffer, piece);
    at = end;
  }
  gst_memory_unref (whole);
}

static void
split_in_two (GstBuffer *buffer, const GstVideoInfo *info)
{
  split (buffer, 2);
}

static void
split_in_many (GstBuffer *buffer, const GstVideoInfo *info)
{
  split (buffer, 13);
}

static void
set_inside (GstBuffer *buffer, const GstVideoInfo *info)
{
  gst_buffer_replace_all_memory (buffer,
      gst_allocator_alloc (NULL, info->size + 5000, NULL));
  gst_buffer_memset (buffer, 0, 128, info->size + 5000);
  gst_buffer_resize (buffer, 1001, (gssize) info->size);
}

static void
lengthen (GstBuffer *buffer, const GstVideoInfo *info)
{
  gst_buffer_append_memory (buffer, gst_allocator_alloc (NULL, 1000, NULL));
}

static void
describe (GstBuffer *buffer, const GstVideoInfo *info, const gsize offsets[4],
    const gint strides[4])
{
  gsize at[4];
  gint step[4];

  memcpy (at, offsets, sizeof at);
  memcpy (step, strides, sizeof step);
  gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_INFO_FORMAT (info), (guint) info->width, (guint) info->height,
      GST_VIDEO_INFO_N_PLANES (info), at, step);
}

/* Planes of any place and stride in memory of that size. */
static void
lay_out (GstBuffer *buffer, const GstVideoInfo *info, const gsize offsets[4],
    const gint strides[4], gsize size)
{
  gst_buffer_replace_all_memory (buffer,
      gst_allocator_alloc (NULL, size, NULL));
  gst_buffer_memset (buffer, 0, 128, size);
  describe (buffer, info, offsets, strides);
}

static void
pad_rows (GstBuffer *buffer, const GstVideoInfo *info)
{
  const gsize offsets[4] = { 77, 77 + 200 * HEIGHT,
    77 + 200 * HEIGHT + 131 * HEIGHT / 2 };

  lay_out (buffer, info, offsets, (const gint[4]){ 200, 131, 97 },
      offsets[2] + 97 * HEIGHT / 2);
}

static void
swap_planes (GstBuffer *buffer, const GstVideoInfo *info)
{
  const gsize chroma = WIDTH * HEIGHT / 4;

  lay_out (buffer, info, (const gsize[4]){ 2 * chroma, chroma, 0 },
      (const gint[4]){ WIDTH, WIDTH / 2, WIDTH / 2 }, FRAME_SIZE);
}

/* The last rows end where the memory ends, and so before their stride does. */
static void
cut_padding (GstBuffer *buffer, const GstVideoInfo *info)
{
  const gsize offsets[4] = { 0, 4096 * HEIGHT,
    4096 * HEIGHT + 4096 * HEIGHT / 2 };

  lay_out (buffer, info, offsets, (const gint[4]){ 4096, 4096, 4096 },
      offsets[2] + 4096 * (HEIGHT / 2 - 1) + WIDTH / 2);
}

static void
turn_over (GstBuffer *buffer, const GstVideoInfo *info)
{
  const gsize luma = WIDTH * HEIGHT;
  const gsize chroma = luma / 4;

  lay_out (buffer, info,
      (const gsize[4]){ luma - WIDTH, luma + chroma - WIDTH / 2,
          luma + 2 * chroma - WIDTH / 2 },
      (const gint[4]){ -WIDTH, -WIDTH / 2, -WIDTH / 2 }, FRAME_SIZE);
}

/* Every row the same one. */
static void
flatten (GstBuffer *buffer, const GstVideoInfo *info)
{
  lay_out (buffer, info, (const gsize[4]){ 0, 0, 0 },
      (const gint[4]){ 0, 0, 0 }, FRAME_SIZE);
}

static void
split_planes (GstBuffer *buffer, const GstVideoInfo *info)
{
  gst_buffer_remove_all_memory (buffer);
  for (guint i = 0; i < 3; i++)
    gst_buffer_append_memory (buffer,
        gst_allocator_alloc (NULL, i == 0 ? WIDTH * HEIGHT : WIDTH * HEIGHT / 4,
            NULL));
  gst_buffer_memset (buffer, 0, 128, FRAME_SIZE);
  gst_buffer_add_video_meta (buffer, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_INFO_FORMAT (info), (guint) info->width, (guint) info->height);
}

/* Planes that go on in the next memory. */
static void
split_within_planes (GstBuffer *buffer, const GstVideoInfo *info)
{
  split (buffer, 5);
  gst_buffer_add_video_meta (buffer, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_INFO_FORMAT (info), (guint) info->width, (guint) info->height);
}

/* ---- what cannot be a frame ---- */

static void
empty (GstBuffer *buffer, const GstVideoInfo *info)
{
  gst_buffer_remove_all_memory (buffer);
}

static void
shorten_to (GstBuffer *buffer, gsize size)
{
  gst_buffer_replace_all_memory (buffer,
      gst_allocator_alloc (NULL, size, NULL));
}

static void
shorten_to_nothing (GstBuffer *buffer, const GstVideoInfo *info)
{
  shorten_to (buffer, 0);
}

static void
shorten (GstBuffer *buffer, const GstVideoInfo *info)
{
  shorten_to (buffer, info->size - 1);
}

static void
shorten_described (GstBuffer *buffer, const GstVideoInfo *info)
{
  gst_buffer_add_video_meta (buffer, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_INFO_FORMAT (info), (guint) info->width, (guint) info->height);
  shorten_to (buffer, info->size - 1);
}

static void
empty_described (GstBuffer *buffer, const GstVideoInfo *info)
{
  gst_buffer_add_video_meta (buffer, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_INFO_FORMAT (info), (guint) info->width, (guint) info->height);
  gst_buffer_remove_all_memory (buffer);
}

static void
describe_longer_rows (GstBuffer *buffer, const GstVideoInfo *info)
{
  lay_out (buffer, info, info->offset,
      (const gint[4]){ 2 * WIDTH, WIDTH, WIDTH }, info->size);
}

static void
describe_far_planes (GstBuffer *buffer, const GstVideoInfo *info)
{
  lay_out (buffer, info, (const gsize[4]){ 0, G_MAXSIZE - 100, 1 << 30 },
      info->stride, info->size);
}

static void
describe_above_memory (GstBuffer *buffer, const GstVideoInfo *info)
{
  lay_out (buffer, info, (const gsize[4]){ 0, 0, 0 },
      (const gint[4]){ -WIDTH, -WIDTH, G_MININT }, info->size);
}

static void
describe_huge_rows (GstBuffer *buffer, const GstVideoInfo *info)
{
  lay_out (buffer, info, info->offset,
      (const gint[4]){ G_MAXINT, G_MAXINT, G_MAXINT }, info->size);
}

static void
describe_short_rows (GstBuffer *buffer, const GstVideoInfo *info)
{
  lay_out (buffer, info, info->offset, (const gint[4]){ 3, 3, 3 }, info->size);
}

static void
describe_as (GstBuffer *buffer, GstVideoFormat format, guint width,
    guint height)
{
  GstVideoInfo other;

  gst_video_info_set_format (&other, format, width, height);
  describe (buffer, &other, other.offset, other.stride);
}

static void
describe_as_rgb (GstBuffer *buffer, const GstVideoInfo *info)
{
  describe_as (buffer, GST_VIDEO_FORMAT_RGB, WIDTH / 2, HEIGHT);
}

static void
describe_as_larger (GstBuffer *buffer, const GstVideoInfo *info)
{
  describe_as (buffer, GST_VIDEO_FORMAT_I420, 4 * WIDTH, 4 * HEIGHT);
}

static void
describe_as_smaller (GstBuffer *buffer, const GstVideoInfo *info)
{
  describe_as (buffer, GST_VIDEO_FORMAT_I420, WIDTH / 2, HEIGHT / 2);
}

static void
describe_as_nothing (GstBuffer *buffer, const GstVideoInfo *info)
{
  GstVideoInfo nothing = { .finfo = info->finfo };

  describe (buffer, &nothing, nothing.offset, nothing.stride);
}

/* ---- what is shown of it ---- */

static void
crop (GstBuffer *buffer, guint x, guint y, guint width, guint height)
{
  GstVideoCropMeta *meta = gst_buffer_add_video_crop_meta (buffer);

  *meta = (GstVideoCropMeta){ .meta = meta->meta,
    .x = x,
    .y = y,
    .width = width,
    .height = height };
}

static void
crop_oddly (GstBuffer *buffer, const GstVideoInfo *info)
{
  crop (buffer, 3, 5, 33, 21);
}

static void
crop_to_pixel (GstBuffer *buffer, const GstVideoInfo *info)
{
  crop (buffer, WIDTH - 1, HEIGHT - 1, 1, 1);
}

static void
crop_too_far (GstBuffer *buffer, const GstVideoInfo *info)
{
  crop (buffer, 150, 150, G_MAXUINT, G_MAXUINT);
}

static void
crop_outside (GstBuffer *buffer, const GstVideoInfo *info)
{
  crop (buffer, G_MAXUINT, G_MAXUINT, 10, 10);
}

static void
crop_to_nothing (GstBuffer *buffer, const GstVideoInfo *info)
{
  crop (buffer, 10, 10, 0, 0);
}

static const FrameCase frame_cases[] = {
  { "plain", leave, PASSES, FALSE },
  { "shared", leave, PASSES, TRUE },
  { "no times", drop_times, PASSES, FALSE },
  { "no duration", drop_duration, PASSES, FALSE },
  { "far times", set_far_times, PASSES, FALSE },
  { "flags", mark, PASSES, FALSE },
  { "gap", mark_gap, PASSES, FALSE },
  { "fields", mark_fields, PASSES, FALSE },
  { "read-only", make_read_only, PASSES, FALSE },
  { "read-only and shared", make_read_only, PASSES, TRUE },
  { "two memories", split_in_two, PASSES, FALSE },
  { "many memories", split_in_many, PASSES, TRUE },
  { "inside a memory", set_inside, PASSES, FALSE },
  { "longer", lengthen, PASSES, FALSE },
  { "padded rows", pad_rows, PASSES, FALSE },
  { "swapped planes", swap_planes, PASSES, TRUE },
  { "no padding at the end", cut_padding, PASSES, FALSE },
  { "upside down", turn_over, PASSES, FALSE },
  { "rows in one place", flatten, FAILS, FALSE },
  { "a memory a plane", split_planes, PASSES, FALSE },
  { "memories within planes", split_within_planes, PASSES, FALSE },
  { "memories within planes, shared", split_within_planes, PASSES, TRUE },
  { "no memory", empty, FAILS, FALSE },
  { "no bytes", shorten_to_nothing, FAILS, FALSE },
  { "short", shorten, FAILS, FALSE },
  { "short, described", shorten_described, FAILS, FALSE },
  { "no memory, described", empty_described, FAILS, FALSE },
  { "rows too long", describe_longer_rows, FAILS, FALSE },
  { "planes too far", describe_far_planes, FAILS, FALSE },
  { "above its memory", describe_above_memory, FAILS, FALSE },
  { "huge rows", describe_huge_rows, FAILS, FALSE },
  { "rows too short", describe_short_rows, FAILS, FALSE },
  { "another format", describe_as_rgb, FAILS, FALSE },
  { "a larger picture", describe_as_larger, FAILS, FALSE },
  { "a smaller picture", describe_as_smaller, FAILS, FALSE },
  { "no picture", describe_as_nothing, FAILS, FALSE },
  { "odd crop", crop_oddly, PASSES, FALSE },
  { "crop of a pixel", crop_to_pixel, PASSES, FALSE },
  { "crop too far", crop_too_far, PASSES, FALSE },
  { "crop outside", crop_outside, PASSES, FALSE },
  { "crop of nothing", crop_to_nothing, PASSES, FALSE },
};

static GstBuffer *
make_changed (const FrameCase *c, const GstVideoInfo *info, guint number)
{
  GstBuffer *buffer = make_fitting (info, number);

  c->change (buffer, info);
  return buffer;
}

/* Whoever holds the frame too does not see it change. */
static void
expect_untouched (GstBuffer *held)
{
  GstMapInfo map;

  g_assert_true (gst_buffer_map (held, &map, GST_MAP_READ));
  for (gsize i = 0; i < map.size; i++)
    g_assert_cmpint (map.data[i], ==, 128);
  gst_buffer_unmap (held, &map);
  gst_buffer_unref (held);
}

static GstFlowReturn
give_changed (Rack *rack, const FrameCase *c)
{
  GstBuffer *buffer = make_changed (c, &rack->info, rack->n_in);
  GstBuffer *held = c->shared ? gst_buffer_ref (buffer) : NULL;
  GstFlowReturn flow = give (rack, buffer);

  if (held)
    expect_untouched (held);
  return flow;
}

/* Again and again until somebody has looked at one. */
static GstFlowReturn
give_until_seen (Rack *rack, const FrameCase *c)
{
  gboolean async = g_str_equal (rack->subject->name, "async");
  guint64 before = async ? count_looked_at (rack) : 0;
  GstFlowReturn flow;

  do
    flow = give_changed (rack, c);
  while (async && flow == GST_FLOW_OK && count_looked_at (rack) == before);
  return flow;
}

/* Between plain frames. */
static void
try_frame (const Subject *subject, const FrameCase *c)
{
  Rack rack;

  g_test_message ("%s: %s", subject->name, c->name);
  open_rack (&rack, subject);
  g_assert_true (set_caps (&rack, CAPS));
  give_frames (&rack, 2);
  GstFlowReturn flow = give_until_seen (&rack, c);
  if (flow == GST_FLOW_OK)
    flow = give (&rack, make_fitting (&rack.info, rack.n_in));
  if (flow == GST_FLOW_OK) {
    g_assert_cmpint (c->fate, !=, FAILS);
    expect_all (&rack);
  } else {
    g_assert_cmpint (c->fate, !=, PASSES);
    gst_harness_push_event (rack.harness, gst_event_new_eos ());
    g_assert_cmpuint (count_posted (&rack, GST_MESSAGE_ERROR), ==, 1);
  }
  close_rack (&rack);
}

static void
test_frames (gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (frame_cases); i++)
    try_frame (data, &frame_cases[i]);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  add_for_subjects ("/torture/frames", test_frames);
  return g_test_run ();
}
