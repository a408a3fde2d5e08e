/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "orientation.h"

#include <gst/tag/tag.h>
#include <string.h>

#define EXIF_HEADER "Exif\0"

/* How the picture has to be turned, in the order of EXIF's numbers from 1 on: along
 * which axes of the source x and y of the result run, and in which direction. */
typedef struct
{
  const char *name;
  gboolean swap;
  gboolean flip_x;
  gboolean flip_y;
} Turn;

static const Turn turns[] = {
  { "rotate-0", FALSE, FALSE, FALSE },
  { "flip-rotate-0", FALSE, TRUE, FALSE },
  { "rotate-180", FALSE, TRUE, TRUE },
  { "flip-rotate-180", FALSE, FALSE, TRUE },
  { "flip-rotate-270", TRUE, FALSE, FALSE },
  { "rotate-90", TRUE, FALSE, TRUE },
  { "flip-rotate-90", TRUE, TRUE, TRUE },
  { "rotate-270", TRUE, TRUE, FALSE },
};

/* The segment with EXIF's TIFF header, which comes before the pixels. */
static const guint8 *
find_exif (const guint8 *data, gsize size, gsize *found)
{
  gsize skipped = sizeof EXIF_HEADER;
  gsize at = 2;

  while (at + 4 <= size && data[at] == 0xff && data[at + 1] != 0xda) {
    gsize length = (gsize) data[at + 2] << 8 | data[at + 3];

    if (length < 2 || at + 2 + length > size)
      return NULL;
    if (data[at + 1] == 0xe1 && length > 2 + skipped &&
        memcmp (data + at + 4, EXIF_HEADER, skipped) == 0) {
      *found = length - 2 - skipped;
      return data + at + 4 + skipped;
    }
    at += 2 + length;
  }
  return NULL;
}

int
orientation_read (const guint8 *data, gsize size)
{
  gsize found = 0;
  const guint8 *exif = find_exif (data, size, &found);
  g_autofree char *name = NULL;

  if (!exif)
    return 1;
  g_autoptr (GstBuffer) buffer = gst_buffer_new_memdup (exif, found);
  g_autoptr (GstTagList)
      tags = gst_tag_list_from_exif_buffer_with_tiff_header (buffer);
  if (!tags ||
      !gst_tag_list_get_string (tags, GST_TAG_IMAGE_ORIENTATION, &name))
    return 1;
  for (gsize i = 0; i < G_N_ELEMENTS (turns); i++) {
    if (strcmp (turns[i].name, name) == 0)
      return (int) i + 1;
  }
  return 1;
}

guint8 *
orientation_apply (int orientation, const guint8 *pixels, int *width,
    int *height)
{
  const Turn *turn = &turns[CLAMP (orientation, 1, 8) - 1];
  int w = *width;
  int h = *height;

  if (!turn->swap && !turn->flip_x && !turn->flip_y)
    return NULL;
  guint8 *turned = g_malloc ((gsize) w * h * 3);
  *width = turn->swap ? h : w;
  *height = turn->swap ? w : h;
  for (int y = 0; y < *height; y++) {
    for (int x = 0; x < *width; x++) {
      int u = turn->swap ? y : x;
      int v = turn->swap ? x : y;

      u = turn->flip_x ? w - 1 - u : u;
      v = turn->flip_y ? h - 1 - v : v;
      memcpy (turned + ((gsize) y * *width + x) * 3,
          pixels + ((gsize) v * w + u) * 3, 3);
    }
  }
  return turned;
}
