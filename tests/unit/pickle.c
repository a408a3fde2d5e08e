/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picklereader.h"

#include "picklewriter.h"
#include <string.h>

#define BYTES(text) text, sizeof (text) - 1

typedef struct
{
  const char *bytes;
  gsize size;
  const char *text; /* the value, or a part of what is wrong */
} Case;

/* What Python 3 writes, in every protocol, and numpy 1 and 2. */
static const Case values[] = {
  { BYTES ("\x80\x02}q\x00(X\x01\x00\x00\x00"
           "aq\x01K\x01X\x01\x00\x00"
           "\x00"
           "bq\x02]q\x03(\x88NJ\xfe\xff\xff\xffJp\x11\x01\x00\x8a"
           "\x06\x00\x00\x00\x00\x00\x01G\x3f\xf8\x00\x00\x00\x00\x00"
           "\x00"
           "eu."),
      "{'a': 1, 'b': [True, None, -2, 70000, 1099511627776, 1.5]}" },
  { BYTES ("\x80\x03}q\x00(X\x01\x00\x00\x00"
           "aq\x01K\x01X\x01\x00\x00"
           "\x00"
           "bq\x02]q\x03(\x88NJ\xfe\xff\xff\xffJp\x11\x01\x00\x8a"
           "\x06\x00\x00\x00\x00\x00\x01G\x3f\xf8\x00\x00\x00\x00\x00"
           "\x00"
           "eu."),
      "{'a': 1, 'b': [True, None, -2, 70000, 1099511627776, 1.5]}" },
  { BYTES ("\x80\x04\x95"
           "0\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01"
           "a\x94K\x01\x8c\x01"
           "b\x94]\x94(\x88NJ\xfe\xff\xff\xffJp\x11"
           "\x01\x00\x8a\x06\x00\x00\x00\x00\x00\x01G\x3f\xf8\x00\x00"
           "\x00\x00\x00\x00"
           "eu."),
      "{'a': 1, 'b': [True, None, -2, 70000, 1099511627776, 1.5]}" },
  { BYTES ("\x80\x05\x95"
           "0\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01"
           "a\x94K\x01\x8c\x01"
           "b\x94]\x94(\x88NJ\xfe\xff\xff\xffJp\x11"
           "\x01\x00\x8a\x06\x00\x00\x00\x00\x00\x01G\x3f\xf8\x00\x00"
           "\x00\x00\x00\x00"
           "eu."),
      "{'a': 1, 'b': [True, None, -2, 70000, 1099511627776, 1.5]}" },
  { BYTES ("\x80\x02"
           "c_codecs\x0a"
           "encode\x0aq\x00X\x03\x00\x00\x00"
           "x\xc3\xbfq\x01X\x06\x00\x00\x00latin1q\x02\x86q\x03Rq\x04"
           "c__builtin__\x0a"
           "bytearray\x0aq\x05h\x00X\x02\x00\x00\x00"
           "abq\x06h\x02\x86q\x07Rq\x08\x85q\x09Rq\x0aX\x00\x00\x00\x00"
           "q\x0b\x87q\x0c."),
      "(bytes 78 ff, bytearray 61 62, '')" },
  { BYTES ("\x80\x03"
           "C\x02x\xffq\x00"
           "cbuiltins\x0a"
           "bytearray\x0a"
           "q\x01"
           "C\x02"
           "abq\x02\x85q\x03Rq\x04X\x00\x00\x00\x00q\x05"
           "\x87q\x06."),
      "(bytes 78 ff, bytearray 61 62, '')" },
  { BYTES ("\x80\x04\x95-\x00\x00\x00\x00\x00\x00\x00"
           "C\x02x\xff\x94"
           "\x8c\x08"
           "builtins\x94\x8c\x09"
           "bytearray\x94\x93\x94"
           "C"
           "\x02"
           "ab\x94\x85\x94R\x94\x8c\x00\x94\x87\x94."),
      "(bytes 78 ff, bytearray 61 62, '')" },
  { BYTES ("\x80\x05\x95\x17\x00\x00\x00\x00\x00\x00\x00"
           "C\x02x\xff"
           "\x94\x96\x02\x00\x00\x00\x00\x00\x00\x00"
           "ab\x94\x8c\x00"
           "\x94\x87\x94."),
      "(bytes 78 ff, bytearray 61 62, '')" },
  { BYTES ("\x80\x02(]q\x00}q\x01)K\x01\x85q\x02K\x01K\x02\x86q\x03(K"
           "\x01K\x02K\x03K\x04tq\x04tq\x05."),
      "([], {}, (), (1,), (1, 2), (1, 2, 3, 4))" },
  { BYTES ("\x80\x03(]q\x00}q\x01)K\x01\x85q\x02K\x01K\x02\x86q\x03(K"
           "\x01K\x02K\x03K\x04tq\x04tq\x05."),
      "([], {}, (), (1,), (1, 2), (1, 2, 3, 4))" },
  { BYTES ("\x80\x04\x95\x1e\x00\x00\x00\x00\x00\x00\x00(]\x94}\x94)K"
           "\x01\x85\x94K\x01K\x02\x86\x94(K\x01K\x02K\x03K\x04t\x94t"
           "\x94."),
      "([], {}, (), (1,), (1, 2), (1, 2, 3, 4))" },
  { BYTES ("\x80\x05\x95\x1e\x00\x00\x00\x00\x00\x00\x00(]\x94}\x94)K"
           "\x01\x85\x94K\x01K\x02\x86\x94(K\x01K\x02K\x03K\x04t\x94t"
           "\x94."),
      "([], {}, (), (1,), (1, 2), (1, 2, 3, 4))" },
  { BYTES ("\x80\x02"
           "cnumpy.core.multiarray\x0a_reconstruct\x0aq\x00"
           "cnumpy\x0andarray\x0aq\x01K\x00\x85q\x02"
           "c_codecs\x0a"
           "e"
           "ncode\x0aq\x03X\x01\x00\x00\x00"
           "bq\x04X\x06\x00\x00\x00"
           "latin1q\x05\x86q\x06Rq\x07\x87q\x08Rq\x09(K\x01K\x01K\x02"
           "K\x03\x87q\x0a"
           "cnumpy\x0a"
           "dtype\x0aq\x0bX\x02\x00\x00"
           "\x00u1q\x0c\x89\x88\x87q\x0dRq\x0e(K\x03X\x01\x00\x00\x00"
           "|q\x0fNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x10"
           "b"
           "\x89h\x03X\x06\x00\x00\x00\x00\x01\x02\x03\x04\x05q\x11h\x05"
           "\x86q\x12Rq\x13tq\x14"
           "b."),
      "array u1 (1, 2, 3) 00 01 02 03 04 05" },
  { BYTES ("\x80\x04\x95\x92\x00\x00\x00\x00\x00\x00\x00\x8c\x15numpy"
           ".core.multiarray\x94\x8c\x0c_reconstruct\x94\x93\x94\x8c\x05"
           "numpy\x94\x8c\x07ndarray\x94\x93\x94K\x00\x85\x94"
           "C\x01"
           "b\x94\x87\x94R\x94(K\x01K\x01K\x02K\x03\x87\x94h\x03\x8c\x05"
           "dtype\x94\x93\x94\x8c\x02u1\x94\x89\x88\x87\x94R\x94(K\x03"
           "\x8c\x01|\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94"
           "b\x89"
           "C\x06\x00\x01\x02\x03\x04\x05\x94t\x94"
           "b."),
      "array u1 (1, 2, 3) 00 01 02 03 04 05" },
  { BYTES ("\x80\x05\x95}\x00\x00\x00\x00\x00\x00\x00\x8c\x12numpy.co"
           "re.numeric\x94\x8c\x0b_frombuffer\x94\x93\x94(\x96\x06\x00"
           "\x00\x00\x00\x00\x00\x00\x00\x01\x02\x03\x04\x05\x94\x8c\x05"
           "numpy\x94\x8c\x05"
           "dtype\x94\x93\x94\x8c\x02u1\x94\x89\x88"
           "\x87\x94R\x94(K\x03\x8c\x01|\x94NNNJ\xff\xff\xff\xffJ\xff"
           "\xff\xff\xffK\x00t\x94"
           "bK\x01K\x02K\x03\x87\x94\x8c\x01"
           "C\x94t\x94R\x94."),
      "array u1 (1, 2, 3) 00 01 02 03 04 05" },
  { BYTES ("\x80\x04\x95\x90\x00\x00\x00\x00\x00\x00\x00\x8c\x15numpy"
           ".core.multiarray\x94\x8c\x0c_reconstruct\x94\x93\x94\x8c\x05"
           "numpy\x94\x8c\x07ndarray\x94\x93\x94K\x00\x85\x94"
           "C\x01"
           "b\x94\x87\x94R\x94(K\x01K\x02K\x03\x86\x94h\x03\x8c\x05"
           "d"
           "type\x94\x93\x94\x8c\x02u1\x94\x89\x88\x87\x94R\x94(K\x03"
           "\x8c\x01|\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94"
           "b\x88"
           "C\x06\x00\x03\x01\x04\x02\x05\x94t\x94"
           "b."),
      "array F u1 (2, 3) 00 03 01 04 02 05" },
  { BYTES ("\x80\x04\x95\xfc\x00\x00\x00\x00\x00\x00\x00(\x8c\x15nump"
           "y.core.multiarray\x94\x8c\x06scalar\x94\x93\x94\x8c\x05nu"
           "mpy\x94\x8c\x05"
           "dtype\x94\x93\x94\x8c\x02i8\x94\x89\x88"
           "\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff"
           "\xff\xff\xffK\x00t\x94"
           "bC\x08\xfd\xff\xff\xff\xff\xff\xff"
           "\xff\x94\x86\x94R\x94h\x02h\x05\x8c\x02"
           "f4\x94\x89\x88\x87"
           "\x94R\x94(K\x03h\x09NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xff"
           "K\x00t\x94"
           "bC\x04\x00\x00\x00"
           "?\x94\x86\x94R\x94h\x02"
           "h\x05\x8c\x02"
           "b1\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01"
           "|\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94"
           "bC"
           "\x01\x01\x94\x86\x94R\x94h\x02h\x05\x8c\x02u2\x94\x89\x88"
           "\x87\x94R\x94(K\x03h\x09NNNJ\xff\xff\xff\xffJ\xff\xff\xff"
           "\xffK\x00t\x94"
           "bC\x02\x07\x00\x94\x86\x94R\x94t\x94."),
      "(-3, 0.5, True, 7)" },
  { BYTES ("\x80\x04\x95\x8a\x00\x00\x00\x00\x00\x00\x00\x8c\x15numpy"
           ".core.multiarray\x94\x8c\x0c_reconstruct\x94\x93\x94\x8c\x05"
           "numpy\x94\x8c\x07ndarray\x94\x93\x94K\x00\x85\x94"
           "C\x01"
           "b\x94\x87\x94R\x94(K\x01K\x01\x85\x94h\x03\x8c\x05"
           "dtyp"
           "e\x94\x93\x94\x8c\x02i2\x94\x89\x88\x87\x94R\x94(K\x03\x8c"
           "\x01>\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94"
           "b"
           "\x89"
           "C\x02\x00\x00\x94t\x94"
           "b."),
      "array i2 (1) 00 00" },
  { BYTES ("\x80\x04\x95\x93\x00\x00\x00\x00\x00\x00\x00\x8c\x16numpy"
           "._core.multiarray\x94\x8c\x0c_reconstruct\x94\x93\x94\x8c"
           "\x05numpy\x94\x8c\x07ndarray\x94\x93\x94K\x00\x85\x94"
           "C"
           "\x01"
           "b\x94\x87\x94R\x94(K\x01K\x01K\x02K\x03\x87\x94h\x03"
           "\x8c\x05"
           "dtype\x94\x93\x94\x8c\x02u1\x94\x89\x88\x87\x94"
           "R\x94(K\x03\x8c\x01|\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff"
           "\xffK\x00t\x94"
           "b\x89"
           "C\x06\x00\x01\x02\x03\x04\x05\x94"
           "t\x94"
           "b."),
      "array u1 (1, 2, 3) 00 01 02 03 04 05" },
  { BYTES ("\x80\x05\x95~\x00\x00\x00\x00\x00\x00\x00\x8c\x13numpy._c"
           "ore.numeric\x94\x8c\x0b_frombuffer\x94\x93\x94(\x96\x06\x00"
           "\x00\x00\x00\x00\x00\x00\x00\x01\x02\x03\x04\x05\x94\x8c\x05"
           "numpy\x94\x8c\x05"
           "dtype\x94\x93\x94\x8c\x02u1\x94\x89\x88"
           "\x87\x94R\x94(K\x03\x8c\x01|\x94NNNJ\xff\xff\xff\xffJ\xff"
           "\xff\xff\xffK\x00t\x94"
           "bK\x01K\x02K\x03\x87\x94\x8c\x01"
           "C\x94t\x94R\x94."),
      "array u1 (1, 2, 3) 00 01 02 03 04 05" },
  /* Python 2's str, a value remembered and put in twice, an opcode each. */
  { BYTES ("\x80\x02U\x02hi."), "'hi'" },
  { BYTES ("\x80\x02U\x02\xff\xfe."), "bytes ff fe" },
  { BYTES ("\x80\x02(K\x01q\x07h\x07t."), "(1, 1)" },
  { BYTES ("\x80\x02(K\x01K\x02l."), "[1, 2]" },
  { BYTES ("\x80\x02(K\x01K\x02"
           "d."),
      "{1: 2}" },
  { BYTES ("\x80\x02]K\x01"
           "a."),
      "[1]" },
  { BYTES ("\x80\x02K\x01K\x02"
           "0."),
      "1" },
  { BYTES ("\x80\x02K\x01(K\x02K\x03"
           "1."),
      "1" },
  { BYTES ("\x80\x02K\x01"
           "2\x86."),
      "(1, 1)" },
  { BYTES ("\x80\x02\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f."),
      "9223372036854775807" },
  { BYTES ("\x80\x02\x8a\x00."), "0" },
};

