/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inputspec.h"

#include "option.h"
#include <detect/error.h>
#include <string.h>

static const DetInputSpec neutral = {
  .dtype = DET_DTYPE_FLOAT32,
  .order = DET_ORDER_RGB,
  .scale = { 1, 1, 1 },
};

static gboolean
find_image_input (const DetModelInfo *info, guint *index, GError **error)
{
  for (guint i = 0; i < info->inputs->len; i++) {
    if (det_model_info_input (info, i)->n_dims == 4) {
      *index = i;
      return TRUE;
    }
  }

  g_autofree char *inputs = det_model_info_print_inputs (info);
  g_set_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED,
      "%s: no input takes a picture: found %s, expected one of four dimensions "
      "such as [1,3,640,640]; export the model with an image input",
      info->path ? info->path : "model", inputs);
  return FALSE;
}

static gboolean
is_channels (gint64 dim)
{
  return dim == 1 || dim == 3;
}

static void
set_layout (DetInputSpec *spec, const DetTensorInfo *input,
    const DetOptions *options)
{
  const char *word = det_options_get_string (options, DET_OPT_LAYOUT);

  if (word)
    spec->layout = strcmp (word, "nhwc") == 0 ? DET_LAYOUT_NHWC
                                              : DET_LAYOUT_NCHW;
  else if (is_channels (input->dims[1]))
    spec->layout = DET_LAYOUT_NCHW;
  else if (is_channels (input->dims[3]))
    spec->layout = DET_LAYOUT_NHWC;
}

static gboolean
set_channels (DetInputSpec *spec, const DetModelInfo *info,
    const DetTensorInfo *input, const DetOptions *options, GError **error)
{
  gint64 channels = input->dims[spec->layout == DET_LAYOUT_NCHW ? 1 : 3];
  const char *word = det_options_get_string (options, DET_OPT_COLOR_ORDER);

  if (word)
    spec->order = strcmp (word, "gray") == 0 ? DET_ORDER_GRAY
        : strcmp (word, "bgr") == 0          ? DET_ORDER_BGR
                                             : DET_ORDER_RGB;
  else if (channels == 1)
    spec->order = DET_ORDER_GRAY;
  if (channels == -1 || channels == (spec->order == DET_ORDER_GRAY ? 1 : 3))
    return TRUE;

  g_autofree char *shape =
      det_tensor_shape_print (input->dtype, input->n_dims, input->dims);
  g_set_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED,
      "%s: input %s is %s, with %" G_GINT64_FORMAT
      " channels where %s pictures have %d; set layout= or color-order=",
      info->path ? info->path : "model", input->name, shape, channels,
      spec->order == DET_ORDER_GRAY ? "grey" : "colour",
      spec->order == DET_ORDER_GRAY ? 1 : 3);
  return FALSE;
}

/* Ultralytics writes imgsz as "[height, width]". */
static gboolean
size_from_metadata (const DetModelInfo *info, int *width, int *height)
{
  const char *text = g_hash_table_lookup (info->metadata, "imgsz");
  char *end = NULL;

  if (!text || *text != '[')
    return FALSE;
  gint64 first = g_ascii_strtoll (text + 1, &end, 10);
  while (*end == ',' || *end == ' ')
    end++;
  gint64 second = *end == ']' ? first : g_ascii_strtoll (end, NULL, 10);
  if (first < 1 || first > DET_MAX_INPUT_SIDE || second < 1 ||
      second > DET_MAX_INPUT_SIDE)
    return FALSE;
  *height = (int) first;
  *width = (int) second;
  return TRUE;
}

