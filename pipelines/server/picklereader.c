/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picklereader.h"

#include "pickleopcodes.h"
#include "pickleprivate.h"

#include <string.h>

/* What objects are made of; refused by name. */
static const struct
{
  guint8 code;
  const char *name;
} refused[] = {
  { 'P', "a persistent id" },
  { 'Q', "a persistent id" },
  { 'i', "an object (INST)" },
  { 'o', "an object (OBJ)" },
  { 0x81, "an object (NEWOBJ)" },
  { 0x92, "an object (NEWOBJ_EX)" },
  { 0x82, "an extension code" },
  { 0x83, "an extension code" },
  { 0x84, "an extension code" },
  { 0x8f, "a set" },
  { 0x90, "a set" },
  { 0x91, "a frozenset" },
  { 0x97, "a buffer outside of it" },
  { 0x98, "a buffer outside of it" },
};

static gboolean
cut_off (GError **error)
{
  return pickle_fail (error, PICKLE_ERROR_MALFORMED, "it is cut off");
}

static gboolean
broken (GError **error)
{
  return pickle_fail (error, PICKLE_ERROR_MALFORMED,
      "its operations do not fit together");
}

/* ---- stack ---- */

/* The lowest place that operations may reach: the last mark. */
static guint
floor_of (const Pickle *pickle)
{
  return pickle->marks->len == 0
      ? 0
      : g_array_index (pickle->marks, guint, pickle->marks->len - 1);
}

static gboolean
push (Pickle *pickle, PickleValue *value, GError **error)
{
  if (!value)
    return FALSE;
  if (pickle->stack->len >= PICKLE_MAX_VALUES)
    return pickle_fail (error, PICKLE_ERROR_TOO_LARGE,
        "it holds more than %d values", PICKLE_MAX_VALUES);
  g_ptr_array_add (pickle->stack, value);
  return TRUE;
}

static PickleValue *
pop (Pickle *pickle, GError **error)
{
  if (pickle->stack->len <= floor_of (pickle)) {
    broken (error);
    return NULL;
  }
  return g_ptr_array_steal_index (pickle->stack, pickle->stack->len - 1);
}

static PickleValue *
top (Pickle *pickle, GError **error)
{
  if (pickle->stack->len <= floor_of (pickle)) {
    broken (error);
    return NULL;
  }
  return g_ptr_array_index (pickle->stack, pickle->stack->len - 1);
}

static gboolean
push_mark (Pickle *pickle, GError **error)
{
  if (pickle->marks->len >= PICKLE_MAX_DEPTH)
    return pickle_fail (error, PICKLE_ERROR_TOO_LARGE,
        "it is nested deeper than %d", PICKLE_MAX_DEPTH);
  g_array_append_val (pickle->marks, pickle->stack->len);
  return TRUE;
}

/* Where the values since the last mark begin, which is taken away. */
static gboolean
pop_mark (Pickle *pickle, guint *first, GError **error)
{
  if (pickle->marks->len == 0)
    return broken (error);
  *first = floor_of (pickle);
  g_array_set_size (pickle->marks, pickle->marks->len - 1);
  return TRUE;
}

/* ---- memo ---- */

static gboolean
put (Pickle *pickle, guint64 index, GError **error)
{
  PickleValue *value = top (pickle, error);

  if (!value)
    return FALSE;
  if (index >= PICKLE_MAX_VALUES)
    return pickle_fail (error, PICKLE_ERROR_TOO_LARGE,
        "it remembers more than %d values", PICKLE_MAX_VALUES);
  if (index >= pickle->memo->len)
    g_ptr_array_set_size (pickle->memo, (int) index + 1);
  pickle->memo->pdata[index] = value;
  return TRUE;
}

static gboolean
get (Pickle *pickle, guint64 index, GError **error)
{
  if (index >= pickle->memo->len || !pickle->memo->pdata[index])
    return broken (error);
  return push (pickle, pickle->memo->pdata[index], error);
}

/* ---- bytes of the message ---- */

static gboolean
read_number (Pickle *pickle, guint n_bytes, guint64 *number, GError **error)
{
  if ((gsize) (pickle->end - pickle->next) < n_bytes)
    return cut_off (error);
  *number = 0;
  for (guint i = 0; i < n_bytes; i++)
    *number |= (guint64) *pickle->next++ << (8 * i);
  return TRUE;
}

