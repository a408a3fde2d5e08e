/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DETECT_DETECTOR_H
#define DETECT_DETECTOR_H

#include <detect/detections.h>
#include <detect/export.h>
#include <detect/frame.h>
#include <detect/model.h>
#include <detect/option.h>
#include <glib.h>

DET_BEGIN_DECLS

/**
 * DetDetector:
 *
 * A model ready to be run from any number of threads: it keeps a #DetSession for
 * each call under way, so calls do not wait for each other unless the engine takes
 * one at a time. Reference counted; any thread may use it.
 *
 * Of the options of element scope it heeds two, when they are set: `parallel` loads
 * as many networks where the engine's take one call at a time, and `timeout-ms`
 * bounds each picture's time in the engine, waiting for its turn included.
 *
 * It belongs to the process that made it: in a fork of that process a run is an
 * error, since the workers of its sessions stay behind.
 */
typedef struct _DetDetector DetDetector;

/**
 * det_detector_new:
 * @options: (nullable): the options; copied. %NULL: all defaults, which is the
 *     people detector OpenCV carries inside itself
 * @error: return location for an error
 *
 * Reads the configuration file when one is named and loads the model, or finds it
 * loaded already. May take seconds.
 *
 * Returns: (transfer full): the detector, or %NULL with @error set
 */
DetDetector *det_detector_new (const DetOptions *options, GError **error);
DetDetector *det_detector_ref (DetDetector *detector);
void det_detector_unref (DetDetector *detector);

/**
 * det_detector_get_model:
 * @detector: a detector
 *
 * Returns: (transfer none): the model, to ask it for its name and labels; lives as
 *     long as @detector
 */
DetModel *det_detector_get_model (const DetDetector *detector);

/**
 * det_detector_run:
 * @detector: a detector
 * @frame: the picture; only read during the call
 * @error: return location for an error
 *
 * Returns: (transfer full): what was found, maybe nothing; or %NULL with
 *     %DET_ERROR_FRAME, %DET_ERROR_ENGINE, %DET_ERROR_TIMEOUT (the call in the
 *     engine is abandoned) or %DET_ERROR_FAILED
 */
DetDetections *
det_detector_run (DetDetector *detector, const DetFrame *frame, GError **error);

/**
 * det_detector_run_batch:
 * @detector: a detector
 * @frames: (array length=n_frames): the pictures; only read during the call
 * @n_frames: how many pictures
 * @found: (out) (array length=n_frames) (transfer full): room for as many results
 * @error: return location for an error
 *
 * Runs all pictures, several at a time. Either each has its result in @found, or
 * all of @found is %NULL and @error says which picture failed (counted from 0) and
 * why.
 */
gboolean det_detector_run_batch (DetDetector *detector, const DetFrame *frames,
    guint n_frames, DetDetections **found, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DetDetector, det_detector_unref)

DET_END_DECLS

#endif
