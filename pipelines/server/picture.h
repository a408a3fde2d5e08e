/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PICTURE_H
#define PICTURE_H

#include "picklereader.h"

#include <detect/frame.h>
#include <gio/gio.h>

/* Largest side of a picture, and most pixels of one; what more would cost a client
 * a few bytes and the server gigabytes. */
#define PICTURE_MAX_SIDE 32768
#define PICTURE_MAX_PIXELS (100 * 1000 * 1000)

/* A picture in memory, its own or borrowed. */
typedef struct
{
  DetFrame frame;
  guint8 *pixels; /* what must be freed, or NULL */
} Picture;

void picture_clear (Picture *picture);

/* Whether these bytes begin like a JPEG or a PNG file. */
gboolean picture_is_file (const guint8 *data, gsize size);

/* Decodes a JPEG or PNG file to BGR. With @upright it is turned as its EXIF
 * orientation says. */
gboolean picture_decode (Picture *picture, const guint8 *data, gsize size,
    gboolean upright, GError **error);

/* What a client pickled: an array H x W x 3 (BGR), H x W, H x W x 4 (BGRA), or an
 * encoded file as 1-D or N x 1 array or as bytes. Pixels are borrowed from the
 * message where their order allows. */
gboolean picture_from_pickle (Picture *picture, const PickleValue *value,
    GError **error);

#endif
