/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRAME_JSON_H
#define FRAME_JSON_H

#include "../../gst/meta/gstdetectmeta.h"

#include <detect/detect.h>

/* Puts what was found in a picture on a buffer, as the element does. */
GstDetectMeta *
frame_attach (GstBuffer *buffer, const DetModel *model, DetDetections *found);

/* Appends it as the line that gst-detect-1.0 --json writes. */
void frame_json (GString *json, const char *name, const DetModel *model,
    DetDetections *found);

#endif
