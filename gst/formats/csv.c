/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "formats.h"

#include "../number.h"

/* What the tools of MOTChallenge read: frame (from 1), id, left, top, width,
 * height, score, and three columns that a file of results leaves to itself; its
 * ground truth has the class in the first of them, so we have it there too.
 * Numbers only, so nothing in it can be taken for a formula. */

#define PIXEL_DECIMALS 2

static void
append_column (GString *csv, double value)
{
  number_append (csv, value, PIXEL_DECIMALS, "-1");
  g_string_append_c (csv, ',');
}

static void
append (GString *csv, const GstDetectRecord *record)
{
  for (guint i = 0; i < record->reading->n_objects; i++) {
    const GstDetectFound *found = &record->reading->objects[i];

    g_string_append_printf (csv, "%" G_GUINT64_FORMAT ",%d,", record->frame + 1,
        MAX (found->object.track_id, -1));
    append_column (csv, found->x0);
    append_column (csv, found->y0);
    append_column (csv, found->x1 - found->x0);
    append_column (csv, found->y1 - found->y0);
    number_append_float (csv, found->object.score, "-1");
    g_string_append_printf (csv, ",%d,-1,-1\n",
        MAX (found->object.class_id, -1));
  }
}

static const gchar *const endings[] = { ".csv", NULL };

const GstExportFormat gst_export_csv = {
  .name = "csv",
  .help = "A row per object, numbers only, as MOTChallenge has them",
  .endings = endings,
  .append = append,
};
