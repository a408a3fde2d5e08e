/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "library.h"

#include "unwinder.h"
#include <detect/error.h>
#include <dlfcn.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <glob.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How far above a library the package.json that tells its version may lie. */
#define MAX_PACKAGE_DEPTH 6

typedef struct
{
  char *path; /* links resolved */
  char *version;
} Candidate;

/* What is found on the way to a library. */
typedef struct
{
  const DetLibraryQuery *query;
  GPtrArray *candidates; /* Candidate */
  GHashTable *seen;      /* set of paths, links resolved */
  GString *reasons;      /* why files were left */
} Search;

/* ---- trust ---- */

static gboolean refuse (GError **error, const char *path, const char *format,
    ...) G_GNUC_PRINTF (3, 4);

static gboolean
refuse (GError **error, const char *path, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *why = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED, "%s is not loaded: %s",
      path, why);
  return FALSE;
}

static gboolean
is_ours (const struct stat *st)
{
  return st->st_uid == 0 || st->st_uid == geteuid ();
}

/* Whether nobody else can put another file in this one's place. */
static gboolean
is_chain_trusted (const char *path, const char *named, GError **error)
{
  g_autofree char *node = g_strdup (path);

  for (int depth = 0;; depth++) {
    struct stat st;

    if (lstat (node, &st) != 0)
      return refuse (error, named, "%s: %s", node, g_strerror (errno));
    if (!is_ours (&st))
      return refuse (error, named,
          "%s belongs to user %u, neither root nor the one who runs this", node,
          (unsigned int) st.st_uid);
    if ((st.st_mode & S_IWOTH) && !S_ISLNK (st.st_mode) &&
        (depth <= 1 || !(st.st_mode & S_ISVTX)))
      return refuse (error, named, "everybody may write to %s (chmod o-w)",
          node);
    if (strcmp (node, "/") == 0)
      return TRUE;
    char *parent = g_path_get_dirname (node);
    g_free (node);
    node = parent;
  }
}

gboolean
det_library_is_trusted (const char *path, GError **error)
{
  struct stat st;

  if (!g_path_is_absolute (path))
    return refuse (error, path, "its path is not absolute");
  g_autofree char *real = realpath (path, NULL);
  if (!real || stat (real, &st) != 0)
    return refuse (error, path, "%s", g_strerror (errno));
  if (!S_ISREG (st.st_mode))
    return refuse (error, path, "it is not a regular file");
  return is_chain_trusted (path, path, error) &&
      is_chain_trusted (real, path, error);
}

/* ---- versions ---- */

/* The version that an npm package says of itself. */
static char *
read_package_version (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "package.json", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GRegex) pattern =
      g_regex_new ("\"version\"\\s*:\\s*\"([0-9][^\"]*)\"", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  struct stat st;

  if (lstat (path, &st) != 0 || !S_ISREG (st.st_mode) || !is_ours (&st) ||
      !g_file_get_contents (path, &text, NULL, NULL) ||
      !g_utf8_validate (text, -1, NULL) ||
      !g_regex_match (pattern, text, 0, &match))
    return NULL;
  return g_match_info_fetch (match, 1);
}

/* libNAME.so.1.21.0 tells its version; npm's packages ship a libNAME.so.1, so there
 * the package is asked. */
static char *
find_version (const char *path)
{
  g_autofree char *base = g_path_get_basename (path);
  const char *suffix = strstr (base, ".so.");
  const char *number = suffix ? suffix + strlen (".so.") : "";
  g_autofree char *folder = g_path_get_dirname (path);

  if (strchr (number, '.'))
    return g_strdup (number);
  for (int i = 0; i < MAX_PACKAGE_DEPTH; i++) {
    char *version = read_package_version (folder);
    char *parent = g_path_get_dirname (folder);

    g_free (folder);
    folder = parent;
    if (version)
      return version;
  }
  return g_strdup (number);
}

static int
compare_versions (gconstpointer a, gconstpointer b)
{
  const Candidate *first = *(const Candidate *const *) a;
  const Candidate *second = *(const Candidate *const *) b;

  return strverscmp (second->version, first->version);
}

/* ---- where to look ---- */

static void
candidate_free (gpointer data)
{
  Candidate *candidate = data;

  g_free (candidate->path);
  g_free (candidate->version);
  g_free (candidate);
}

static void
note (Search *search, const char *why)
{
  g_string_append_printf (search->reasons, "%s%s",
      search->reasons->len ? "; " : "", why);
}

static void
add_candidate (Search *search, const char *path)
{
  g_autoptr (GError) error = NULL;
  char *real = realpath (path, NULL);
  gboolean is_new = !g_hash_table_contains (search->seen, real ? real : path);

  g_hash_table_add (search->seen, g_strdup (real ? real : path));
  if (is_new && !det_library_is_trusted (path, &error)) {
    note (search, error->message);
  } else if (is_new) {
    Candidate *candidate = g_new0 (Candidate, 1);

    candidate->path = g_strdup (real);
    candidate->version = find_version (real);
    g_ptr_array_add (search->candidates, candidate);
  }
  free (real);
}

