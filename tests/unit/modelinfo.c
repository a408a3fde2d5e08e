/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "modelinfo.h"

#include <detect/error.h>
#include <glib/gstdio.h>
#include <string.h>

#include "testmodels.h"

static DetModelInfo *
read_model (const char *name)
{
  g_autofree char *path = test_model (name);
  g_autoptr (GError) error = NULL;
  DetModelInfo *info = det_model_info_new (path, &error);

  g_assert_no_error (error);
  return info;
}

static void
assert_tensors (char *found, const char *expected)
{
  g_assert_cmpstr (found, ==, expected);
  g_free (found);
}

static void
test_onnx (void)
{
  g_autoptr (DetModelInfo) info = read_model ("yolov8_two");

  g_assert_cmpint (info->kind, ==, DET_FILE_ONNX);
  assert_tensors (det_model_info_print_inputs (info),
      "images float32[1,3,96,96]");
  assert_tensors (det_model_info_print_outputs (info),
      "output0 float32[1,6,189]");
  g_assert_cmpstr (g_hash_table_lookup (info->metadata, "names"), ==,
      "{0: 'cat', 1: 'dog'}");
  g_assert_true (g_hash_table_contains (info->operators, "Conv"));
  g_assert_false (info->weights_are_inputs);
  g_assert_false (det_model_info_is_open (info));
}

static void
test_open (void)
{
  g_autoptr (DetModelInfo) info = read_model ("yolov8_open");
  g_autoptr (DetModelInfo) copy = det_model_info_copy (info);

  assert_tensors (det_model_info_print_inputs (copy),
      "images float32[?,3,?,?]");
  assert_tensors (det_model_info_print_outputs (copy),
      "output0 float32[?,84,?]");
  g_assert_true (det_model_info_is_open (copy));
}

static void
test_types (void)
{
  g_autoptr (DetModelInfo) half = read_model ("yolov8_half");
  g_autoptr (DetModelInfo) bytes = read_model ("yolov8_bytes");
  g_autoptr (DetModelInfo) text = read_model ("string");

  g_assert_cmpint (det_model_info_input (half, 0)->dtype, ==,
      DET_DTYPE_FLOAT16);
  g_assert_cmpint (det_model_info_input (bytes, 0)->dtype, ==, DET_DTYPE_UINT8);
  g_assert_cmpint (det_model_info_input (text, 0)->dtype, ==, DET_DTYPE_STRING);
}

static void
test_weights_as_inputs (void)
{
  g_autofree char *path = test_model ("weights_as_inputs");
  g_autoptr (DetModelInfo) info = read_model ("weights_as_inputs");
  g_autoptr (DetModelInfo) hidden = NULL;
  g_autofree char *bytes = NULL;
  gsize length = 0;

  g_assert_true (info->weights_are_inputs);
  g_assert_cmpuint (info->inputs->len, ==, 1);

  g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
  g_autoptr (GBytes)
      stripped = det_onnx_hide_weights ((const guint8 *) bytes, length);
  g_autofree char *again = test_file ("a.onnx",
      g_bytes_get_data (stripped, NULL), (gssize) g_bytes_get_size (stripped));
  hidden = det_model_info_new (again, NULL);
  g_assert_nonnull (hidden);
  g_assert_false (hidden->weights_are_inputs);
  assert_tensors (det_model_info_print_inputs (hidden),
      "images float32[1,3,96,96]");
  assert_tensors (det_model_info_print_outputs (hidden),
      "output0 float32[1,84,189]");
  test_file_remove (again);
}

static DetArithmetic
arithmetic_of (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DetModelInfo) info = det_model_info_new (path, &error);

  g_assert_no_error (error);
  return det_model_info_output (info, 0)->arithmetic;
}

