/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inputs.h"

#include <gst/base/gsttypefindhelper.h>
#include <gst/gst.h>
#include <stdio.h>
#include <string.h>

/* As much as the type finders ask for: transport streams take the most. */
#define HEAD_BYTES 65536

/* Most names a note lists. */
#define LISTED 5

typedef struct
{
  GPtrArray *inputs;
  Console *console;
  guint n_failed;
} Search;

void
input_free (Input *input)
{
  if (!input)
    return;
  g_free (input->name);
  g_free (input->uri);
  g_free (input->path);
  g_free (input->target);
  g_free (input);
}

static gboolean
has_picture_ending (const char *path)
{
  static const char *const endings[] = { ".jpg", ".jpeg", ".jpe", ".jfif",
    ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif" };
  g_autofree char *lower = g_ascii_strdown (path, -1);

  for (gsize i = 0; i < G_N_ELEMENTS (endings); i++) {
    if (g_str_has_suffix (lower, endings[i]))
      return TRUE;
  }
  return FALSE;
}

/* What the first bytes of a file are, or NULL. */
static GstCaps *
find_type (const char *path)
{
  guint8 head[HEAD_BYTES];
  FILE *file = fopen (path, "rb");

  if (!file)
    return NULL;
  gsize length = fread (head, 1, HEAD_BYTES, file);
  (void) fclose (file);
  return length > 0 ? gst_type_find_helper_for_data (NULL, head, length, NULL)
                    : NULL;
}

/* By content; where that says nothing, by the ending, so that a broken picture
 * among pictures is missed by no one. */
static InputKind
find_kind (const char *path)
{
  g_autoptr (GstCaps) caps = find_type (path);

  if (caps) {
    const char *type =
        gst_structure_get_name (gst_caps_get_structure (caps, 0));

    if (strcmp (type, "image/jpeg") == 0)
      return INPUT_JPEG;
    return g_str_has_prefix (type, "image/") ? INPUT_PICTURE : INPUT_STREAM;
  }
  return has_picture_ending (path) ? INPUT_PICTURE : INPUT_STREAM;
}

static void
reject (Search *search, const char *name, const char *reason)
{
  console_error (search->console, name, reason);
  search->n_failed++;
}

static Input *
add (Search *search, const char *name, char *uri, InputKind kind)
{
  Input *input = g_new0 (Input, 1);

  input->name = g_strdup (name);
  input->uri = uri;
  input->kind = kind;
  g_ptr_array_add (search->inputs, input);
  return input;
}

static void
add_file (Search *search, const char *name, const char *path, InputKind kind)
{
  g_autoptr (GError) error = NULL;
  char *uri = gst_filename_to_uri (path, &error);

  if (uri)
    add (search, name, uri, kind)->path = g_strdup (path);
  else
    reject (search, name, error->message);
}

static void
add_uri (Search *search, const char *uri)
{
  g_autofree char *protocol = gst_uri_get_protocol (uri);
  g_autoptr (GstUri) parsed = gst_uri_from_string (uri);
  g_autofree char *path = parsed ? gst_uri_get_path (parsed) : NULL;

  if (!gst_uri_protocol_is_supported (GST_URI_SRC, protocol)) {
    g_autofree char *reason =
        g_strdup_printf ("nothing here reads %s://; install the GStreamer "
                         "plugin that does, "
                         "or name a file",
            protocol);
    reject (search, uri, reason);
    return;
  }

  /* Asking a server what it sends would mean to connect twice. */
  gboolean picture = path && has_picture_ending (path);
  g_autofree char *lower = picture ? g_ascii_strdown (path, -1) : NULL;
  InputKind kind = INPUT_STREAM;
  if (picture)
    kind = g_str_has_suffix (lower, ".jpg") || g_str_has_suffix (lower, ".jpeg")
        ? INPUT_JPEG
        : INPUT_PICTURE;
  add (search, uri, g_strdup (uri), kind);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  const char *x = *(char *const *) a;
  const char *y = *(char *const *) b;
  g_autofree char *valid_x = g_utf8_make_valid (x, -1);
  g_autofree char *valid_y = g_utf8_make_valid (y, -1);
  g_autofree char *key_x = g_utf8_collate_key_for_filename (valid_x, -1);
  g_autofree char *key_y = g_utf8_collate_key_for_filename (valid_y, -1);
  int order = strcmp (key_x, key_y);

  return order ? order : strcmp (x, y);
}

/* The names in a folder, hidden ones left out, 2 before 10. */
static GPtrArray *
list_folder (const char *path, GError **error)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, error);
  const char *name;

  if (!folder)
    return NULL;
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  while ((name = g_dir_read_name (folder)))
    if (name[0] != '.')
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  return names;
}