static gboolean
take_side (const DetModelInfo *info, const DetTensorInfo *input, gint64 dim,
    int asked, int usual, int *side, GError **error)
{
  if (dim > 0 && asked > 0 && dim != asked) {
    g_set_error (error, DET_ERROR, DET_ERROR_OPTION,
        "input-size: %s takes pictures of one size only, with a side of "
        "%" G_GINT64_FORMAT " where %d was asked for; leave input-size out, or "
        "export the model with dynamic axes",
        info->path ? info->path : "model", dim, asked);
    return FALSE;
  }
  *side = dim > 0 ? (int) MIN (dim, G_MAXINT) : asked > 0 ? asked : usual;
  if (*side <= DET_MAX_INPUT_SIDE)
    return TRUE;
  g_set_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED,
      "%s: input %s has a side of %d pixels, more than the %d that are "
      "supported; export the model with a smaller size",
      info->path ? info->path : "model", input->name, *side,
      DET_MAX_INPUT_SIDE);
  return FALSE;
}

static gboolean
set_size (DetInputSpec *spec, const DetModelInfo *info,
    const DetTensorInfo *input, const DetDecoder *decoder,
    const DetOptions *options, GError **error)
{
  int y = spec->layout == DET_LAYOUT_NCHW ? 2 : 1;
  const char *text = det_options_get_string (options, DET_OPT_INPUT_SIZE);
  int usual_width = decoder ? decoder->usual_size : 0;
  int usual_height = usual_width;
  int width = 0;
  int height = 0;

  if (text)
    det_option_parse_size (text, &width, &height);
  if (usual_width == 0)
    usual_width = usual_height = 640;
  size_from_metadata (info, &usual_width, &usual_height);
  return take_side (info, input, input->dims[y + 1], width, usual_width,
             &spec->width, error) &&
      take_side (info, input, input->dims[y], height, usual_height,
          &spec->height, error);
}

static gboolean
set_dtype (DetInputSpec *spec, const DetModelInfo *info,
    const DetTensorInfo *input, GError **error)
{
  switch (input->dtype) {
    case DET_DTYPE_FLOAT32:
    case DET_DTYPE_FLOAT16:
      spec->dtype = input->dtype;
      return TRUE;
    case DET_DTYPE_UINT8:
    case DET_DTYPE_INT8:
      /* Whoever quantised the input put the normalisation into the graph. */
      spec->dtype = input->dtype;
      for (int i = 0; i < 3; i++) {
        spec->mean[i] = input->dtype == DET_DTYPE_INT8 ? 128 : 0;
        spec->scale[i] = 1;
      }
      return TRUE;
    case DET_DTYPE_UNKNOWN:
    case DET_DTYPE_FLOAT64:
    case DET_DTYPE_INT32:
    case DET_DTYPE_INT64:
    case DET_DTYPE_BOOL:
    case DET_DTYPE_STRING:
    case DET_N_DTYPES:
      break;
  }
  g_set_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED,
      "%s: input %s is of type %s; expected float32, float16, uint8 or int8: "
      "export the model with one of these",
      info->path ? info->path : "model", input->name,
      det_dtype_name (input->dtype));
  return FALSE;
}

static void
set_resize (DetInputSpec *spec, const char *word)
{
  if (strcmp (word, "stretch") == 0)
    spec->resize = DET_RESIZE_STRETCH;
  else if (strcmp (word, "letterbox") == 0)
    spec->resize = DET_RESIZE_LETTERBOX;
  else
    spec->resize = DET_RESIZE_TOP_LEFT;
}

static void
set_overrides (DetInputSpec *spec, const DetOptions *options)
{
  const char *mean = det_options_get_string (options, DET_OPT_MEAN);
  const char *scale = det_options_get_string (options, DET_OPT_SCALE);
  const char *resize = det_options_get_string (options, DET_OPT_RESIZE_MODE);

  if (mean)
    det_option_parse_triple (mean, spec->mean);
  if (scale)
    det_option_parse_triple (scale, spec->scale);
  if (resize)
    set_resize (spec, resize);
  if (det_options_is_set (options, DET_OPT_PAD_VALUE))
    spec->pad = (guint8) det_options_get_int (options, DET_OPT_PAD_VALUE);
  spec->half_chroma =
      g_strcmp0 (det_options_get_string (options, DET_OPT_CHROMA), "half") == 0;
}

