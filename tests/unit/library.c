/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engines/library.h"

#include "engine.h"
#include "engines/onnxruntime-api.h"
#include <detect/error.h>
#include <string.h>
#include <unistd.h>

#include "testfolder.h"

extern const DetEngine det_engine_onnxruntime;

static void
copy_file (const char *from, const char *below)
{
  g_autofree char *path = test_folder_place (below);
  g_autofree char *bytes = NULL;
  gsize length = 0;

  g_assert_true (g_file_get_contents (from, &bytes, &length, NULL));
  g_assert_true (g_file_set_contents (path, bytes, (gssize) length, NULL));
}

/* A shared library of that source, or NULL where there is no compiler. */
static char *
build_library (const char *name, const char *source)
{
  g_autofree char *compiler = g_find_program_in_path ("cc");
  g_autofree char *file = g_strconcat (name, ".c", NULL);
  g_autofree char *input = test_folder_place (file);
  char *output = test_folder_place (name);
  const char *const command[] = { compiler, "-shared", "-fPIC", "-o", output,
    input, NULL };
  int status = 0;

  if (!compiler) {
    g_test_skip ("skipped: no C compiler to make a library with");
    g_free (output);
    return NULL;
  }
  test_folder_write (file, source, -1);
  g_assert_true (g_spawn_sync (NULL, (char **) command, NULL, G_SPAWN_DEFAULT,
      NULL, NULL, NULL, NULL, &status, NULL));
  g_assert_cmpint (status, ==, 0);
  return output;
}

/* ---- finding ---- */

static const char *const fake_packages[] = { "fake/capi/libdetectfake.so.*",
  "fake-node/bin/libdetectfake.so.*", NULL };
static const char *const fake_names[] = { "libdetectfake.so.*", NULL };
static const DetLibraryQuery fake = {
  .name = "Fake",
  .environment = "DETECT_TEST_FAKE",
  .packages = fake_packages,
  .sonames = fake_names,
  .symbol = "det_fake",
  .install = "install a fake",
};

/* In a process of its own, since GLib and the loader remember the environment. */
static void
print_found (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  if (det_library_open (&fake, &path, &error))
    g_print ("found %s\n", path);
  else
    g_print ("none: %s\n", error->message);
}

static void
set_search_environment (void)
{
  g_autofree char *home = test_folder_place ("home");
  g_autofree char *data = test_folder_place ("data");
  g_autofree char *venv = test_folder_place ("venv");
  g_autofree char *loader = g_strdup_printf (".::%s/loader", scratch);

  g_setenv ("HOME", home, TRUE);
  g_setenv ("XDG_DATA_HOME", data, TRUE);
  g_setenv ("VIRTUAL_ENV", venv, TRUE);
  g_setenv ("LD_LIBRARY_PATH", loader, TRUE);
  g_unsetenv ("DETECT_TEST_FAKE");
}

static void
test_newest (void)
{
  /* Newest first. */
  static const char *const files[] = {
    "data/detect/fake/capi/libdetectfake.so.1.10.0",
    "home/.nvm/versions/node/v20/lib/node_modules/fake-node/bin/"
    "libdetectfake.so.1", /* 1.9.0 */
    "loader/libdetectfake.so.1.3.0",
    "venv/lib/python3.11/site-packages/fake/capi/libdetectfake.so.1.2.0",
    "home/.local/lib/python3.9/site-packages/fake/capi/libdetectfake.so.1.1.0",
  };

  if (g_test_subprocess ()) {
    print_found ();
    return;
  }
  g_autofree char *library = build_library ("fake.so", "int det_fake;");
  if (!library)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    copy_file (library, files[i]);
  copy_file (library, "here/libdetectfake.so.99.0"); /* never looked for */
  test_folder_write ("home/.nvm/versions/node/v20/lib/node_modules/fake-node/"
                     "package.json",
      "{ \"name\": \"fake-node\",\n  \"version\" : \"1.9.0\" }", -1);
  /* Newer, and for everybody to write. */
  copy_file (library,
      "venv/lib/python3.12/site-packages/fake/capi/"
      "libdetectfake.so.5.0");
  g_autofree char *open =
      test_folder_place ("venv/lib/python3.12/site-packages/fake/capi");
  g_chmod (open, 0777);
  set_search_environment ();
  g_autofree char *here = test_folder_place ("here");
  g_assert_cmpint (g_chdir (here), ==, 0);

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *path = test_folder_place (files[i]);
    g_autofree char *expected = g_strdup_printf ("*found %s\n*", path);

    test_run_child ();
    g_test_trap_assert_stdout (expected);
    g_assert_cmpint (g_remove (path), ==, 0);
  }
  test_run_child ();
  g_test_trap_assert_stdout ("*none: *everybody may write*install a fake*");
}

static void
assert_refused (const char *path, const char *why)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (det_library_is_trusted (path, &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, why));
  g_assert_null (strchr (error->message, '\n'));
}

