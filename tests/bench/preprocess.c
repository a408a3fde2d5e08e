/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* preprocess: one thread, a 1080p frame -> 640 × 640 floats, letterboxed: ours,
 * OpenCV's way, and GStreamer's own converter. */

#include "preprocess.h"

#include "bench.h"
#include "opencv-blob.h"
#include "picture.h"

#define SIDE 640
#define ROUNDS 21
#define SAMPLE_MS 40

static const DetInputSpec input = {
  .width = SIDE,
  .height = SIDE,
  .batch = 1,
  .dtype = DET_DTYPE_FLOAT32,
  .layout = DET_LAYOUT_NCHW,
  .order = DET_ORDER_RGB,
  .scale = { 1 / 255.0f, 1 / 255.0f, 1 / 255.0f },
  .pad = 114,
  .resize = DET_RESIZE_LETTERBOX,
};

typedef struct
{
  GstVideoConverter *converter;
  GstVideoFrame *in;
  GstVideoFrame out; /* 8-bit RGB planes */
  GstBuffer *buffer;
  float *floats;
} Conversion;

typedef struct
{
  GstVideoFrame frame;
  BenchBlob *blob;
  DetPreprocess *preprocess;
  DetPreprocess *halved;   /* chroma=half */
  DetPreprocess *deferred; /* its second step is never done */
} Job;

static void
run_preprocess (Job *job, DetPreprocess *preprocess)
{
  DetFrame view = bench_frame_view (&job->frame);
  g_autoptr (GError) error = NULL;

  bench_check (det_preprocess_run (preprocess, &view, &error), "preprocess",
      error);
}

static void
run_ours (gpointer data)
{
  Job *job = data;

  run_preprocess (job, job->preprocess);
}

static void
run_halved (gpointer data)
{
  Job *job = data;

  run_preprocess (job, job->halved);
}

static void
run_deferred (gpointer data)
{
  Job *job = data;

  run_preprocess (job, job->deferred);
}

static void
run_opencv (gpointer data)
{
  Job *job = data;

  bench_blob_run (job->blob, GST_VIDEO_FRAME_PLANE_DATA (&job->frame, 0));
}

/* The converter knows no floats; a plain loop makes them. */
static void
run_converter (gpointer data)
{
  Conversion *c = data;

  gst_video_converter_frame (c->converter, c->in, &c->out);
  for (guint p = 0; p < 3; p++) {
    const guint8 *from = GST_VIDEO_FRAME_PLANE_DATA (&c->out, p);
    float *to = c->floats + p * SIDE * SIDE;

    for (guint i = 0; i < SIDE * SIDE; i++)
      to[i] = (float) from[i] * (1 / 255.0f);
  }
}

/* Bars above and below what keeps its aspect. like_videoscale: bilinear with two
 * taps, as that element asks for by itself; else the converter's own defaults. */
static void
open_converter (Conversion *c, GstVideoFrame *in, gboolean like_videoscale)
{
  GstVideoInfo info = bench_video_info (GST_VIDEO_FORMAT_RGBP, SIDE, SIDE);
  gint height = SIDE * BENCH_HEIGHT / BENCH_WIDTH;
  GstStructure *options = gst_structure_new ("options",
      GST_VIDEO_CONVERTER_OPT_THREADS, G_TYPE_UINT, 1,
      GST_VIDEO_CONVERTER_OPT_DEST_Y, G_TYPE_INT, (SIDE - height) / 2,
      GST_VIDEO_CONVERTER_OPT_DEST_HEIGHT, G_TYPE_INT, height,
      GST_VIDEO_CONVERTER_OPT_BORDER_ARGB, G_TYPE_UINT, 0xff727272u, NULL);

  if (like_videoscale)
    gst_structure_set (options, GST_VIDEO_CONVERTER_OPT_RESAMPLER_METHOD,
        GST_TYPE_VIDEO_RESAMPLER_METHOD, GST_VIDEO_RESAMPLER_METHOD_LINEAR,
        GST_VIDEO_RESAMPLER_OPT_MAX_TAPS, G_TYPE_INT, 2, NULL);
  c->in = in;
  c->converter = gst_video_converter_new (&in->info, &info, options);
  c->buffer = gst_buffer_new_allocate (NULL, info.size, NULL);
  c->floats = g_new (float, 3 * SIDE * SIDE);
  bench_check (gst_video_frame_map (&c->out, &info, c->buffer,
                   GST_MAP_READWRITE),
      "gst_video_frame_map", NULL);
}

