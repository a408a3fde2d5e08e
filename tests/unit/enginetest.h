/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ENGINE_TEST_H
#define ENGINE_TEST_H

#include "engine.h"
#include <detect/error.h>
#include <string.h>

#include "testfolder.h"

/* What tests of engines that run any network share. The test's own file defines
 * static const DetEngine *const engine before it includes this. */

static char *models; /* what make-ort-models.py wrote, below it */

static inline gboolean
is_there (void)
{
  g_autoptr (GError) error = NULL;

  if (engine->is_present (&error))
    return TRUE;
  g_test_message ("%s", error->message);
  g_test_skip ("skipped: the engine's library is not there");
  return FALSE;
}

static inline DetModelInfo *
read_model (const char *name)
{
  g_autofree char *file = g_strconcat (name, ".onnx", NULL);
  g_autofree char *path = g_build_filename (models, file, NULL);
  g_autoptr (GError) error = NULL;
  DetModelInfo *info = det_model_info_new (path, &error);

  g_assert_no_error (error);
  return info;
}

typedef struct
{
  DetModelInfo *info;
  gpointer network;
  gpointer request;
  DetTensor outputs[DET_MAX_OUTPUTS];
} Loaded;

static inline void
load (Loaded *self, DetModelInfo *info)
{
  const DetEngineConfig config = { .threads = 1 };
  g_autoptr (GError) error = NULL;

  self->info = info;
  self->network = engine->load (info, &config, &error);
  g_assert_no_error (error);
  self->request = engine->request_new (self->network, &error);
  g_assert_no_error (error);
}

static inline void
unload (Loaded *self)
{
  engine->request_free (self->network, self->request);
  engine->unload (self->network);
  det_model_info_free (self->info);
}

static inline void
run (Loaded *self, const DetTensor *inputs)
{
  guint n = DET_MAX_OUTPUTS;
  g_autoptr (GError) error = NULL;

  engine->run (self->network, self->request, inputs, self->info->inputs->len,
      self->outputs, &n, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n, ==, self->info->outputs->len);
}

/* Zeros and ones of that type. */
static inline void
write_bits (DetDType dtype, guint8 *bytes)
{
  static const guint64 ones[DET_N_DTYPES] = {
    [DET_DTYPE_FLOAT32] = 0x3f800000,
    [DET_DTYPE_FLOAT16] = 0x3c00,
    [DET_DTYPE_FLOAT64] = 0x3ff0000000000000,
    [DET_DTYPE_UINT8] = 1,
    [DET_DTYPE_INT8] = 1,
    [DET_DTYPE_INT32] = 1,
    [DET_DTYPE_INT64] = 1,
    [DET_DTYPE_BOOL] = 1,
  };
  const guint64 one = GUINT64_TO_LE (ones[dtype]);
  gsize size = det_dtype_size (dtype);

  memset (bytes, 0, 6 * size);
  for (gsize i = 0; i < 6; i += 2)
    memcpy (bytes + i * size, &one, size);
}

static inline void
test_types (void)
{
  Loaded model;
  guint8 bytes[8][6 * 8];
  DetTensor inputs[8];

  if (!is_there ())
    return;
  load (&model, read_model ("types"));
  g_assert_cmpuint (model.info->inputs->len, ==, 8);
  for (guint i = 0; i < 8; i++) {
    const DetTensorInfo *input = det_model_info_input (model.info, i);

    write_bits (input->dtype, bytes[i]);
    inputs[i] = (DetTensor){ input->dtype, 2, { 2, 3 }, bytes[i] };
  }
  for (int round = 0; round < 2; round++) {
    run (&model, inputs);
    for (guint i = 0; i < 8; i++) {
      const DetTensor *output = &model.outputs[i];

      g_assert_cmpint (output->dtype, ==, inputs[7 - i].dtype);
      g_assert_cmpint (output->n_dims, ==, 2);
      g_assert_cmpint (output->dims[1], ==, 3);
      g_assert_cmpmem (output->data, 6 * det_dtype_size (output->dtype),
          bytes[7 - i], 6 * det_dtype_size (output->dtype));
    }
  }
  unload (&model);
}

static inline void
test_completed (void)
{
  Loaded unsaid;
  Loaded open;
  float x[2 * 3] = { 1, 2, 3, 4, 5, 6 };

  if (!is_there ())
    return;
  load (&unsaid, read_model ("unsaid"));
  const DetTensorInfo *output = det_model_info_output (unsaid.info, 0);
  g_assert_cmpint (output->dtype, ==, DET_DTYPE_FLOAT32);
  g_assert_cmpint (output->n_dims, ==, 2);
  g_assert_cmpint (output->dims[0], ==, 2);
  g_assert_cmpint (output->dims[1], ==, 3);
  unload (&unsaid);

  load (&open, read_model ("open"));
  g_assert_cmpint (det_model_info_output (open.info, 0)->dims[0], ==, -1);
  for (gint64 n = 1; n < 3; n++) {
    const DetTensor input = { DET_DTYPE_FLOAT32, 2, { n, 3 }, x };

    run (&open, &input);
    g_assert_cmpint (open.outputs[0].dims[0], ==, n);
    g_assert_cmpfloat (((float *) open.outputs[0].data)[n * 3 - 1], ==,
        2 * x[n * 3 - 1]);
  }
  unload (&open);
}

