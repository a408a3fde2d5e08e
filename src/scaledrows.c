/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scaledrows.h"

#include "block.h"
#include <stdlib.h>
#include <string.h>

gboolean
det_scaled_rows_init (DetScaledRows *self, int n_channels, int width,
    int height)
{
  *self = (DetScaledRows){ .stride = det_block_pad_row ((gsize) width),
    .n_channels = n_channels,
    .width = width,
    .height = height };
  self->samples = det_block_new ((gint64) n_channels * height, self->stride);
  return self->samples != NULL;
}

void
det_scaled_rows_clear (DetScaledRows *self)
{
  free (self->samples);
  *self = (DetScaledRows){ NULL };
}

static guint8 *
get_row (const DetScaledRows *self, int channel, int y)
{
  gsize row = (gsize) channel * (gsize) self->height + (gsize) y;

  return self->samples + row * self->stride;
}

void
det_scaled_rows_put (const DetScaledRows *self, int y,
    const guint8 *const rows[])
{
  for (int c = 0; c < self->n_channels; c++)
    memcpy (get_row (self, c, y), rows[c], (gsize) self->width);
}

void
det_scaled_rows_get (const DetScaledRows *self, int y, const guint8 *rows[])
{
  for (int c = 0; c < self->n_channels; c++)
    rows[c] = get_row (self, c, y);
}
