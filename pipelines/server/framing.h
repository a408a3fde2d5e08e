/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRAMING_H
#define FRAMING_H

#include <glib.h>

/* How Python's multiprocessing.connection puts messages on a stream: the length as
 * 4 bytes, big end first; -1 and 8 bytes for lengths that do not fit; the bytes. */

#define FRAMING_MAX_HEADER 12

/* Reads the header of a message from the @n first bytes of it. Returns its size,
 * or 0 while bytes are missing; -1 when it is none. */
int framing_read (const guint8 *data, gsize n, guint64 *length);

void framing_write (GByteArray *out, const guint8 *data, gsize size);

#endif
