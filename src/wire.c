/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire.h"

static guint64
read_varint (DetWire *wire)
{
  guint64 value = 0;

  for (int shift = 0; shift < 64; shift += 7) {
    if (wire->next >= wire->end)
      break;
    guint8 byte = *wire->next++;
    value |= (guint64) (byte & 0x7f) << shift;
    if (!(byte & 0x80))
      return value;
  }
  wire->broken = TRUE;
  return 0;
}

static void
step (DetWire *wire, guint64 n)
{
  if (n > (guint64) (wire->end - wire->next)) {
    wire->broken = TRUE;
    wire->next = wire->end;
  } else {
    wire->next += n;
  }
}

gboolean
det_wire_next (DetWire *wire, DetWireField *field)
{
  if (wire->broken || wire->next >= wire->end)
    return FALSE;

  *field = (DetWireField){ .start = wire->next };
  guint64 key = read_varint (wire);
  field->number = (guint32) (key >> 3);
  field->type = key & 7;
  switch (field->type) {
    case DET_WIRE_VARINT:
      field->value = read_varint (wire);
      break;
    case DET_WIRE_FIXED64:
      step (wire, 8);
      break;
    case DET_WIRE_BYTES: {
      guint64 length = read_varint (wire);

      field->bytes.next = wire->next;
      step (wire, length);
      field->bytes.end = wire->next;
      break;
    }
    case DET_WIRE_FIXED32:
      step (wire, 4);
      break;
    default:
      wire->broken = TRUE;
  }
  return !wire->broken && field->number > 0;
}

char *
det_wire_text (const DetWireField *field)
{
  const char *start = (const char *) field->bytes.next;
  gssize length = field->bytes.end - field->bytes.next;

  return g_utf8_make_valid (start ? start : "", length);
}

static void
put_varint (GByteArray *out, guint64 value)
{
  do {
    guint8 byte = (guint8) (value & 0x7f);

    value >>= 7;
    if (value)
      byte |= 0x80;
    g_byte_array_append (out, &byte, 1);
  } while (value);
}

void
det_wire_put_bytes_header (GByteArray *out, guint32 number, gsize length)
{
  put_varint (out, (guint64) number << 3 | DET_WIRE_BYTES);
  put_varint (out, length);
}
