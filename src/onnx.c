/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "modelinfo.h"

#include "opgraph.h"
#include "wire.h"
#include <detect/error.h>
#include <string.h>

/* A reader of the parts of an ONNX file that describe it, with the field numbers of
 * onnx.proto. Weights are stepped over. */

/* ---- what is read ---- */

#define MAX_GRAPH_DEPTH 8

typedef struct
{
  DetModelInfo *info;
  GHashTable *initializers; /* set of names */
  DetOpGraph *graph;
} Reader;

/* TensorProto.DataType */
static DetDType
to_dtype (guint64 type)
{
  switch (type) {
    case 1:
      return DET_DTYPE_FLOAT32;
    case 2:
      return DET_DTYPE_UINT8;
    case 3:
      return DET_DTYPE_INT8;
    case 6:
      return DET_DTYPE_INT32;
    case 7:
      return DET_DTYPE_INT64;
    case 8:
      return DET_DTYPE_STRING;
    case 9:
      return DET_DTYPE_BOOL;
    case 10:
      return DET_DTYPE_FLOAT16;
    case 11:
      return DET_DTYPE_FLOAT64;
    default:
      return DET_DTYPE_UNKNOWN;
  }
}

/* TensorShapeProto.Dimension: 1 dim_value, 2 dim_param */
static gint64
read_dim (DetWire wire)
{
  DetWireField field;
  gint64 dim = -1;

  while (det_wire_next (&wire, &field)) {
    if (field.number == 1 && field.type == DET_WIRE_VARINT &&
        field.value <= G_MAXINT32 && field.value > 0)
      dim = (gint64) field.value;
  }
  return dim;
}

/* TensorShapeProto: 1 dim */
static void
read_shape (DetWire wire, DetTensorInfo *tensor)
{
  DetWireField field;

  tensor->n_dims = 0;
  while (det_wire_next (&wire, &field)) {
    if (field.number != 1 || field.type != DET_WIRE_BYTES)
      continue;
    if (tensor->n_dims == DET_TENSOR_MAX_DIMS) {
      tensor->n_dims = -1;
      return;
    }
    tensor->dims[tensor->n_dims++] = read_dim (field.bytes);
  }
}

/* TypeProto.Tensor: 1 elem_type, 2 shape */
static void
read_tensor_type (DetWire wire, DetTensorInfo *tensor)
{
  DetWireField field;

  while (det_wire_next (&wire, &field)) {
    if (field.number == 1 && field.type == DET_WIRE_VARINT)
      tensor->dtype = to_dtype (field.value);
    if (field.number == 2 && field.type == DET_WIRE_BYTES)
      read_shape (field.bytes, tensor);
  }
}

/* ValueInfoProto: 1 name, 2 type { 1 tensor_type } */
static void
read_value_info (DetWire wire, GArray *array)
{
  DetTensorInfo tensor = { .n_dims = -1 };
  DetWireField field;
  DetWireField inner;

  while (det_wire_next (&wire, &field)) {
    if (field.number == 1 && field.type == DET_WIRE_BYTES) {
      g_free (tensor.name);
      tensor.name = det_wire_text (&field);
    }
    if (field.number != 2 || field.type != DET_WIRE_BYTES)
      continue;
    DetWire type = field.bytes;
    while (det_wire_next (&type, &inner)) {
      if (inner.number == 1 && inner.type == DET_WIRE_BYTES)
        read_tensor_type (inner.bytes, &tensor);
    }
  }
  if (!tensor.name)
    tensor.name = g_strdup ("");
  g_array_append_val (array, tensor);
}

/* TensorProto: 8 name */
static void
read_initializer (DetWire wire, Reader *reader)
{
  DetWireField field;

  while (det_wire_next (&wire, &field)) {
    if (field.number == 8 && field.type == DET_WIRE_BYTES)
      g_hash_table_add (reader->initializers, det_wire_text (&field));
  }
}

