/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The calls that a pickle of plain data and numpy arrays is made of. */

#include "pickleprivate.h"

#include <string.h>

typedef PickleValue *(*Call) (Pickle *pickle, const PickleValue *arguments,
    GError **error);

typedef struct
{
  const char *module;
  const char *name;
  Call call; /* NULL: a class that is only an argument */
} Global;

static PickleValue *
call_reconstruct (Pickle *pickle, const PickleValue *arguments, GError **error);
static PickleValue *
call_scalar (Pickle *pickle, const PickleValue *arguments, GError **error);
static PickleValue *
call_frombuffer (Pickle *pickle, const PickleValue *arguments, GError **error);
static PickleValue *
call_dtype (Pickle *pickle, const PickleValue *arguments, GError **error);
static PickleValue *
call_encode (Pickle *pickle, const PickleValue *arguments, GError **error);
static PickleValue *
call_bytes (Pickle *pickle, const PickleValue *arguments, GError **error);
static PickleValue *
call_bytearray (Pickle *pickle, const PickleValue *arguments, GError **error);

/* numpy moved its core in version 2; protocol 2 has no bytes of its own. */
static const Global globals[] = {
  { "numpy", "ndarray", NULL },
  { "numpy", "dtype", call_dtype },
  { "numpy.core.multiarray", "_reconstruct", call_reconstruct },
  { "numpy._core.multiarray", "_reconstruct", call_reconstruct },
  { "numpy.core.multiarray", "scalar", call_scalar },
  { "numpy._core.multiarray", "scalar", call_scalar },
  { "numpy.core.numeric", "_frombuffer", call_frombuffer },
  { "numpy._core.numeric", "_frombuffer", call_frombuffer },
  { "_codecs", "encode", call_encode },
  { "builtins", "bytes", call_bytes },
  { "__builtin__", "bytes", call_bytes },
  { "builtins", "bytearray", call_bytearray },
  { "__builtin__", "bytearray", call_bytearray },
};

static gboolean
text_is (const PickleText *text, const char *word)
{
  return text->size == strlen (word) &&
      memcmp (text->data, word, text->size) == 0;
}

PickleValue *
pickle_global_new (Pickle *pickle, const PickleText *module,
    const PickleText *name, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (globals); i++) {
    if (text_is (module, globals[i].module) &&
        text_is (name, globals[i].name)) {
      PickleValue *value = pickle_value_new (pickle, PICKLE_GLOBAL, error);

      if (value)
        value->global = i;
      return value;
    }
  }

  g_autofree char *a = pickle_text_for_log (module->data, module->size);
  g_autofree char *b = pickle_text_for_log (name->data, name->size);
  pickle_fail (error, PICKLE_ERROR_REFUSED, "it asks for %s.%s", a, b);
  return NULL;
}

/* ---- arguments ---- */

static const char *
name_of (Call call)
{
  for (gsize i = 0; i < G_N_ELEMENTS (globals); i++) {
    if (globals[i].call == call)
      return globals[i].name;
  }
  return "?";
}

static PickleValue *
misfit (GError **error, Call call)
{
  pickle_fail (error, PICKLE_ERROR_REFUSED,
      "it calls %s with arguments that plain data does not have",
      name_of (call));
  return NULL;
}

/* The argument at an index when it is of the type, else NULL. */
static const PickleValue *
argument (const PickleValue *arguments, gsize i, PickleType type)
{
  if (i >= arguments->items.n || arguments->items.values[i]->type != type)
    return NULL;
  return arguments->items.values[i];
}

static const PickleValue *
byte_argument (const PickleValue *arguments, gsize i)
{
  const PickleValue *value = argument (arguments, i, PICKLE_BYTES);

  return value ? value : argument (arguments, i, PICKLE_BYTEARRAY);
}

static gboolean
is_flag (const PickleValue *value)
{
  return value->type == PICKLE_BOOL || value->type == PICKLE_INT;
}

/* ---- bytes ---- */

/* Text whose characters stand for bytes. Each byte of a message becomes one byte
 * at most once, or a small message could ask for much memory. */
static PickleValue *
from_latin1 (Pickle *pickle, const PickleText *text, PickleType type, Call call,
    GError **error)
{
  if (text->size > pickle->decoded_left) {
    pickle_fail (error, PICKLE_ERROR_TOO_LARGE,
        "it makes bytes of the same text again and again");
    return NULL;
  }
  pickle->decoded_left -= text->size;

  PickleValue *value = pickle_value_new (pickle, type, error);
  if (!value)
    return NULL;
  guint8 *to = pickle_alloc (pickle, text->size);
  value->text.data = to;
  for (gsize i = 0; i < text->size; i++) {
    guint8 c = text->data[i];

    if (c >= 0xc4 || (c >= 0x80 && i + 1 == text->size))
      return misfit (error, call);
    if (c >= 0x80)
      c = (guint8) ((c & 3) << 6 | (text->data[++i] & 0x3f));
    to[value->text.size++] = c;
  }
  return value;
}

