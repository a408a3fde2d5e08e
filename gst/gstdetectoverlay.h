/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_OVERLAY_H
#define GST_DETECT_OVERLAY_H

#include <gst/base/gstbasetransform.h>

G_BEGIN_DECLS

#define GST_TYPE_DETECT_OVERLAY (gst_detect_overlay_get_type ())
G_DECLARE_FINAL_TYPE (GstDetectOverlay, gst_detect_overlay, GST, DETECT_OVERLAY,
    GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE (detectoverlay)

G_END_DECLS

#endif
