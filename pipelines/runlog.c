/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runlog.h"

#include "../gst/printable.h"

static void
append_time (GString *line, gint64 us)
{
  g_autoptr (GDateTime)
      utc = g_date_time_new_from_unix_utc (us / G_USEC_PER_SEC);
  g_autoptr (GDateTime) local = g_date_time_to_local (utc);
  g_autofree char *text = g_date_time_format (local, "%Y-%m-%d %H:%M:%S");

  g_string_append_printf (line, "\t%s.%03d", text,
      (int) (us % G_USEC_PER_SEC / 1000));
}

static void
append (GString *line, const GstDetectRecord *record)
{
  const GstDetectReading *reading = record->reading;
  gint64 us = 0;

  if (!record->is_new)
    return;
  for (int i = 0; i < GST_DETECT_N_STAGES; i++)
    us += reading->stage_us[i];
  g_string_append_printf (line, "%" G_GUINT64_FORMAT, record->frame);
  append_time (line, reading->started_us);
  append_time (line, reading->started_us + us);
  g_autofree char *input = printable_text (record->input);
  g_string_append_printf (line, "\t%" G_GINT64_FORMAT "\t%u\t%s\n",
      (us + 500) / 1000, reading->n_objects, input);
}

const GstExportFormat run_log_format = {
  .name = "log",
  .help = "When each frame was looked at, and how long that took",
  .head = "frame\tstart\tend\tms\tobjects\tinput\n",
  .append = append,
};
