/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "region.h"

#include <detect/error.h>
#include <math.h>
#include <string.h>

void
det_region_clear (DetRegion *region)
{
  g_clear_pointer (&region->points, g_array_unref);
}

static gboolean
refuse (const char *text, GError **error)
{
  g_set_error (error, DET_ERROR, DET_ERROR_OPTION,
      "region: '%s': expected objects, or x,y,width,height, or at least three "
      "points x,y with spaces between; numbers up to 1 are fractions of the "
      "frame, greater ones pixels",
      text);
  return FALSE;
}

/* Reads numbers with commas between; how many, or -1. */
static int
read_numbers (const char *word, double *numbers, int room)
{
  int n = 0;

  for (;;) {
    char *end = NULL;

    if (n == room)
      return -1;
    numbers[n] = g_ascii_strtod (word, &end);
    if (end == word || !isfinite (numbers[n]) || numbers[n] < 0)
      return -1;
    n++;
    if (*end == '\0')
      return n;
    if (*end != ',')
      return -1;
    word = end + 1;
  }
}

static void
add_point (DetRegion *region, double x, double y)
{
  DetPoint point = { (float) x, (float) y };

  g_array_append_val (region->points, point);
  region->in_pixels |= x > 1 || y > 1;
}

static gboolean
add_rectangle (DetRegion *region, const double *numbers)
{
  double x1 = numbers[0] + numbers[2];
  double y1 = numbers[1] + numbers[3];
  gboolean in_pixels = FALSE;

  for (int i = 0; i < 4; i++)
    in_pixels |= numbers[i] > 1;
  add_point (region, numbers[0], numbers[1]);
  add_point (region, x1, numbers[1]);
  add_point (region, x1, y1);
  add_point (region, numbers[0], y1);
  region->in_pixels = in_pixels; /* 0.6 wide from 0.5 on ends at the border */
  return numbers[2] > 0 && numbers[3] > 0;
}

gboolean
det_region_parse (DetRegion *region, const char *text, GError **error)
{
  g_auto (GStrv) words = g_strsplit_set (text, " \t\n;", -1);
  double numbers[4];
  int n_words = 0;
  gboolean ok = TRUE;

  *region = (DetRegion){ 0 };
  if (strcmp (text, "objects") == 0)
    return TRUE;
  region->points = g_array_new (FALSE, FALSE, sizeof (DetPoint));
  for (int i = 0; ok && words[i]; i++) {
    if (*words[i] == '\0')
      continue;
    int n = read_numbers (words[i], numbers, 4);
    n_words++;
    if (n == 4 && n_words == 1)
      ok = add_rectangle (region, numbers);
    else if (n == 2 && region->points->len == (guint) n_words - 1)
      add_point (region, numbers[0], numbers[1]);
    else
      ok = FALSE;
  }
  if (ok && region->points->len >= 3)
    return TRUE;
  det_region_clear (region);
  return refuse (text, error);
}

gboolean
det_region_holds (const DetRegion *region, const DetBox *box, int frame_width,
    int frame_height)
{
  double scale_x = region->in_pixels ? 1 : frame_width;
  double scale_y = region->in_pixels ? 1 : frame_height;
  double x = ((double) box->x0 + (double) box->x1) / 2 / scale_x;
  double y = ((double) box->y0 + (double) box->y1) / 2 / scale_y;
  gboolean inside = FALSE;

  if (!region->points)
    return TRUE;
  const DetPoint *points =
      (const DetPoint *) (const void *) region->points->data;
  const DetPoint *a = &points[region->points->len - 1];
  for (guint i = 0; i < region->points->len; i++) {
    const DetPoint *b = &points[i];

    if (((double) a->y > y) != ((double) b->y > y) &&
        x < ((double) b->x - (double) a->x) * (y - (double) a->y) /
                    ((double) b->y - (double) a->y) +
                (double) a->x)
      inside = !inside;
    a = b;
  }
  return inside;
}