static const Case refusals[] = {
  { BYTES ("\x80\x02"
           "cposix\nsystem\n."),
      "posix.system" },
  { BYTES ("\x80\x04\x8c\x05posix\x8c\x06system\x93."), "posix.system" },
  { BYTES ("\x80\x02"
           "cbuiltins\neval\n."),
      "builtins.eval" },
  { BYTES ("\x80\x02"
           "cnumpy\nload\n."),
      "numpy.load" },
  { BYTES ("\x80\x02"
           "cnumpy.core.multiarray\nfromfile\n."),
      "fromfile" },
  { BYTES ("\x80\x02"
           "c\x1b[2J\nx\n."),
      " [2J.x" },
  { BYTES ("\x80\x02"
           "cnumpy\nndarray\n)R."),
      "ndarray" },
  { BYTES ("\x80\x02K\x01)R."), "int" },
  { BYTES ("\x80\x02"
           "c_codecs\nencode\nX\x01\x00\x00\x00"
           "aX\x04\x00\x00\x00"
           "rot1\x86R."),
      "encode" },
  { BYTES ("\x80\x02"
           "cnumpy\ndtype\nX\x01\x00\x00\x00O\x85R."),
      "type O" },
  { BYTES ("\x80\x02"
           "c__builtin__\nbytes\nK\x01\x85R."),
      "bytes" },
  { BYTES ("\x80\x02X\x01\x00\x00\x00x}b."), "state of str" },
  { BYTES ("\x80\x02Pid\n."), "persistent id" },
  { BYTES ("\x80\x02X\x01\x00\x00\x00xQ."), "persistent id" },
  { BYTES ("\x80\x02"
           "cnumpy\nndarray\n)\x81."),
      "NEWOBJ" },
  { BYTES ("\x80\x02(cnumpy\nndarray\no."), "OBJ" },
  { BYTES ("\x80\x02(inumpy\nndarray\n."), "INST" },
  { BYTES ("\x80\x04\x8f."), "set" },
  { BYTES ("\x80\x05\x97."), "buffer" },
  { BYTES ("\x80\x02\x82\x01."), "extension" },
};

