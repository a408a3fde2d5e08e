/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model.h"
#include "modelinfo.h"

/* The words of the options, so that what is read here can be set there. */
static const char *const orders[] = {
  [DET_ORDER_RGB] = "rgb",
  [DET_ORDER_BGR] = "bgr",
  [DET_ORDER_GRAY] = "gray",
};
static const char *const resizes[] = {
  [DET_RESIZE_STRETCH] = "stretch",
  [DET_RESIZE_LETTERBOX] = "letterbox",
  [DET_RESIZE_TOP_LEFT] = "letterbox-top-left",
  [DET_RESIZE_FIT] = "as large as it is, this at most",
};

static void
explain_file (const DetModelInfo *info, GString *out)
{
  g_autofree char *inputs = det_model_info_print_inputs (info);
  g_autofree char *outputs = det_model_info_print_outputs (info);
  GHashTableIter iter;
  gpointer key;

  g_string_append_printf (out, "file: %s (%s)\n",
      info->path ? info->path : "none", det_file_kind_name (info->kind));
  /* Of a file that only an engine can read, nothing is known where none has. */
  if (info->inputs->len > 0) {
    g_string_append_printf (out, "inputs: %s\n", inputs);
    g_string_append_printf (out, "outputs: %s\n", outputs);
  }
  if (g_hash_table_size (info->metadata) == 0)
    return;
  g_string_append (out, "metadata:");
  g_hash_table_iter_init (&iter, info->metadata);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_string_append_printf (out, " %s", (const char *) key);
  g_string_append_c (out, '\n');
}

static void
explain_triple (GString *out, const char *name, const float values[3])
{
  char text[3][G_ASCII_DTOSTR_BUF_SIZE];

  for (int i = 0; i < 3; i++)
    g_ascii_formatd (text[i], sizeof text[i], "%.6g", (double) values[i]);
  g_string_append_printf (out, ", %s=%s,%s,%s", name, text[0], text[1],
      text[2]);
}

static void
explain_input (const DetInputSpec *spec, GString *out)
{
  g_string_append_printf (out,
      "fed: input-size=%dx%d, %s, layout=%s, color-order=%s", spec->width,
      spec->height, det_dtype_name (spec->dtype),
      spec->layout == DET_LAYOUT_NCHW ? "nchw" : "nhwc", orders[spec->order]);
  explain_triple (out, "mean", spec->mean);
  explain_triple (out, "scale", spec->scale);
  g_string_append_printf (out, ", resize-mode=%s, pad-value=%d%s\n",
      resizes[spec->resize], spec->pad,
      spec->half_chroma ? ", chroma=half" : "");
}

static void
explain_thresholds (const DetDecoder *decoder, GString *out)
{
  char threshold[G_ASCII_DTOSTR_BUF_SIZE];
  char iou[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (threshold, sizeof threshold, "%.3g",
      (double) decoder->threshold);
  g_ascii_formatd (iou, sizeof iou, "%.3g", (double) decoder->iou_threshold);
  g_string_append_printf (out, "defaults: threshold=%s, iou-threshold=%s\n",
      threshold, iou);
}

static void
explain_model (const DetModel *model, GString *out)
{
  const DetDecoder *decoder = det_model_get_decoder_row (model);

  explain_file (det_model_get_info (model), out);
  g_string_append_printf (out, "family: decoder=%s, %s\n", decoder->name,
      decoder->help);
  explain_input (det_model_get_input_spec (model), out);
  g_string_append_printf (out, "classes: %d, labels: %s\n",
      det_model_get_n_classes (model), det_model_get_labels_source (model));
  explain_thresholds (decoder, out);
  g_string_append_printf (out, "engine: engine=%s, threads=%d\n",
      det_model_get_engine (model), det_model_get_threads (model));
}

/* As much as can be said of a file that is refused. */
static void
explain_refusal (const DetOptions *options, const GError *error, GString *out)
{
  const char *path = det_options_get_string (options, DET_OPT_MODEL);
  g_autoptr (DetModelInfo) info = path ? det_model_info_new (path, NULL) : NULL;

  if (info)
    explain_file (info, out);
  g_string_append_printf (out, "refused: %s\n", error->message);
}

char *
det_explain (const DetOptions *options, gboolean *understood)
{
  GString *out = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (DetModelSpec) spec = det_model_spec_new (options, &error);
  g_autoptr (DetModel) model = spec ? det_model_load (spec, &error) : NULL;

  *understood = model && det_model_prove (model, &error);
  if (*understood)
    explain_model (model, out);
  else
    explain_refusal (options, error, out);
  return g_string_free (out, FALSE);
}