static void
test_trust (void)
{
  g_autofree char *path = test_folder_place ("trust/a/b/lib.so");
  g_autofree char *above = test_folder_place ("trust/a");
  g_autofree char *open = test_folder_place ("trust/open/link.so");
  g_autofree char *open_folder = g_path_get_dirname (open);
  g_autofree char *good = test_folder_place ("trust/a/link.so");
  g_autofree char *relative = g_strdup (strrchr (path, '/') + 1);

  test_folder_write ("trust/a/b/lib.so", "x", -1);
  g_assert_cmpint (symlink (path, good), ==, 0);
  g_assert_cmpint (symlink (path, open), ==, 0);
  g_assert_true (det_library_is_trusted (path, NULL));
  g_assert_true (det_library_is_trusted (good, NULL));

  /* Whoever may write above may put another folder there, unless it is sticky. */
  g_chmod (above, 0777);
  assert_refused (path, "everybody may write");
  g_chmod (above, 01777);
  g_assert_true (det_library_is_trusted (path, NULL));
  g_chmod (above, 0755);

  /* A link that others may turn round. */
  g_chmod (open_folder, 01777);
  assert_refused (open, "everybody may write");
  g_chmod (open_folder, 0755);
  g_assert_true (det_library_is_trusted (open, NULL));

  assert_refused (relative, "not absolute");
  assert_refused (above, "not a regular file");
  assert_refused ("/nonexistent/lib.so", "No such file");
  if (geteuid () == 0) {
    g_assert_cmpint (chown (path, 65534, 65534), ==, 0);
    assert_refused (path, "belongs to user 65534");
  }
}

/* Says what is_present answers for a value of the variable. */
static void
test_named (gconstpointer data)
{
  const char *const *values = data;

  if (g_test_subprocess ()) {
    g_autoptr (GError) error = NULL;

    g_assert_false (det_engine_onnxruntime.is_present (&error));
    g_assert_error (error, DET_ERROR, DET_ERROR_UNSUPPORTED);
    g_assert_null (strchr (error->message, '\n'));
    g_print ("%s\n", error->message);
    g_clear_error (&error);
    g_assert_false (det_engine_onnxruntime
                        .is_present (&error)); /* remembered */
    g_assert_nonnull (error);
    return;
  }
  g_autofree char *value = g_str_has_prefix (values[0], "scratch/")
      ? test_folder_place (values[0] + strlen ("scratch/"))
      : g_strdup (values[0]);
  g_autofree char *before = g_strdup (g_getenv ("DETECT_ONNXRUNTIME"));
  g_autofree char *expected = g_strdup_printf ("*%s*", values[1]);

  g_setenv ("DETECT_ONNXRUNTIME", value, TRUE);
  test_run_child ();
  g_test_trap_assert_stdout (expected);
  g_test_trap_assert_stdout ("*pip install*onnxruntime*");
  if (before)
    g_setenv ("DETECT_ONNXRUNTIME", before, TRUE);
  else
    g_unsetenv ("DETECT_ONNXRUNTIME");
}

static void
test_old (void)
{
  static const char *const values[] = { "scratch/old/libonnxruntime.so.1",
    "is ONNX Runtime 1.4.0, too old: " DET_ORT_FIRST_RELEASE " or newer" };

  if (!g_test_subprocess ()) {
    g_autofree char *library = build_library ("old/libonnxruntime.so.1",
        "static const void *get_api (unsigned v) { return 0; }\n"
        "static const char *get_version (void) { return \"1.4.0\"; }\n"
        "static const struct { const void *(*a) (unsigned);\n"
        "  const char *(*v) (void); } base = { get_api, get_version };\n"
        "const void *OrtGetApiBase (void) { return &base; }\n");
    if (!library)
      return;
  }
  test_named (values);
}

/* ---- main ---- */

int
main (int argc, char **argv)
{
  static const char *const named[][3] = {
    { "none", "DETECT_ONNXRUNTIME=none", "/library/named/none" },
    { "lib.so", "not an absolute path", "/library/named/relative" },
    { "scratch/nowhere.so", "No such file", "/library/named/missing" },
    { "scratch/empty", "no such library in the folder",
        "/library/named/folder" },
    { "scratch/text.so", "not loaded: *", "/library/named/not-a-library" },
  };

  g_test_init (&argc, &argv, NULL);
  test_folder_make ();
  test_folder_write ("text.so", "not a library", -1);
  test_folder_write ("empty/file", "x", -1);
  g_test_add_func ("/library/newest", test_newest);
  g_test_add_func ("/library/trust", test_trust);
  for (gsize i = 0; i < G_N_ELEMENTS (named); i++)
    g_test_add_data_func (named[i][2], named[i], test_named);
  g_test_add_func ("/library/old", test_old);
  int result = g_test_run ();
  test_folder_remove ();
  return result;
}