static void
note_skipped (Search *search, const char *folder, const GPtrArray *skipped)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < MIN (skipped->len, LISTED); i++)
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "",
        (char *) g_ptr_array_index (skipped, i));
  if (skipped->len > LISTED)
    g_string_append (names, ", ...");
  if (skipped->len > 0)
    console_note (search->console, "%s: skipped %u that are no pictures: %s",
        folder, skipped->len, names->str);
}

static void
add_folder (Search *search, const char *name, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) names = list_folder (path, &error);
  g_autoptr (GPtrArray) skipped = g_ptr_array_new ();
  guint before = search->inputs->len;

  if (!names) {
    reject (search, name, error->message);
    return;
  }
  for (guint i = 0; i < names->len; i++) {
    char *entry = g_ptr_array_index (names, i);
    g_autofree char *entry_name = g_build_filename (name, entry, NULL);
    g_autofree char *entry_path = g_build_filename (path, entry, NULL);
    InputKind kind = g_file_test (entry_path, G_FILE_TEST_IS_REGULAR)
        ? find_kind (entry_path)
        : INPUT_STREAM;

    if (kind == INPUT_STREAM)
      g_ptr_array_add (skipped, entry);
    else
      add_file (search, entry_name, entry_path, kind);
  }
  note_skipped (search, name, skipped);
  if (search->inputs->len == before)
    reject (search, name,
        "no pictures in this folder; videos are named one by one");
}

/* The path a word means, or NULL when it is a URI of something else. */
static char *
local_path (const char *word)
{
  g_autofree char *protocol = strstr (word, "://") ? gst_uri_get_protocol (word)
                                                   : NULL;

  if (!protocol || g_file_test (word, G_FILE_TEST_EXISTS))
    return g_strdup (word);
  return strcmp (protocol, "file") == 0 ? g_filename_from_uri (word, NULL, NULL)
                                        : NULL;
}

static void
add_word (Search *search, const char *word)
{
  g_autofree char *path = local_path (word);

  if (!path && strstr (word, "://"))
    add_uri (search, word);
  else if (!path || !g_file_test (path, G_FILE_TEST_EXISTS))
    reject (search, word, "no such file or folder; check the name");
  else if (g_file_test (path, G_FILE_TEST_IS_DIR))
    add_folder (search, word, path);
  else if (!g_file_test (path, G_FILE_TEST_IS_REGULAR))
    reject (search, word,
        "neither a file nor a folder; a camera is v4l2:///dev/video0");
  else
    add_file (search, word, path, find_kind (path));
}

GPtrArray *
inputs_find (char **words, Console *console, guint *n_failed)
{
  Search search = { .console = console,
    .inputs = g_ptr_array_new_with_free_func ((GDestroyNotify) input_free) };

  for (; *words; words++)
    add_word (&search, *words);
  *n_failed = search.n_failed;
  return search.inputs;
}

gboolean
inputs_has_folder (char **words)
{
  for (; *words; words++) {
    g_autofree char *path = local_path (*words);

    if (path && g_file_test (path, G_FILE_TEST_IS_DIR))
      return TRUE;
  }
  return FALSE;
}