static void
test_arithmetic (void)
{
  static const struct
  {
    const char *file;
    DetArithmetic arithmetic;
  } real[] = {
    { "yolox_nano.onnx", DET_ARITHMETIC_NONE },
    { "yolox_nano_as_yolov5.onnx", DET_ARITHMETIC_SOME },
    { "yolo11n_int8.onnx", DET_ARITHMETIC_SOME },
  };
  const char *assets = g_getenv ("DETECT_ASSETS");
  g_autofree char *raw = test_model ("yolox");

  g_assert_cmpint (arithmetic_of (raw), ==, DET_ARITHMETIC_NONE);
  for (gsize i = 0; assets && i < G_N_ELEMENTS (real); i++) {
    g_autofree char *path =
        g_build_filename (assets, "models", real[i].file, NULL);
    if (g_file_test (path, G_FILE_TEST_EXISTS))
      g_assert_cmpint (arithmetic_of (path), ==, real[i].arithmetic);
  }
}

/* ---- files that are not models ---- */

typedef struct
{
  const char *name;
  const char *content;
  gssize length;
  int code;
  const char *says;
} BadCase;

static const BadCase bad_cases[] = {
  { "a.onnx", "", 0, DET_ERROR_CORRUPT, "empty" },
  { "a.onnx", "this is text", -1, DET_ERROR_CORRUPT, "again" },
  { "a.onnx", "\x08\x07", 2, DET_ERROR_CORRUPT, "without a graph" },
  { "a.onnx", "\x08\x07\x3a\x7f\x0a", 5, DET_ERROR_CORRUPT, "cut off" },
  { "a.bin", "\xde\xad\xbe\xef", 4, DET_ERROR_CORRUPT, "known kind" },
  { "a.weights", "abc", -1, DET_ERROR_NOT_FOUND, "a.cfg" },
  { "a.caffemodel", "abc", -1, DET_ERROR_NOT_FOUND, "a.prototxt" },
  { "a.null", "[output a]\nshape=1\n", -1, DET_ERROR_CORRUPT, "input" },
  { "a.null", "[input a]\nshape=1;3;8;8\n[output b]\ntype=float31\nshape=1\n",
      -1, DET_ERROR_CORRUPT, "float31" },
  { "a.null", "[input a]\n", -1, DET_ERROR_CORRUPT, "shape" },
  { "a.null", "no group", -1, DET_ERROR_CORRUPT, "canned" },
};

static void
test_bad (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad_cases); i++) {
    const BadCase *c = &bad_cases[i];
    g_autofree char *path = test_file (c->name, c->content, c->length);
    g_autoptr (GError) error = NULL;

    g_assert_null (det_model_info_new (path, &error));
    g_test_message ("%s", error->message);
    g_assert_error (error, DET_ERROR, c->code);
    g_assert_nonnull (strstr (error->message, c->says));
    g_assert_nonnull (strstr (error->message, path));
    g_assert_null (strchr (error->message, '\n'));
    test_file_remove (path);
  }
}

