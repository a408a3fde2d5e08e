/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_RUNNER_H
#define GST_DETECT_RUNNER_H

#include "gstdetectloader.h"
#include <detect/detect.h>
#include <gst/gst.h>

G_BEGIN_DECLS

/* One element's use of a model: the load, the session, the parameters. Calls come
 * from the streaming thread, or while there is none, except set_flushing and
 * describe, which may come from any. */
typedef struct
{
  GMutex lock; /* guards what follows; only a loader's or session's own lock is
                  ever taken while it is held */
  GstDetectLoader *loader;
  DetModel *model;
  DetSession *session;
  gboolean flushing;

  DetParams *params; /* the streaming thread's */
} GstDetectRunner;

void gst_detect_runner_init (GstDetectRunner *runner);
void gst_detect_runner_clear (GstDetectRunner *runner);

/* Starts loading; takes the spec over. */
void gst_detect_runner_load (GstDetectRunner *runner, DetModelSpec *spec);
gboolean gst_detect_runner_has_model (const GstDetectRunner *runner);

/* Forgets the model; a session must be closed before. */
void gst_detect_runner_unload (GstDetectRunner *runner);

/* Opens a session once the model is loaded; waits timeout_us for that, -1: as long
 * as it takes. */
GstDetectLoaderResult gst_detect_runner_open (GstDetectRunner *runner,
    gint64 timeout_us, GError **error);
gboolean gst_detect_runner_is_open (const GstDetectRunner *runner);
void gst_detect_runner_close (GstDetectRunner *runner);

/* options over the configuration file's. */
DetOptions *gst_detect_runner_resolve (const GstDetectRunner *runner,
    const DetOptions *options);

/* The session's parameters from resolved options. On failure the old ones stay; has
 * none: there are no old ones. */
gboolean gst_detect_runner_set_options (GstDetectRunner *runner,
    const DetOptions *options, gboolean *has_none, GError **error);

/* While set, waits end at once with DET_ERROR_CANCELLED. */
void
gst_detect_runner_set_flushing (GstDetectRunner *runner, gboolean flushing);

/* Adds model, engine and decoder. */
void
gst_detect_runner_describe (GstDetectRunner *runner, GstStructure *structure);

G_END_DECLS

#endif