static const Case damages[] = {
  { BYTES (""), "no pickle" },
  { BYTES ("\x80\x02"), "no pickle" },
  { BYTES ("\x80\x01K\x01."), "no pickle" },
  { BYTES ("\x80\x06K\x01."), "no pickle" },
  { BYTES ("I01\n."), "no pickle" },
  { BYTES ("\x80\x02I01\n."), "0x49" },
  { BYTES ("\x80\x02K"), "cut off" },
  { BYTES ("\x80\x02K\x01"), "cut off" },
  { BYTES ("\x80\x02X\xff\xff\xff\xff"
           "a."),
      "cut off" },
  { BYTES ("\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff"
           "a."),
      "cut off" },
  { BYTES ("\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f"
           "a."),
      "cut off" },
  { BYTES ("\x80\x02"
           "cnumpy"),
      "cut off" },
  { BYTES ("\x80\x02."), "fit together" },
  { BYTES ("\x80\x02t."), "fit together" },
  { BYTES ("\x80\x02(."), "fit together" },
  { BYTES ("\x80\x02K\x01(0t."), "fit together" },
  { BYTES ("\x80\x02\x87."), "fit together" },
  { BYTES ("\x80\x02K\x01(K\x02\x86t."), "fit together" },
  { BYTES ("\x80\x02K\x01K\x02"
           "a."),
      "fit together" },
  { BYTES ("\x80\x02}K\x01K\x02"
           "a."),
      "fit together" },
  { BYTES ("\x80\x02}(K\x01u."), "fit together" },
  { BYTES ("\x80\x02(K\x01"
           "d."),
      "fit together" },
  { BYTES ("\x80\x02h\x00."), "fit together" },
  { BYTES ("\x80\x02K\x01K\x02\x93."), "fit together" },
  { BYTES ("\x80\x02\x8a\x09"
           "123456789."),
      "64 bits" },
  { BYTES ("\x80\x02K\x01r\xff\xff\xff\x7f."), "remembers" },
  { BYTES ("\x80\x02"
           "cnumpy.core.numeric\n_frombuffer\n(C\x02"
           "ab"
           "cnumpy\ndtype\nX\x02\x00\x00\x00u1\x85RK\x03\x85X\x01\x00\x00\x00"
           "CtR."),
      "2 bytes where its shape asks for 3" },
  { BYTES ("\x80\x02"
           "cnumpy.core.numeric\n_frombuffer\n(C\x02"
           "ab"
           "cnumpy\ndtype\nX\x02\x00\x00\x00u1\x85RJ\xff\xff\xff\xff\x85"
           "X\x01\x00\x00\x00"
           "CtR."),
      "not of numbers" },
};