static void read_graph (DetWire wire, Reader *reader, int depth);

/* NOLINTBEGIN(misc-no-recursion): graphs within graphs, to MAX_GRAPH_DEPTH. */

/* AttributeProto: 6 g, 11 graphs */
static void
read_attribute (DetWire wire, Reader *reader, int depth)
{
  DetWireField field;

  while (det_wire_next (&wire, &field)) {
    if ((field.number == 6 || field.number == 11) &&
        field.type == DET_WIRE_BYTES)
      read_graph (field.bytes, reader, depth + 1);
  }
}

/* NodeProto: 1 input, 2 output, 4 op_type, 5 attribute */
static void
read_node (DetWire wire, Reader *reader, int depth)
{
  DetOpNode *node = det_op_graph_add (reader->graph);
  DetWireField field;

  while (det_wire_next (&wire, &field)) {
    if (field.type != DET_WIRE_BYTES)
      continue;
    if (field.number == 1) {
      g_ptr_array_add (node->inputs, det_wire_text (&field));
    } else if (field.number == 2 && depth == 0) {
      g_hash_table_insert (reader->graph->producers, det_wire_text (&field),
          node);
    } else if (field.number == 4) {
      g_free (node->type);
      node->type = det_wire_text (&field);
      g_hash_table_add (reader->info->operators, g_strdup (node->type));
    } else if (field.number == 5) {
      read_attribute (field.bytes, reader, depth);
    }
  }
}

/* GraphProto: 1 node, 5 initializer, 11 input, 12 output */
static void
read_graph (DetWire wire, Reader *reader, int depth)
{
  DetWireField field;

  if (depth > MAX_GRAPH_DEPTH)
    return;
  while (det_wire_next (&wire, &field)) {
    if (field.type != DET_WIRE_BYTES)
      continue;
    if (field.number == 1)
      read_node (field.bytes, reader, depth);
    else if (field.number == 5 && depth == 0)
      read_initializer (field.bytes, reader);
    else if (field.number == 11 && depth == 0)
      read_value_info (field.bytes, reader->info->inputs);
    else if (field.number == 12 && depth == 0)
      read_value_info (field.bytes, reader->info->outputs);
  }
}

/* NOLINTEND(misc-no-recursion) */

/* StringStringEntryProto: 1 key, 2 value */
static void
read_metadata (DetWire wire, DetModelInfo *info)
{
  g_autofree char *key = NULL;
  g_autofree char *value = NULL;
  DetWireField field;

  while (det_wire_next (&wire, &field)) {
    if (field.type == DET_WIRE_BYTES && field.number == 1 && !key)
      key = det_wire_text (&field);
    if (field.type == DET_WIRE_BYTES && field.number == 2 && !value)
      value = det_wire_text (&field);
  }
  if (key && value)
    g_hash_table_insert (info->metadata, g_steal_pointer (&key),
        g_steal_pointer (&value));
}

/* ---- conclusions ---- */

/* Weights that are listed as inputs are not for the caller to feed. */
static void
drop_weights (Reader *reader)
{
  GArray *inputs = reader->info->inputs;
  DetTensorInfo *all = (DetTensorInfo *) (void *) inputs->data;
  guint n = 0;

  for (guint i = 0; i < inputs->len; i++) {
    DetTensorInfo input = all[i];

    all[i].name = NULL;
    if (g_hash_table_contains (reader->initializers, input.name))
      g_free (input.name);
    else
      all[n++] = input;
  }
  reader->info->weights_are_inputs = n < inputs->len;
  g_array_set_size (inputs, n);
}

static void
conclude (Reader *reader)
{
  drop_weights (reader);
  reader->info->multiplies_results =
      det_op_graph_multiplies_results (reader->graph);
  /* Of no more: each costs a walk, and models with more are refused. */
  for (guint i = 0; i < MIN (reader->info->outputs->len, DET_MAX_OUTPUTS);
       i++) {
    DetTensorInfo *output =
        &g_array_index (reader->info->outputs, DetTensorInfo, i);

    output->arithmetic =
        det_op_graph_find_arithmetic (reader->graph, output->name);
  }
}