static void
add_matches (Search *search, const char *pattern)
{
  glob_t found;

  if (glob (pattern, 0, NULL, &found) != 0)
    return;
  for (gsize i = 0; i < found.gl_pathc; i++)
    add_candidate (search, found.gl_pathv[i]);
  globfree (&found);
}

static void
add_below (Search *search, const char *folder, const char *const *patterns)
{
  for (int i = 0; patterns[i]; i++) {
    g_autofree char *pattern = g_build_filename (folder, patterns[i], NULL);

    add_matches (search, pattern);
  }
}

/* A folder's name as a pattern that fits nothing else. */
static char *
quote_folder (const char *folder)
{
  GString *quoted = g_string_new (NULL);

  for (const char *c = folder; *c; c++) {
    if (strchr ("*?[]\\", *c))
      g_string_append_c (quoted, '\\');
    g_string_append_c (quoted, *c);
  }
  return g_string_free (quoted, FALSE);
}

static void
add_loader_folder (Search *search, const char *folder)
{
  g_autofree char *quoted = quote_folder (folder);

  /* An empty or relative entry of LD_LIBRARY_PATH is the current folder. */
  if (g_path_is_absolute (folder))
    add_below (search, quoted, search->query->sonames);
}

static void
add_configured_folders (Search *search)
{
  glob_t found;

  if (glob ("/etc/ld.so.conf", 0, NULL, &found) != 0)
    return;
  glob ("/etc/ld.so.conf.d/*.conf", GLOB_APPEND, NULL, &found);
  for (gsize i = 0; i < found.gl_pathc; i++) {
    g_autofree char *text = NULL;

    if (!g_file_get_contents (found.gl_pathv[i], &text, NULL, NULL))
      continue;
    g_auto (GStrv) lines = g_strsplit_set (text, "\r\n", -1);
    for (int n = 0; lines[n]; n++)
      add_loader_folder (search, g_strstrip (lines[n]));
  }
  globfree (&found);
}

/* The folders that the system's loader takes libraries from. They are asked for and
 * looked into rather than the loader told to open a bare name: what it would open
 * could not be checked before its code runs. */
static void
add_system (Search *search)
{
  void *program = dlopen (NULL, RTLD_LAZY);
  Dl_serinfo size;

  if (program && dlinfo (program, RTLD_DI_SERINFOSIZE, &size) == 0) {
    g_autofree Dl_serinfo *paths = g_malloc0 (size.dls_size);

    dlinfo (program, RTLD_DI_SERINFOSIZE, paths);
    if (dlinfo (program, RTLD_DI_SERINFO, paths) == 0) {
      for (unsigned int i = 0; i < paths->dls_cnt; i++)
        add_loader_folder (search, paths->dls_serpath[i].dls_name);
    }
  }
  if (program)
    dlclose (program);
  add_configured_folders (search);
}

