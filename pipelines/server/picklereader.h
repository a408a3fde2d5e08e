/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PICKLE_READER_H
#define PICKLE_READER_H

#include <glib.h>

/* Reads what Python's pickle writes, protocols 2 to 5, and makes plain values of
 * it. Nothing is ever run: the few calls that numbers, bytes and numpy arrays are
 * pickled as are known by name, any other is refused. */

#define PICKLE_MAX_DIMS 4

/* A message has more than enough with these. */
#define PICKLE_MAX_VALUES 200000 /* values, stack and memo entries */
#define PICKLE_MAX_DEPTH 256     /* open marks */

#define PICKLE_ERROR (pickle_error_quark ())

typedef enum
{
  PICKLE_ERROR_MALFORMED, /* cut off, or no pickle at all */
  PICKLE_ERROR_REFUSED,   /* asks for something that is not plain data */
  PICKLE_ERROR_TOO_LARGE, /* beyond the limits above */
} PickleError;

typedef enum
{
  PICKLE_NONE,
  PICKLE_BOOL,
  PICKLE_INT,
  PICKLE_FLOAT,
  PICKLE_STR,
  PICKLE_BYTES,
  PICKLE_BYTEARRAY,
  PICKLE_LIST,
  PICKLE_TUPLE,
  PICKLE_DICT,
  PICKLE_ARRAY,
  PICKLE_DTYPE,
  PICKLE_GLOBAL, /* one of the known names; of no use as data */
} PickleType;

typedef struct _PickleValue PickleValue;

/* The type of an array's elements. */
typedef struct
{
  char kind; /* numpy's letter: b, i, u or f */
  guint size;
  gboolean big_endian;
} PickleDType;

typedef struct
{
  const guint8 *data; /* in the message where that is possible */
  gsize size;
} PickleText;

typedef struct
{
  PickleValue **values; /* of a dict: key, value, key, value… */
  gsize n;
  gsize room;
} PickleItems;

typedef struct
{
  PickleDType dtype;
  guint n_dims;
  gsize dims[PICKLE_MAX_DIMS];
  gboolean fortran; /* the first index runs fastest */
  const guint8 *data;
  gsize size; /* bytes; what dtype and dims ask for */
  gboolean complete;
} PickleArray;

struct _PickleValue
{
  PickleType type;
  union
  {
    gint64 integer; /* bool and int */
    double real;
    PickleText text; /* str (UTF-8, not checked), bytes, bytearray */
    PickleItems items;
    PickleArray *array;
    PickleDType dtype;
    guint global;
  };
};

/* The values of one message. They refer to its bytes, which must live as long. */
typedef struct _Pickle Pickle;

GQuark pickle_error_quark (void);

/* Reads the whole of @data, which is one pickle. One thread at a time; takes time
 * and memory in proportion to @size. */
Pickle *pickle_read (const guint8 *data, gsize size, GError **error);
void pickle_free (Pickle *pickle);

/* (transfer none): what was pickled. Values may stand in several places, a list
 * even in itself. */
const PickleValue *pickle_get_root (const Pickle *pickle);

/* (nullable): what a dict has under a key. */
const PickleValue *pickle_dict_get (const PickleValue *dict, const char *key);

/* Python's name of a type. */
const char *pickle_type_name (PickleType type);

/* A copy of a str, bytes or bytearray that holds no control characters and is of
 * bounded length, for messages. */
char *pickle_text_for_log (const guint8 *data, gsize size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pickle, pickle_free)

#endif