/* Bytes with their length in front. */
static gboolean
read_text (Pickle *pickle, guint length_bytes, PickleText *text, GError **error)
{
  guint64 size = 0;

  if (!read_number (pickle, length_bytes, &size, error))
    return FALSE;
  if (size > (guint64) (pickle->end - pickle->next))
    return cut_off (error);
  text->data = pickle->next;
  text->size = (gsize) size;
  pickle->next += size;
  return TRUE;
}

static gboolean
read_line (Pickle *pickle, PickleText *text, GError **error)
{
  const guint8 *end =
      memchr (pickle->next, '\n', (gsize) (pickle->end - pickle->next));

  if (!end)
    return cut_off (error);
  text->data = pickle->next;
  text->size = (gsize) (end - pickle->next);
  pickle->next = end + 1;
  return TRUE;
}

static gboolean
push_text (Pickle *pickle, PickleType type, guint length_bytes, GError **error)
{
  PickleText text = { NULL, 0 };

  if (!read_text (pickle, length_bytes, &text, error))
    return FALSE;
  PickleValue *value = pickle_value_new (pickle, type, error);
  if (value)
    value->text = text;
  return push (pickle, value, error);
}

/* Python 2's str: text where it is text. */
static gboolean
push_string (Pickle *pickle, guint length_bytes, GError **error)
{
  if (!push_text (pickle, PICKLE_BYTES, length_bytes, error))
    return FALSE;
  PickleValue *value = top (pickle, error);
  if (g_utf8_validate_len ((const char *) value->text.data, value->text.size,
          NULL))
    value->type = PICKLE_STR;
  return TRUE;
}

static gboolean
push_integer (Pickle *pickle, PickleType type, gint64 number, GError **error)
{
  PickleValue *value = pickle_value_new (pickle, type, error);

  if (value)
    value->integer = number;
  return push (pickle, value, error);
}

static gboolean
push_fixed (Pickle *pickle, guint n_bytes, GError **error)
{
  guint64 number = 0;

  if (!read_number (pickle, n_bytes, &number, error))
    return FALSE;
  return push_integer (pickle, PICKLE_INT,
      n_bytes == 4 ? (gint32) (guint32) number : (gint64) number, error);
}

/* Two's complement, as many bytes as it takes. */
static gboolean
push_long (Pickle *pickle, guint length_bytes, GError **error)
{
  PickleText text = { NULL, 0 };
  guint64 number = 0;

  if (!read_text (pickle, length_bytes, &text, error))
    return FALSE;
  if (text.size > 8)
    return pickle_fail (error, PICKLE_ERROR_TOO_LARGE,
        "it holds an int of more than 64 bits");
  if (text.size > 0 && text.data[text.size - 1] & 0x80)
    number = G_MAXUINT64;
  for (gsize i = text.size; i > 0; i--)
    number = number << 8 | text.data[i - 1];
  return push_integer (pickle, PICKLE_INT, (gint64) number, error);
}

static gboolean
push_float (Pickle *pickle, GError **error)
{
  guint64 bits = 0;

  if (!read_number (pickle, 8, &bits, error))
    return FALSE;
  PickleValue *value = pickle_value_new (pickle, PICKLE_FLOAT, error);
  bits = GUINT64_SWAP_LE_BE (bits);
  if (value)
    memcpy (&value->real, &bits, sizeof bits);
  return push (pickle, value, error);
}

/* ---- containers ---- */

/* An empty stack has no memory to point into. */
static gpointer *
stack_from (const Pickle *pickle, guint first)
{
  return first < pickle->stack->len ? pickle->stack->pdata + first : NULL;
}

/* Puts the values from first on into a new container in their place. */
static gboolean
collect (Pickle *pickle, PickleType type, guint first, GError **error)
{
  PickleValue *value = pickle_value_new (pickle, type, error);
  guint n = pickle->stack->len - first;

  if (!value)
    return FALSE;
  if (type == PICKLE_DICT && n % 2 != 0)
    return broken (error);
  if (!pickle_items_append (pickle, &value->items, stack_from (pickle, first),
          n, error))
    return FALSE;
  g_ptr_array_set_size (pickle->stack, (int) first);
  return push (pickle, value, error);
}

static gboolean
collect_marked (Pickle *pickle, PickleType type, GError **error)
{
  guint first = 0;

  return pop_mark (pickle, &first, error) &&
      collect (pickle, type, first, error);
}

static gboolean
collect_last (Pickle *pickle, guint n, GError **error)
{
  if (pickle->stack->len < floor_of (pickle) + n)
    return broken (error);
  return collect (pickle, PICKLE_TUPLE, pickle->stack->len - n, error);
}

