/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "formats.h"

#include "../printable.h"

/* What a frame's line says when nothing is on it: subtitles cannot be empty. */
#define NOTHING "-\n"

/* A label stays on its line: an empty line would end a subtitle. */
static void
append_label (GString *text, const gchar *label)
{
  g_autofree gchar *line = printable_text (label ? label : "object");

  g_string_append (text, line);
}

static void
append_object (GString *text, const GstDetectFound *found)
{
  append_label (text, found->object.label);
  if (found->object.track_id >= 0)
    g_string_append_printf (text, " #%d", found->object.track_id);
  if (found->object.score >= 0)
    g_string_append_printf (text, " %.0f%%",
        (double) found->object.score * 100);
  g_string_append_printf (text, " at %.0f,%.0f to %.0f,%.0f\n", found->x0,
      found->y0, found->x1, found->y1);
}

static void
append (GString *text, const GstDetectRecord *record)
{
  for (guint i = 0; i < record->reading->n_objects; i++)
    append_object (text, &record->reading->objects[i]);
  if (record->reading->n_objects == 0)
    g_string_append (text, NOTHING);
}

static const gchar *const endings[] = { ".txt", NULL };

const GstExportFormat gst_export_text = {
  .name = "text",
  .help = "A line per object, for people: subtitles",
  .endings = endings,
  .caps = "text/x-raw, format = (string) utf8",
  .append = append,
};
