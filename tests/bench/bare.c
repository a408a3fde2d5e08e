/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bare.h"

#include "bench.h"
#include "decoder.h"
#include "engine.h"
#include "inputspec.h"
#include "model.h"
#include <detect/option.h>

struct _BenchBare
{
  DetModelInfo *info;
  const DetEngine *engine;
  DetEngineConfig config;
  DetInputSpec spec;
  guint image_input;
  DetPreprocess *preprocess;
  DetTensor inputs[DET_MAX_INPUTS];
  gint64 extra[DET_MAX_INPUTS][2]; /* of the inputs that are no picture */
  gpointer network;
  gpointer request;
};

/* Original sizes and the like. */
static void
fill_extra_inputs (BenchBare *self)
{
  g_autoptr (GError) error = NULL;

  bench_check (self->info->inputs->len <= DET_MAX_INPUTS, "few inputs", NULL);
  for (guint i = 0; i < self->info->inputs->len; i++) {
    if (i == self->image_input)
      continue;
    self->inputs[i].data = self->extra[i];
    bench_check (det_input_spec_fill_extra (&self->spec,
                     det_model_info_input (self->info, i), &self->inputs[i],
                     &error),
        self->info->path, error);
  }
}

BenchBare *
bench_bare_new (const char *model, const char *engine, int threads)
{
  BenchBare *self = g_new0 (BenchBare, 1);
  g_autoptr (DetOptions) options = det_options_new ();
  g_autoptr (GError) error = NULL;

  self->info = det_model_info_new (model, &error);
  bench_check (self->info != NULL, model, error);
  self->engine = det_engine_choose (self->info, engine, &error);
  bench_check (self->engine != NULL, model, error);
  const DetDecoder *decoder = det_decoder_choose (self->info, NULL, NULL);
  bench_check (det_input_spec_resolve (self->info, decoder, options,
                   &self->spec, &self->image_input, &error),
      model, error);
  det_input_spec_apply (&self->spec, self->info, self->image_input);
  self->config = (DetEngineConfig){
    .threads = threads,
    .input_width = self->spec.width,
    .input_height = self->spec.height,
  };
  self->preprocess = det_preprocess_new (&self->spec);
  return self;
}

void
bench_bare_load (BenchBare *self)
{
  g_autoptr (GError) error = NULL;

  self->network = self->engine->load (self->info, &self->config, &error);
  bench_check (self->network != NULL, self->info->path, error);
  if (self->engine->request_new)
    self->request = self->engine->request_new (self->network, &error);
  bench_check (!error, self->info->path, error);
  fill_extra_inputs (self);
}

void
bench_bare_free (BenchBare *self)
{
  if (self->request)
    self->engine->request_free (self->network, self->request);
  if (self->network)
    self->engine->unload (self->network);
  det_preprocess_free (self->preprocess);
  det_model_info_free (self->info);
  g_free (self);
}

gboolean
bench_engine_runs (const char *model, const char *engine)
{
  DetModelInfo *info = det_model_info_new (model, NULL);
  gboolean runs = info && det_engine_choose (info, engine, NULL);

  det_model_info_free (info);
  return runs;
}

void
bench_bare_feed (BenchBare *self, const DetFrame *frame)
{
  g_autoptr (GError) error = NULL;

  bench_check (det_preprocess_run (self->preprocess, frame, &error),
      self->info->path, error);
  self->inputs[self->image_input] =
      *det_preprocess_get_tensor (self->preprocess);
}

void
bench_bare_run (gpointer data)
{
  BenchBare *self = data;
  g_autoptr (GError) error = NULL;
  DetTensor outputs[DET_MAX_OUTPUTS];
  guint n = DET_MAX_OUTPUTS;

  bench_check (self->engine->run (self->network, self->request, self->inputs,
                   self->info->inputs->len, outputs, &n, &error),
      self->info->path, error);
}
