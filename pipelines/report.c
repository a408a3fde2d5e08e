/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include "exportfile.h"
#include "runlog.h"

struct _Report
{
  GstExportFile *json;
  GstExportFile *csv;
  GstExportFile *log;
  GError *error;
};

static gboolean
open_file (GstExportFile **file, const char *path,
    const GstExportFormat *format, GError **error)
{
  if (path)
    *file = gst_export_file_open (path, format, error);
  return !path || *file;
}

Report *
report_new (const char *json_path, const char *csv_path, const char *log_path,
    GError **error)
{
  Report *report = g_new0 (Report, 1);

  if (open_file (&report->json, json_path, gst_export_format_find ("jsonlines"),
          error) &&
      open_file (&report->csv, csv_path, gst_export_format_find ("table"),
          error) &&
      open_file (&report->log, log_path, &run_log_format, error))
    return report;
  report_free (report);
  return NULL;
}

static gboolean
write_to (GstExportFile *file, Report *report, const GstDetectRecord *record)
{
  return !file || gst_export_file_write (file, record, &report->error);
}

gboolean
report_frame (Report *report, const GstDetectRecord *record)
{
  return !report->error && write_to (report->json, report, record) &&
      write_to (report->csv, report, record) &&
      write_to (report->log, report, record);
}

const GError *
report_get_error (const Report *report)
{
  return report->error;
}

gboolean
report_close (Report *report)
{
  GstExportFile *files[] = { g_steal_pointer (&report->json),
    g_steal_pointer (&report->csv), g_steal_pointer (&report->log) };

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    gst_export_file_close (files[i], report->error ? NULL : &report->error);
  return report->error == NULL;
}

void
report_free (Report *report)
{
  if (!report)
    return;
  report_close (report);
  g_clear_error (&report->error);
  g_free (report);
}
