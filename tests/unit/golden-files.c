/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* golden-files FOLDER: writes each golden as a .null file that is called after its
 * decoder, for tests of whole programs. What such a file cannot say (other kinds of
 * file, a graph's operators) has to be made up for with decoder=. */
#include "goldens.h"

static void
print_tensor (GString *text, const char *what, const DetTensorInfo *info)
{
  g_string_append_printf (text, "[%s %s]\nshape=", what, info->name);
  for (int i = 0; i < info->n_dims; i++)
    g_string_append_printf (text, "%" G_GINT64_FORMAT ";", info->dims[i]);
  g_string_append_c (text, '\n');
}

static void
print_values (GString *text, const DetTensorInfo *info, const float *data)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  gint64 n = 1;

  for (int i = 0; i < info->n_dims; i++)
    n *= info->dims[i];
  g_string_append (text, "data=");
  for (gint64 i = 0; i < n; i++) {
    if (data[i] != 0)
      g_string_append_printf (text, "%" G_GINT64_FORMAT ";%s;", i,
          g_ascii_dtostr (number, sizeof number, (double) data[i]));
  }
  g_string_append_c (text, '\n');
}

static void
print_metadata (GString *text, const DetModelInfo *info)
{
  GHashTableIter each;
  gpointer key, value;

  g_string_append (text, "[metadata]\n");
  g_hash_table_iter_init (&each, info->metadata);
  while (g_hash_table_iter_next (&each, &key, &value))
    g_string_append_printf (text, "%s=%s\n", (char *) key, (char *) value);
}

static void
write_golden (const GoldenRow *row, const char *folder)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *name = g_strdup_printf ("%s.null", row->name);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;
  Golden golden = { 0 };

  row->make (&golden);
  print_tensor (text, "input", det_model_info_input (golden.info, 0));
  for (guint i = 0; i < golden.n; i++) {
    const DetTensorInfo *info = det_model_info_output (golden.info, i);

    print_tensor (text, "output", info);
    print_values (text, info, golden.data[i]);
  }
  print_metadata (text, golden.info);
  golden_clear (&golden);
  if (!g_file_set_contents (path, text->str, -1, &error))
    g_error ("%s", error->message);
}

int
main (int argc, char **argv)
{
  if (argc != 2 || g_mkdir_with_parents (argv[1], 0755) != 0) {
    g_printerr ("usage: golden-files FOLDER\n");
    return 1;
  }
  for (int i = 0; i < n_goldens; i++)
    write_golden (&goldens[i], argv[1]);
  return 0;
}
