/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PIPELINES_DETECTOR_H
#define PIPELINES_DETECTOR_H

#include <detect/option.h>
#include <gst/gst.h>

/* The element `detect` with these options, in READY: its model file is there and
 * of a known kind. (transfer full) */
GstElement *
detector_new (const DetOptions *options, gboolean overlay, GError **error);
/* Sets the property of an option's name to the option's value. */
void detector_set_property (GstElement *detector, const DetOptions *options,
    DetOptionId id);
void detector_free (GstElement *detector);

#endif
