/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tune.h"

#include <string.h>

#define MOST_REMEMBERED 50
#define MOST_THREADS 1024

/* ---- what may be tried ---- */

guint
det_tune_list (const DetModelInfo *info, const DetOptions *options,
    DetTuneChoice choices[DET_TUNE_MAX_CHOICES])
{
  const char *name = det_options_get_string (options, DET_OPT_ENGINE);
  int threads = (int) det_options_get_int (options, DET_OPT_THREADS);
  gboolean both = threads == 0 && g_get_num_processors () > 1;
  guint n = 0;

  for (int i = 0; det_engines ()[i] && n + 2 <= DET_TUNE_MAX_CHOICES; i++) {
    const DetEngine *engine = det_engines ()[i];

    if (!det_engine_is_choice (engine, info, name))
      continue;
    choices[n++] = (DetTuneChoice){ engine, threads };
    if (both && !engine->shares_threads)
      choices[n++] = (DetTuneChoice){ engine, 1 };
  }
  return n;
}

/* ---- measuring ---- */

gpointer
det_tune_measure (const DetTuneChoice *choices, guint n_choices,
    gint64 budget_us,
    gpointer (*attempt) (const DetTuneChoice *choice, gint64 share_us,
        gint64 *run_us, gpointer data, GError **error),
    GDestroyNotify discard, gpointer data, DetTuneChoice *chosen,
    GError **error)
{
  gint64 end = g_get_monotonic_time () + budget_us;
  gint64 best_us = G_MAXINT64;
  gpointer best = NULL;

  for (guint i = 0; i < n_choices; i++) {
    gint64 left = end - g_get_monotonic_time ();
    gint64 run_us = G_MAXINT64;
    g_autoptr (GError) cause = NULL;

    if (best && left <= 0)
      break;
    gpointer found = attempt (&choices[i], MAX (left, 0) / (n_choices - i),
        &run_us, data, &cause);
    g_debug ("%s with threads=%d: %s%" G_GINT64_FORMAT " us",
        choices[i].engine->name, choices[i].threads,
        found ? "" : cause->message, found ? run_us : 0);
    if (!found && error && !*error)
      *error = g_steal_pointer (&cause);
    if (found && (!best || run_us < best_us)) {
      g_clear_pointer (&best, discard);
      best = g_steal_pointer (&found);
      best_us = run_us;
      *chosen = choices[i];
    }
    g_clear_pointer (&found, discard);
  }
  if (best)
    g_clear_error (error);
  return best;
}

/* ---- what a measurement holds for ---- */

static void
add_file (GChecksum *checksum, const char *path)
{
  g_autoptr (GMappedFile) file = path ? g_mapped_file_new (path, FALSE, NULL)
                                      : NULL;

  if (file)
    g_checksum_update (checksum,
        (const guchar *) g_mapped_file_get_contents (file),
        (gssize) g_mapped_file_get_length (file));
}

/* The processor's name where the system tells it. */
static char *
name_processor (void)
{
  g_autofree char *text = NULL;

  if (!g_file_get_contents ("/proc/cpuinfo", &text, NULL, NULL))
    return g_strdup ("");
  const char *line = strstr (text, "model name");
  if (!line)
    line = strstr (text, "CPU part");
  return line ? g_strndup (line, strcspn (line, "\n")) : g_strdup ("");
}

char *
det_tune_key (const DetModelInfo *info, int input_width, int input_height,
    gboolean spin, const DetTuneChoice *choices, guint n_choices)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *processor = name_processor ();

  g_string_append_printf (text, "%dx%d %d\n%s, %u\n", input_width, input_height,
      spin, processor, g_get_num_processors ());
  for (guint i = 0; i < n_choices; i++) {
    const DetEngine *engine = choices[i].engine;

    g_string_append_printf (text, "%s %s %d\n", engine->name,
        engine->version ? engine->version () : "", choices[i].threads);
  }
  g_checksum_update (checksum, (const guchar *) text->str, (gssize) text->len);
  add_file (checksum, info->path);
  add_file (checksum, info->companion);
  return g_strdup (g_checksum_get_string (checksum));
}

/* ---- what was measured ---- */

static char *
place_file (void)
{
  return g_build_filename (g_get_user_cache_dir (), "detect", "tune.ini", NULL);
}

static GKeyFile *
read_file (void)
{
  g_autofree char *path = place_file ();
  GKeyFile *file = g_key_file_new ();
  g_autoptr (GError) error = NULL;

  if (!g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, &error)) {
    g_debug ("%s is not used: %s", path, error->message);
    g_key_file_unref (file);
    file = g_key_file_new ();
  }
  return file;
}

gboolean
det_tune_recall (const char *key, const DetTuneChoice *choices, guint n_choices,
    DetTuneChoice *chosen)
{
  g_autoptr (GKeyFile) file = read_file ();
  g_autofree char *engine = g_key_file_get_string (file, key, "engine", NULL);
  g_autofree char *threads = g_key_file_get_string (file, key, "threads", NULL);
  gint64 number = -1;

  if (!engine || !threads ||
      !g_ascii_string_to_signed (threads, 10, 0, MOST_THREADS, &number, NULL))
    return FALSE;
  for (guint i = 0; i < n_choices; i++) {
    if (strcmp (choices[i].engine->name, engine) == 0 &&
        choices[i].threads == number) {
      *chosen = choices[i];
      return TRUE;
    }
  }
  return FALSE;
}

/* New ones stand last. */
static void
drop_oldest (GKeyFile *file)
{
  gsize n = 0;
  g_auto (GStrv) groups = g_key_file_get_groups (file, &n);

  for (gsize i = 0; i + MOST_REMEMBERED < n; i++)
    g_key_file_remove_group (file, groups[i], NULL);
}

void
det_tune_remember (const char *key, const DetTuneChoice *chosen)
{
  g_autoptr (GKeyFile) file = read_file ();
  g_autofree char *path = place_file ();
  g_autofree char *folder = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  g_key_file_remove_group (file, key, NULL);
  g_key_file_set_string (file, key, "engine", chosen->engine->name);
  g_key_file_set_integer (file, key, "threads", chosen->threads);
  drop_oldest (file);
  /* Another file is put in its place, so that nobody reads half of one. */
  g_mkdir_with_parents (folder, 0700);
  if (!g_key_file_save_to_file (file, path, &error))
    g_debug ("what was measured is not kept: %s", error->message);
}
