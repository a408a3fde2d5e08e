/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_ROWUNPACK_H
#define DET_ROWUNPACK_H

#include "pixelformat.h"
#include <glib.h>

/* A row of a plane -> 8-bit channels, a row each; width: of the frame, in pixels. For
 * formats whose rows cannot be read as they lie. spare: a row that nobody reads. All
 * rows but the first have room for whole blocks of 64 bytes. */
void det_row_unpack (const DetPixelLayout *layout, int plane, const guint8 *row,
    int width, guint8 *const *to, guint8 *spare);

#endif