/* Moves the values from first on into the container below them. */
static gboolean
extend (Pickle *pickle, PickleType type, guint first, GError **error)
{
  if (first <= floor_of (pickle))
    return broken (error);
  PickleValue *value = g_ptr_array_index (pickle->stack, first - 1);
  guint n = pickle->stack->len - first;
  if (value->type != type || (type == PICKLE_DICT && n % 2 != 0))
    return broken (error);
  if (!pickle_items_append (pickle, &value->items, stack_from (pickle, first),
          n, error))
    return FALSE;
  g_ptr_array_set_size (pickle->stack, (int) first);
  return TRUE;
}

static gboolean
extend_marked (Pickle *pickle, PickleType type, GError **error)
{
  guint first = 0;

  return pop_mark (pickle, &first, error) &&
      extend (pickle, type, first, error);
}

static gboolean
extend_last (Pickle *pickle, PickleType type, guint n, GError **error)
{
  if (pickle->stack->len < floor_of (pickle) + n + 1)
    return broken (error);
  return extend (pickle, type, pickle->stack->len - n, error);
}

/* ---- calls ---- */

static gboolean
push_global (Pickle *pickle, GError **error)
{
  PickleText module = { NULL, 0 };
  PickleText name = { NULL, 0 };

  return read_line (pickle, &module, error) &&
      read_line (pickle, &name, error) &&
      push (pickle, pickle_global_new (pickle, &module, &name, error), error);
}

static gboolean
push_stack_global (Pickle *pickle, GError **error)
{
  PickleValue *name = pop (pickle, error);
  PickleValue *module = name ? pop (pickle, error) : NULL;

  if (!module)
    return FALSE;
  if (name->type != PICKLE_STR || module->type != PICKLE_STR)
    return broken (error);
  return push (pickle,
      pickle_global_new (pickle, &module->text, &name->text, error), error);
}

static gboolean
reduce (Pickle *pickle, GError **error)
{
  PickleValue *arguments = pop (pickle, error);
  PickleValue *callable = arguments ? pop (pickle, error) : NULL;

  return callable &&
      push (pickle, pickle_call (pickle, callable, arguments, error), error);
}

static gboolean
build (Pickle *pickle, GError **error)
{
  PickleValue *state = pop (pickle, error);
  PickleValue *object = state ? top (pickle, error) : NULL;

  return object && pickle_build (pickle, object, state, error);
}

/* ---- the machine ---- */

static gboolean
refuse (guint8 code, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++) {
    if (refused[i].code == code)
      return pickle_fail (error, PICKLE_ERROR_REFUSED, "it holds %s",
          refused[i].name);
  }
  return pickle_fail (error, PICKLE_ERROR_MALFORMED,
      "it has an operation 0x%02x that protocols 2 to 5 do not know", code);
}

static gboolean
with_number (Pickle *pickle, guint n_bytes,
    gboolean (*function) (Pickle *, guint64, GError **), GError **error)
{
  guint64 number = 0;

  return read_number (pickle, n_bytes, &number, error) &&
      function (pickle, number, error);
}

static gboolean
skip (Pickle *pickle, guint64 number, GError **error)
{
  return TRUE;
}

static gboolean
drop_marked (Pickle *pickle, GError **error)
{
  guint first = 0;

  if (!pop_mark (pickle, &first, error))
    return FALSE;
  g_ptr_array_set_size (pickle->stack, (int) first);
  return TRUE;
}

/* What is neither a number nor text. */
static gboolean
step_container (Pickle *pickle, guint8 code, GError **error)
{
  switch (code) {
    case OP_EMPTY_LIST:
      return collect (pickle, PICKLE_LIST, pickle->stack->len, error);
    case OP_EMPTY_TUPLE:
      return collect (pickle, PICKLE_TUPLE, pickle->stack->len, error);
    case OP_EMPTY_DICT:
      return collect (pickle, PICKLE_DICT, pickle->stack->len, error);
    case OP_LIST:
      return collect_marked (pickle, PICKLE_LIST, error);
    case OP_TUPLE:
      return collect_marked (pickle, PICKLE_TUPLE, error);
    case OP_DICT:
      return collect_marked (pickle, PICKLE_DICT, error);
    case OP_TUPLE1:
    case OP_TUPLE2:
    case OP_TUPLE3:
      return collect_last (pickle, code - OP_TUPLE1 + 1u, error);
    case OP_APPEND:
      return extend_last (pickle, PICKLE_LIST, 1, error);
    case OP_APPENDS:
      return extend_marked (pickle, PICKLE_LIST, error);
    case OP_SETITEM:
      return extend_last (pickle, PICKLE_DICT, 2, error);
    case OP_SETITEMS:
      return extend_marked (pickle, PICKLE_DICT, error);
    case OP_GLOBAL:
      return push_global (pickle, error);
    case OP_STACK_GLOBAL:
      return push_stack_global (pickle, error);
    case OP_REDUCE:
      return reduce (pickle, error);
    case OP_BUILD:
      return build (pickle, error);
    default:
      return refuse (code, error);
  }
}

