/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "formats.h"

#include "../number.h"
#include "../printable.h"
#include <string.h>

#define PIXEL_DECIMALS 2

/* Spreadsheets run what starts like a formula, in wide letters, too, and behind
 * blanks; so such a text gets a quote in front. A row is a line. */
static gboolean
is_formula (const gchar *text)
{
  static const gchar *const starts[] = { "=", "+", "-", "@", "\357\274\235",
    "\357\274\213", "\357\274\215", "\357\274\240" };

  while (*text == ' ')
    text++;
  for (gsize i = 0; i < G_N_ELEMENTS (starts); i++) {
    if (g_str_has_prefix (text, starts[i]))
      return TRUE;
  }
  return FALSE;
}

static void
append_text (GString *csv, const gchar *text)
{
  g_autofree gchar *line = printable_text (text ? text : "");
  gboolean quoted = strpbrk (line, ",\"") != NULL;

  if (quoted)
    g_string_append_c (csv, '"');
  if (is_formula (line))
    g_string_append_c (csv, '\'');
  for (const gchar *c = line; *c != '\0'; c++) {
    if (*c == '"')
      g_string_append_c (csv, '"');
    g_string_append_c (csv, *c);
  }
  if (quoted)
    g_string_append_c (csv, '"');
}

static void
append_object (GString *csv, const GstDetectRecord *record,
    const GstDetectFound *found)
{
  const double pixels[] = { found->x0, found->y0, found->x1, found->y1 };

  append_text (csv, record->input);
  g_string_append_printf (csv, ",%" G_GUINT64_FORMAT ",", record->frame);
  if (GST_CLOCK_TIME_IS_VALID (record->pts))
    number_append_seconds (csv, record->pts);
  g_string_append_c (csv, ',');
  append_text (csv, found->object.label);
  g_string_append_c (csv, ',');
  if (found->object.class_id >= 0)
    g_string_append_printf (csv, "%d", found->object.class_id);
  g_string_append_c (csv, ',');
  if (found->object.score >= 0)
    number_append_float (csv, found->object.score, "");
  for (gsize i = 0; i < G_N_ELEMENTS (pixels); i++) {
    g_string_append_c (csv, ',');
    number_append (csv, pixels[i], PIXEL_DECIMALS, "");
  }
  g_string_append_c (csv, '\n');
}

static void
append (GString *csv, const GstDetectRecord *record)
{
  for (guint i = 0; i < record->reading->n_objects; i++)
    append_object (csv, record, &record->reading->objects[i]);
}

static const gchar *const endings[] = { NULL };

const GstExportFormat gst_export_table = {
  .name = "table",
  .help =
      "A row per object under a row of names, with labels, for spreadsheets",
  .endings = endings,
  .head = "input,frame,pts,label,class_id,score,x0,y0,x1,y1\n",
  .append = append,
};
