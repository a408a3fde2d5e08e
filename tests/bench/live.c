/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* live: a source of 30 frames a second and a detector of 5. What comes out, how
 * long frames stay in the element, how old the boxes are, and whether memory grows.
 * Delay is measured by probes on the element's own two pads. */

#include "bench.h"
#include "stream.h"
#include <gstdetectmeta.h>
#include <malloc.h>
#include <unistd.h>

#define FPS 30
#define FRAME_MS 34
#define DETECTOR_MS 200
#define OBJECTS 20
#define RUNS 5
#define N_REMEMBERED 64 /* frames; more than a result is old */
#define WARM_UP_SECONDS 1
#define SECONDS 4 /* of a run */
#define TEST_SOURCE              \
  "videotestsrc is-live=true ! " \
  "video/x-raw,format=NV12,width=1920,height=1080,framerate=30/1"

/* Of one run. Touched by the streaming thread only, while it runs. */
typedef struct
{
  double entered_ms;
  double entered_cpu_ms; /* of the streaming thread's own */
  double first_ms;
  double last_ms;
  guint n_frames;
  guint n_with_meta;
  guint64 last_result; /* number of the frame it is of */
  guint64 n_entered;
  double entered_at_ms[N_REMEMBERED]; /* by the frame's number */
  double gap_ms; /* longest from a frame to the next, as they come in */
  BenchSamples *delay_ms;
  BenchSamples *cpu_ms;
  BenchSamples *new_age_ms; /* where a result comes out first */
  double
      clock_age_ms; /* most of it by the clock: timestamps of a network drift */
  BenchSamples *age_ms; /* on every frame */
  gboolean is_measuring;
  gboolean go; /* atomic: set from outside */
} Watch;

typedef struct
{
  BenchSamples *fps;
  BenchSamples *p50;
  BenchSamples *p99;
  BenchSamples *cpu_p99;
  BenchSamples *new_age_ms;
  BenchSamples *beyond_gap_ms; /* of that */
  BenchSamples *age_ms;
  BenchSamples *growth;
} Results;

static void
remember (Watch *watch)
{
  double *slots = watch->entered_at_ms;
  guint64 n = watch->n_entered++;

  slots[n % N_REMEMBERED] = watch->entered_ms;
  if (watch->is_measuring && n > 0)
    watch->gap_ms =
        MAX (watch->gap_ms, watch->entered_ms - slots[(n - 1) % N_REMEMBERED]);
}

static GstPadProbeReturn
enter (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Watch *watch = data;

  watch->entered_cpu_ms = bench_thread_ms ();
  watch->entered_ms = bench_now_ms ();
  remember (watch);
  return GST_PAD_PROBE_OK;
}

static void
note_age (Watch *watch, GstBuffer *buffer)
{
  const GstDetectMeta *meta = gst_buffer_get_detect_meta (buffer);

  if (!meta)
    return;
  double ms = (double) (gint64) (GST_BUFFER_PTS (buffer) - meta->pts) / 1e6;
  gboolean is_new = meta->frame_number != watch->last_result;
  watch->last_result = meta->frame_number;
  if (!watch->is_measuring)
    return;
  watch->n_with_meta++;
  bench_samples_add (watch->age_ms, ms);
  if (!is_new)
    return;
  double entered = watch->entered_at_ms[meta->frame_number % N_REMEMBERED];
  bench_samples_add (watch->new_age_ms, ms);
  watch->clock_age_ms = MAX (watch->clock_age_ms, bench_now_ms () - entered);
}

static GstPadProbeReturn
leave (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Watch *watch = data;
  double now = bench_now_ms ();
  double cpu = bench_thread_ms ();

  watch->is_measuring = g_atomic_int_get (&watch->go);
  note_age (watch, GST_PAD_PROBE_INFO_BUFFER (info));
  if (!watch->is_measuring)
    return GST_PAD_PROBE_OK;
  if (watch->n_frames++ == 0)
    watch->first_ms = now;
  watch->last_ms = now;
  bench_samples_add (watch->delay_ms, now - watch->entered_ms);
  bench_samples_add (watch->cpu_ms, cpu - watch->entered_cpu_ms);
  return GST_PAD_PROBE_OK;
}

static void
add_probe (GstElement *element, const char *name, GstPadProbeCallback callback,
    Watch *watch)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, name);

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, callback, watch, NULL);
}

static double
resident_kb (void)
{
  g_autofree char *text = NULL;
  unsigned long pages = 0;

  malloc_trim (0);
  if (!g_file_get_contents ("/proc/self/statm", &text, NULL, NULL) ||
      sscanf (text, "%*u %lu", &pages) != 1)
    bench_fail ("/proc/self/statm cannot be read");
  return (double) pages * (double) sysconf (_SC_PAGESIZE) / 1024;
}

/* Lets the pipeline play; an error ends the program. */
static void
play_for (GstElement *pipeline, guint seconds)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus,
      seconds * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  g_autoptr (GError) error = NULL;

  if (!message)
    return;
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  bench_fail ("the stream ended: %s", error ? error->message : "end of stream");
}

