/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_ERROR_H
#define GST_DETECT_ERROR_H

#include <gst/gst.h>

G_BEGIN_DECLS

/* Posts an error of the core as the element's, in the domain that fits it. */
void gst_detect_error_post (GstElement *element, const GError *error);

G_END_DECLS

#endif
