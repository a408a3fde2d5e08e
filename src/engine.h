/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_ENGINE_H
#define DET_ENGINE_H

#include "modelinfo.h"
#include "tensor.h"
#include <glib.h>

#define DET_FILE_BIT(kind) (1u << (kind))

typedef struct
{
  int threads; /* 0: the engine's own choice */
  gboolean spin;
  int input_width; /* what info's inputs say is final; 0: it may still change */
  int input_height;
} DetEngineConfig;

typedef struct _DetEngine DetEngine;
struct _DetEngine
{
  const char *name; /* value of engine=; two rows may share one, for different
                       files */
  const char *help;
  guint files;         /* bits of the kinds of file it reads */
  gboolean concurrent; /* run may be called from several threads at once, each
                          with a request of its own */

  gboolean
      shares_threads; /* how many threads it uses is said once for the whole
                              process */

  /* The release of its library, once it is present. NULL: it has none. */
  const char *(*version) (void);

  /* Is its library there? Called from any thread; remembers. NULL: always. */
  gboolean (*is_present) (GError **error);

  /* May it run this model? Rules only, no loading; DET_ERROR_UNSUPPORTED names
   * the operator. NULL: yes. */
  gboolean (*accepts) (const DetModelInfo *info, GError **error);

  /* Is it slow at what this model is made of, so that auto asks those behind it
   * first? NULL: no. */
  gboolean (*is_slow) (const DetModelInfo *info);

  /* Adds the inputs and outputs of a file that tells them to engines only. NULL:
   * reads no such files. DET_ERROR_CORRUPT. */
  gboolean (*inspect) (DetModelInfo *info, GError **error);

  /* Loads the network, in a thread that may wait. Completes info's inputs and
   * outputs where the file left them open and the engine knows. */
  gpointer (*load) (DetModelInfo *info, const DetEngineConfig *config,
      GError **error);
  void (*unload) (gpointer network);

  /* One caller's scratch. Optional: NULL when there is none. */
  gpointer (*request_new) (gpointer network, GError **error);
  void (*request_free) (gpointer network, gpointer request);

  /* Runs once. inputs in the order of info->inputs, checked by the caller.
   * Fills outputs (n of info->outputs; *n_outputs is in: room, out: how many)
   * with views that stay valid until the request runs again or is freed. May
   * take long; must not print. DET_ERROR_ENGINE. */
  gboolean (*run) (gpointer network, gpointer request, const DetTensor *inputs,
      guint n_inputs, DetTensor *outputs, guint *n_outputs, GError **error);
};

const DetEngine *const *det_engines (void); /* NULL-terminated, auto's order */
const char *const *det_engine_names (void); /* "auto" first, each name once */

/* The engine for a model: the named one, or with NULL or "auto" the first that is
 * present, reads the file and accepts the model. DET_ERROR_UNSUPPORTED says why
 * none does and which one could. */
const DetEngine *
det_engine_choose (const DetModelInfo *info, const char *name, GError **error);

/* Whether det_engine_choose() may come to this engine. */
gboolean det_engine_is_choice (const DetEngine *engine,
    const DetModelInfo *info, const char *name);

/* engines/opencv-shim.cc — the only C++. No exception leaves it; what went wrong
 * is a message of the caller's (g_free). See opencv-shim.h. */

#endif
