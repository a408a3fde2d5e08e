/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "block.h"

#include <stdlib.h>
#include <string.h>

void *
det_block_new (gint64 n, gsize size)
{
  void *data = NULL;
  gsize bytes;

  if (n < 1 || __builtin_mul_overflow ((gsize) n, size, &bytes) ||
      posix_memalign (&data, DET_CACHE_LINE, bytes) != 0)
    return NULL;
  memset (data, 0, bytes);
  return data;
}

gsize
det_block_pad_row (gsize bytes)
{
  return (bytes + 2 * DET_CACHE_LINE - 1) & ~(gsize) (DET_CACHE_LINE - 1);
}