static gboolean
step_stack (Pickle *pickle, guint8 code, GError **error)
{
  switch (code) {
    case OP_PROTO:
      return with_number (pickle, 1, skip, error);
    case OP_FRAME:
      return with_number (pickle, 8, skip, error);
    case OP_MARK:
      return push_mark (pickle, error);
    case OP_POP:
      return pop (pickle, error) != NULL;
    case OP_POP_MARK:
      return drop_marked (pickle, error);
    case OP_DUP:
      return push (pickle, top (pickle, error), error);
    case OP_BINGET:
      return with_number (pickle, 1, get, error);
    case OP_LONG_BINGET:
      return with_number (pickle, 4, get, error);
    case OP_BINPUT:
      return with_number (pickle, 1, put, error);
    case OP_LONG_BINPUT:
      return with_number (pickle, 4, put, error);
    case OP_MEMOIZE:
      return put (pickle, pickle->memo->len, error);
    default:
      return step_container (pickle, code, error);
  }
}

static gboolean
step (Pickle *pickle, guint8 code, GError **error)
{
  switch (code) {
    case OP_NONE:
      return push (pickle, pickle_value_new (pickle, PICKLE_NONE, error),
          error);
    case OP_NEWTRUE:
    case OP_NEWFALSE:
      return push_integer (pickle, PICKLE_BOOL, code == OP_NEWTRUE, error);
    case OP_BININT:
      return push_fixed (pickle, 4, error);
    case OP_BININT1:
      return push_fixed (pickle, 1, error);
    case OP_BININT2:
      return push_fixed (pickle, 2, error);
    case OP_LONG1:
      return push_long (pickle, 1, error);
    case OP_LONG4:
      return push_long (pickle, 4, error);
    case OP_BINFLOAT:
      return push_float (pickle, error);
    case OP_SHORT_BINSTRING:
      return push_string (pickle, 1, error);
    case OP_BINSTRING:
      return push_string (pickle, 4, error);
    case OP_SHORT_BINUNICODE:
      return push_text (pickle, PICKLE_STR, 1, error);
    case OP_BINUNICODE:
      return push_text (pickle, PICKLE_STR, 4, error);
    case OP_BINUNICODE8:
      return push_text (pickle, PICKLE_STR, 8, error);
    case OP_SHORT_BINBYTES:
      return push_text (pickle, PICKLE_BYTES, 1, error);
    case OP_BINBYTES:
      return push_text (pickle, PICKLE_BYTES, 4, error);
    case OP_BINBYTES8:
      return push_text (pickle, PICKLE_BYTES, 8, error);
    case OP_BYTEARRAY8:
      return push_text (pickle, PICKLE_BYTEARRAY, 8, error);
    default:
      return step_stack (pickle, code, error);
  }
}

static gboolean
run (Pickle *pickle, GError **error)
{
  while (pickle->next < pickle->end) {
    guint8 code = *pickle->next++;

    if (code == OP_STOP) {
      pickle->root = pop (pickle, error);
      return pickle->root != NULL;
    }
    if (!step (pickle, code, error))
      return FALSE;
  }
  return cut_off (error);
}

Pickle *
pickle_read (const guint8 *data, gsize size, GError **error)
{
  if (size < 3 || data[0] != OP_PROTO || data[1] < 2 || data[1] > 5) {
    pickle_fail (error, PICKLE_ERROR_MALFORMED,
        "it is no pickle of protocol 2 to 5");
    return NULL;
  }

  Pickle *pickle = g_new0 (Pickle, 1);
  pickle->next = data;
  pickle->end = data + size;
  pickle->decoded_left = size;
  pickle->chunks = g_ptr_array_new_with_free_func (g_free);
  pickle->stack = g_ptr_array_new ();
  pickle->marks = g_array_new (FALSE, FALSE, sizeof (guint));
  pickle->memo = g_ptr_array_new ();
  if (run (pickle, error))
    return pickle;
  pickle_free (pickle);
  return NULL;
}