static void
test_missing (void)
{
  g_autofree char *path = test_file ("yolo.onnx", "x", 1);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *typo = g_build_filename (folder, "yool.onnx", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (det_model_info_new (typo, &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "did you mean"));
  g_assert_nonnull (strstr (error->message, path));
  g_clear_error (&error);
  g_assert_null (det_model_info_new (folder, &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_UNREADABLE);
  g_clear_error (&error);
  g_assert_null (det_model_info_new ("/dev/null", &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_UNREADABLE);
  test_file_remove (path);
}

/* A model cut anywhere, or with a byte gone wrong, is read or refused in one line;
 * nothing else. */
static void
try_bytes (const char *bytes, gsize length)
{
  g_autoptr (DetModelInfo) info = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *exact = g_memdup2 (bytes, MAX (length, 1));
  DetModelInfo *people = det_model_info_new (NULL, NULL);

  people->path = g_strdup ("cut.onnx");
  info = people;
  if (!det_onnx_read (info, exact, length, &error)) {
    g_assert_error (error, DET_ERROR, DET_ERROR_CORRUPT);
    g_assert_null (strchr (error->message, '\n'));
  }
}

static void
test_damaged (void)
{
  static const char *const names[] = { "yolov8_two", "weights_as_inputs",
    "string" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = test_model (names[i]);
    g_autofree char *bytes = NULL;
    gsize length = 0;

    g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
    for (gsize cut = 0; cut < length; cut++)
      try_bytes (bytes, cut);
    for (int round = 0; round < 4000; round++) {
      gsize at = (gsize) g_test_rand_int_range (0, (gint32) length);
      char before = bytes[at];

      bytes[at] = (char) g_test_rand_int_range (0, 256);
      try_bytes (bytes, length);
      bytes[at] = before;
    }
  }
}

static void
test_darknet (void)
{
  g_autofree char *weights = test_file ("a.weights", "abc", -1);
  g_autofree char *folder = g_path_get_dirname (weights);
  g_autofree char *cfg = g_build_filename (folder, "a.cfg", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (cfg, "[net]\nwidth = 320\nheight=192\n",
      -1, NULL));
  /* Either of the two may be named. */
  for (int i = 0; i < 2; i++) {
    g_autoptr (DetModelInfo)
        info = det_model_info_new (i == 0 ? weights : cfg, &error);

    g_assert_no_error (error);
    g_assert_cmpint (info->kind, ==, DET_FILE_DARKNET);
    g_assert_cmpstr (info->path, ==, weights);
    g_assert_cmpstr (info->companion, ==, cfg);
    assert_tensors (det_model_info_print_inputs (info),
        "image float32[1,3,192,320]");
  }
  g_remove (cfg);
  test_file_remove (weights);
}

static void
test_built_in (void)
{
  g_autoptr (DetModelInfo) info = det_model_info_new (NULL, NULL);

  g_assert_cmpint (info->kind, ==, DET_FILE_PEOPLE);
  g_assert_cmpstr (g_hash_table_lookup (info->metadata, "names"), ==,
      "{0: 'person'}");
}

static void
test_cascade (void)
{
  g_autofree char *path = test_file ("haarcascade_frontalface_x.xml",
      "<?xml?>\n<opencv_storage>", -1);
  g_autoptr (DetModelInfo) info = det_model_info_new (path, NULL);

  g_assert_cmpint (info->kind, ==, DET_FILE_CASCADE);
  g_assert_cmpstr (g_hash_table_lookup (info->metadata, "names"), ==,
      "{0: 'face'}");
  test_file_remove (path);
}

/* ---- OpenVINO ---- */

#define PORT(id, sides) \
  "<port id=\"" id "\" precision=\"FP32\">" sides "</port>"
#define LAYER(id, type, rest)                                              \
  "<layer id=\"" id "\" name=\"" type id "\" type=\"" type "\" " rest "</" \
  "layer>"
#define EDGE(from, to)                                           \
  "<edge from-layer=\"" from "\" from-port=\"0\" to-layer=\"" to \
  "\" to-port=\"0\"/>"
#define SIDES "<dim>1</dim><dim>-1</dim>"
#define PARAMETER                                                     \
  LAYER ("0", "Parameter",                                            \
      "version=\"opset1\"><data shape=\"1,3,1..8,?\" "                \
      "element_type=\"u8\"/><output><port id=\"0\" precision=\"U8\" " \
      "names=\"images,alias\"><dim>1</dim></port></output>")
/* A convolution, its bias, and what follows; 3: the result. */
#define NET(after, rt)                                                  \
  "<?xml version=\"1.0\"?><!-- <net of old -->"                         \
  "<net name=\"x\" version=\"11\"><layers>" PARAMETER LAYER ("1",       \
      "Convolution", "><output>" PORT ("0", SIDES) "</output>")         \
      LAYER ("2", "Add", "><output>" PORT ("0", SIDES) "</output>")     \
          LAYER ("4", after,                                            \
              "><body><layers><layer id=\"0\" "                         \
              "type=\"Parameter\"/></layers></body><output>" PORT ("0", \
                  SIDES) "</output>") LAYER ("3", "Result",             \
              "output_names=\"output0\"><input>" PORT ("0",             \
                  SIDES) "</input>") "</layers><edges>" EDGE ("0", "1") \
              EDGE ("1", "2") EDGE ("2", "4")                           \
                  EDGE ("4", "3") "</edges><rt_info>" rt "</rt_info></net>"

static void
test_openvino (void)
{
  static const struct
  {
    const char *text;
    DetArithmetic arithmetic;
  } cases[] = {
    { NET ("Sigmoid", ""), DET_ARITHMETIC_NONE },
    { NET ("Multiply",
          "<model_info><labels value=\"traffic_light cat's\"/></model_info>"),
        DET_ARITHMETIC_SOME },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = test_file ("a.xml", cases[i].text, -1);
    g_autoptr (GError) error = NULL;
    g_autoptr (DetModelInfo) info = det_model_info_new (path, &error);

    g_assert_no_error (error);
    g_assert_cmpint (info->kind, ==, DET_FILE_OPENVINO);
    assert_tensors (det_model_info_print_inputs (info),
        "images uint8[1,3,?,?]");
    assert_tensors (det_model_info_print_outputs (info),
        "output0 float32[1,?]");
    g_assert_cmpint (det_model_info_output (info, 0)->arithmetic, ==,
        cases[i].arithmetic);
    g_assert_true (g_hash_table_contains (info->operators, "Conv"));
    g_assert_cmpstr (g_hash_table_lookup (info->metadata, "names"), ==,
        i == 0 ? NULL : "{0: 'traffic light', 1: 'cat s'}");
    test_file_remove (path);
  }
}

static void
test_openvino_damaged (void)
{
  static const char *const cases[][2] = {
    { "<net name=\"x\"><layers>", "cut off or damaged" },
    { "<net name=\"x\"></net>", "without inputs" },
    { "<net name=\"x\"><layers>" PARAMETER "</layers></net>",
        "without outputs" },
    { NET ("Const", ""), "come in two files" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = test_file ("a.xml", cases[i][0], -1);
    g_autoptr (GError) error = NULL;

    g_assert_null (det_model_info_new (path, &error));
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, cases[i][1]));
    g_assert_nonnull (strstr (error->message, path));
    g_assert_null (strchr (error->message, '\n'));
    test_file_remove (path);
  }
}

/* What only an engine can read says nothing of itself. */
static void
test_engine_only (void)
{
  g_autofree char *lite = test_file ("a.tflite", "\1\2\3\4TFL3", -1);
  g_autofree char *paddle = test_file ("a.pdmodel", "x", -1);
  g_autoptr (DetModelInfo) info = det_model_info_new (lite, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (info->kind, ==, DET_FILE_TFLITE);
  g_assert_cmpuint (info->inputs->len, ==, 0);
  g_assert_null (det_model_info_new (paddle, &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "a.pdiparams"));
  test_file_remove (lite);
  test_file_remove (paddle);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/modelinfo/onnx", test_onnx);
  g_test_add_func ("/modelinfo/open", test_open);
  g_test_add_func ("/modelinfo/types", test_types);
  g_test_add_func ("/modelinfo/weights-as-inputs", test_weights_as_inputs);
  g_test_add_func ("/modelinfo/arithmetic", test_arithmetic);
  g_test_add_func ("/modelinfo/bad", test_bad);
  g_test_add_func ("/modelinfo/missing", test_missing);
  g_test_add_func ("/modelinfo/damaged", test_damaged);
  g_test_add_func ("/modelinfo/darknet", test_darknet);
  g_test_add_func ("/modelinfo/built-in", test_built_in);
  g_test_add_func ("/modelinfo/cascade", test_cascade);
  g_test_add_func ("/modelinfo/openvino", test_openvino);
  g_test_add_func ("/modelinfo/openvino-damaged", test_openvino_damaged);
  g_test_add_func ("/modelinfo/engine-only", test_engine_only);
  return g_test_run ();
}
