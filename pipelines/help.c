/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "help.h"

#include <gst/gst.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS 79
#define TEXT_COLUMN 27

static const HelpLine every_line = { "--every=N", "The same as --interval" };

/* Prints a flag, and its help wrapped beside it. */
static void
print_line (const char *flag, const char *help)
{
  g_auto (GStrv) words = g_strsplit (help, " ", -1);
  gsize column = 2 + strlen (flag);

  printf ("  %s", flag);
  if (column > TEXT_COLUMN - 2) {
    printf ("\n");
    column = 0;
  }
  for (char **word = words; *word; word++) {
    gsize width = strlen (*word);

    if (column < TEXT_COLUMN || column + 1 + width > COLUMNS) {
      printf ("%s%*s", column < TEXT_COLUMN ? "" : "\n",
          (int) (column < TEXT_COLUMN ? TEXT_COLUMN - column : TEXT_COLUMN),
          "");
      column = TEXT_COLUMN;
    } else {
      printf (" ");
      column++;
    }
    printf ("%s", *word);
    column += width;
  }
  printf ("\n");
}

static const char *
placeholder (DetOptionType type)
{
  switch (type) {
    case DET_OPTION_BOOLEAN:
      return "BOOL";
    case DET_OPTION_INT:
      return "N";
    case DET_OPTION_DOUBLE:
      return "X";
    case DET_OPTION_STRING:
      return "TEXT";
    case DET_OPTION_FILE:
      return "FILE";
    case DET_OPTION_CHOICE:
      return "WORD";
    case DET_OPTION_SIZE:
      return "WxH";
    case DET_OPTION_TRIPLE:
      return "X[,X,X]";
  }
  return "";
}

/* The values a row takes, or NULL when its type says it all. */
static char *
describe_values (const DetOptionRow *row)
{
  switch (row->type) {
    case DET_OPTION_BOOLEAN:
      return g_strdup ("true or false");
    case DET_OPTION_INT:
    case DET_OPTION_DOUBLE:
      return g_strdup_printf ("%.10g to %.10g%s%s", row->min, row->max,
          row->unit ? " " : "", row->unit ? row->unit : "");
    case DET_OPTION_CHOICE:
      return g_strjoinv (", ", (char **) row->choices ());
    case DET_OPTION_SIZE:
      return g_strdup (row->unit);
    case DET_OPTION_STRING:
    case DET_OPTION_FILE:
    case DET_OPTION_TRIPLE:
      return NULL;
  }
  return NULL;
}

static void
print_row (DetOptionId id)
{
  const DetOptionRow *row = &det_option_rows ()[id];
  const char *standard = row->from_model ? "from the model" : row->fallback;
  g_autofree char *values = describe_values (row);
  char letter = option_flags_letter (id);
  g_autoptr (GString) help = g_string_new (row->help);

  g_autofree char *flag = letter
      ? g_strdup_printf ("-%c, --%s=%s", letter, row->name,
            placeholder (row->type))
      : g_strdup_printf ("--%s=%s", row->name, placeholder (row->type));
  if (values || standard)
    g_string_append_printf (help, " (%s%s%s%s)", values ? values : "",
        values && standard ? "; " : "", standard ? "default: " : "",
        standard ? standard : "");
  print_line (flag, help->str);
}

void
help_print_lines (const HelpLine *lines, gsize n)
{
  for (gsize i = 0; i < n; i++)
    print_line (lines[i].flag, lines[i].help);
}

void
help_print_rows (DetOptionScope scope, const char *title, OptionFilter takes)
{
  printf ("\n%s\n", title);
  for (int i = 0; i < DET_N_OPTIONS; i++) {
    if (det_option_rows ()[i].scope == scope && takes (i))
      print_row (i);
    if (i == DET_OPT_INTERVAL && scope == DET_SCOPE_ELEMENT && takes (i))
      print_line (every_line.flag, every_line.help);
  }
}

void
help_print_version (const char *program)
{
  g_autofree char *gstreamer = gst_version_string ();

  printf ("%s %s (%s)\n", program, PACKAGE_VERSION, gstreamer);
}