static gboolean
is_latin1_name (const PickleValue *value)
{
  return value &&
      (text_is (&value->text, "latin1") || text_is (&value->text, "latin-1"));
}

static PickleValue *
call_encode (Pickle *pickle, const PickleValue *arguments, GError **error)
{
  const PickleValue *text = argument (arguments, 0, PICKLE_STR);

  if (!text || arguments->items.n != 2 ||
      !is_latin1_name (argument (arguments, 1, PICKLE_STR)))
    return misfit (error, call_encode);
  return from_latin1 (pickle, &text->text, PICKLE_BYTES, call_encode, error);
}

static PickleValue *
to_bytes (Pickle *pickle, const PickleValue *arguments, PickleType type,
    Call call, GError **error)
{
  const PickleValue *bytes = byte_argument (arguments, 0);
  const PickleValue *text = argument (arguments, 0, PICKLE_STR);
  gsize n = arguments->items.n;

  if (n == 2 && text && is_latin1_name (argument (arguments, 1, PICKLE_STR)))
    return from_latin1 (pickle, &text->text, type, call, error);
  if (n > 1 || (n == 1 && !bytes))
    return misfit (error, call);

  PickleValue *value = pickle_value_new (pickle, type, error);
  if (value && bytes)
    value->text = bytes->text;
  return value;
}

static PickleValue *
call_bytes (Pickle *pickle, const PickleValue *arguments, GError **error)
{
  return to_bytes (pickle, arguments, PICKLE_BYTES, call_bytes, error);
}

static PickleValue *
call_bytearray (Pickle *pickle, const PickleValue *arguments, GError **error)
{
  return to_bytes (pickle, arguments, PICKLE_BYTEARRAY, call_bytearray, error);
}

/* ---- numpy ---- */

/* dtype ('u1', align, copy) */
static PickleValue *
call_dtype (Pickle *pickle, const PickleValue *arguments, GError **error)
{
  static const char *const known[] = { "b1", "i1", "u1", "i2", "u2", "i4", "u4",
    "i8", "u8", "f2", "f4", "f8" };
  const PickleValue *word = argument (arguments, 0, PICKLE_STR);

  for (gsize i = 0; word && i < G_N_ELEMENTS (known); i++) {
    if (!text_is (&word->text, known[i]))
      continue;
    PickleValue *value = pickle_value_new (pickle, PICKLE_DTYPE, error);
    if (value)
      value->dtype =
          (PickleDType){ .kind = known[i][0], .size = known[i][1] - '0' };
    return value;
  }
  if (!word)
    return misfit (error, call_dtype);
  g_autofree char *text =
      pickle_text_for_log (word->text.data, word->text.size);
  pickle_fail (error, PICKLE_ERROR_REFUSED,
      "it holds a numpy array of type %s; send numbers, for pictures uint8",
      text);
  return NULL;
}

/* (version, byte order, …); what follows is for types that are not known here. */
static gboolean
build_dtype (PickleValue *dtype, const PickleValue *state, GError **error)
{
  const PickleValue *order = argument (state, 1, PICKLE_STR);

  if (!order || order->text.size != 1 ||
      !strchr ("<>|=", order->text.data[0]) || order->text.data[0] == '\0')
    return pickle_fail (error, PICKLE_ERROR_REFUSED,
        "it describes a numpy type in an unknown way");
  dtype->dtype.big_endian = order->text.data[0] == '>';
  return TRUE;
}

static gboolean
read_shape (PickleArray *array, const PickleValue *shape)
{
  if (!shape || shape->items.n > PICKLE_MAX_DIMS)
    return FALSE;
  array->n_dims = (guint) shape->items.n;
  array->size = array->dtype.size;
  for (guint i = 0; i < array->n_dims; i++) {
    const PickleValue *dim = argument (shape, i, PICKLE_INT);

    if (!dim || dim->integer < 0 || dim->integer > G_MAXINT ||
        !g_size_checked_mul (&array->size, array->size, (gsize) dim->integer))
      return FALSE;
    array->dims[i] = (gsize) dim->integer;
  }
  return TRUE;
}

static gboolean
fill_array (PickleArray *array, const PickleValue *dtype,
    const PickleValue *shape, gboolean fortran, const PickleValue *bytes,
    GError **error)
{
  if (dtype)
    array->dtype = dtype->dtype;
  if (!dtype || !bytes || !read_shape (array, shape))
    return pickle_fail (error, PICKLE_ERROR_REFUSED,
        "it holds a numpy array that is not of numbers, or of more than %d "
        "dimensions",
        PICKLE_MAX_DIMS);
  if (array->size != bytes->text.size)
    return pickle_fail (error, PICKLE_ERROR_MALFORMED,
        "its numpy array has %" G_GSIZE_FORMAT
        " bytes where its shape asks for %" G_GSIZE_FORMAT,
        bytes->text.size, array->size);
  array->fortran = fortran;
  array->data = bytes->text.data;
  array->complete = TRUE;
  return TRUE;
}

