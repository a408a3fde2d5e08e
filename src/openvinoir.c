/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "modelinfo.h"

#include "opgraph.h"
#include <detect/error.h>
#include <string.h>

/* A reader of the XML half of an OpenVINO model: <net> holds <layers>, <edges> and
 * <rt_info>. Layers carry their data's shapes; weights are in the .bin file. */

typedef struct
{
  char *id;
  char *name;
  char *type; /* OpenVINO's */
  char *output_name;
  DetTensorInfo tensor; /* of its only port, for inputs and outputs */
  DetOpNode *node;
} Layer;

typedef struct
{
  DetModelInfo *info;
  DetOpGraph graph;
  GPtrArray *layers;  /* Layer */
  GHashTable *by_id;  /* char* -> Layer */
  Layer *layer;       /* that is being read, or NULL */
  gboolean is_in_dim; /* of its port */
} Reader;

static void
layer_free (gpointer data)
{
  Layer *layer = data;

  g_free (layer->id);
  g_free (layer->name);
  g_free (layer->type);
  g_free (layer->output_name);
  g_free (layer->tensor.name);
  g_free (layer);
}

/* ---- words ---- */

static gboolean
is_one_of (const char *word, const char *const *words)
{
  return word && g_strv_contains (words, word);
}

/* What other families of files call an operator. */
static const char *
to_onnx (const char *type)
{
  static const char *const names[][2] = {
    { "Const", "Constant" },
    { "Convert", "Cast" },
    { "Convolution", "Conv" },
    { "GroupConvolution", "Conv" },
    { "Divide", "Div" },
    { "FakeQuantize", "QuantizeLinear" },
    { "Multiply", "Mul" },
    { "Power", "Pow" },
    { "SoftMax", "Softmax" },
    { "StridedSlice", "Slice" },
    { "Subtract", "Sub" },
    { "VariadicSplit", "Split" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    if (strcmp (names[i][0], type) == 0)
      return names[i][1];
  }
  return type;
}

static DetDType
to_dtype (const char *word)
{
  static const struct
  {
    const char *word;
    DetDType dtype;
  } types[] = {
    { "f32", DET_DTYPE_FLOAT32 },
    { "fp32", DET_DTYPE_FLOAT32 },
    { "f16", DET_DTYPE_FLOAT16 },
    { "fp16", DET_DTYPE_FLOAT16 },
    { "f64", DET_DTYPE_FLOAT64 },
    { "fp64", DET_DTYPE_FLOAT64 },
    { "u8", DET_DTYPE_UINT8 },
    { "i8", DET_DTYPE_INT8 },
    { "i32", DET_DTYPE_INT32 },
    { "i64", DET_DTYPE_INT64 },
    { "boolean", DET_DTYPE_BOOL },
    { "bool", DET_DTYPE_BOOL },
    { "string", DET_DTYPE_STRING },
  };

  for (gsize i = 0; word && i < G_N_ELEMENTS (types); i++) {
    if (g_ascii_strcasecmp (types[i].word, word) == 0)
      return types[i].dtype;
  }
  return DET_DTYPE_UNKNOWN;
}

/* A number above 0; the rest is open: -1, "?", "1..8". */
static gint64
to_dim (const char *word)
{
  char *end = NULL;
  gint64 dim = g_ascii_strtoll (word, &end, 10);

  return *end == '\0' && dim > 0 && dim <= G_MAXINT32 ? dim : -1;
}

static void
add_dim (DetTensorInfo *tensor, const char *word)
{
  if (tensor->n_dims >= 0 && tensor->n_dims < DET_TENSOR_MAX_DIMS)
    tensor->dims[tensor->n_dims++] = to_dim (word);
  else
    tensor->n_dims = -1;
}

/* "1,3,640,640"; "..." has any rank. */
static void
read_shape (DetTensorInfo *tensor, const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, ",", DET_TENSOR_MAX_DIMS + 2);

  tensor->n_dims = 0;
  for (int i = 0; words[i] && tensor->n_dims >= 0; i++) {
    if (strcmp (g_strstrip (words[i]), "...") == 0)
      tensor->n_dims = -1;
    else if (*words[i])
      add_dim (tensor, words[i]);
  }
}

/* ---- elements ---- */

static const char *
find_attribute (const char **names, const char **values, const char *name)
{
  for (int i = 0; names[i]; i++) {
    if (strcmp (names[i], name) == 0)
      return values[i];
  }
  return NULL;
}

/* The first of several names of a tensor. */
static void
take_name (char **name, const char *names)
{
  if (!names || !*names || *name)
    return;
  *name = g_strndup (names, strcspn (names, ","));
}