/* ModelProto: 7 graph, 14 metadata_props */
static gboolean
read_model (DetWire *wire, Reader *reader)
{
  gboolean has_graph = FALSE;
  DetWireField field;

  while (det_wire_next (wire, &field)) {
    if (field.number == 7 && field.type == DET_WIRE_BYTES) {
      has_graph = TRUE;
      read_graph (field.bytes, reader, 0);
    }
    if (field.number == 14 && field.type == DET_WIRE_BYTES)
      read_metadata (field.bytes, reader->info);
  }
  return has_graph;
}

gboolean
det_onnx_read (DetModelInfo *info, const guint8 *bytes, gsize size,
    GError **error)
{
  DetWire wire = { .next = bytes, .end = bytes + size };
  g_autoptr (GHashTable) initializers =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_auto (DetOpGraph) graph = { 0 };
  Reader reader = { info, initializers, &graph };

  det_op_graph_init (&graph);
  gboolean has_graph = read_model (&wire, &reader);

  if (wire.broken || !has_graph) {
    g_set_error (error, DET_ERROR, DET_ERROR_CORRUPT,
        "%s: %s; fetch or export it again", info->path,
        wire.broken && graph.nodes->len == 0 && !has_graph
            ? "not an ONNX model, or cut off near its start"
            : wire.broken ? "the ONNX file is cut off or damaged"
                          : "an ONNX file without a graph");
    return FALSE;
  }
  if (info->outputs->len == 0 || info->inputs->len == 0) {
    conclude (&reader);
    g_set_error (error, DET_ERROR, DET_ERROR_CORRUPT,
        "%s: an ONNX graph without %s; export the model again", info->path,
        info->outputs->len == 0 ? "outputs" : "inputs");
    return FALSE;
  }
  conclude (&reader);
  return TRUE;
}

/* ---- weights listed as inputs ---- */

static gboolean
is_weight_input (const DetWireField *field, GHashTable *initializers)
{
  DetWire wire = field->bytes;
  DetWireField inner;

  if (field->number != 11 || field->type != DET_WIRE_BYTES)
    return FALSE;
  while (det_wire_next (&wire, &inner)) {
    if (inner.number == 1 && inner.type == DET_WIRE_BYTES) {
      g_autofree char *name = det_wire_text (&inner);
      return g_hash_table_contains (initializers, name);
    }
  }
  return FALSE;
}

static GByteArray *
copy_graph (DetWire wire)
{
  GByteArray *out = g_byte_array_new ();
  g_autoptr (GHashTable) initializers =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Reader reader = { .initializers = initializers };
  DetWire again = wire;
  DetWireField field;

  while (det_wire_next (&wire, &field)) {
    if (field.number == 5 && field.type == DET_WIRE_BYTES)
      read_initializer (field.bytes, &reader);
  }
  while (det_wire_next (&again, &field)) {
    if (!is_weight_input (&field, initializers))
      g_byte_array_append (out, field.start,
          (guint) (again.next - field.start));
  }
  return out;
}

GBytes *
det_onnx_hide_weights (const guint8 *bytes, gsize size)
{
  DetWire wire = { .next = bytes, .end = bytes + size };
  GByteArray *out = g_byte_array_new ();
  DetWireField field;

  while (det_wire_next (&wire, &field)) {
    if (field.number == 7 && field.type == DET_WIRE_BYTES) {
      g_autoptr (GByteArray) graph = copy_graph (field.bytes);

      det_wire_put_bytes_header (out, 7, graph->len);
      g_byte_array_append (out, graph->data, graph->len);
    } else {
      g_byte_array_append (out, field.start, (guint) (wire.next - field.start));
    }
  }
  return g_byte_array_free_to_bytes (out);
}