static PickleValue *
array_new (Pickle *pickle, GError **error)
{
  PickleValue *value = pickle_value_new (pickle, PICKLE_ARRAY, error);

  if (value) {
    value->array = pickle_alloc (pickle, sizeof *value->array);
    *value->array = (PickleArray){ .n_dims = 0 };
  }
  return value;
}

/* _reconstruct (ndarray, (0,), b'b'): an empty array that BUILD fills. */
static PickleValue *
call_reconstruct (Pickle *pickle, const PickleValue *arguments, GError **error)
{
  const PickleValue *type = argument (arguments, 0, PICKLE_GLOBAL);

  if (!type || strcmp (globals[type->global].name, "ndarray") != 0 ||
      arguments->items.n != 3)
    return misfit (error, call_reconstruct);
  return array_new (pickle, error);
}

/* (version, shape, dtype, fortran, bytes) */
static gboolean
build_array (PickleValue *array, const PickleValue *state, GError **error)
{
  if (state->items.n != 5 || !is_flag (state->items.values[3]))
    return pickle_fail (error, PICKLE_ERROR_REFUSED,
        "it describes a numpy array in an unknown way");
  return fill_array (array->array, argument (state, 2, PICKLE_DTYPE),
      argument (state, 1, PICKLE_TUPLE), state->items.values[3]->integer != 0,
      byte_argument (state, 4), error);
}

/* _frombuffer (bytes, dtype, shape, 'C') */
static PickleValue *
call_frombuffer (Pickle *pickle, const PickleValue *arguments, GError **error)
{
  const PickleValue *order = argument (arguments, 3, PICKLE_STR);

  if (!order || arguments->items.n != 4)
    return misfit (error, call_frombuffer);
  PickleValue *value = array_new (pickle, error);
  if (value &&
      fill_array (value->array, argument (arguments, 1, PICKLE_DTYPE),
          argument (arguments, 2, PICKLE_TUPLE), text_is (&order->text, "F"),
          byte_argument (arguments, 0), error))
    return value;
  return NULL;
}

static void
set_integer (PickleValue *value, const PickleDType *dtype, guint64 bits)
{
  guint shift = 64 - dtype->size * 8;

  if (dtype->kind == 'b') {
    value->type = PICKLE_BOOL;
    value->integer = bits != 0;
  } else if (dtype->kind == 'u' || shift == 0) {
    value->integer = (gint64) bits;
  } else {
    /* NOLINTNEXTLINE(clang-analyzer-core.*): no type has a size of 0 */
    value->integer = (gint64) (bits << shift) >> shift;
  }
}

static void
set_real (PickleValue *value, guint size, guint64 bits)
{
  value->type = PICKLE_FLOAT;
  if (size == 8) {
    memcpy (&value->real, &bits, sizeof value->real);
  } else {
    guint32 half = (guint32) bits;
    float real;

    memcpy (&real, &half, sizeof real);
    value->real = real;
  }
}

/* scalar (dtype, bytes) */
static PickleValue *
call_scalar (Pickle *pickle, const PickleValue *arguments, GError **error)
{
  const PickleValue *type = argument (arguments, 0, PICKLE_DTYPE);
  const PickleValue *bytes = byte_argument (arguments, 1);
  guint64 bits = 0;

  if (!type || !bytes || arguments->items.n != 2 ||
      bytes->text.size != type->dtype.size ||
      (type->dtype.kind == 'f' && type->dtype.size < 4))
    return misfit (error, call_scalar);
  for (guint i = 0; i < type->dtype.size; i++) {
    guint at = type->dtype.big_endian ? i : type->dtype.size - 1 - i;

    bits = bits << 8 | bytes->text.data[at];
  }
  if (type->dtype.kind == 'u' && bits > G_MAXINT64)
    return misfit (error, call_scalar);
  PickleValue *value = pickle_value_new (pickle, PICKLE_INT, error);
  if (value && type->dtype.kind == 'f')
    set_real (value, type->dtype.size, bits);
  else if (value)
    set_integer (value, &type->dtype, bits);
  return value;
}

/* ---- the opcodes ---- */

PickleValue *
pickle_call (Pickle *pickle, const PickleValue *callable,
    const PickleValue *arguments, GError **error)
{
  if (callable->type != PICKLE_GLOBAL || arguments->type != PICKLE_TUPLE ||
      !globals[callable->global].call) {
    pickle_fail (error, PICKLE_ERROR_REFUSED, "it calls %s",
        callable->type == PICKLE_GLOBAL ? globals[callable->global].name
                                        : pickle_type_name (callable->type));
    return NULL;
  }
  return globals[callable->global].call (pickle, arguments, error);
}

gboolean
pickle_build (Pickle *pickle, PickleValue *object, const PickleValue *state,
    GError **error)
{
  if (state->type == PICKLE_TUPLE && object->type == PICKLE_ARRAY &&
      !object->array->complete)
    return build_array (object, state, error);
  if (state->type == PICKLE_TUPLE && object->type == PICKLE_DTYPE)
    return build_dtype (object, state, error);
  return pickle_fail (error, PICKLE_ERROR_REFUSED, "it sets the state of %s",
      pickle_type_name (object->type));
}
