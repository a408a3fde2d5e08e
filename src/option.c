/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "option.h"

#include "likeness.h"
#include <detect/error.h>
#include <errno.h>
#include <math.h>
#include <string.h>

/* A value lives in the slot of its type. */
typedef struct
{
  gboolean set;
  gint64 number; /* boolean, int */
  double real;
  char *text;
} Value;

struct _DetOptions
{
  Value values[DET_N_OPTIONS];
};

int
det_option_find (const char *name)
{
  for (int i = 0; i < DET_N_OPTIONS; i++) {
    if (strcmp (det_option_table[i].name, name) == 0)
      return i;
  }
  return -1;
}

char *
det_option_hint (const char *name)
{
  const char *words[DET_N_OPTIONS + 1] = { NULL };

  for (int i = 0; i < DET_N_OPTIONS; i++)
    words[i] = det_option_table[i].name;
  const char *near = det_nearest_word (words, name);
  return near ? g_strdup_printf ("; did you mean '%s'?", near)
              : g_strdup ("; the option reference lists the keys");
}

DetOptions *
det_options_new (void)
{
  return g_new0 (DetOptions, 1);
}

static void
value_copy (Value *to, const Value *from)
{
  g_free (to->text);
  *to = *from;
  to->text = g_strdup (from->text);
}

DetOptions *
det_options_copy (const DetOptions *options)
{
  DetOptions *copy = det_options_new ();

  det_options_merge (copy, options);
  return copy;
}

void
det_options_free (DetOptions *options)
{
  if (!options)
    return;
  for (int i = 0; i < DET_N_OPTIONS; i++)
    g_free (options->values[i].text);
  g_free (options);
}

void
det_options_merge (DetOptions *options, const DetOptions *over)
{
  for (int i = 0; i < DET_N_OPTIONS; i++) {
    if (over->values[i].set)
      value_copy (&options->values[i], &over->values[i]);
  }
}

gboolean
det_options_is_set (const DetOptions *options, DetOptionId id)
{
  return options->values[id].set;
}

void
det_options_unset (DetOptions *options, DetOptionId id)
{
  g_free (options->values[id].text);
  options->values[id] = (Value){ 0 };
}

void
det_options_set_boolean (DetOptions *options, DetOptionId id, gboolean value)
{
  options->values[id].set = TRUE;
  options->values[id].number = value ? 1 : 0;
}

void
det_options_set_int (DetOptions *options, DetOptionId id, gint64 value)
{
  options->values[id].set = TRUE;
  options->values[id].number = CLAMP (value, (gint64) det_option_table[id].min,
      (gint64) det_option_table[id].max);
}

void
det_options_set_double (DetOptions *options, DetOptionId id, double value)
{
  options->values[id].set = TRUE;
  options->values[id].real = isnan (value)
      ? det_option_table[id].min
      : CLAMP (value, det_option_table[id].min, det_option_table[id].max);
}

void
det_options_set_string (DetOptions *options, DetOptionId id, const char *value)
{
  det_options_unset (options, id);
  options->values[id].text = g_strdup (value);
  options->values[id].set = value != NULL;
}

static double
fallback_number (DetOptionId id)
{
  if (det_option_table[id].from_model)
    return -1;
  return det_option_table[id].fallback
      ? g_ascii_strtod (det_option_table[id].fallback, NULL)
      : 0;
}

gboolean
det_options_get_boolean (const DetOptions *options, DetOptionId id)
{
  if (options->values[id].set)
    return options->values[id].number != 0;
  return g_strcmp0 (det_option_table[id].fallback, "true") == 0;
}

gint64
det_options_get_int (const DetOptions *options, DetOptionId id)
{
  if (options->values[id].set)
    return options->values[id].number;
  return (gint64) fallback_number (id);
}

double
det_options_get_double (const DetOptions *options, DetOptionId id)
{
  if (options->values[id].set)
    return options->values[id].real;
  return fallback_number (id);
}

