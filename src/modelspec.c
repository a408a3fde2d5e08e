/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "modelspec.h"

#include "config.h"
#include "enginecall.h"
#include "inputspec.h"
#include "option.h"
#include <detect/error.h>
#include <glib/gstdio.h>
#include <string.h>

void
det_model_spec_free (DetModelSpec *spec)
{
  if (!spec)
    return;
  det_options_free (spec->config);
  det_options_free (spec->options);
  det_model_info_free (spec->info);
  det_labels_unref (spec->labels);
  g_free (spec->labels_source);
  g_free (spec->key);
  g_free (spec);
}

DetOptions *
det_model_spec_resolve (const DetModelSpec *spec, const DetOptions *options)
{
  DetOptions *resolved = det_options_copy (spec->config);

  det_options_merge (resolved, options);
  return resolved;
}

static gboolean
read_options (DetModelSpec *spec, const DetOptions *options, GError **error)
{
  const char *config = det_options_get_string (options, DET_OPT_CONFIG);

  if (!det_options_check (options, error))
    return FALSE;
  spec->config = det_options_new ();
  if (config && !det_config_read (config, spec->config, &spec->labels, error))
    return FALSE;
  spec->options = det_model_spec_resolve (spec, options);
  if (spec->labels) {
    spec->labels_source = g_strdup (config);
    spec->labels_are_asked_for = TRUE;
  }
  return TRUE;
}

static gboolean
read_labels (DetModelSpec *spec, const DetOptions *caller, GError **error)
{
  const char *path = det_options_get_string (spec->options, DET_OPT_LABELS);
  const char *names = g_hash_table_lookup (spec->info->metadata, "names");
  g_autoptr (GError) cause = NULL;

  /* Labels inside the configuration file give way to a caller's file only. */
  if (spec->labels && !det_options_is_set (caller, DET_OPT_LABELS))
    return TRUE;
  g_clear_pointer (&spec->labels, det_labels_unref);
  g_clear_pointer (&spec->labels_source, g_free);
  if (path) {
    spec->labels = det_labels_new_from_file (path, error);
    spec->labels_source = g_strdup (path);
    spec->labels_are_asked_for = TRUE;
    return spec->labels != NULL;
  }
  if (!names)
    return TRUE;
  spec->labels = det_labels_new_from_python (names, &cause);
  spec->labels_source = g_strdup ("the model file");
  if (!spec->labels)
    g_debug ("names in the metadata are not used: %s", cause->message);
  return TRUE;
}

static void
describe_file (const char *path, GString *out)
{
  GStatBuf st;

  if (path && g_stat (path, &st) == 0)
    g_string_append_printf (out,
        "%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT ":%" G_GINT64_FORMAT
        ":%" G_GINT64_FORMAT ".%09ld %s\n",
        (guint64) st.st_dev, (guint64) st.st_ino, (gint64) st.st_size,
        (gint64) st.st_mtim.tv_sec, st.st_mtim.tv_nsec, path);
}

/* Who agrees on this text shares a loaded model: the file itself rather than its
 * name, and every option that changes how it is loaded or read. */
static char *
make_key (const DetModelSpec *spec)
{
  g_autoptr (DetOptions) relevant = det_options_copy (spec->options);
  g_autoptr (GString) key = g_string_new (NULL);
  guint n_labels = spec->labels ? det_labels_get_n (spec->labels) : 0;

  det_options_unset (relevant, DET_OPT_MODEL);
  det_options_unset (relevant, DET_OPT_CONFIG);
  det_options_unset (relevant, DET_OPT_LABELS);
  describe_file (spec->info->path, key);
  describe_file (spec->info->companion, key);
  g_string_append_printf (key, "%s\n", spec->engine->name);
  det_options_describe (relevant, DET_SCOPE_MODEL, key);
  for (guint i = 0; i < n_labels; i++)
    g_string_append_printf (key, "%s\n",
        det_labels_get (spec->labels, (int) i));
  return g_strdup (key->str);
}

static gboolean
choose_engine (DetModelSpec *spec, GError **error)
{
  spec->engine = det_engine_choose (spec->info,
      det_options_get_string (spec->options, DET_OPT_ENGINE), error);
  return spec->engine != NULL;
}

static gboolean
choose_decoder (DetModelSpec *spec, GError **error)
{
  g_autoptr (GError) cause = NULL;

  spec->decoder = det_decoder_choose (spec->info,
      det_options_get_string (spec->options, DET_OPT_DECODER), &cause);
  if (!cause)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&cause));
  return FALSE;
}

/* A file that tells its tensors to an engine only. */
static gboolean
inspect (DetModelSpec *spec, GError **error)
{
  det_engine_call_begin ();
  gboolean ok = spec->engine->inspect (spec->info, error);
  det_engine_call_end ();
  if (!ok)
    g_prefix_error (error, "%s: ", spec->info->path);
  return ok;
}

/* Who reads the file and what is in it, in the order in which errors are of use. */
static gboolean
choose (DetModelSpec *spec, GError **error)
{
  if (spec->info->inputs->len > 0)
    return choose_decoder (spec, error) && choose_engine (spec, error);
  return choose_engine (spec, error) && inspect (spec, error) &&
      choose_decoder (spec, error);
}

/* What can be found wrong before an engine loads the file is found now. */
static gboolean
rehearse (const DetModelSpec *spec, GError **error)
{
  DetInputSpec input;
  guint image_input;

  return det_input_spec_resolve (spec->info, spec->decoder, spec->options,
      &input, &image_input, error);
}

DetModelSpec *
det_model_spec_new (const DetOptions *options, GError **error)
{
  g_autoptr (DetModelSpec) spec = g_new0 (DetModelSpec, 1);

  if (!read_options (spec, options, error))
    return NULL;
  spec->info =
      det_model_info_new (det_options_get_string (spec->options, DET_OPT_MODEL),
          error);
  if (!spec->info)
    return NULL;
  if (!choose (spec, error) || !read_labels (spec, options, error) ||
      !rehearse (spec, error))
    return NULL;
  spec->key = make_key (spec);
  return g_steal_pointer (&spec);
}
