/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_CANNED_H
#define DET_CANNED_H

#include "modelinfo.h"

/* A .null file is a key file that says what a network would: its inputs and
 * outputs, and what the outputs hold. For tests and for measuring everything but
 * the engine.
 *
 *   [input images]
 *   type=float32
 *   shape=1;3;64;64
 *   [output output0]
 *   type=float32            (the default)
 *   shape=1;84;84           (-1: open; its size is then rows of data)
 *   fill=0                  (all values)
 *   data=0;3.5;1;4.5        (pairs of index and value, over the fill)
 *   [metadata]
 *   names={0: 'person'}
 *   [behaviour]
 *   delay-ms=0
 *   fault=none              (or error, hang, nan, wrong-shape)
 *   after=0                 (the fault comes from this run on; det_model_prove()
 *                            is run 0 where it is called)
 *   times=0                 (and so many times; 0: always)
 *   gate=/tmp/gate          (a named pipe: runs wait for a byte each)
 *   gate-load=false         (loading does too)
 *   serial=false            (true: the network takes one request at a time)
 */
gboolean det_canned_describe (DetModelInfo *info, GError **error);

/* The values of an output of the file; g_free. */
float *det_canned_read_values (const DetModelInfo *info, guint output,
    gint64 n_values, GError **error);

typedef enum
{
  DET_FAULT_NONE,
  DET_FAULT_ERROR,
  DET_FAULT_HANG,
  DET_FAULT_NAN,
  DET_FAULT_WRONG_SHAPE,
  DET_N_FAULTS
} DetFault;

typedef struct
{
  int delay_ms;
  DetFault fault;
  int after;
  int times;
  char *gate; /* owned, or NULL */
  gboolean gate_load;
  gboolean serial;
} DetBehaviour;

gboolean det_canned_read_behaviour (const DetModelInfo *info,
    DetBehaviour *behaviour, GError **error);

#endif
