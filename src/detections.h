/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_DETECTIONS_H
#define DET_DETECTIONS_H

#include <detect/detections.h>
#include <detect/model.h>

/* Objects are left uninitialised; the model is referenced (may be NULL). */
DetDetections *
det_detections_new (DetModel *model, guint n_objects, int width, int height);

#endif
