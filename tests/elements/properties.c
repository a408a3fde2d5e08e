/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every property of every element: the default is what it says, and what is set can be
 * read back. */
#include <gst/gst.h>

static const gchar *const elements[] = { "detect", "detectoverlay",
  "detectexport", "detectimport" };

/* Another value than the one in there; FALSE for types that have none here. */
static gboolean
change (GParamSpec *spec, GValue *value)
{
  if (G_IS_PARAM_SPEC_BOOLEAN (spec))
    g_value_set_boolean (value, !g_value_get_boolean (value));
  else if (G_IS_PARAM_SPEC_STRING (spec))
    g_value_set_string (value, "some text");
  else if (G_IS_PARAM_SPEC_INT (spec))
    g_value_set_int (value, G_PARAM_SPEC_INT (spec)->maximum);
  else if (G_IS_PARAM_SPEC_UINT (spec))
    g_value_set_uint (value, G_PARAM_SPEC_UINT (spec)->maximum);
  else if (G_IS_PARAM_SPEC_DOUBLE (spec))
    g_value_set_double (value, G_PARAM_SPEC_DOUBLE (spec)->maximum);
  else if (G_IS_PARAM_SPEC_ENUM (spec))
    g_value_set_enum (value,
        G_PARAM_SPEC_ENUM (spec)->enum_class->values[1].value);
  else
    return FALSE;
  return TRUE;
}

static void
assert_same (GParamSpec *spec, const GValue *a, const GValue *b)
{
  if (g_param_values_cmp (spec, a, b) != 0)
    g_error ("%s: %s and %s", spec->name, g_strdup_value_contents (a),
        g_strdup_value_contents (b));
}

static void
try_property (GstElement *element, GParamSpec *spec)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_auto (GValue) back = G_VALUE_INIT;

  g_test_message ("%s", spec->name);
  g_value_init (&value, spec->value_type);
  g_value_init (&back, spec->value_type);
  g_object_get_property (G_OBJECT (element), spec->name, &value);
  if (!(spec->flags & G_PARAM_WRITABLE))
    return;
  assert_same (spec, &value, g_param_spec_get_default_value (spec));
  if (!change (spec, &value))
    return;
  g_object_set_property (G_OBJECT (element), spec->name, &value);
  g_object_get_property (G_OBJECT (element), spec->name, &back);
  assert_same (spec, &value, &back);
}

static void
test_element (gconstpointer name)
{
  g_autoptr (GstElement) element = gst_element_factory_make (name, NULL);
  guint n = 0;
  guint n_own = 0;

  g_assert_nonnull (element);
  gst_object_ref_sink (element);
  GParamSpec **specs =
      g_object_class_list_properties (G_OBJECT_GET_CLASS (element), &n);
  for (guint i = 0; i < n; i++) {
    if (specs[i]->owner_type != G_OBJECT_TYPE (element))
      continue;
    try_property (element, specs[i]);
    n_own++;
  }
  g_assert_cmpuint (n_own, >, 1);
  g_free (specs);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (elements); i++) {
    g_autofree gchar *path = g_strdup_printf ("/properties/%s", elements[i]);
    g_test_add_data_func (path, elements[i], test_element);
  }
  return g_test_run ();
}
