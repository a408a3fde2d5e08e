/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PICKLE_PRIVATE_H
#define PICKLE_PRIVATE_H

#include "picklereader.h"

/* What picklereader.c and picklecalls.c share. */

struct _Pickle
{
  const guint8 *next;
  const guint8 *end;
  gsize decoded_left; /* bytes that may still be made of other bytes */

  GPtrArray *chunks; /* memory of the values */
  gsize chunk_left;
  guint8 *chunk_next;
  gsize n_values;

  GPtrArray *stack;
  GArray *marks; /* guint: where in the stack */
  GPtrArray *memo;
  PickleValue *root;
};

/* Memory that lives as long as the pickle. */
gpointer pickle_alloc (Pickle *pickle, gsize size);

/* A zeroed value, or NULL when there are too many. */
PickleValue *pickle_value_new (Pickle *pickle, PickleType type, GError **error);

/* Adds to a list, tuple or dict. */
gboolean pickle_items_append (Pickle *pickle, PickleItems *items,
    gpointer *values, gsize n, GError **error);

gboolean pickle_fail (GError **error, PickleError code, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* A known name, or NULL: it is refused. */
PickleValue *pickle_global_new (Pickle *pickle, const PickleText *module,
    const PickleText *name, GError **error);

/* The opcodes REDUCE and BUILD. */
PickleValue *pickle_call (Pickle *pickle, const PickleValue *callable,
    const PickleValue *arguments, GError **error);
gboolean pickle_build (Pickle *pickle, PickleValue *object,
    const PickleValue *state, GError **error);

#endif
