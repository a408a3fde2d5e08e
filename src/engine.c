/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine.h"

#include "enginecall.h"
#include <detect/error.h>
#include <string.h>

extern const DetEngine det_engine_classic;
extern const DetEngine det_engine_null;
extern const DetEngine det_engine_null_serial;
extern const DetEngine det_engine_onnxruntime;
extern const DetEngine det_engine_opencv;
extern const DetEngine det_engine_openvino;

/* In the order auto tries them: the fastest first with the threads it has by default,
 * as tests/bench/engines measures. */
static const DetEngine *const engines[] = {
  &det_engine_openvino,
  &det_engine_onnxruntime,
  &det_engine_opencv,
  &det_engine_classic,
  &det_engine_null_serial,
  &det_engine_null,
  NULL,
};

const DetEngine *const *
det_engines (void)
{
  return engines;
}

const char *const *
det_engine_names (void)
{
  static const char *names[G_N_ELEMENTS (engines) + 1] = { "auto" };
  static gsize once = 0;

  if (g_once_init_enter (&once)) {
    int n = 1;

    for (int i = 0; engines[i]; i++) {
      names[n] = NULL;
      if (!g_strv_contains (names, engines[i]->name))
        names[n++] = engines[i]->name;
    }
    names[n] = NULL;
    g_once_init_leave (&once, 1);
  }
  return names;
}

static gboolean
is_usable (const DetEngine *engine, const DetModelInfo *info, GError **error)
{
  if (!(engine->files & DET_FILE_BIT (info->kind))) {
    g_set_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED,
        "it does not read %s files", det_file_kind_name (info->kind));
    return FALSE;
  }
  det_engine_call_begin ();
  gboolean is_there = !engine->is_present || engine->is_present (error);
  det_engine_call_end ();
  return is_there && (!engine->accepts || engine->accepts (info, error));
}

/* null stands in for an engine; it is never a choice of its own but for files that
 * nothing else reads. */
static gboolean
may_choose (const DetEngine *engine, const DetModelInfo *info, const char *name)
{
  if (name && strcmp (name, "auto") != 0)
    return strcmp (engine->name, name) == 0;
  return engine != &det_engine_null || info->kind == DET_FILE_CANNED;
}

gboolean
det_engine_is_choice (const DetEngine *engine, const DetModelInfo *info,
    const char *name)
{
  return may_choose (engine, info, name) && is_usable (engine, info, NULL);
}

static void
refuse (const DetModelInfo *info, const char *wanted, const char *reasons,
    GError **error)
{
  g_set_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED,
      "%s: %s%s run this %s model (%s)",
      info->path ? info->path : "the built-in model",
      wanted ? wanted : "no engine that is present can",
      wanted ? " cannot" : "", det_file_kind_name (info->kind),
      reasons[0] ? reasons : "none reads such files; export the model as ONNX");
}

const DetEngine *
det_engine_choose (const DetModelInfo *info, const char *name, GError **error)
{
  g_autoptr (GString) reasons = g_string_new (NULL);
  const char *wanted = name && strcmp (name, "auto") != 0 ? name : NULL;
  const DetEngine *slow = NULL;

  for (int i = 0; engines[i]; i++) {
    g_autoptr (GError) reason = NULL;

    if (!may_choose (engines[i], info, wanted))
      continue;
    if (is_usable (engines[i], info, &reason)) {
      if (wanted || !engines[i]->is_slow || !engines[i]->is_slow (info))
        return engines[i];
      slow = slow ? slow : engines[i];
      continue;
    }
    /* Rows of one name read different files; the one that does not matter says
     * nothing. */
    if (engines[i]->files & DET_FILE_BIT (info->kind))
      g_string_append_printf (reasons, "%s%s: %s", reasons->len ? "; " : "",
          engines[i]->name, reason->message);
  }
  if (!slow)
    refuse (info, wanted, reasons->str, error);
  return slow;
}
