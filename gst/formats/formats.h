/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_EXPORT_FORMATS_H
#define GST_EXPORT_FORMATS_H

#include "../exportformat.h"

G_BEGIN_DECLS

extern const GstExportFormat gst_export_coco;
extern const GstExportFormat gst_export_csv;
extern const GstExportFormat gst_export_jsonlines;
extern const GstExportFormat gst_export_table;
extern const GstExportFormat gst_export_text;

G_END_DECLS

#endif
