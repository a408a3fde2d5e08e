/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "library.h"

#include <detect/error.h>
#include <glib/gstdio.h>
#include <glob.h>
#include <string.h>
#include <unistd.h>

static gboolean
refuse (GError **error, const char *path, const char *why)
{
  g_set_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED, "%s is not loaded: %s",
      path, why);
  return FALSE;
}

static gboolean
is_ours (const GStatBuf *st)
{
  return st->st_uid == 0 || st->st_uid == geteuid ();
}

gboolean
det_library_is_trusted (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  GStatBuf file;
  GStatBuf parent;

  if (!g_path_is_absolute (path))
    return refuse (error, path, "its path is not absolute");
  if (g_stat (path, &file) != 0 || g_stat (folder, &parent) != 0)
    return refuse (error, path, "there is no such file");
  if (!S_ISREG (file.st_mode))
    return refuse (error, path, "it is not a file");
  if ((file.st_mode | parent.st_mode) & S_IWOTH)
    return refuse (error, path, "everybody may write there");
  if (!is_ours (&file) || !is_ours (&parent))
    return refuse (error, path, "it belongs to another user");
  return TRUE;
}

static GModule *
open_file (const DetLibraryQuery *query, const char *path, GError **error)
{
  GModule *module = g_module_open (path, G_MODULE_BIND_LOCAL);
  gpointer symbol;

  if (!module) {
    refuse (error, path, g_module_error ());
    return NULL;
  }
  if (!g_module_symbol (module, query->symbol, &symbol)) {
    g_autofree char *why = g_strdup_printf ("it has no %s", query->symbol);

    refuse (error, path, why);
    g_module_close (module);
    return NULL;
  }
  g_module_make_resident (module);
  return module;
}

static int
compare_versions (gconstpointer a, gconstpointer b)
{
  return strverscmp (*(const char *const *) b, *(const char *const *) a);
}

/* Files of a pattern, the newest version first. */
static GPtrArray *
expand (const char *pattern)
{
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);
  glob_t found;

  if (glob (pattern, 0, NULL, &found) == 0) {
    for (gsize i = 0; i < found.gl_pathc; i++)
      g_ptr_array_add (paths, g_strdup (found.gl_pathv[i]));
    globfree (&found);
  }
  g_ptr_array_sort (paths, compare_versions);
  return paths;
}

static GModule *
open_pattern (const DetLibraryQuery *query, const char *pattern, char **path,
    GError **error)
{
  g_autoptr (GPtrArray) paths = expand (pattern);

  for (guint i = 0; i < paths->len; i++) {
    GModule *module;

    g_clear_error (error);
    if (!det_library_is_trusted (paths->pdata[i], error))
      continue;
    module = open_file (query, paths->pdata[i], error);
    if (module) {
      *path = g_strdup (paths->pdata[i]);
      return module;
    }
  }
  return NULL;
}

static GModule *
open_below (const DetLibraryQuery *query, const char *folder, char **path,
    GError **error)
{
  for (int i = 0; query->packages[i]; i++) {
    g_autofree char *pattern =
        g_build_filename (folder, query->packages[i], NULL);
    GModule *module = open_pattern (query, pattern, path, error);

    if (module)
      return module;
  }
  return NULL;
}

/* Folders that packages are installed below, patterns allowed. */
static GPtrArray *
package_folders (void)
{
  static const char *const system[] = {
    "/usr/local/lib/python3*/dist-packages",
    "/usr/local/lib/python3*/site-packages",
    "/usr/lib/python3*/dist-packages",
    "/usr/local/lib/node_modules",
    "/usr/lib/node_modules",
  };
  GPtrArray *folders = g_ptr_array_new_with_free_func (g_free);
  const char *environment = g_getenv ("VIRTUAL_ENV");

  g_ptr_array_add (folders,
      g_build_filename (g_get_user_data_dir (), "detect", NULL));
  g_ptr_array_add (folders,
      g_build_filename (g_get_user_data_dir (), "detect", "node_modules",
          NULL));
  if (environment && g_path_is_absolute (environment))
    g_ptr_array_add (folders,
        g_build_filename (environment, "lib/python3*/site-packages", NULL));
  g_ptr_array_add (folders,
      g_build_filename (g_get_home_dir (), ".local/lib/python3*/site-packages",
          NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (system); i++)
    g_ptr_array_add (folders, g_strdup (system[i]));
  return folders;
}

static GModule *
open_named (const DetLibraryQuery *query, const char *named, char **path,
    GError **error)
{
  if (!g_file_test (named, G_FILE_TEST_IS_DIR)) {
    GModule *module = det_library_is_trusted (named, error)
        ? open_file (query, named, error)
        : NULL;

    *path = module ? g_strdup (named) : NULL;
    return module;
  }
  GModule *module = open_below (query, named, path, error);
  for (int i = 0; !module && query->packages[i]; i++) {
    g_autofree char *base = g_path_get_basename (query->packages[i]);
    g_autofree char *pattern = g_build_filename (named, base, NULL);

    module = open_pattern (query, pattern, path, error);
  }
  return module;
}

static GModule *
open_system (const DetLibraryQuery *query, char **path)
{
  for (int i = 0; query->sonames[i]; i++) {
    GModule *module = open_file (query, query->sonames[i], NULL);

    if (module) {
      *path = g_strdup (query->sonames[i]);
      return module;
    }
  }
  return NULL;
}

GModule *
det_library_open (const DetLibraryQuery *query, char **path, GError **error)
{
  const char *named = g_getenv (query->environment);
  g_autoptr (GPtrArray) folders = NULL;
  g_autoptr (GError) reason = NULL;
  GModule *module = NULL;

  if (named && *named && strcmp (named, "none") != 0) {
    module = open_named (query, named, path, &reason);
  } else if (!named || !*named) {
    folders = package_folders ();
    for (guint i = 0; i < folders->len && !module; i++)
      module = open_below (query, folders->pdata[i], path, &reason);
    if (!module)
      module = open_system (query, path);
  }
  if (!module)
    g_set_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED,
        "%s is not there%s%s; %s, or name the library in %s", query->name,
        reason ? ": " : "", reason ? reason->message : "", query->install,
        query->environment);
  return module;
}