gboolean
det_input_spec_resolve (const DetModelInfo *info, const DetDecoder *decoder,
    const DetOptions *options, DetInputSpec *spec, guint *image_input,
    GError **error)
{
  if (!find_image_input (info, image_input, error))
    return FALSE;

  const DetTensorInfo *input = det_model_info_input (info, *image_input);
  *spec = decoder ? decoder->input : neutral;
  spec->batch = (int) CLAMP (input->dims[0], 1, 1024);
  set_layout (spec, input, options);
  if (!set_dtype (spec, info, input, error) ||
      !set_channels (spec, info, input, options, error) ||
      !set_size (spec, info, input, decoder, options, error))
    return FALSE;
  set_overrides (spec, options);
  return TRUE;
}

void
det_input_spec_apply (const DetInputSpec *spec, DetModelInfo *info,
    guint image_input)
{
  DetTensorInfo *input =
      &g_array_index (info->inputs, DetTensorInfo, image_input);
  gboolean planar = spec->layout == DET_LAYOUT_NCHW;

  input->dims[0] = spec->batch;
  input->dims[planar ? 1 : 3] = spec->order == DET_ORDER_GRAY ? 1 : 3;
  if (spec->resize == DET_RESIZE_FIT)
    return;
  input->dims[planar ? 2 : 1] = spec->height;
  input->dims[planar ? 3 : 2] = spec->width;
}

static void
store (DetTensor *tensor, gint64 i, double value)
{
  switch (tensor->dtype) {
    case DET_DTYPE_FLOAT32:
      ((float *) tensor->data)[i] = (float) value;
      break;
    case DET_DTYPE_FLOAT64:
      ((double *) tensor->data)[i] = value;
      break;
    case DET_DTYPE_INT32:
      ((gint32 *) tensor->data)[i] = (gint32) value;
      break;
    case DET_DTYPE_INT64:
      ((gint64 *) tensor->data)[i] = (gint64) value;
      break;
    case DET_DTYPE_UNKNOWN:
    case DET_DTYPE_FLOAT16:
    case DET_DTYPE_UINT8:
    case DET_DTYPE_INT8:
    case DET_DTYPE_BOOL:
    case DET_DTYPE_STRING:
    case DET_N_DTYPES:
      break;
  }
}

static gboolean
is_extra_dtype (DetDType dtype)
{
  return dtype == DET_DTYPE_FLOAT32 || dtype == DET_DTYPE_FLOAT64 ||
      dtype == DET_DTYPE_INT32 || dtype == DET_DTYPE_INT64;
}

gboolean
det_input_spec_fill_extra (const DetInputSpec *spec, const DetTensorInfo *input,
    DetTensor *tensor, GError **error)
{
  double first = spec->width;
  double second = spec->height;

  if (input->n_dims < 1 || input->n_dims > 2 ||
      input->dims[input->n_dims - 1] != 2 || !is_extra_dtype (input->dtype)) {
    g_autofree char *shape =
        det_tensor_shape_print (input->dtype, input->n_dims, input->dims);
    g_set_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED,
        "input %s is %s, and what to feed it is not known; only the picture "
        "and "
        "a size of the form [1,2] are: export the model without it",
        input->name, shape);
    return FALSE;
  }
  /* Paddle's names; the sizes of the DETR family are (width, height), and giving
   * the model's own size makes its boxes come out in model pixels. */
  if (strcmp (input->name, "scale_factor") == 0) {
    first = second = 1;
  } else if (strcmp (input->name, "im_shape") == 0) {
    first = spec->height;
    second = spec->width;
  }
  tensor->dtype = input->dtype;
  tensor->n_dims = input->n_dims;
  memcpy (tensor->dims, input->dims, sizeof tensor->dims);
  if (input->n_dims == 2)
    tensor->dims[0] = spec->batch;
  for (gint64 i = 0; i < det_tensor_n_elements (tensor); i += 2) {
    store (tensor, i, first);
    store (tensor, i + 1, second);
  }
  return TRUE;
}
