/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetectparts.h"

#include <math.h>
#include <stdlib.h>

/* Parts begin at whole samples of subsampled chroma. */
#define GRID 2

/* Smaller objects have nothing in them that a network could see. */
#define LEAST_SIDE 8

static gint
cut (gdouble pixel, gint first, gint size)
{
  return (gint) CLAMP (pixel, first, first + size);
}

/* The part of shown between the edges, begun on the grid. */
static gboolean
set_area (GstVideoRectangle *area, const GstVideoRectangle *shown, gdouble x0,
    gdouble y0, gdouble x1, gdouble y1)
{
  gint left = MAX (cut (x0, shown->x, shown->w) / GRID * GRID, shown->x);
  gint top = MAX (cut (y0, shown->y, shown->h) / GRID * GRID, shown->y);

  *area = (GstVideoRectangle){
    .x = left,
    .y = top,
    .w = cut (ceil (x1), shown->x, shown->w) - left,
    .h = cut (ceil (y1), shown->y, shown->h) - top,
  };
  return area->w > 0 && area->h > 0;
}

static void
add (GstDetectParts *parts, const GstVideoRectangle *area, gint parent)
{
  parts->areas[parts->n] = *area;
  parts->parents[parts->n++] = parent;
}

/* ---- tiles ---- */

/* n tiles of one length cover size, each reaching overlap of it into the next. */
static gdouble
get_tile_length (gint size, gint n, gdouble overlap)
{
  return size / (n - (n - 1) * overlap);
}

static void
add_tiles (GstDetectParts *parts, const GstDetectSettings *settings,
    const GstVideoRectangle *shown)
{
  gint columns = MAX (settings->columns, 1);
  gint rows = MAX (settings->rows, 1);
  gdouble width = get_tile_length (shown->w, columns, settings->overlap);
  gdouble height = get_tile_length (shown->h, rows, settings->overlap);
  gdouble step_x = width * (1 - settings->overlap);
  gdouble step_y = height * (1 - settings->overlap);

  add (parts, shown, GST_DETECT_ID_NONE);
  for (gint i = 0; columns * rows > 1 && i < columns * rows; i++) {
    gdouble x = shown->x + i % columns * step_x;
    gdouble y = shown->y + i / columns * step_y;
    GstVideoRectangle area;

    if (parts->n < GST_DETECT_MAX_PARTS &&
        set_area (&area, shown, x, y, x + width, y + height))
      add (parts, &area, GST_DETECT_ID_NONE);
  }
}

/* ---- objects ---- */

static int
by_score (const void *a, const void *b)
{
  gfloat x = ((const GstDetectFound *) a)->object.score;
  gfloat y = ((const GstDetectFound *) b)->object.score;

  return (x < y) - (x > y);
}

static gboolean
is_wanted (const GstDetectSettings *settings, const GstDetectFound *found)
{
  return !settings->parents ||
      (found->object.label &&
          g_strv_contains ((const gchar *const *) settings->parents,
              found->object.label));
}

static void
add_objects (GstDetectParts *parts, const GstDetectSettings *settings,
    const GstVideoRectangle *shown, GstDetectReading *reading)
{
  if (reading->n_objects > 0)
    qsort (reading->objects, reading->n_objects, sizeof *reading->objects,
        by_score);
  for (guint i = 0; i < reading->n_objects; i++) {
    const GstDetectFound *found = &reading->objects[i];
    GstVideoRectangle area;

    if (parts->n < GST_DETECT_MAX_PARTS && is_wanted (settings, found) &&
        set_area (&area, shown, found->x0, found->y0, found->x1, found->y1) &&
        area.w >= LEAST_SIDE && area.h >= LEAST_SIDE)
      add (parts, &area, found->id);
  }
}

void
gst_detect_parts_plan (GstDetectParts *parts, const GstDetectSettings *settings,
    const GstVideoRectangle *shown, GstBuffer *buffer, const GstVideoInfo *info,
    GstDetectReading *reading)
{
  parts->n = 0;
  if (!settings->in_objects) {
    add_tiles (parts, settings, shown);
    return;
  }
  gst_detect_reading_take (reading, buffer, info);
  add_objects (parts, settings, shown, reading);
}
