/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_IMPORT_H
#define GST_DETECT_IMPORT_H

#include <gst/base/gstbasetransform.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_DETECT_IMPORT (gst_detect_import_get_type ())
G_DECLARE_FINAL_TYPE (GstDetectImport, gst_detect_import, GST, DETECT_IMPORT,
    GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE (detectimport)

G_END_DECLS

#endif