static void
close_converter (Conversion *c)
{
  gst_video_frame_unmap (&c->out);
  gst_buffer_unref (c->buffer);
  gst_video_converter_free (c->converter);
  g_free (c->floats);
}

static void
print_rows (GstVideoFormat format, BenchCase *cases)
{
  double ours = bench_median (cases[0].ms);
  BenchRatio ratios[] = {
    { 0 },
    { "OpenCV / ours", bench_median (cases[1].ms) / ours, 4 },
    { "converter / ours", bench_median (cases[2].ms) / ours, 12 },
    { "converter / ours", bench_median (cases[3].ms) / ours },
    { "this / ours", bench_median (cases[4].ms) / ours },
    { "this / ours", bench_median (cases[5].ms) / ours },
  };

  for (guint i = 0; i < G_N_ELEMENTS (ratios); i++) {
    g_autofree char *what = g_strdup_printf ("%s, %s",
        gst_video_format_to_string (format), cases[i].name);

    bench_row (what, "ms", cases[i].ms, i ? &ratios[i] : NULL);
  }
}

static void
measure (GstVideoFormat format)
{
  GstVideoInfo info;
  g_autoptr (GstBuffer) picture = bench_picture_new (format, &info);
  DetInputSpec halved = input;
  Conversion own = { 0 };
  Conversion like_videoscale = { 0 };
  Job job = {
    .blob = bench_blob_new (format == GST_VIDEO_FORMAT_NV12, BENCH_WIDTH,
        BENCH_HEIGHT, SIDE),
    .preprocess = det_preprocess_new (&input),
    .deferred = det_preprocess_new (&input),
  };
  BenchCase cases[] = {
    { "ours", run_ours, &job },
    { "OpenCV cvtColor + resize + blobFromImage", run_opencv, &job },
    { "GstVideoConverter by its defaults (bicubic) + floats", run_converter,
        &own },
    { "GstVideoConverter as videoscale sets it (2 taps) + floats",
        run_converter, &like_videoscale },
    { "ours with chroma=half", run_halved, &job },
    { "ours, but for what policy=async leaves to the worker", run_deferred,
        &job },
  };

  halved.half_chroma = TRUE;
  job.halved = det_preprocess_new (&halved);
  det_preprocess_set_deferring (job.deferred, TRUE);
  bench_check (gst_video_frame_map (&job.frame, &info, picture, GST_MAP_READ),
      "gst_video_frame_map", NULL);
  open_converter (&own, &job.frame, FALSE);
  open_converter (&like_videoscale, &job.frame, TRUE);
  bench_interleave (cases, G_N_ELEMENTS (cases), ROUNDS, SAMPLE_MS);
  print_rows (format, cases);
  bench_cases_clear (cases, G_N_ELEMENTS (cases));
  close_converter (&own);
  close_converter (&like_videoscale);
  gst_video_frame_unmap (&job.frame);
  bench_blob_free (job.blob);
  det_preprocess_free (job.preprocess);
  det_preprocess_free (job.halved);
  det_preprocess_free (job.deferred);
}

int
main (int argc, char **argv)
{
  bench_start (&argc, &argv,
      "preprocess: a 1080p frame to 640 × 640 floats, one thread");
  measure (GST_VIDEO_FORMAT_NV12);
  measure (GST_VIDEO_FORMAT_I420);
  return 0;
}