const char *
det_options_get_string (const DetOptions *options, DetOptionId id)
{
  if (options->values[id].set)
    return options->values[id].text;
  return det_option_table[id].fallback;
}

static gboolean
refuse (DetOptionId id, const char *text, const char *expected, GError **error)
{
  g_set_error (error, DET_ERROR, DET_ERROR_OPTION, "%s=%s: expected %s",
      det_option_table[id].name, text, expected);
  return FALSE;
}

static gboolean
set_boolean_text (DetOptions *options, DetOptionId id, const char *text,
    GError **error)
{
  static const char *const words[] = { "false", "true", "no", "yes", "off",
    "on", "0", "1" };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++) {
    if (g_ascii_strcasecmp (text, words[i]) == 0) {
      det_options_set_boolean (options, id, i % 2 == 1);
      return TRUE;
    }
  }
  return refuse (id, text, "true or false", error);
}

static gboolean
set_number_text (DetOptions *options, DetOptionId id, const char *text,
    GError **error)
{
  const DetOptionRow *row = &det_option_table[id];
  gboolean whole = row->type == DET_OPTION_INT;
  char *end = NULL;
  g_autofree char *expected = NULL;

  errno = 0;
  double value = whole ? (double) g_ascii_strtoll (text, &end, 10)
                       : g_ascii_strtod (text, &end);
  if (end == text || *end != '\0' || errno == ERANGE ||
      !(value >= row->min && value <= row->max)) {
    expected = g_strdup_printf ("a %snumber from %.10g to %.10g",
        whole ? "whole " : "", row->min, row->max);
    return refuse (id, text, expected, error);
  }
  if (whole)
    det_options_set_int (options, id, (gint64) value);
  else
    det_options_set_double (options, id, value);
  return TRUE;
}

static gboolean
set_choice_text (DetOptions *options, DetOptionId id, const char *text,
    GError **error)
{
  const char *const *words = det_option_table[id].choices ();

  if (g_strv_contains (words, text)) {
    det_options_set_string (options, id, text);
    return TRUE;
  }

  g_autofree char *all = g_strjoinv (", ", (char **) words);
  const char *near = det_nearest_word (words, text);
  g_autofree char *expected = near
      ? g_strdup_printf ("one of %s; did you mean %s?", all, near)
      : g_strdup_printf ("one of %s", all);
  return refuse (id, text, expected, error);
}

static gboolean
parse_side (const char **text, int *side)
{
  char *end = NULL;
  gint64 value = g_ascii_strtoll (*text, &end, 10);

  if (!g_ascii_isdigit (**text) || value > G_MAXINT16)
    return FALSE;
  *text = end;
  *side = (int) value;
  return TRUE;
}

gboolean
det_option_parse_size (const char *text, int *width, int *height)
{
  if (!parse_side (&text, width))
    return FALSE;
  if (*text == '\0') {
    *height = *width;
    return TRUE;
  }
  if (*text != 'x' && *text != 'X')
    return FALSE;
  text++;
  return parse_side (&text, height) && *text == '\0';
}

gboolean
det_options_get_size (const DetOptions *options, DetOptionId id, int *width,
    int *height)
{
  const char *text = det_options_get_string (options, id);
  int w;
  int h;

  if (!text || !det_option_parse_size (text, &w, &h))
    return FALSE;
  *width = w;
  *height = h;
  return TRUE;
}

gboolean
det_option_parse_triple (const char *text, float values[3])
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);
  guint n = g_strv_length (parts);

  if (n != 1 && n != 3)
    return FALSE;
  for (guint i = 0; i < n; i++) {
    const char *part = g_strstrip (parts[i]);
    char *end = NULL;
    double value = g_ascii_strtod (part, &end);

    if (end == part || *end != '\0' || !isfinite (value))
      return FALSE;
    values[i] = (float) value;
  }
  for (guint i = n; i < 3; i++)
    values[i] = values[0];
  return TRUE;
}

