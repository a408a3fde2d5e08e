/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "targets.h"

#include "inputs.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <string.h>
#include <sys/stat.h>

static const char *const picture_endings[] = { ".jpg", ".jpeg", ".png", NULL };
static const char *const video_endings[] = { ".mp4", ".mkv", ".mov", NULL };

static gboolean
ends_in (const char *path, const char *const *endings)
{
  g_autofree char *lower = g_ascii_strdown (path, -1);

  for (; *endings; endings++) {
    if (g_str_has_suffix (lower, *endings))
      return TRUE;
  }
  return FALSE;
}

gboolean
target_is_picture (const char *target)
{
  return ends_in (target, picture_endings);
}

static gboolean
refuse (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
refuse (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error)
    *error = g_error_new_valist (G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        format, arguments);
  va_end (arguments);
  return FALSE;
}

static gboolean
is_same_file (const char *a, const char *b)
{
  GStatBuf x;
  GStatBuf y;

  return a && b && g_stat (a, &x) == 0 && g_stat (b, &y) == 0 &&
      x.st_dev == y.st_dev && x.st_ino == y.st_ino && S_ISREG (x.st_mode);
}

/* A file that is read may not be written. */
static gboolean
check_spares (const char *path, const Cli *cli, const GPtrArray *inputs,
    GError **error)
{
  for (guint i = 0; i < inputs->len; i++) {
    const Input *input = g_ptr_array_index (inputs, i);

    if (is_same_file (path, input->path))
      return refuse (error,
          "%s would overwrite the input %s; name another file or folder", path,
          input->name);
  }
  for (int id = 0; id < DET_N_OPTIONS; id++) {
    if (det_option_rows ()[id].type == DET_OPTION_FILE &&
        is_same_file (path, det_options_get_string (cli->options, id)))
      return refuse (error, "%s would overwrite the file of --%s; name another",
          path, det_option_rows ()[id].name);
  }
  return TRUE;
}

static gboolean
check_parent (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);

  if (g_file_test (folder, G_FILE_TEST_IS_DIR))
    return TRUE;
  return refuse (error, "%s: the folder %s does not exist; make it first", path,
      folder);
}

static gboolean
check_file (const char *path, const Cli *cli, const GPtrArray *inputs,
    GError **error)
{
  if (!path || strcmp (path, "-") == 0)
    return TRUE;
  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    return refuse (error, "%s is a folder; name a file in it", path);
  return check_parent (path, error) && check_spares (path, cli, inputs, error);
}

/* What a file is called without its folder and ending. */
static char *
stem (const Input *input)
{
  g_autoptr (GstUri) uri = gst_uri_from_string (input->uri);
  g_autofree char *path = input->path || !uri ? g_strdup (input->path)
                                              : gst_uri_get_path (uri);
  g_autofree char *name = path && *path ? g_path_get_basename (path) : NULL;
  char *dot = name ? strrchr (name, '.') : NULL;

  if (dot && dot != name)
    *dot = '\0';
  if (!name || strchr ("/.", name[0]))
    return g_strdup ("stream");
  return g_steal_pointer (&name);
}

/* A video becomes .mp4; a picture keeps its ending where it is one that is
 * written. */
static const char *
ending_for (const Input *input)
{
  const char *name = input->path ? input->path : input->uri;

  if (input->kind == INPUT_STREAM)
    return ".mp4";
  return ends_in (name, picture_endings) ? strrchr (name, '.') : ".png";
}

static char *
unused_name (const char *folder, const Input *input, GHashTable *taken)
{
  g_autofree char *base = stem (input);
  g_autofree char *name = g_strconcat (base, ending_for (input), NULL);

  for (int i = 1; g_hash_table_contains (taken, name); i++) {
    g_free (name);
    name = g_strdup_printf ("%s-%d%s", base, i, ending_for (input));
  }
  g_hash_table_add (taken, g_strdup (name));
  return g_build_filename (folder, name, NULL);
}

static gboolean
plan_folder (const char *folder, const Cli *cli, const GPtrArray *inputs,
    GError **error)
{
  g_autoptr (GHashTable)
      taken = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < inputs->len; i++) {
    Input *input = g_ptr_array_index (inputs, i);

    input->target = unused_name (folder, input, taken);
    if (!check_spares (input->target, cli, inputs, error))
      return FALSE;
  }
  if (g_file_test (folder, G_FILE_TEST_IS_DIR))
    return TRUE;
  if (!check_parent (folder, error))
    return FALSE;
  if (g_mkdir (folder, 0777) == 0)
    return TRUE;
  return refuse (error, "%s: %s; name a folder that can be made", folder,
      g_strerror (errno));
}

static gboolean
plan_single (const char *output, Input *input, const Cli *cli,
    const GPtrArray *inputs, GError **error)
{
  gboolean picture = input->kind != INPUT_STREAM;

  if (picture && !target_is_picture (output))
    return refuse (error,
        "%s is a picture, so %s should end in .jpg or .png, or be a folder "
        "(end it in /)",
        input->name, output);
  if (!picture && target_is_picture (output))
    return refuse (error,
        "%s is a video, so %s should end in .mp4, .mkv or .mov, or be a folder "
        "(end it in /)",
        input->name, output);
  if (!check_file (output, cli, inputs, error))
    return FALSE;
  input->target = g_strdup (output);
  return TRUE;
}

static gboolean
plan_output (const Cli *cli, const GPtrArray *inputs, GError **error)
{
  gboolean several = g_strv_length (cli->inputs) > 1 ||
      inputs_has_folder (cli->inputs);
  gboolean ending = ends_in (cli->output, picture_endings) ||
      ends_in (cli->output, video_endings);
  g_autofree char *folder = g_strdup (cli->output);

  while (strlen (folder) > 1 && g_str_has_suffix (folder, "/"))
    folder[strlen (folder) - 1] = '\0';
  if (g_file_test (folder, G_FILE_TEST_IS_DIR) ||
      g_str_has_suffix (cli->output, "/") || (several && !ending))
    return plan_folder (folder, cli, inputs, error);
  if (several)
    return refuse (error,
        "%s is one file, but there are several inputs; name a folder",
        cli->output);
  if (!ending)
    return refuse (error,
        "%s should end in .jpg, .png, .mp4, .mkv or .mov, or in / for a folder",
        cli->output);
  return inputs->len == 0 ||
      plan_single (cli->output, g_ptr_array_index (inputs, 0), cli, inputs,
          error);
}

/* Two results in one file would be none. */
static gboolean
check_distinct (const Cli *cli, const GPtrArray *inputs, GError **error)
{
  g_autoptr (GHashTable)
      taken = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) paths = g_ptr_array_new ();

  for (guint i = 0; i < inputs->len; i++)
    g_ptr_array_add (paths, ((Input *) g_ptr_array_index (inputs, i))->target);
  g_ptr_array_add (paths, cli->json);
  g_ptr_array_add (paths, cli->csv);
  for (guint i = 0; i < paths->len; i++) {
    const char *path = g_ptr_array_index (paths, i);

    if (path && strcmp (path, "-") != 0 &&
        !g_hash_table_add (taken, g_canonicalize_filename (path, NULL)))
      return refuse (error, "%s is to be written twice; name different files",
          path);
  }
  return TRUE;
}

gboolean
targets_plan (const Cli *cli, const GPtrArray *inputs, GError **error)
{
  /* The output first: a report may go into its new folder. */
  return (!cli->output || plan_output (cli, inputs, error)) &&
      check_file (cli->json, cli, inputs, error) &&
      check_file (cli->csv, cli, inputs, error) &&
      check_distinct (cli, inputs, error);
}
