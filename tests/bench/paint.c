/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* paint: 20 boxes with labels on a 1080p NV12 frame, beside what videoconvert
 * takes to make the same frame BGRx. One thread. */

#include "overlaypainter.h"

#include "bench.h"
#include "picture.h"

#define N_OBJECTS 20
#define ROUNDS 21
#define SAMPLE_MS 40

static const char *const labels[] = { "person", "car", "bicycle", "dog",
  "traffic light" };

typedef struct
{
  GstVideoFrame frame;
  GstVideoFrame converted;
  GstVideoConverter *converter;
  GstOverlayPainter *painter;
  GstOverlayStyle style;
  GstDetectObject objects[N_OBJECTS];
  guint n_painted;
} Job;

/* Spread over the frame, each 300 × 260 pixels. */
static void
place_objects (Job *job)
{
  for (guint i = 0; i < N_OBJECTS; i++) {
    gfloat x = (gfloat) (30 + 370 * (i % 5)) / BENCH_WIDTH;
    gfloat y = (gfloat) (40 + 255 * (i / 5)) / BENCH_HEIGHT;

    job->objects[i] = (GstDetectObject){
      .x0 = x,
      .y0 = y,
      .x1 = x + 300.0f / BENCH_WIDTH,
      .y1 = y + 230.0f / BENCH_HEIGHT,
      .score = 0.5f,
      .class_id = (gint) (i % G_N_ELEMENTS (labels)),
      .track_id = -1,
      .label = labels[i % G_N_ELEMENTS (labels)],
    };
  }
}

/* As in a video: boxes move by a pixel, and scores wander from frame to frame. */
static void
run_paint (gpointer data)
{
  Job *job = data;
  gint step = (job->n_painted / 20) % 2 ? -1 : 1;

  for (guint i = 0; i < N_OBJECTS; i++) {
    GstDetectObject *object = &job->objects[i];

    object->x0 += (gfloat) step / BENCH_WIDTH;
    object->x1 += (gfloat) step / BENCH_WIDTH;
    object->score =
        0.5f + (gfloat) ((job->n_painted * 7 + i * 13) % 50) / 100.0f;
  }
  job->n_painted++;
  gst_overlay_painter_paint (job->painter, &job->frame, &job->style,
      job->objects, N_OBJECTS);
}

static void
run_convert (gpointer data)
{
  Job *job = data;

  gst_video_converter_frame (job->converter, &job->frame, &job->converted);
}

int
main (int argc, char **argv)
{
  GstVideoInfo in;
  GstVideoInfo out;
  g_autoptr (GstBuffer) picture = NULL;
  g_autoptr (GstBuffer) converted = NULL;
  Job boxed = { .painter = gst_overlay_painter_new () };
  Job labelled = { .painter = gst_overlay_painter_new (),
    .style.labels = TRUE };
  BenchCase cases[] = {
    { "videoconvert to BGRx (GstVideoConverter)", run_convert, &labelled },
    { "20 boxes with labels", run_paint, &labelled },
    { "20 boxes alone", run_paint, &boxed },
  };

  bench_start (&argc, &argv,
      "paint: 20 boxes on a 1080p NV12 frame, one thread");
  picture = bench_picture_new (GST_VIDEO_FORMAT_NV12, &in);
  out = bench_video_info (GST_VIDEO_FORMAT_BGRx, BENCH_WIDTH, BENCH_HEIGHT);
  converted = gst_buffer_new_allocate (NULL, out.size, NULL);
  bench_check (gst_video_frame_map (&labelled.frame, &in, picture,
                   GST_MAP_READWRITE) &&
          gst_video_frame_map (&labelled.converted, &out, converted,
              GST_MAP_READWRITE),
      "gst_video_frame_map", NULL);
  boxed.frame = labelled.frame;
  labelled.converter = gst_video_converter_new (&in, &out, NULL);
  place_objects (&boxed);
  place_objects (&labelled);

  bench_interleave (cases, G_N_ELEMENTS (cases), ROUNDS, SAMPLE_MS);
  double convert = bench_median (cases[0].ms);
  BenchRatio ratio = { "paint / videoconvert",
    bench_median (cases[1].ms) / convert, 0.1, TRUE };
  bench_row (cases[0].name, "ms", cases[0].ms, NULL);
  bench_row (cases[1].name, "ms", cases[1].ms, &ratio);
  bench_row (cases[2].name, "ms", cases[2].ms, NULL);

  bench_cases_clear (cases, G_N_ELEMENTS (cases));
  gst_video_frame_unmap (&labelled.frame);
  gst_video_frame_unmap (&labelled.converted);
  gst_video_converter_free (labelled.converter);
  gst_overlay_painter_free (labelled.painter);
  gst_overlay_painter_free (boxed.painter);
  return 0;
}
