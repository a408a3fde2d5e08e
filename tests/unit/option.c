/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "option.h"

#include <detect/error.h>
#include <math.h>
#include <string.h>

/* Every row is complete and its default is one it would take itself. */
static void
test_rows (void)
{
  const DetOptionRow *rows = det_option_rows ();

  for (int id = 0; id < DET_N_OPTIONS; id++) {
    const DetOptionRow *row = &rows[id];
    g_autoptr (DetOptions) options = det_options_new ();
    g_autoptr (GError) error = NULL;

    g_assert_nonnull (row->name);
    g_test_message ("%s", row->name);
    g_assert_cmpint (det_option_find (row->name), ==, id);
    g_assert_nonnull (row->help);
    for (const char *c = row->name; *c; c++)
      g_assert_true (g_ascii_islower (*c) || *c == '-');
    if (row->type == DET_OPTION_CHOICE)
      g_assert_nonnull (row->choices);
    if (row->type == DET_OPTION_INT || row->type == DET_OPTION_DOUBLE)
      g_assert_cmpfloat (row->min, <, row->max);
    g_assert_false (row->fallback && row->from_model);
    if (!row->fallback)
      continue;
    det_options_set_text (options, id, row->fallback, &error);
    g_assert_no_error (error);
    g_autofree char *printed = det_options_print (options, id);
    g_assert_cmpstr (printed, ==, row->fallback);
  }
  g_assert_cmpint (det_option_find ("no-such-option"), ==, -1);
}

typedef struct
{
  DetOptionId id;
  const char *text;
  const char *printed; /* NULL: must be refused */
} TextCase;

static const TextCase text_cases[] = {
  { DET_OPT_CLASS_AGNOSTIC, "yes", "true" },
  { DET_OPT_CLASS_AGNOSTIC, "OFF", "false" },
  { DET_OPT_CLASS_AGNOSTIC, "maybe", NULL },
  { DET_OPT_CLASS_AGNOSTIC, "", NULL },
  { DET_OPT_THREADS, "4", "4" },
  { DET_OPT_THREADS, "4.5", NULL },
  { DET_OPT_THREADS, "-1", NULL },
  { DET_OPT_THREADS, "99999999999999999999", NULL },
  { DET_OPT_INTERVAL, "0", NULL },
  { DET_OPT_THRESHOLD, "0.5", "0.5" },
  { DET_OPT_THRESHOLD, "1", "1" },
  { DET_OPT_THRESHOLD, "1.01", NULL },
  { DET_OPT_THRESHOLD, "0,5", NULL },
  { DET_OPT_THRESHOLD, "nan", NULL },
  { DET_OPT_THRESHOLD, "-0.1", NULL },
  { DET_OPT_LAYOUT, "nhwc", "nhwc" },
  { DET_OPT_LAYOUT, "nhcw", NULL },
  { DET_OPT_ENGINE, "auto", "auto" },
  { DET_OPT_MIN_SIZE, "20x40", "20x40" },
  { DET_OPT_MIN_SIZE, "20", "20" },
  { DET_OPT_MIN_SIZE, "20x", NULL },
  { DET_OPT_MIN_SIZE, "x20", NULL },
  { DET_OPT_MIN_SIZE, "20x-4", NULL },
  { DET_OPT_MIN_SIZE, "99999999x1", NULL },
  { DET_OPT_MEAN, "103.5, 116.2,123.6", "103.5, 116.2,123.6" },
  { DET_OPT_MEAN, "127", "127" },
  { DET_OPT_MEAN, "1,2", NULL },
  { DET_OPT_MEAN, "1,2,inf", NULL },
  { DET_OPT_MEAN, "1e30", NULL },
  { DET_OPT_CLASSES, "person,car", "person,car" },
};

static void
test_text (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (text_cases); i++) {
    const TextCase *c = &text_cases[i];
    const char *name = det_option_rows ()[c->id].name;
    g_autoptr (DetOptions) options = det_options_new ();
    g_autoptr (GError) error = NULL;

    g_test_message ("%s=%s", name, c->text);
    gboolean taken = det_options_set_text (options, c->id, c->text, &error);
    g_assert_cmpint (taken, ==, c->printed != NULL);
    g_assert_cmpint (det_options_is_set (options, c->id), ==, taken);
    if (taken) {
      g_autofree char *printed = det_options_print (options, c->id);
      g_assert_cmpstr (printed, ==, c->printed);
    } else {
      g_assert_error (error, DET_ERROR, DET_ERROR_OPTION);
      g_assert_true (g_str_has_prefix (error->message, name));
      g_assert_nonnull (strstr (error->message, "expected"));
    }
  }
}

static void
test_suggestion (void)
{
  g_autoptr (DetOptions) options = det_options_new ();
  g_autoptr (GError) error = NULL;

  det_options_set_text (options, DET_OPT_RESIZE_MODE, "leterbox", &error);
  g_assert_error (error, DET_ERROR, DET_ERROR_OPTION);
  g_assert_nonnull (strstr (error->message, "did you mean letterbox?"));
}

static void
test_layers (void)
{
  g_autoptr (DetOptions) low = det_options_new ();
  g_autoptr (DetOptions) high = det_options_new ();

  g_assert_cmpfloat (det_options_get_double (low, DET_OPT_THRESHOLD), ==, -1);
  det_options_set_double (low, DET_OPT_THRESHOLD, 0.25);
  det_options_set_int (low, DET_OPT_THREADS, 3);
  det_options_set_string (low, DET_OPT_CLASSES, "cat");
  det_options_set_double (high, DET_OPT_THRESHOLD, 0.75);
  det_options_merge (low, high);
  g_assert_cmpfloat (det_options_get_double (low, DET_OPT_THRESHOLD), ==, 0.75);
  g_assert_cmpint (det_options_get_int (low, DET_OPT_THREADS), ==, 3);

  g_autoptr (DetOptions) copy = det_options_copy (low);
  det_options_unset (low, DET_OPT_CLASSES);
  g_assert_null (det_options_get_string (low, DET_OPT_CLASSES));
  g_assert_cmpstr (det_options_get_string (copy, DET_OPT_CLASSES), ==, "cat");
}

static void
test_clamped (void)
{
  g_autoptr (DetOptions) options = det_options_new ();

  det_options_set_double (options, DET_OPT_THRESHOLD, NAN);
  g_assert_cmpfloat (det_options_get_double (options, DET_OPT_THRESHOLD), ==,
      0);
  det_options_set_int (options, DET_OPT_INTERVAL, -7);
  g_assert_cmpint (det_options_get_int (options, DET_OPT_INTERVAL), ==, 1);
}

static void
test_check (void)
{
  g_autoptr (DetOptions) options = det_options_new ();
  g_autoptr (GError) error = NULL;

  det_options_set_string (options, DET_OPT_MIN_SIZE, "12x13");
  g_assert_true (det_options_check (options, &error));
  det_options_set_string (options, DET_OPT_MIN_SIZE, "huge");
  g_assert_false (det_options_check (options, &error));
  g_assert_error (error, DET_ERROR, DET_ERROR_OPTION);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/option/rows", test_rows);
  g_test_add_func ("/option/text", test_text);
  g_test_add_func ("/option/suggestion", test_suggestion);
  g_test_add_func ("/option/layers", test_layers);
  g_test_add_func ("/option/clamped", test_clamped);
  g_test_add_func ("/option/check", test_check);
  return g_test_run ();
}
