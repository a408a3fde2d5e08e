/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_LOADER_H
#define GST_DETECT_LOADER_H

#include <detect/detect.h>
#include <gst/gst.h>

G_BEGIN_DECLS

/* Loads a model on a thread of its own, so that neither a state change nor a
 * streaming thread is held inside the engine. All functions may be called from any
 * thread. */
typedef struct _GstDetectLoader GstDetectLoader;

typedef enum
{
  GST_DETECT_LOADER_READY,
  GST_DETECT_LOADER_FAILED,
  GST_DETECT_LOADER_CANCELLED,
  GST_DETECT_LOADER_SLOW, /* still loading after the time given */
} GstDetectLoaderResult;

/* Loads the model for n_sessions that run at once. Takes the spec over. */
GstDetectLoader *gst_detect_loader_new (DetModelSpec *spec, guint n_sessions);

/* Loads it again, or what it lacks for n_sessions. */
void gst_detect_loader_reload (GstDetectLoader *loader, guint n_sessions);

/* Drops the owner's reference; a load still under way goes on by itself and is
 * thrown away when it ends. */
void gst_detect_loader_free (GstDetectLoader *loader);

/* Waits for the end of the load, timeout_us at most (-1: for ever). READY gives
 * a reference to the model, FAILED a copy of the error. */
GstDetectLoaderResult gst_detect_loader_wait (GstDetectLoader *loader,
    gint64 timeout_us, DetModel **model, GError **error);

/* While set, waits end at once. */
void
gst_detect_loader_set_cancelled (GstDetectLoader *loader, gboolean cancelled);

const DetModelSpec *gst_detect_loader_get_spec (const GstDetectLoader *loader);

G_END_DECLS

#endif
