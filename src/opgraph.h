/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_OPGRAPH_H
#define DET_OPGRAPH_H

#include "modelinfo.h"
#include <glib.h>

/* The operators of a model file, and what can be concluded from how they hang
 * together. Types are ONNX's. */

typedef struct
{
  char *type;
  GPtrArray *inputs; /* char*, names of values */
} DetOpNode;

typedef struct
{
  GPtrArray *nodes;      /* DetOpNode */
  GHashTable *producers; /* char* -> DetOpNode; who makes a value */
} DetOpGraph;

void det_op_graph_init (DetOpGraph *graph);
void det_op_graph_clear (DetOpGraph *graph);

/* A new node without type and inputs; the graph's. */
DetOpNode *det_op_graph_add (DetOpGraph *graph);

DetArithmetic
det_op_graph_find_arithmetic (const DetOpGraph *graph, const char *output);

/* Whether a MatMul's factors are both computed. */
gboolean det_op_graph_multiplies_results (const DetOpGraph *graph);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DetOpGraph, det_op_graph_clear)

#endif
