/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_H
#define GST_DETECT_H

#include <gst/base/gstbasetransform.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_DETECT (gst_detect_get_type ())
G_DECLARE_FINAL_TYPE (GstDetect, gst_detect, GST, DETECT, GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE (detect)

G_END_DECLS

#endif
