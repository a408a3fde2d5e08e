/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PARTS_H
#define PARTS_H

#include <gst/gst.h>

/* Whether there is an element of this name. */
gboolean parts_has (const char *element);

/* A bin as gst-launch-1.0 would write it, its loose ends made pads; NULL when any
 * of it is missing. */
GstElement *parts_parse (const char *description, GError **error);

#endif