/* ---- values as text ---- */

static void print (GString *text, const PickleValue *value);

static void
print_bytes (GString *text, const guint8 *data, gsize size)
{
  for (gsize i = 0; i < size; i++)
    g_string_append_printf (text, " %02x", data[i]);
}

static void
print_items (GString *text, const PickleValue *value, const char *brackets)
{
  g_string_append_c (text, brackets[0]);
  for (gsize i = 0; i < value->items.n; i++) {
    if (i > 0)
      g_string_append (text,
          value->type == PICKLE_DICT && i % 2 == 1 ? ": " : ", ");
    print (text, value->items.values[i]);
  }
  if (value->type == PICKLE_TUPLE && value->items.n == 1)
    g_string_append_c (text, ',');
  g_string_append_c (text, brackets[1]);
}

static void
print_array (GString *text, const PickleArray *array)
{
  g_string_append_printf (text, "array %s%c%u (", array->fortran ? "F " : "",
      array->dtype.kind, array->dtype.size);
  for (guint i = 0; i < array->n_dims; i++)
    g_string_append_printf (text, "%s%" G_GSIZE_FORMAT, i > 0 ? ", " : "",
        array->dims[i]);
  g_string_append_c (text, ')');
  print_bytes (text, array->data, array->size);
}

static void
print (GString *text, const PickleValue *value)
{
  switch (value->type) {
    case PICKLE_NONE:
      g_string_append (text, "None");
      break;
    case PICKLE_BOOL:
      g_string_append (text, value->integer ? "True" : "False");
      break;
    case PICKLE_INT:
      g_string_append_printf (text, "%" G_GINT64_FORMAT, value->integer);
      break;
    case PICKLE_FLOAT:
      g_string_append_printf (text, "%g", value->real);
      break;
    case PICKLE_STR:
      g_string_append_printf (text, "'%.*s'", (int) value->text.size,
          (const char *) value->text.data);
      break;
    case PICKLE_BYTES:
    case PICKLE_BYTEARRAY:
      g_string_append (text, pickle_type_name (value->type));
      print_bytes (text, value->text.data, value->text.size);
      break;
    case PICKLE_LIST:
      print_items (text, value, "[]");
      break;
    case PICKLE_TUPLE:
      print_items (text, value, "()");
      break;
    case PICKLE_DICT:
      print_items (text, value, "{}");
      break;
    case PICKLE_ARRAY:
      print_array (text, value->array);
      break;
    case PICKLE_DTYPE:
    case PICKLE_GLOBAL:
      g_string_append (text, pickle_type_name (value->type));
      break;
  }
}

