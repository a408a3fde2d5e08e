/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_BLOCK_H
#define DET_BLOCK_H

#include <glib.h>

/* Memory for vector code, which likes whole cache lines. */
#define DET_CACHE_LINE 64

/* n times size bytes of zeros, on a cache line: vectors then never lie across two. To be
 * freed with free(). NULL: there is no room. */
void *det_block_new (gint64 n, gsize size);

/* What a row of so many bytes takes where libyuv's vector code works on it, which does
 * whole vectors. */
gsize det_block_pad_row (gsize bytes);

#endif
