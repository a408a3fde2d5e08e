/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "opgraph.h"

#define MAX_WALK 4096

/* ---- the object ---- */

static void
node_free (gpointer data)
{
  DetOpNode *node = data;

  g_free (node->type);
  g_ptr_array_unref (node->inputs);
  g_free (node);
}

void
det_op_graph_init (DetOpGraph *graph)
{
  graph->nodes = g_ptr_array_new_with_free_func (node_free);
  graph->producers =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

void
det_op_graph_clear (DetOpGraph *graph)
{
  g_clear_pointer (&graph->producers, g_hash_table_unref);
  g_clear_pointer (&graph->nodes, g_ptr_array_unref);
}

DetOpNode *
det_op_graph_add (DetOpGraph *graph)
{
  DetOpNode *node = g_new0 (DetOpNode, 1);

  node->inputs = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (graph->nodes, node);
  return node;
}

/* ---- conclusions ---- */

static gboolean
is_one_of (const char *word, const char *const *words)
{
  return word && g_strv_contains (words, word);
}

/* A chain of scale and bias after an integer layer is how int8 graphs compute
 * that layer. */
static gboolean
is_dequantisation (const DetOpGraph *graph, const DetOpNode *node)
{
  static const char *const arithmetic[] = { "Mul", "Add", "Cast", "Reshape",
    NULL };
  static const char *const integer[] = { "ConvInteger", "MatMulInteger", NULL };

  for (int i = 0; i < 6 && node; i++) {
    const DetOpNode *source = NULL;

    if (is_one_of (node->type, integer))
      return TRUE;
    if (!is_one_of (node->type, arithmetic))
      return FALSE;
    for (guint n = 0; n < node->inputs->len && !source; n++)
      source = g_hash_table_lookup (graph->producers, node->inputs->pdata[n]);
    node = source;
  }
  return FALSE;
}

/* Walks upstream over operators that only move values about. */
DetArithmetic
det_op_graph_find_arithmetic (const DetOpGraph *graph, const char *output)
{
  static const char *const movers[] = { "Concat", "Reshape", "Transpose",
    "Slice", "Split", "Squeeze", "Unsqueeze", "Identity", "Cast", "Flatten",
    "Gather", "Sigmoid", "Softmax", "Dropout", "QuantizeLinear",
    "DequantizeLinear", NULL };
  static const char *const arithmetic[] = { "Mul", "Add", "Sub", "Div", "Exp",
    "Pow", NULL };
  g_autoptr (GPtrArray) stack = g_ptr_array_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  gboolean any = FALSE;

  g_ptr_array_add (stack, (gpointer) output);
  for (int steps = 0; stack->len > 0; steps++) {
    const char *name = g_ptr_array_steal_index_fast (stack, stack->len - 1);
    const DetOpNode *node = g_hash_table_lookup (graph->producers, name);

    if (steps > MAX_WALK)
      return DET_ARITHMETIC_UNKNOWN;
    if (!node || !g_hash_table_add (seen, (gpointer) name))
      continue;
    any = TRUE;
    if (is_one_of (node->type, arithmetic)) {
      if (!is_dequantisation (graph, node))
        return DET_ARITHMETIC_SOME;
      continue;
    }
    if (!is_one_of (node->type, movers))
      continue;
    for (guint i = 0; i < node->inputs->len; i++)
      g_ptr_array_add (stack, node->inputs->pdata[i]);
  }
  return any ? DET_ARITHMETIC_NONE : DET_ARITHMETIC_UNKNOWN;
}

static gboolean
is_computed (const DetOpGraph *graph, const char *name)
{
  const DetOpNode *producer = g_hash_table_lookup (graph->producers, name);

  return producer && g_strcmp0 (producer->type, "Constant") != 0;
}

gboolean
det_op_graph_multiplies_results (const DetOpGraph *graph)
{
  for (guint i = 0; i < graph->nodes->len; i++) {
    const DetOpNode *node = graph->nodes->pdata[i];

    if (g_strcmp0 (node->type, "MatMul") == 0 && node->inputs->len == 2 &&
        is_computed (graph, node->inputs->pdata[0]) &&
        is_computed (graph, node->inputs->pdata[1]))
      return TRUE;
  }
  return FALSE;
}
