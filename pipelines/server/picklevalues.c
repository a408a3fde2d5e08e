/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The values of a pickle, and their memory. */

#include "pickleprivate.h"

#include <string.h>

#define CHUNK_BYTES 16384
#define LOGGED_BYTES 80

G_DEFINE_QUARK (pickle - error - quark, pickle_error)

const char *
pickle_type_name (PickleType type)
{
  switch (type) {
    case PICKLE_NONE:
      return "None";
    case PICKLE_BOOL:
      return "bool";
    case PICKLE_INT:
      return "int";
    case PICKLE_FLOAT:
      return "float";
    case PICKLE_STR:
      return "str";
    case PICKLE_BYTES:
      return "bytes";
    case PICKLE_BYTEARRAY:
      return "bytearray";
    case PICKLE_LIST:
      return "list";
    case PICKLE_TUPLE:
      return "tuple";
    case PICKLE_DICT:
      return "dict";
    case PICKLE_ARRAY:
      return "numpy.ndarray";
    case PICKLE_DTYPE:
      return "numpy.dtype";
    case PICKLE_GLOBAL:
      return "type";
  }
  return "?";
}

char *
pickle_text_for_log (const guint8 *data, gsize size)
{
  char *text = g_utf8_make_valid (data ? (const char *) data : "",
      (gssize) MIN (size, LOGGED_BYTES));

  for (char *c = text; *c != '\0'; c++) {
    if (g_ascii_iscntrl (*c))
      *c = ' ';
  }
  return text;
}

gboolean
pickle_fail (GError **error, PickleError code, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  if (error)
    *error = g_error_new_valist (PICKLE_ERROR, code, format, args);
  va_end (args);
  return FALSE;
}

/* ---- values ---- */

gpointer
pickle_alloc (Pickle *pickle, gsize size)
{
  gsize rounded = (size + 15) & ~(gsize) 15;

  if (rounded > pickle->chunk_left) {
    gsize room = MAX (rounded, CHUNK_BYTES);

    pickle->chunk_next = g_malloc (room);
    pickle->chunk_left = room;
    g_ptr_array_add (pickle->chunks, pickle->chunk_next);
  }
  gpointer memory = pickle->chunk_next;
  pickle->chunk_next += rounded;
  pickle->chunk_left -= rounded;
  return memory;
}

static gboolean
count (Pickle *pickle, gsize n, GError **error)
{
  if (n > PICKLE_MAX_VALUES - pickle->n_values)
    return pickle_fail (error, PICKLE_ERROR_TOO_LARGE,
        "it holds more than %d values", PICKLE_MAX_VALUES);
  pickle->n_values += n;
  return TRUE;
}

PickleValue *
pickle_value_new (Pickle *pickle, PickleType type, GError **error)
{
  if (!count (pickle, 1, error))
    return NULL;
  PickleValue *value = pickle_alloc (pickle, sizeof *value);
  memset (value, 0, sizeof *value);
  value->type = type;
  return value;
}

gboolean
pickle_items_append (Pickle *pickle, PickleItems *items, gpointer *values,
    gsize n, GError **error)
{
  if (!count (pickle, n, error))
    return FALSE;
  if (items->n + n > items->room) {
    gsize room = MAX (items->n + n, items->room * 2);
    PickleValue **grown = pickle_alloc (pickle, room * sizeof *grown);

    if (items->n > 0)
      memcpy (grown, items->values, items->n * sizeof *grown);
    items->values = grown;
    items->room = room;
  }
  for (gsize i = 0; i < n; i++)
    items->values[items->n++] = values[i];
  return TRUE;
}

void
pickle_free (Pickle *pickle)
{
  if (!pickle)
    return;
  g_ptr_array_unref (pickle->chunks);
  g_ptr_array_unref (pickle->stack);
  g_array_unref (pickle->marks);
  g_ptr_array_unref (pickle->memo);
  g_free (pickle);
}

const PickleValue *
pickle_get_root (const Pickle *pickle)
{
  return pickle->root;
}

const PickleValue *
pickle_dict_get (const PickleValue *dict, const char *key)
{
  if (dict->type != PICKLE_DICT)
    return NULL;
  /* The last one counts, as in Python. */
  for (gsize i = dict->items.n; i >= 2; i -= 2) {
    const PickleValue *name = dict->items.values[i - 2];

    if (name->type == PICKLE_STR && name->text.size == strlen (key) &&
        memcmp (name->text.data, key, name->text.size) == 0)
      return dict->items.values[i - 1];
  }
  return NULL;
}
