/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whatever bytes a client sends as a pickle: no crash, no hang, no leak. A value
 * that was read is walked over, as far as it does not hold itself. */

#include "picklereader.h"

#define MOST_DEPTH 8
#define MOST_VALUES 1000

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* Every byte that a value claims to have. */
static guint
touch (const PickleValue *value, int depth, guint *left)
{
  guint sum = value->type;

  if (*left == 0)
    return sum;
  (*left)--;

  switch (value->type) {
    case PICKLE_STR:
    case PICKLE_BYTES:
    case PICKLE_BYTEARRAY:
      for (gsize i = 0; i < value->text.size; i++)
        sum += value->text.data[i];
      break;
    case PICKLE_LIST:
    case PICKLE_TUPLE:
    case PICKLE_DICT:
      for (gsize i = 0; i < value->items.n && depth > 0; i++)
        sum += touch (value->items.values[i], depth - 1, left);
      break;
    case PICKLE_ARRAY:
      for (gsize i = 0; value->array->complete && i < value->array->size; i++)
        sum += value->array->data[i];
      break;
    case PICKLE_NONE:
    case PICKLE_BOOL:
    case PICKLE_INT:
    case PICKLE_FLOAT:
    case PICKLE_DTYPE:
    case PICKLE_GLOBAL:
      break;
  }
  return sum;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static volatile guint sum G_GNUC_UNUSED;
  g_autoptr (GError) error = NULL;
  g_autoptr (Pickle) pickle = pickle_read (data, size, &error);

  g_assert ((pickle == NULL) == (error != NULL));
  if (!pickle)
    return 0;
  guint left = MOST_VALUES;
  sum += touch (pickle_get_root (pickle), MOST_DEPTH, &left);
  pickle_dict_get (pickle_get_root (pickle), "image");
  return 0;
}
