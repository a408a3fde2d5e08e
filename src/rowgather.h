/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_ROWGATHER_H
#define DET_ROWGATHER_H

#include <glib.h>

/* Copies what a scaler needs of a row: a few bytes per target sample, at places that
 * are the same for every row of a picture. Where the processor can shuffle bytes,
 * sixteen of them are made at once. */
typedef struct
{
  int n;         /* places */
  int size;      /* bytes copied from each: 1, 2 or 4 */
  gint32 *first; /* where they begin in the row */
  gboolean is_sorted;

  /* The places in blocks that make 16 bytes each; the last one may lie over the one
   * before it. 0: there is no such plan. */
  int n_blocks;
  int n_loads;     /* pieces of 16 bytes that a block takes its bytes from */
  gint32 *base;    /* where a block's pieces begin in the row */
  guint8 *shuffle; /* per block and piece: where each byte comes from; 0x80: not
                    * from this piece */
} DetRowGather;

/* Takes first, n numbers. is_sorted: of four bytes a0 b0 a1 b1 makes a0 a1 b0 b1.
 * row_bytes: what may be read of a row. */
void det_row_gather_init (DetRowGather *gather, gint32 *first, int n, int size,
    gboolean is_sorted, int row_bytes);
void det_row_gather_clear (DetRowGather *gather);

/* Writes n × size bytes. */
void
det_row_gather_run (const DetRowGather *gather, const guint8 *row, void *out);

#endif
