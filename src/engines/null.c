/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "canned.h"
#include "engine.h"
#include <detect/error.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

/* Runs nothing. Gives the tensors a .null file holds, or zeros in the shapes an
 * ONNX file's header names. */

#define OPEN_DIM 1 /* what becomes of a dim the file leaves open */

typedef struct
{
  DetTensor outputs[DET_MAX_OUTPUTS]; /* data is the network's */
  guint n_outputs;
  DetBehaviour behaviour;
  int gate;   /* file descriptor, or -1 */
  int n_runs; /* atomic */
} Network;

static void
unload (gpointer network)
{
  Network *self = network;

  for (guint i = 0; i < self->n_outputs; i++)
    g_free (self->outputs[i].data);
  if (self->gate >= 0)
    close (self->gate);
  g_free (self->behaviour.gate);
  g_free (self);
}

static gboolean
make_output (Network *self, const DetModelInfo *info, guint i, GError **error)
{
  const DetTensorInfo *output = det_model_info_output (info, i);
  DetTensor *tensor = &self->outputs[i];
  gint64 n;

  tensor->dtype = DET_DTYPE_FLOAT32;
  tensor->n_dims = MAX (output->n_dims, 0);
  for (int d = 0; d < tensor->n_dims; d++)
    tensor->dims[d] = output->dims[d] < 0 ? OPEN_DIM : output->dims[d];
  n = det_tensor_n_elements (tensor);
  if (output->n_dims < 0 || n < 0 || n > 1 << 28) {
    g_set_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED,
        "%s: output %s has no usable shape in the file, so engine=null cannot "
        "make it up; use another engine",
        info->path, output->name);
    return FALSE;
  }
  tensor->data = info->kind == DET_FILE_CANNED
      ? det_canned_read_values (info, i, n, error)
      : g_new0 (float, MAX (n, 1));
  self->n_outputs = i + 1;
  return tensor->data != NULL;
}

static gboolean
open_gate (Network *self, GError **error)
{
  if (!self->behaviour.gate)
    return TRUE;
  /* For writing too, so that reading waits also while nobody else has it open. */
  self->gate = open (self->behaviour.gate, O_RDWR | O_CLOEXEC);
  if (self->gate >= 0)
    return TRUE;
  g_set_error (error, DET_ERROR, DET_ERROR_UNREADABLE,
      "the gate %s cannot be opened: %s; make it with mkfifo",
      self->behaviour.gate, g_strerror (errno));
  return FALSE;
}

static void
wait_at_gate (const Network *self)
{
  char byte;

  while (read (self->gate, &byte, 1) < 0 && errno == EINTR)
    continue;
}

static gpointer
load (DetModelInfo *info, const DetEngineConfig *config, GError **error)
{
  Network *self = g_new0 (Network, 1);
  gboolean ok = info->outputs->len <= DET_MAX_OUTPUTS &&
      (info->kind != DET_FILE_CANNED ||
          det_canned_read_behaviour (info, &self->behaviour, error));

  self->gate = -1;
  ok = ok && open_gate (self, error);
  for (guint i = 0; ok && i < info->outputs->len; i++)
    ok = make_output (self, info, i, error);
  if (ok && self->gate >= 0 && self->behaviour.gate_load)
    wait_at_gate (self);
  if (ok)
    return self;
  unload (self);
  return NULL;
}

/* Never comes back, as an engine that hangs does. */
static void
hang (void)
{
  GMutex mutex;
  GCond cond;

  g_mutex_init (&mutex);
  g_cond_init (&cond);
  g_mutex_lock (&mutex);
  for (;;)
    g_cond_wait (&cond, &mutex);
}

static gboolean
misbehave (const Network *self, DetTensor *outputs, GError **error)
{
  switch (self->behaviour.fault) {
    case DET_FAULT_NONE:
      break;
    case DET_FAULT_ERROR:
      g_set_error_literal (error, DET_ERROR, DET_ERROR_ENGINE,
          "the null engine fails because its file says so");
      return FALSE;
    case DET_FAULT_HANG:
      hang ();
      break;
    case DET_FAULT_NAN: {
      for (guint i = 0; i < self->n_outputs; i++) {
        gint64 n = det_tensor_n_elements (&outputs[i]);
        for (gint64 v = 0; v < n; v++)
          ((float *) outputs[i].data)[v] = NAN;
      }
      break;
    }
    case DET_FAULT_WRONG_SHAPE:
      outputs[0].dims[0] += 1;
      break;
    case DET_N_FAULTS:
      break;
  }
  return TRUE;
}

static gboolean
is_faulty (const Network *self, int run_number)
{
  const DetBehaviour *behaviour = &self->behaviour;

  return run_number >= behaviour->after &&
      (behaviour->times == 0 ||
          run_number < behaviour->after + behaviour->times);
}

static gboolean
run (gpointer network, gpointer request, const DetTensor *inputs,
    guint n_inputs, DetTensor *outputs, guint *n_outputs, GError **error)
{
  Network *self = network;
  int run_number = g_atomic_int_add (&self->n_runs, 1);

  if (self->behaviour.delay_ms > 0)
    g_usleep ((gulong) self->behaviour.delay_ms * 1000);
  if (self->gate >= 0)
    wait_at_gate (self);
  memcpy (outputs, self->outputs, sizeof (DetTensor) * self->n_outputs);
  *n_outputs = self->n_outputs;
  return !is_faulty (self, run_number) || misbehave (self, outputs, error);
}

/* Whether the file wants to be run by one caller at a time. */
static gboolean
is_serial (const DetModelInfo *info, GError **error)
{
  DetBehaviour behaviour;
  gboolean ok = det_canned_read_behaviour (info, &behaviour, error);

  g_free (behaviour.gate);
  if (ok && !behaviour.serial)
    g_set_error_literal (error, DET_ERROR, DET_ERROR_UNSUPPORTED, "not serial");
  return ok && behaviour.serial;
}

const DetEngine det_engine_null_serial = {
  .name = "null",
  .help = "Runs nothing, one request at a time; for tests",
  .files = DET_FILE_BIT (DET_FILE_CANNED),
  .accepts = is_serial,
  .load = load,
  .unload = unload,
  .run = run,
};

const DetEngine det_engine_null = {
  .name = "null",
  .help = "Runs nothing: zeros, or the tensors of a .null file; for tests",
  .files = DET_FILE_BIT (DET_FILE_CANNED) | DET_FILE_BIT (DET_FILE_ONNX),
  .concurrent = TRUE,
  .load = load,
  .unload = unload,
  .run = run,
};