/* ---- tests ---- */

/* From memory of its very size, so that a byte too far is seen. */
static Pickle *
read_copy (const char *bytes, gsize size, guint8 **copy, GError **error)
{
  *copy = g_memdup2 (bytes, size);
  return pickle_read (*copy, size, error);
}

static void
test_values (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (values); i++) {
    g_autofree guint8 *copy = NULL;
    g_autoptr (GError) error = NULL;
    g_autoptr (Pickle)
        pickle = read_copy (values[i].bytes, values[i].size, &copy, &error);
    g_autoptr (GString) text = g_string_new (NULL);

    g_assert_no_error (error);
    print (text, pickle_get_root (pickle));
    g_assert_cmpstr (text->str, ==, values[i].text);
  }
}

static void
check_refused (const Case *cases, gsize n, gboolean refused)
{
  for (gsize i = 0; i < n; i++) {
    g_autofree guint8 *copy = NULL;
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", cases[i].text);
    g_assert_null (read_copy (cases[i].bytes, cases[i].size, &copy, &error));
    g_assert_true (error && error->domain == PICKLE_ERROR);
    g_assert_cmpint (error->code == PICKLE_ERROR_REFUSED, ==, refused);
    g_assert_nonnull (strstr (error->message, cases[i].text));
  }
}

