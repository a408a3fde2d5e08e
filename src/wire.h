/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_WIRE_H
#define DET_WIRE_H

#include <glib.h>

/* Protobuf's wire format (https://protobuf.dev/programming-guides/encoding/), read
 * with every length checked against what is left. */

typedef struct
{
  const guint8 *next;
  const guint8 *end;
  gboolean broken; /* a field runs past the end: cut off, or not protobuf */
} DetWire;

enum
{
  DET_WIRE_VARINT = 0,
  DET_WIRE_FIXED64 = 1,
  DET_WIRE_BYTES = 2,
  DET_WIRE_FIXED32 = 5
};

typedef struct
{
  guint32 number;
  guint32 type;
  guint64 value;       /* of a varint */
  DetWire bytes;       /* of bytes */
  const guint8 *start; /* of the whole field, key included */
} DetWireField;

/* FALSE at the end, or where the message is broken. */
gboolean det_wire_next (DetWire *wire, DetWireField *field);

/* A field of bytes as valid UTF-8; g_free. */
char *det_wire_text (const DetWireField *field);

/* For writing a message anew. */
void det_wire_put_bytes_header (GByteArray *out, guint32 number, gsize length);

#endif
