/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SLATE_H
#define SLATE_H

#include <gst/gst.h>

/* (transfer full): a picture with a line of text across it, to be shown while
 * nothing comes: @last, in its own format and size, or black when that is NULL. Into
 * a format that GStreamer cannot blend into no text is drawn. */
GstSample *slate_new (GstSample *last, const char *text);

#endif