/* Files that claim a shape their graph does not keep to: from the first run on, and
 * from one that comes later. */
static inline void
test_claims (void)
{
  static const char *const names[] = { "unsure", "short" };
  static float x[][4] = { { 1, 1, 0, 0 }, { 1, 1, 1, 1 }, { 0, 1, 0, 0 },
    { 0, 0, 1, 1 } };
  static const gint64 n[] = { 2, 4, 1, 2 };

  if (!is_there ())
    return;
  for (gsize m = 0; m < G_N_ELEMENTS (names); m++) {
    Loaded model;

    load (&model, read_model (names[m]));
    for (gsize i = 0; i < G_N_ELEMENTS (n); i++) {
      const DetTensor input = { DET_DTYPE_FLOAT32, 2, { 1, 4 }, x[i] };

      run (&model, &input);
      g_assert_cmpint (model.outputs[0].dims[1], ==, n[i]);
      const gint64 *at = model.outputs[0].data;
      g_assert_cmpfloat (x[i][at[2 * n[i] - 1]], ==, 1);
    }
    unload (&model);
  }
}

#define N_RUNS 300
#define N_VALUES (3 * 16 * 16)

static inline gpointer
run_many (gpointer data)
{
  const Loaded *shared = data;
  Loaded own = { .info = shared->info, .network = shared->network };
  float x[N_VALUES];
  const DetTensor input = { DET_DTYPE_FLOAT32, 4, { 1, 3, 16, 16 }, x };
  gsize n_wrong = 0;

  own.request = engine->request_new (own.network, NULL);
  for (int round = 0; round < N_RUNS; round++) {
    for (int i = 0; i < N_VALUES; i++)
      x[i] = (float) (GPOINTER_TO_SIZE (&own) % 1021) + (float) (i + round);
    run (&own, &input);
    for (int i = 0; i < N_VALUES; i++)
      n_wrong += ((float *) own.outputs[0].data)[i] != 2 * x[i];
  }
  engine->request_free (own.network, own.request);
  return GSIZE_TO_POINTER (n_wrong);
}

static inline void
test_threads (void)
{
  GThread *threads[2];
  Loaded model;

  if (!is_there ())
    return;
  g_assert_true (engine->concurrent);
  load (&model, read_model ("doubled"));
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("run", run_many, &model);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_assert_null (g_thread_join (threads[i]));
  unload (&model);
}

/* ---- errors ---- */

static inline void
assert_error (const GError *error, DetError code, const char *part)
{
  g_assert_error (error, DET_ERROR, (int) code);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, part));
  g_assert_null (strchr (error->message, '\n'));
  g_assert_nonnull (strstr (error->message, "; ")); /* what to do about it */
  g_assert_null (strstr (error->message, ".cc:"));
}

/* What the header tells is refused without loading, library or not. */
static inline void
test_accepts (void)
{
  g_autoptr (DetModelInfo) strings = read_model ("strings");
  g_autoptr (DetModelInfo) types = read_model ("types");
  g_autoptr (GError) error = NULL;

  g_assert_false (engine->accepts (strings, &error));
  assert_error (error, DET_ERROR_UNSUPPORTED, "input x is string[1,4]");
  g_assert_true (engine->accepts (types, NULL));
}

static inline void
test_changed_on_disk (void)
{
  const DetEngineConfig config = { .threads = 1 };
  g_autoptr (GError) error = NULL;

  if (!is_there ())
    return;
  g_autoptr (DetModelInfo) info = read_model ("weights");
  g_autofree char *path = test_folder_place ("broken.onnx");
  test_folder_write ("broken.onnx", "\377\377\377\377 no model any more", -1);
  g_free (info->path);
  info->path = g_steal_pointer (&path);
  g_assert_null (engine->load (info, &config, &error));
  assert_error (error, DET_ERROR_CORRUPT, "fetch or export it again");
}

static inline gboolean
make_models (void)
{
  models = g_build_filename (scratch, "models", NULL);
  g_autofree char *script = g_build_filename (g_getenv ("DETECT_TEST_DATA"),
      "make-ort-models.py", NULL);
  const char *const command[] = { "/usr/bin/python3", script, models, NULL };
  g_autoptr (GError) error = NULL;
  int status = 1;

  if (g_spawn_sync (NULL, (char **) command, NULL, G_SPAWN_DEFAULT, NULL, NULL,
          NULL, NULL, &status, &error) &&
      status == 0)
    return TRUE;
  g_printerr ("%s failed%s%s\n", script, error ? ": " : "",
      error ? error->message : "");
  return FALSE;
}

#endif