static void
collect (const Watch *watch, Results *results)
{
  double seconds = (watch->last_ms - watch->first_ms) / 1000;

  if (watch->n_frames < 2 || watch->n_with_meta == 0)
    bench_fail ("%u frames came, %u with detections", watch->n_frames,
        watch->n_with_meta);
  bench_samples_add (results->fps, (watch->n_frames - 1) / seconds);
  bench_samples_add (results->p50, bench_percentile (watch->delay_ms, 50));
  bench_samples_add (results->p99, bench_percentile (watch->delay_ms, 99));
  bench_samples_add (results->cpu_p99, bench_percentile (watch->cpu_ms, 99));
  bench_samples_add (results->new_age_ms,
      bench_percentile (watch->new_age_ms, 100));
  bench_samples_add (results->beyond_gap_ms,
      watch->clock_age_ms - watch->gap_ms);
  bench_samples_add (results->age_ms, bench_percentile (watch->age_ms, 100));
}

static void
run (const char *source, const char *model, Results *results)
{
  g_autofree char *line = g_strdup_printf ("%s ! detect name=tested "
                                           "policy=async model=%s ! fakesink",
      source, model);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, &error);
  bench_check (pipeline != NULL, line, error);
  g_autoptr (GstElement)
      detect = gst_bin_get_by_name (GST_BIN (pipeline), "tested");
  Watch watch = {
    .delay_ms = bench_samples_new (),
    .cpu_ms = bench_samples_new (),
    .new_age_ms = bench_samples_new (),
    .age_ms = bench_samples_new (),
  };

  add_probe (detect, "sink", enter, &watch);
  add_probe (detect, "src", leave, &watch);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  play_for (pipeline, WARM_UP_SECONDS);
  double before = resident_kb ();
  g_atomic_int_set (&watch.go, TRUE);
  play_for (pipeline, SECONDS);
  bench_samples_add (results->growth, resident_kb () - before);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  collect (&watch, results);
  bench_samples_free (watch.delay_ms);
  bench_samples_free (watch.cpu_ms);
  bench_samples_free (watch.new_age_ms);
  bench_samples_free (watch.age_ms);
}

static void
print_results (const char *name, const Results *r)
{
  const struct
  {
    const char *what;
    const char *unit;
    BenchSamples *samples;
    BenchRatio ratio;
  } rows[] = {
    { "frames out per second", "", r->fps,
        { "of the source's 30", bench_median (r->fps) / FPS, 0.99 } },
    { "delay in the element, p50", "ms", r->p50, { 0 } },
    { "delay in the element, p99", "ms", r->p99,
        { "p99", bench_median (r->p99), 1, TRUE, " ms" } },
    { "of that on a processor, p99", "ms", r->cpu_p99, { 0 } },
    { "age of a result that comes out, most of a run", "ms", r->new_age_ms,
        { "by the clock, without the longest gap between two frames",
            bench_median (r->beyond_gap_ms), DETECTOR_MS + 2, TRUE, " ms" } },
    { "age of the boxes on any frame, most of a run", "ms", r->age_ms,
        { "most", bench_median (r->age_ms), 2 * (DETECTOR_MS + FRAME_MS), TRUE,
            " ms" } },
    { "growth of memory in a run", "kB", r->growth,
        { "growth", bench_median (r->growth), 256, TRUE, " kB" } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *what = g_strdup_printf ("%s: %s", name, rows[i].what);

    bench_row (what, rows[i].unit, rows[i].samples,
        rows[i].ratio.name ? &rows[i].ratio : NULL);
    bench_samples_free (rows[i].samples);
  }
}

static void
measure (const char *name, const char *source, const char *model)
{
  Results results = {
    .fps = bench_samples_new (),
    .p50 = bench_samples_new (),
    .p99 = bench_samples_new (),
    .cpu_p99 = bench_samples_new (),
    .new_age_ms = bench_samples_new (),
    .beyond_gap_ms = bench_samples_new (),
    .age_ms = bench_samples_new (),
    .growth = bench_samples_new (),
  };

  for (guint i = 0; i < RUNS; i++)
    run (source, model, &results);
  print_results (name, &results);
  bench_samples_free (results.beyond_gap_ms);
}

/* ---- a camera ---- */

static void
measure_rtsp (const char *model)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = g_path_get_dirname (self);
  g_autofree char *server =
      g_build_filename (folder, "bench-rtsp-source", NULL);
  char *argv[] = { server, NULL };
  char address[200];
  int to_server = -1;
  int from_server = -1;

  if (!g_spawn_async_with_pipes (NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL,
          NULL, &to_server, &from_server, NULL, NULL)) {
    bench_row_skipped ("RTSP",
        "gstreamer-rtsp-server was not there to build "
        "bench-rtsp-source with");
    return;
  }
  ssize_t n = read (from_server, address, sizeof address - 1);
  if (n <= 0)
    bench_fail ("%s did not say its address", server);
  address[n - 1] = '\0';
  g_autofree char *source =
      g_strdup_printf ("rtspsrc location=%s latency=100 ! rtph264depay ! "
                       "avdec_h264 max-threads=1",
          address);
  measure ("RTSP, 720p H.264", source, model);
  close (to_server); /* which ends it */
  close (from_server);
}

int
main (int argc, char **argv)
{
  bench_start (&argc, &argv,
      "live: 30 frames a second, a detector of 5 (200 ms), policy=async");
  const char *model = bench_null_model (OBJECTS, DETECTOR_MS);
  measure ("videotestsrc, 1080p", TEST_SOURCE, model);
  measure_rtsp (model);
  return 0;
}
