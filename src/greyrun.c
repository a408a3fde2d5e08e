/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "greyrun.h"

#include <detect/frame.h>
#include <string.h>

#define GREY 114
#define SIDE 128       /* for models that take any size */
#define MOST_TIMED 500 /* runs */

static int
compare_times (gconstpointer a, gconstpointer b)
{
  gint64 first = *(const gint64 *) a;
  gint64 second = *(const gint64 *) b;

  return (first > second) - (first < second);
}

/* A grey picture that the network can be run on. */
typedef struct
{
  DetModel *model;
  DetPreprocess *preprocess;
  gpointer request;
} Grey;

static gboolean
grey_init (Grey *grey, DetModel *model, GError **error)
{
  const DetInputSpec *spec = det_model_get_input_spec (model);
  gboolean any_size = spec->resize == DET_RESIZE_FIT;
  int width = any_size ? SIDE : spec->width;
  int height = any_size ? SIDE : spec->height;
  g_autofree guint8 *pixels = g_malloc ((gsize) width * (gsize) height);
  g_autoptr (GError) cause = NULL;
  DetFrame frame;

  *grey = (Grey){ model, det_preprocess_new (spec), NULL };
  memset (pixels, GREY, (gsize) width * (gsize) height);
  det_frame_init_packed (&frame, DET_PIXEL_FORMAT_GRAY8, width, height, width,
      pixels);
  frame.full_range = TRUE;
  if (!det_preprocess_run (grey->preprocess, &frame, error))
    return FALSE;
  grey->request = det_model_request_new (model, &cause);
  if (!cause)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&cause));
  return FALSE;
}

static void
grey_clear (Grey *grey)
{
  det_model_request_free (grey->model, grey->request);
  det_preprocess_free (grey->preprocess);
}

/* outputs, unless NULL, become copies in float32. */
static gboolean
grey_run (Grey *grey, DetOutputs *outputs, GError **error)
{
  DetTensor raw[DET_MAX_OUTPUTS];
  guint n = DET_MAX_OUTPUTS;
  gpointer lease;
  gboolean ok = det_model_run (grey->model, grey->request,
      det_preprocess_get_tensor (grey->preprocess), raw, &n, &lease, error);

  if (ok && outputs)
    ok = det_outputs_take (outputs, raw, n, error);
  if (ok && outputs)
    det_outputs_own (outputs);
  det_model_release (grey->model, lease);
  return ok;
}

gboolean
det_grey_run (DetModel *model, DetOutputs *outputs, GError **error)
{
  Grey grey;
  gboolean ok = grey_init (&grey, model, error) &&
      grey_run (&grey, outputs, error);

  grey_clear (&grey);
  return ok;
}

gboolean
det_grey_time (DetModel *model, gint64 end, gint64 *run_us, GError **error)
{
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (gint64));
  Grey grey;
  gboolean ok = grey_init (&grey, model, error);

  while (ok && times->len < MOST_TIMED) {
    gint64 start = g_get_monotonic_time ();

    if (start >= end && times->len > 0)
      break;
    ok = grey_run (&grey, NULL, error);
    gint64 took = g_get_monotonic_time () - start;
    g_array_append_val (times, took);
  }
  grey_clear (&grey);
  if (!ok)
    return FALSE;
  g_array_sort (times, compare_times);
  *run_us = g_array_index (times, gint64, times->len / 2);
  return TRUE;
}
