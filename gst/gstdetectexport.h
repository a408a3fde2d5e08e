/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_EXPORT_H
#define GST_DETECT_EXPORT_H

#include <gst/base/gstbasetransform.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_DETECT_EXPORT (gst_detect_export_get_type ())
G_DECLARE_FINAL_TYPE (GstDetectExport, gst_detect_export, GST, DETECT_EXPORT,
    GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE (detectexport)

G_END_DECLS

#endif