/* Folders that packages are installed below. */
static void
add_packages (Search *search)
{
  const char *environment = g_getenv ("VIRTUAL_ENV");
  const struct
  {
    const char *base; /* NULL: not there */
    const char *below;
  } places[] = {
    { environment && *environment ? environment : NULL,
        "lib/python3*/site-packages" },
    { g_get_home_dir (), ".local/lib/python3*/site-packages" },
    { "/usr/local/lib", "python3*/site-packages" },
    { "/usr/local/lib", "python3*/dist-packages" },
    { "/usr/lib", "python3*/site-packages" },
    { "/usr/lib", "python3*/dist-packages" },
    { "/usr/lib64", "python3*/site-packages" },
    { g_get_user_data_dir (), "detect" },
    { g_get_user_data_dir (), "detect/node_modules" },
    { g_get_home_dir (), ".npm-global/lib/node_modules" },
    { g_get_home_dir (), ".nvm/versions/node/*/lib/node_modules" },
    { "/usr/local/lib", "node_modules" },
    { "/usr/lib", "node_modules" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (places); i++) {
    if (!places[i].base)
      continue;
    g_autofree char *base = quote_folder (places[i].base);
    g_autofree char *folder = g_build_filename (base, places[i].below, NULL);
    add_below (search, folder, search->query->packages);
  }
}

/* A folder that a user names may be one of packages, one of libraries, an unpacked
 * release, or the very place in a package. */
static void
add_named_folder (Search *search, const char *named)
{
  g_autofree char *quoted = quote_folder (named);
  g_autofree char *lib = g_build_filename (quoted, "lib", NULL);

  add_below (search, quoted, search->query->packages);
  add_below (search, quoted, search->query->sonames);
  add_below (search, lib, search->query->sonames);
  if (g_hash_table_size (search->seen) == 0) {
    g_autofree char *why =
        g_strdup_printf ("no such library in the folder %s", named);

    note (search, why);
  }
}

static void
add_named (Search *search, const char *named)
{
  g_autofree char *why = NULL;

  if (strcmp (named, "none") == 0)
    why =
        g_strdup_printf ("%s=none switches it off", search->query->environment);
  else if (!g_path_is_absolute (named))
    why = g_strdup_printf ("%s=%s is not an absolute path",
        search->query->environment, named);
  if (why)
    note (search, why);
  else if (g_file_test (named, G_FILE_TEST_IS_DIR))
    add_named_folder (search, named);
  else
    add_candidate (search, named);
}

char *
det_library_pip_command (const char *package)
{
  g_autofree char *folder =
      g_build_filename (g_get_user_data_dir (), "detect", NULL);
  g_autofree char *quoted = g_shell_quote (folder);

  return g_strdup_printf ("pip install --no-deps --target %s %s", quoted,
      package);
}

/* ---- opening ---- */

/* Opened libraries stay, so the handle is of no use. */
static gboolean
open_apart (const char *path)
{
#ifdef __SANITIZE_ADDRESS__
  return FALSE; /* its runtime ends the process at such a call */
#else
  return dlopen (path, RTLD_LAZY | RTLD_LOCAL | RTLD_DEEPBIND) != NULL;
#endif
}

static gboolean
open_parts (const DetLibraryQuery *query, const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *quoted = quote_folder (folder);
  gboolean ok = TRUE;

  for (int i = 0; ok && query->parts && query->parts[i]; i++) {
    g_autofree char *pattern = g_build_filename (quoted, query->parts[i], NULL);
    glob_t found;

    ok = glob (pattern, 0, NULL, &found) == 0;
    for (gsize n = 0; ok && n < found.gl_pathc; n++)
      ok = det_library_is_trusted (found.gl_pathv[n], NULL) &&
          open_apart (found.gl_pathv[n]);
    globfree (&found);
  }
  return ok;
}

/* Opens the library first in the way that lets it throw exceptions, where it could
 * not otherwise; whoever opens it later gets the same. */
static gboolean
prepare_exceptions (const DetLibraryQuery *query, const char *path,
    GError **error)
{
  gboolean can_be_mended;

  if (!det_unwinder_is_split (&can_be_mended))
    return TRUE;
  g_debug ("%s is bound to the unwinder of libstdc++", path);
  if (can_be_mended && open_apart (path) && open_parts (query, path))
    return TRUE;
  return refuse (error, path,
      "libunwind and libstdc++ were loaded in an order in which its exceptions "
      "would end the process; load GStreamer before other C++ libraries (in "
      "Python: import gi's Gst before cv2)");
}

static GModule *
open_file (const DetLibraryQuery *query, const char *path, GError **error)
{
  if (!prepare_exceptions (query, path, error))
    return NULL;

  GModule *module = g_module_open (path, G_MODULE_BIND_LOCAL);
  gpointer symbol = NULL;

  if (!module) {
    g_autofree char *why =
        g_strdelimit (g_strdup (g_module_error ()), "\r\n", ' ');

    refuse (error, path, "%s", why);
    return NULL;
  }
  if (!g_module_symbol (module, query->symbol, &symbol))
    refuse (error, path, "it has no %s", query->symbol);
  else if (!query->accepts || query->accepts (module, path, error))
    return module;
  g_module_close (module);
  return NULL;
}

static GModule *
open_newest (Search *search, char **path)
{
  g_ptr_array_sort (search->candidates, compare_versions); /* a stable sort */
  for (guint i = 0; i < search->candidates->len; i++) {
    const Candidate *candidate = search->candidates->pdata[i];
    g_autoptr (GError) error = NULL;
    GModule *module = open_file (search->query, candidate->path, &error);

    if (module) {
      g_module_make_resident (module);
      *path = g_strdup (candidate->path);
      return module;
    }
    note (search, error->message);
  }
  return NULL;
}

GModule *
det_library_open (const DetLibraryQuery *query, char **path, GError **error)
{
  const char *named = g_getenv (query->environment);
  g_autoptr (GPtrArray)
      candidates = g_ptr_array_new_with_free_func (candidate_free);
  g_autoptr (GHashTable)
      seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GString) reasons = g_string_new (NULL);
  Search search = { query, candidates, seen, reasons };

  if (named && *named) {
    add_named (&search, named);
  } else {
    add_system (&search);
    add_packages (&search);
  }
  GModule *module = open_newest (&search, path);
  if (module)
    g_debug ("%s: %s%s%s", query->name, *path, reasons->len ? "; left: " : "",
        reasons->str);
  else
    g_set_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED,
        "%s is not there%s%s; %s, or name the library in %s", query->name,
        reasons->len ? ": " : "", reasons->str, query->install,
        query->environment);
  return module;
}
