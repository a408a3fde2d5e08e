/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_SCALED_ROWS_H
#define DET_SCALED_ROWS_H

#include <glib.h>

/* The rows of a picture that is scaled and not converted yet: up to three channels of 8
 * bits, of one size. */
typedef struct
{
  guint8 *samples; /* a channel after the other; NULL: there is no room */
  gsize stride;
  int n_channels;
  int width;
  int height;
} DetScaledRows;

/* Of zeros, in all fields, there is nothing to clear. FALSE: there is no memory. */
gboolean det_scaled_rows_init (DetScaledRows *self, int n_channels, int width,
    int height);
void det_scaled_rows_clear (DetScaledRows *self);

void det_scaled_rows_put (const DetScaledRows *self, int y,
    const guint8 *const rows[]);

/* The rows lie in self, with what vector code wants behind them. */
void
det_scaled_rows_get (const DetScaledRows *self, int y, const guint8 *rows[]);

#endif