static void
begin_layer (Reader *reader, const char **names, const char **values)
{
  const char *type = find_attribute (names, values, "type");
  const char *id = find_attribute (names, values, "id");
  Layer *layer = g_new0 (Layer, 1);

  layer->tensor.n_dims = -1;
  layer->id = g_strdup (id ? id : "");
  layer->type = g_strdup (type ? type : "");
  layer->name = g_strdup (find_attribute (names, values, "name"));
  take_name (&layer->output_name,
      find_attribute (names, values, "output_names"));
  layer->node = det_op_graph_add (&reader->graph);
  layer->node->type = g_strdup (to_onnx (layer->type));
  g_ptr_array_add (reader->layers, layer);
  g_hash_table_insert (reader->by_id, layer->id, layer);
  g_hash_table_insert (reader->graph.producers, g_strdup (layer->id),
      layer->node);
  g_hash_table_add (reader->info->operators, g_strdup (layer->node->type));
  reader->layer = layer;
}

static void
begin_port (Layer *layer, const char **names, const char **values)
{
  const char *precision = find_attribute (names, values, "precision");

  take_name (&layer->output_name, find_attribute (names, values, "names"));
  layer->tensor.n_dims = 0;
  if (precision)
    layer->tensor.dtype = to_dtype (precision);
}

static void
read_edge (Reader *reader, const char **names, const char **values)
{
  const char *from = find_attribute (names, values, "from-layer");
  const char *to = find_attribute (names, values, "to-layer");
  Layer *layer = to ? g_hash_table_lookup (reader->by_id, to) : NULL;
  Layer *source = from ? g_hash_table_lookup (reader->by_id, from) : NULL;

  if (!layer || !source)
    return;
  g_ptr_array_add (layer->node->inputs, g_strdup (from));
  /* Older files name the source's port only. */
  if (strcmp (layer->type, "Result") == 0)
    take_name (&layer->output_name, source->output_name);
}

/* <labels value="person bicycle"/>, as the Model API writes them. */
static void
read_labels (Reader *reader, const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  g_autoptr (GString) names = g_string_new ("{");
  int n = 0;

  for (int i = 0; words[i]; i++) {
    g_strdelimit (words[i], "'\\", ' ');
    if (*words[i]) {
      g_string_append_printf (names, "%s%d: '%s'", n > 0 ? ", " : "", n,
          g_strdelimit (words[i], "_", ' '));
      n++;
    }
  }
  g_string_append_c (names, '}');
  if (n > 0)
    g_hash_table_insert (reader->info->metadata, g_strdup ("names"),
        g_strdup (names->str));
}

/* Bodies of loops have layers of their own, deeper inside. */
static gboolean
is_at (GMarkupParseContext *context, const char *const *path)
{
  const GSList *element = g_markup_parse_context_get_element_stack (context);

  for (int i = 0; path[i]; i++) {
    if (!element || (*path[i] != '*' && strcmp (element->data, path[i]) != 0))
      return FALSE;
    element = element->next;
  }
  return element == NULL;
}

static void
start_element (GMarkupParseContext *context, const char *element,
    const char **names, const char **values, gpointer data, GError **error)
{
  static const char *const layer[] = { "layer", "layers", "net", NULL };
  static const char *const inside[] = { "data", "layer", "layers", "net",
    NULL };
  static const char *const port[] = { "port", "*", "layer", "layers", "net",
    NULL };
  static const char *const dim[] = { "dim", "port", "*", "layer", "layers",
    "net", NULL };
  static const char *const edge[] = { "edge", "edges", "net", NULL };
  static const char *const labels[] = { "labels", "model_info", "rt_info",
    "net", NULL };
  Reader *reader = data;
  const char *shape = find_attribute (names, values, "shape");

  if (is_at (context, layer)) {
    begin_layer (reader, names, values);
  } else if (is_at (context, inside) && reader->layer && shape &&
      strcmp (reader->layer->type, "Parameter") == 0) {
    read_shape (&reader->layer->tensor, shape);
    reader->layer->tensor.dtype =
        to_dtype (find_attribute (names, values, "element_type"));
  } else if (is_at (context, port) && reader->layer) {
    /* A Parameter's shape stands in its <data>, and says more there. */
    if (strcmp (reader->layer->type, "Parameter") == 0)
      take_name (&reader->layer->output_name,
          find_attribute (names, values, "names"));
    else
      begin_port (reader->layer, names, values);
  } else if (is_at (context, dim) && reader->layer) {
    reader->is_in_dim = strcmp (reader->layer->type, "Result") == 0;
  } else if (is_at (context, edge)) {
    read_edge (reader, names, values);
  } else if (is_at (context, labels) &&
      find_attribute (names, values, "value")) {
    read_labels (reader, find_attribute (names, values, "value"));
  }
}

