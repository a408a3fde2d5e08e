/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_RUNNER_H
#define GST_DETECT_RUNNER_H

#include "gstdetectline.h"
#include "gstdetectloader.h"
#include <detect/detect.h>
#include <gst/gst.h>

G_BEGIN_DECLS

/* One element's use of a model: the load, the workers, the sessions, the parameters. Calls come
 * from the streaming thread, or while there is none, except set_flushing and
 * describe, which may come from any. */
typedef struct
{
  GMutex lock; /* guards what follows; only a loader's or session's own lock is
                  ever taken while it is held */
  GstDetectLoader *loader;
  DetModel *model;
  DetWorkers *workers;
  DetSession *sessions[GST_DETECT_MAX_SESSIONS];
  guint n_sessions; /* 0: closed */
  gboolean flushing;

  /* Fixed before there are sessions. */
  DetSessionNotify
      notify; /* called when an inference has ended, from any thread */
  gpointer notify_data;

  /* The streaming thread's. */
  guint n_at_once; /* how many frames are inferred at a time */
  DetParams *params;
} GstDetectRunner;

void gst_detect_runner_init (GstDetectRunner *runner);
void gst_detect_runner_clear (GstDetectRunner *runner);

/* Starts loading, for as many frames at once as the options ask for; takes the spec over.
 * Without one the model that is there stays. */
void gst_detect_runner_load (GstDetectRunner *runner, DetModelSpec *spec,
    const DetOptions *options);
gboolean gst_detect_runner_has_model (const GstDetectRunner *runner);

/* Forgets the model; sessions must be closed before. */
void gst_detect_runner_unload (GstDetectRunner *runner);

/* Opens the sessions once the model is loaded; waits timeout_us for that, -1: as
 * long as it takes. With ahead there is one more than are inferred at once, so that a
 * frame is prepared meanwhile; not where others have the model as well: elements that
 * share one do that for each other, and a frame more costs each of them memory. */
GstDetectLoaderResult gst_detect_runner_open (GstDetectRunner *runner,
    gboolean ahead, gint64 timeout_us, GError **error);
gboolean gst_detect_runner_is_open (const GstDetectRunner *runner);
void gst_detect_runner_close (GstDetectRunner *runner);

/* Gives up a session whose engine hangs, and puts another in its place. Where the
 * model is blocked with it, all are closed and the model is loaded again; where there
 * can be no other, all are closed. */
gboolean gst_detect_runner_replace (GstDetectRunner *runner, guint session,
    GError **error);

/* options over the configuration file's. */
DetOptions *gst_detect_runner_resolve (const GstDetectRunner *runner,
    const DetOptions *options);

/* The sessions' parameters from resolved options. On failure the old ones stay; has
 * none: there are no old ones. */
gboolean gst_detect_runner_set_options (GstDetectRunner *runner,
    const DetOptions *options, gboolean *has_none, GError **error);

/* While set, waits end at once with DET_ERROR_CANCELLED. */
void
gst_detect_runner_set_flushing (GstDetectRunner *runner, gboolean flushing);

/* Adds model, engine, threads and decoder. */
void
gst_detect_runner_describe (GstDetectRunner *runner, GstStructure *structure);

G_END_DECLS

#endif
