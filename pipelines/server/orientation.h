/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ORIENTATION_H
#define ORIENTATION_H

#include <glib.h>

/* The orientation that a JPEG file's EXIF data asks for, 1 to 8; 1: as it is. */
int orientation_read (const guint8 *data, gsize size);

/* Turns packed pixels of 3 bytes upright, and the size with them. (transfer full)
 * (nullable): NULL when there is nothing to turn. */
guint8 *orientation_apply (int orientation, const guint8 *pixels, int *width,
    int *height);

#endif