static void
end_element (GMarkupParseContext *context, const char *element, gpointer data,
    GError **error)
{
  static const char *const layer[] = { "layer", "layers", "net", NULL };
  Reader *reader = data;

  reader->is_in_dim = FALSE;
  if (is_at (context, layer))
    reader->layer = NULL;
}

static void
read_text (GMarkupParseContext *context, const char *text, gsize length,
    gpointer data, GError **error)
{
  Reader *reader = data;

  if (!reader->is_in_dim || !reader->layer)
    return;
  g_autofree char *word = g_strndup (text, length);
  add_dim (&reader->layer->tensor, g_strstrip (word));
}

/* ---- conclusions ---- */

static gboolean
is_fed_by_weights_layer (const DetOpGraph *graph, const DetOpNode *node)
{
  static const char *const types[] = { "Conv", "ConvolutionBackpropData",
    "MatMul", NULL };

  for (guint i = 0; i < node->inputs->len; i++) {
    const DetOpNode *source =
        g_hash_table_lookup (graph->producers, node->inputs->pdata[i]);

    if (source && is_one_of (source->type, types))
      return TRUE;
  }
  return FALSE;
}

/* Here a layer's bias is an operator of its own, and no arithmetic of the model's. */
static void
join_biases (DetOpGraph *graph)
{
  g_autoptr (GPtrArray) biases = g_ptr_array_new ();

  for (guint i = 0; i < graph->nodes->len; i++) {
    DetOpNode *node = graph->nodes->pdata[i];

    if (strcmp (node->type, "Add") == 0 &&
        is_fed_by_weights_layer (graph, node))
      g_ptr_array_add (biases, node);
  }
  for (guint i = 0; i < biases->len; i++) {
    DetOpNode *node = biases->pdata[i];

    g_free (node->type);
    node->type = g_strdup ("Conv");
  }
}

static void
add_tensor (Reader *reader, const Layer *layer)
{
  const DetTensorInfo *tensor = &layer->tensor;
  const char *name = layer->output_name ? layer->output_name
      : layer->name                     ? layer->name
                                        : "";
  GArray *outputs = reader->info->outputs;

  if (strcmp (layer->type, "Parameter") == 0) {
    det_model_info_add_input (reader->info, name, tensor->dtype, tensor->n_dims,
        tensor->dims);
  } else if (strcmp (layer->type, "Result") == 0) {
    det_model_info_add_output (reader->info, name, tensor->dtype,
        tensor->n_dims, tensor->dims);
    if (layer->node->inputs->len > 0)
      g_array_index (outputs, DetTensorInfo, outputs->len - 1).arithmetic =
          det_op_graph_find_arithmetic (&reader->graph,
              layer->node->inputs->pdata[0]);
  }
}

static gboolean
conclude (Reader *reader, GError **error)
{
  DetModelInfo *info = reader->info;

  join_biases (&reader->graph);
  for (guint i = 0; i < reader->layers->len; i++)
    add_tensor (reader, reader->layers->pdata[i]);
  if (info->inputs->len > 0 && info->outputs->len > 0)
    return TRUE;
  g_set_error (error, DET_ERROR, DET_ERROR_CORRUPT,
      "%s: an OpenVINO model without %s; export the model again", info->path,
      info->inputs->len > 0 ? "outputs" : "inputs");
  return FALSE;
}

gboolean
det_openvino_ir_read (DetModelInfo *info, const char *text, gsize size,
    GError **error)
{
  static const GMarkupParser parser = {
    .start_element = start_element,
    .end_element = end_element,
    .text = read_text,
  };
  Reader reader = {
    .info = info,
    .layers = g_ptr_array_new_with_free_func (layer_free),
    .by_id = g_hash_table_new (g_str_hash, g_str_equal),
  };
  g_autoptr (GError) cause = NULL;

  det_op_graph_init (&reader.graph);
  GMarkupParseContext *context =
      g_markup_parse_context_new (&parser, 0, &reader, NULL);
  gboolean ok =
      g_markup_parse_context_parse (context, text, (gssize) size, &cause) &&
      g_markup_parse_context_end_parse (context, &cause);
  if (!ok) {
    g_autofree char *why =
        g_strdelimit (g_strdup (cause->message), "\r\n", ' ');
    g_set_error (error, DET_ERROR, DET_ERROR_CORRUPT,
        "%s: the OpenVINO model is cut off or damaged (%s); fetch or export it "
        "again",
        info->path, why);
  } else {
    ok = conclude (&reader, error);
  }
  g_markup_parse_context_free (context);
  g_hash_table_unref (reader.by_id);
  g_ptr_array_unref (reader.layers);
  det_op_graph_clear (&reader.graph);
  return ok;
}
