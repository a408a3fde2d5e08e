/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "optionflags.h"

#include <gst/gst.h>
#include <string.h>

char
option_flags_letter (DetOptionId id)
{
  if (id == DET_OPT_MODEL)
    return 'm';
  return id == DET_OPT_LABELS ? 'l' : '\0';
}

/* A row by its name, its letter, or the short word for one. */
static DetOptionId
find_row (const char *flag)
{
  for (int i = 0; i < DET_N_OPTIONS; i++) {
    if (flag[0] != '\0' && flag[1] == '\0' &&
        option_flags_letter (i) == flag[0])
      return i;
  }
  return strcmp (flag, "every") == 0 ? DET_OPT_INTERVAL
                                     : (DetOptionId) det_option_find (flag);
}

static gboolean
set_option (const char *flag, const char *value, gpointer data, GError **error)
{
  DetOptions *options = data;
  DetOptionId id = find_row (flag + strspn (flag, "-"));
  g_autoptr (GError) reason = NULL;

  if (det_options_set_text (options, id, value, &reason))
    return TRUE;
  /* The reason begins with the row's name, which need not be the flag's. */
  const char *text = reason->message;
  if (g_str_has_prefix (text, det_option_rows ()[id].name))
    text += strlen (det_option_rows ()[id].name);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s%s", flag,
      text);
  return FALSE;
}

static void
add_entry (GArray *entries, const char *name, char letter, int flags)
{
  GOptionEntry entry = { .long_name = name,
    .short_name = letter,
    .flags = flags,
    .arg = G_OPTION_ARG_CALLBACK,
    .arg_data = set_option };

  g_array_append_val (entries, entry);
}

gboolean
option_flags_draws (DetOptionId id)
{
  return id == DET_OPT_OVERLAY_LABELS || id == DET_OPT_LINE_WIDTH ||
      id == DET_OPT_FONT;
}

/* One flag per row; what they say is set in options. */
static GOptionGroup *
make_group (DetOptions *options, OptionFilter takes)
{
  g_autoptr (GArray) entries = g_array_new (TRUE, TRUE, sizeof (GOptionEntry));
  const DetOptionRow *rows = det_option_rows ();
  GOptionGroup *group =
      g_option_group_new ("detect", "Detection", "", options, NULL);

  for (int i = 0; i < DET_N_OPTIONS; i++) {
    if (takes (i))
      add_entry (entries, rows[i].name, option_flags_letter (i),
          rows[i].type == DET_OPTION_FILE ? G_OPTION_FLAG_FILENAME : 0);
  }
  if (takes (DET_OPT_INTERVAL))
    add_entry (entries, "every", 0, 0);
  g_option_group_add_entries (group, (const GOptionEntry *) entries->data);
  return group;
}

gboolean
option_flags_parse (DetOptions *options, OptionFilter takes,
    const GOptionEntry *own, char ***words, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  /* Help is laid out by ourselves: GOption neither wraps nor groups. */
  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_add_main_entries (context, own, NULL);
  g_option_context_add_group (context, make_group (options, takes));
  g_option_context_add_group (context, gst_init_get_option_group ());
  return g_option_context_parse_strv (context, words, error);
}