static void
test_refusals (void)
{
  check_refused (refusals, G_N_ELEMENTS (refusals), TRUE);
}

static void
test_damages (void)
{
  /* The last one is of a shape that no array has. */
  check_refused (damages, G_N_ELEMENTS (damages) - 1, FALSE);
  check_refused (damages + G_N_ELEMENTS (damages) - 1, 1, TRUE);
}

static void
test_cut_off (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (values); i++) {
    for (gsize size = 0; size < values[i].size; size++) {
      g_autofree guint8 *copy = NULL;

      g_assert_null (read_copy (values[i].bytes, size, &copy, NULL));
    }
  }
}

/* What is in short supply is asked for again and again. */
static void
test_limits (void)
{
  static const Case repeated[] = {
    { BYTES ("("), "nested" },
    { BYTES ("N"), "values" },
    { BYTES ("]"), "values" },
    { BYTES ("K\x01"
             "2\x87"),
        "values" },
    { BYTES ("K\x01\x94"
             "0"),
        "values" },
    /* Text of a kilobyte in the memo, made bytes of. */
    { BYTES ("c_codecs\nencode\nh\x00X\x06\x00\x00\x00latin1\x86R0"), "bytes" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (repeated); i++) {
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    g_autofree char *text = g_strnfill (1024, 'x');
    g_autoptr (GError) error = NULL;

    g_byte_array_append (bytes, (const guint8 *) "\x80\x02X\x00\x04\x00\x00",
        7);
    g_byte_array_append (bytes, (const guint8 *) text, 1024);
    g_byte_array_append (bytes, (const guint8 *) "q\x00", 2);
    for (int n = 0; n < PICKLE_MAX_VALUES + 10; n++)
      g_byte_array_append (bytes, (const guint8 *) repeated[i].bytes,
          (guint) repeated[i].size);
    g_assert_null (pickle_read (bytes->data, bytes->len, &error));
    g_assert_error (error, PICKLE_ERROR, PICKLE_ERROR_TOO_LARGE);
    g_assert_nonnull (strstr (error->message, repeated[i].text));
  }
}

static void
test_dict (void)
{
  static const char twice[] = "\x80\x02}(X\x01\x00\x00\x00"
                              "aK\x01"
                              "X\x01\x00\x00\x00"
                              "aK\x02K\x07K\x08u.";
  g_autoptr (Pickle)
      pickle = pickle_read ((const guint8 *) twice, sizeof twice - 1, NULL);
  const PickleValue *root = pickle_get_root (pickle);

  g_assert_cmpint (pickle_dict_get (root, "a")->integer, ==, 2);
  g_assert_null (pickle_dict_get (root, "b"));
  g_assert_null (pickle_dict_get (pickle_dict_get (root, "a"), "a"));
}

static void
test_writer (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GString) text = g_string_new (NULL);

  pickle_begin (bytes);
  pickle_list_begin (bytes);
  pickle_dict_begin (bytes);
  pickle_str (bytes, "a");
  pickle_int (bytes, -5);
  pickle_dict_end (bytes);
  pickle_int (bytes, G_MAXINT64);
  pickle_float (bytes, 0.25);
  pickle_str (bytes, NULL);
  pickle_str (bytes, "\xc3\xa4");
  pickle_bytes (bytes, (const guint8 *) "\xff", 1);
  pickle_list_begin (bytes);
  pickle_list_end (bytes);
  pickle_list_end (bytes);
  pickle_end (bytes);

  g_autoptr (Pickle) pickle = pickle_read (bytes->data, bytes->len, NULL);
  print (text, pickle_get_root (pickle));
  g_assert_cmpstr (text->str, ==,
      "[{'a': -5}, 9223372036854775807, 0.25, None, '\xc3\xa4', bytes ff, []]");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pickle/values", test_values);
  g_test_add_func ("/pickle/refusals", test_refusals);
  g_test_add_func ("/pickle/damages", test_damages);
  g_test_add_func ("/pickle/cut-off", test_cut_off);
  g_test_add_func ("/pickle/limits", test_limits);
  g_test_add_func ("/pickle/dict", test_dict);
  g_test_add_func ("/pickle/writer", test_writer);
  return g_test_run ();
}
