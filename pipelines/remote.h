/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef REMOTE_H
#define REMOTE_H

#include <detect/option.h>
#include <gst/gst.h>

/* An element that stands where `detect` does, in READY: it sends every frame to a
 * gst-detect-server-1.0 and puts what comes back on it. @options may only say how
 * boxes are drawn; @overlay: whether they are. (transfer full) */
GstElement *remote_new (const char *url, const char *token_file,
    const DetOptions *options, gboolean overlay, GError **error);

#endif
