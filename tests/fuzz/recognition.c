/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Model files of any bytes, as far as the project reads them itself: which family
 * they are, and how they would be fed. No engine sees them. What begins with '<' is
 * read as OpenVINO's text, with '[' as the text of canned tensors and of Darknet,
 * the rest as ONNX. */

#include "canned.h"
#include "decoder.h"
#include "fuzz.h"
#include "inputspec.h"
#include "labels.h"
#include <detect/error.h>

#define MOST_VALUES 10000

/* ---- reading ---- */

static DetModelInfo *
new_info (DetFileKind kind)
{
  DetModelInfo *info = det_model_info_new (NULL, NULL);

  info->kind = kind;
  info->path = g_strdup ("model");
  g_array_set_size (info->inputs, 0);
  g_array_set_size (info->outputs, 0);
  g_hash_table_remove_all (info->metadata);
  return info;
}

/* From memory, where a read beyond the end is seen. */
static DetModelInfo *
read_bytes (const guint8 *data, gsize size, GError **error)
{
  gboolean is_xml = size > 0 && data[0] == '<';
  g_autoptr (DetModelInfo)
      info = new_info (is_xml ? DET_FILE_OPENVINO : DET_FILE_ONNX);

  if (!is_xml) {
    g_autoptr (GBytes) hidden = det_onnx_hide_weights (data, size);
    g_assert_cmpuint (g_bytes_get_size (hidden), <=, size);
  }
  return (is_xml ? det_openvino_ir_read (info, (const char *) data, size, error)
                 : det_onnx_read (info, data, size, error))
      ? g_steal_pointer (&info)
      : NULL;
}

/* ---- conclusions ---- */

static void
check_printing (const DetModelInfo *info)
{
  g_autoptr (DetModelInfo) copy = det_model_info_copy (info);
  g_autofree char *outputs = det_model_info_print_outputs (info);
  g_autofree char *same = det_model_info_print_outputs (copy);
  g_autofree char *inputs = det_model_info_print_inputs (info);

  g_assert_cmpstr (outputs, ==, same);
  g_assert_true (g_utf8_validate (outputs, -1, NULL));
  g_assert_true (g_utf8_validate (inputs, -1, NULL));
}

/* As if it were to be fed and read so. */
static void
try_decoder (const DetModelInfo *info, const DetDecoder *decoder)
{
  g_autoptr (DetModelInfo) copy = det_model_info_copy (info);
  g_autoptr (DetOptions) options = det_options_new ();
  g_autoptr (GError) error = NULL;
  guint image_input;
  DetInputSpec spec;

  if (!det_input_spec_resolve (copy, decoder, options, &spec, &image_input,
          &error))
    return;
  g_assert_cmpuint (image_input, <, copy->inputs->len);
  det_input_spec_apply (&spec, copy, image_input);
  for (guint i = 0; i < MIN (copy->inputs->len, 4); i++) {
    g_autofree gint64 *room = g_new0 (gint64, 2 * (gsize) MAX (spec.batch, 1));
    DetTensor tensor = { .data = room };

    det_input_spec_fill_extra (&spec, det_model_info_input (copy, i), &tensor,
        NULL);
  }
  if (!decoder || copy->outputs->len > DET_MAX_OUTPUTS || spec.width > 2048 ||
      spec.height > 2048)
    return;
  DetHead head = { .input_width = spec.width,
    .input_height = spec.height,
    .n_outputs = (int) copy->outputs->len };
  if (decoder->bind (&head, copy, &error)) {
    g_assert_cmpint (head.n_rows, >=, 0);
    g_assert_cmpint (head.n_classes, >=, 0);
  } else {
    g_assert_error (error, DET_ERROR, DET_ERROR_UNRECOGNISED);
  }
  g_free (head.grid);
}

static void
conclude (const DetModelInfo *info)
{
  const char *names = g_hash_table_lookup (info->metadata, "names");
  g_autoptr (DetLabels)
      labels = names ? det_labels_new_from_python (names, NULL) : NULL;

  check_printing (info);
  det_decoder_choose (info, NULL, NULL);
  for (int i = 0; det_decoders ()[i]; i++)
    try_decoder (info, det_decoders ()[i]);
  try_decoder (info, NULL);
}

/* Takes both over. */
static void
check (DetModelInfo *taken, GError *cause)
{
  g_autoptr (DetModelInfo) info = taken;
  g_autoptr (GError) error = cause;

  g_assert_true ((info == NULL) == (error != NULL));
  if (info)
    conclude (info);
  else
    g_assert_true (error->domain == DET_ERROR);
}

/* What the engine of canned tensors would take from the file. */
static void
read_canned (const DetModelInfo *info)
{
  DetBehaviour behaviour;

  for (guint i = 0; i < info->outputs->len; i++) {
    const DetTensorInfo *output = det_model_info_output (info, i);
    DetTensor tensor = { output->dtype, output->n_dims, { 0 }, NULL };

    memcpy (tensor.dims, output->dims, sizeof tensor.dims);
    g_free (det_canned_read_values (info, i,
        CLAMP (det_tensor_n_elements (&tensor), 0, MOST_VALUES), NULL));
  }
  det_canned_read_behaviour (info, &behaviour, NULL);
  g_free (behaviour.gate);
}

static void
check_file (const char *name, const guint8 *data, gsize size)
{
  g_autofree char *path = fuzz_write_file (name, data, size);
  GError *error = NULL;
  DetModelInfo *info = det_model_info_new (path, &error);

  if (info && info->kind == DET_FILE_CANNED)
    read_canned (info);
  check (info, error);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  if (size > 0 && data[0] == '[') {
    g_free (fuzz_write_file ("darknet.weights", "weights", 7));
    check_file ("model.null", data, size);
    check_file ("darknet.cfg", data, size);
  } else {
    GError *error = NULL;
    DetModelInfo *info = read_bytes (data, size, &error);

    check (info, error);
  }
  return 0;
}
