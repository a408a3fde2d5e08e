/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metrics.h"

#include "../number.h"

static const char *const doors[N_DOORS] = { "python", "http" };
static const char *const outcomes[N_OUTCOMES] = { "ok", "error", "refused",
  "busy" };

static const double bounds[] = { 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
  0.25, 0.5, 1, 2.5, 5, 10 };

typedef struct
{
  guint64 counts[G_N_ELEMENTS (bounds) + 1]; /* the last one: longer */
  guint64 n;
  double sum;
} Histogram;

struct _Metrics
{
  GMutex lock; /* guards all */
  guint64 requests[N_DOORS][N_OUTCOMES];
  gint64 clients[N_DOORS];
  guint64 images;
  guint64 objects;
  guint64 abandoned;
  Histogram request_seconds;
  Histogram image_seconds;
};

Metrics *
metrics_new (void)
{
  Metrics *metrics = g_new0 (Metrics, 1);

  g_mutex_init (&metrics->lock);
  return metrics;
}

void
metrics_free (Metrics *metrics)
{
  if (!metrics)
    return;
  g_mutex_clear (&metrics->lock);
  g_free (metrics);
}

static void
observe (Histogram *histogram, gint64 took_us)
{
  double seconds = (double) took_us / G_USEC_PER_SEC;
  gsize i = 0;

  while (i < G_N_ELEMENTS (bounds) && seconds > bounds[i])
    i++;
  histogram->counts[i]++;
  histogram->n++;
  histogram->sum += seconds;
}

void
metrics_count_request (Metrics *metrics, Door door, Outcome outcome,
    gint64 took_us)
{
  g_mutex_lock (&metrics->lock);
  metrics->requests[door][outcome]++;
  observe (&metrics->request_seconds, took_us);
  g_mutex_unlock (&metrics->lock);
}

void
metrics_count_image (Metrics *metrics, guint n_objects, gint64 took_us)
{
  g_mutex_lock (&metrics->lock);
  metrics->images++;
  metrics->objects += n_objects;
  observe (&metrics->image_seconds, took_us);
  g_mutex_unlock (&metrics->lock);
}

void
metrics_count_abandoned (Metrics *metrics)
{
  g_mutex_lock (&metrics->lock);
  metrics->abandoned++;
  g_mutex_unlock (&metrics->lock);
}

void
metrics_add_clients (Metrics *metrics, Door door, int n)
{
  g_mutex_lock (&metrics->lock);
  metrics->clients[door] += n;
  g_mutex_unlock (&metrics->lock);
}

/* ---- text ---- */

static void
describe (GString *text, const char *name, const char *type, const char *help)
{
  g_string_append_printf (text, "# HELP %s %s\n# TYPE %s %s\n", name, help,
      name, type);
}

static void
print_one (GString *text, const char *name, const char *type, const char *help,
    guint64 value)
{
  describe (text, name, type, help);
  g_string_append_printf (text, "%s %" G_GUINT64_FORMAT "\n", name, value);
}

static void
print_histogram (GString *text, const char *name, const char *help,
    const Histogram *histogram)
{
  guint64 n = 0;

  describe (text, name, "histogram", help);
  for (gsize i = 0; i < G_N_ELEMENTS (bounds); i++) {
    n += histogram->counts[i];
    g_string_append_printf (text, "%s_bucket{le=\"", name);
    number_append (text, bounds[i], 4, "");
    g_string_append_printf (text, "\"} %" G_GUINT64_FORMAT "\n", n);
  }
  g_string_append_printf (text,
      "%s_bucket{le=\"+Inf\"} %" G_GUINT64_FORMAT "\n", name, histogram->n);
  g_string_append_printf (text, "%s_sum ", name);
  number_append (text, histogram->sum, 6, "0");
  g_string_append_printf (text, "\n%s_count %" G_GUINT64_FORMAT "\n", name,
      histogram->n);
}

static void
print_requests (GString *text, const Metrics *metrics)
{
  describe (text, "detect_requests_total", "counter",
      "Requests answered or refused.");
  for (int d = 0; d < N_DOORS; d++) {
    for (int o = 0; o < N_OUTCOMES; o++)
      g_string_append_printf (text,
          "detect_requests_total{interface=\"%s\",outcome=\"%s\"} "
          "%" G_GUINT64_FORMAT "\n",
          doors[d], outcomes[o], metrics->requests[d][o]);
  }
  describe (text, "detect_clients", "gauge", "Clients connected.");
  for (int d = 0; d < N_DOORS; d++)
    g_string_append_printf (text,
        "detect_clients{interface=\"%s\"} %" G_GINT64_FORMAT "\n", doors[d],
        metrics->clients[d]);
}

void
metrics_print (Metrics *metrics, guint queued, GString *text)
{
  g_mutex_lock (&metrics->lock);
  print_requests (text, metrics);
  print_one (text, "detect_images_total", "counter", "Pictures looked at.",
      metrics->images);
  print_one (text, "detect_objects_total", "counter", "Objects found.",
      metrics->objects);
  print_one (text, "detect_abandoned_total", "counter",
      "Inferences that did not come back in time.", metrics->abandoned);
  print_one (text, "detect_queue_length", "gauge",
      "Pieces of work that wait for a worker.", queued);
  print_histogram (text, "detect_request_seconds",
      "Time from the last byte of a request to its answer.",
      &metrics->request_seconds);
  print_histogram (text, "detect_image_seconds", "Time from pixels to objects.",
      &metrics->image_seconds);
  g_mutex_unlock (&metrics->lock);
}