static gboolean
set_composed_text (DetOptions *options, DetOptionId id, const char *text,
    GError **error)
{
  float values[3];
  int width;
  int height;

  if (det_option_table[id].type == DET_OPTION_SIZE) {
    double most = det_option_table[id].max > 0 ? det_option_table[id].max
                                               : G_MAXINT;

    if (!det_option_parse_size (text, &width, &height))
      return refuse (id, text, "two whole numbers, such as 640x640", error);
    if (width > most || height > most) {
      g_autofree char *says = g_strdup_printf ("at most %g on a side", most);
      return refuse (id, text, says, error);
    }
  } else {
    if (!det_option_parse_triple (text, values))
      return refuse (id, text, "one number, or three with commas between",
          error);
    for (int i = 0; i < 3; i++) {
      if (values[i] < det_option_table[id].min ||
          values[i] > det_option_table[id].max)
        return refuse (id, text, "numbers of a sensible size", error);
    }
  }
  det_options_set_string (options, id, text);
  return TRUE;
}

gboolean
det_options_set_text (DetOptions *options, DetOptionId id, const char *text,
    GError **error)
{
  switch (det_option_table[id].type) {
    case DET_OPTION_BOOLEAN:
      return set_boolean_text (options, id, text, error);
    case DET_OPTION_INT:
    case DET_OPTION_DOUBLE:
      return set_number_text (options, id, text, error);
    case DET_OPTION_CHOICE:
      return set_choice_text (options, id, text, error);
    case DET_OPTION_SIZE:
    case DET_OPTION_TRIPLE:
      return set_composed_text (options, id, text, error);
    case DET_OPTION_STRING:
    case DET_OPTION_FILE:
      det_options_set_string (options, id, text);
      return TRUE;
  }
  g_return_val_if_reached (FALSE);
}

gboolean
det_options_set_by_name (DetOptions *options, const char *name,
    const char *text, GError **error)
{
  int id = name ? det_option_find (name) : -1;

  if (id < 0) {
    g_autofree char *hint = det_option_hint (name ? name : "");
    g_set_error (error, DET_ERROR, DET_ERROR_OPTION,
        "no option is called '%s'%s", name ? name : "", hint);
    return FALSE;
  }
  if (text)
    return det_options_set_text (options, id, text, error);
  det_options_unset (options, id);
  return TRUE;
}

gboolean
det_options_check (const DetOptions *options, GError **error)
{
  g_autoptr (DetOptions) scratch = det_options_new ();

  for (int i = 0; i < DET_N_OPTIONS; i++) {
    const char *text = options->values[i].text;

    if (text && !det_options_set_text (scratch, i, text, error))
      return FALSE;
  }
  return TRUE;
}

char *
det_options_print (const DetOptions *options, DetOptionId id)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  switch (det_option_table[id].type) {
    case DET_OPTION_BOOLEAN:
      return g_strdup (det_options_get_boolean (options, id) ? "true"
                                                             : "false");
    case DET_OPTION_INT:
      return g_strdup_printf ("%" G_GINT64_FORMAT,
          det_options_get_int (options, id));
    case DET_OPTION_DOUBLE:
      return g_strdup (g_ascii_formatd (buffer, sizeof buffer, "%.9g",
          det_options_get_double (options, id)));
    case DET_OPTION_CHOICE:
    case DET_OPTION_SIZE:
    case DET_OPTION_TRIPLE:
    case DET_OPTION_STRING:
    case DET_OPTION_FILE:
      return g_strdup (det_options_get_string (options, id));
  }
  g_return_val_if_reached (NULL);
}

void
det_options_describe (const DetOptions *options, DetOptionScope scope,
    GString *out)
{
  for (int i = 0; i < DET_N_OPTIONS; i++) {
    if (det_option_table[i].scope != scope || !options->values[i].set)
      continue;
    g_autofree char *value = det_options_print (options, i);
    g_string_append_printf (out, "%s=%s\n", det_option_table[i].name, value);
  }
}
