/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container.h"

#include <stdio.h>
#include <string.h>

#define JPEG_EOI 0xd9
#define JPEG_RST0 0xd0
#define JPEG_RST7 0xd7

#define LONGEST_MAGIC 12

/* A file that is read forward; what is left includes nothing that was read. */
typedef struct
{
  FILE *file;
  guint64 left;
} Cursor;

/* Each walker stands behind the format's first bytes, from which it was told, and
 * says whether the file ends too early. */
typedef gboolean (*Walker) (Cursor *cursor);

typedef struct
{
  const char *magic;
  gsize length;
  guint64 offset;
  guint64 start; /* where the walker starts */
  Walker is_cut_off;
} Format;

static gboolean
skip (Cursor *cursor, guint64 bytes)
{
  if (bytes > cursor->left || fseeko (cursor->file, (off_t) bytes, SEEK_CUR))
    return FALSE;
  cursor->left -= bytes;
  return TRUE;
}

/* The next byte, or EOF. */
static int
next_byte (Cursor *cursor)
{
  int byte = getc (cursor->file);

  if (byte != EOF)
    cursor->left--;
  return byte;
}

/* A number of several bytes, most significant first. */
static gboolean
read_number (Cursor *cursor, int n_bytes, guint64 *value)
{
  *value = 0;
  for (int i = 0; i < n_bytes; i++) {
    int byte = next_byte (cursor);

    if (byte == EOF)
      return FALSE;
    *value = *value << 8 | (guint64) byte;
  }
  return TRUE;
}

/* The next marker that is not part of a scan's data, or EOF. */
static int
next_marker (Cursor *cursor)
{
  int byte;

  while ((byte = next_byte (cursor)) != EOF) {
    if (byte != 0xff)
      continue;
    while (byte == 0xff)
      byte = next_byte (cursor);
    if (byte == EOF || (byte != 0 && (byte < JPEG_RST0 || byte > JPEG_RST7)))
      return byte;
  }
  return EOF;
}

static gboolean
jpeg_is_cut_off (Cursor *cursor)
{
  guint64 length;
  int marker;

  while ((marker = next_marker (cursor)) != EOF) {
    /* A segment that makes no sense is damage of another kind. */
    if (marker == JPEG_EOI || !read_number (cursor, 2, &length) || length < 2 ||
        !skip (cursor, length - 2))
      return FALSE;
  }
  return TRUE;
}

static gboolean
png_is_cut_off (Cursor *cursor)
{
  guint64 length;
  guint64 type;

  while (read_number (cursor, 4, &length) && read_number (cursor, 4, &type)) {
    /* Behind the data stands a checksum of four bytes. */
    if (!skip (cursor, length + 4))
      return TRUE;
    if (type == 0x49454e44) /* IEND */
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_box_type (guint64 type)
{
  for (int shift = 0; shift < 32; shift += 8) {
    guint8 letter = (guint8) (type >> shift);

    if (!g_ascii_isalnum (letter) && letter != ' ' && letter != 0xa9)
      return FALSE;
  }
  return TRUE;
}

static gboolean
iso_is_cut_off (Cursor *cursor)
{
  guint64 size;
  guint64 type;

  while (read_number (cursor, 4, &size) && read_number (cursor, 4, &type)) {
    guint64 header = 8;

    if (size == 1) {
      if (!read_number (cursor, 8, &size))
        return TRUE;
      header = 16;
    }
    /* 0 is "up to the end"; what is no box is rubbish behind the last one. */
    if (size < header || !is_box_type (type))
      return FALSE;
    if (!skip (cursor, size - header))
      return TRUE;
  }
  return FALSE;
}

/* Large AVIs are several RIFF chunks, one behind the other. */
static gboolean
riff_is_cut_off (Cursor *cursor)
{
  guint64 type;
  guint64 swapped;

  while (read_number (cursor, 4, &type) && read_number (cursor, 4, &swapped)) {
    guint64 size = GUINT32_SWAP_LE_BE ((guint32) swapped);

    /* Recorders that could not go back leave 0 or the greatest number. */
    if (type != 0x52494646 /* RIFF */ || size == 0 || size >= G_MAXINT32)
      return FALSE;
    if (!skip (cursor, size))
      return TRUE;
    if (size % 2 == 1)
      (void) skip (cursor, 1);
  }
  return FALSE;
}

/* An EBML length: as many leading zero bits as bytes follow the first. All ones
 * is "unknown", which is given as G_MAXUINT64. */
static gboolean
read_ebml_length (Cursor *cursor, guint64 *length)
{
  int first = next_byte (cursor);
  int n = 1;

  if (first <= 0)
    return FALSE;
  while (!(first & (0x80 >> (n - 1))))
    n++;
  if (!read_number (cursor, n - 1, length))
    return FALSE;
  *length |= (guint64) (first & (0xff >> n)) << (8 * (n - 1));
  if (*length == (G_GUINT64_CONSTANT (1) << (7 * n)) - 1)
    *length = G_MAXUINT64;
  return TRUE;
}

/* The header, and the one segment that holds all the rest. */
static gboolean
ebml_is_cut_off (Cursor *cursor)
{
  guint64 id;
  guint64 length;

  while (read_number (cursor, 4, &id) &&
      (id == 0x1a45dfa3 || id == 0x18538067)) {
    if (!read_ebml_length (cursor, &length) || length == G_MAXUINT64)
      return FALSE;
    if (!skip (cursor, length))
      return TRUE;
  }
  return FALSE;
}

static const Format formats[] = {
  { "\xff\xd8\xff", 3, 0, 2, jpeg_is_cut_off },
  { "\x89PNG\r\n\x1a\n", 8, 0, 8, png_is_cut_off },
  { "ftyp", 4, 4, 0, iso_is_cut_off },
  { "moov", 4, 4, 0, iso_is_cut_off },
  { "RIFF", 4, 0, 0, riff_is_cut_off },
  { "\x1a\x45\xdf\xa3", 4, 0, 0, ebml_is_cut_off },
};

static const Format *
find_format (FILE *file)
{
  char head[LONGEST_MAGIC];
  gsize length = fread (head, 1, sizeof head, file);

  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++) {
    const Format *format = &formats[i];

    if (length >= format->offset + format->length &&
        memcmp (head + format->offset, format->magic, format->length) == 0)
      return format;
  }
  return NULL;
}

gboolean
container_is_cut_off (const char *path)
{
  FILE *file = fopen (path, "rb");
  gboolean cut_off = FALSE;

  if (!file)
    return FALSE;
  const Format *format = find_format (file);
  if (format && fseeko (file, 0, SEEK_END) == 0) {
    Cursor cursor = { file, (guint64) ftello (file) };

    rewind (file);
    cut_off = skip (&cursor, format->start) && format->is_cut_off (&cursor);
  }
  (void) fclose (file);
  return cut_off;
}
