/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetectprops.h"

#include <gst/gst.h>
#include <string.h>

static gchar *
make_blurb (const DetOptionRow *row)
{
  g_autoptr (GString) text = g_string_new (row->help);

  if (row->choices) {
    g_autofree gchar *words = g_strjoinv (", ", (gchar **) row->choices ());
    g_string_append_printf (text, " (one of: %s)", words);
  }
  if (row->unit)
    g_string_append_printf (text, " (%s)", row->unit);
  if (row->from_model)
    g_string_append (text,
        row->type == DET_OPTION_DOUBLE || row->type == DET_OPTION_INT
            ? " (-1: what the model's family asks for)"
            : " (unset: what the model's family asks for)");
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static GParamSpec *
make_spec (const DetOptionRow *row, DetOptionId id)
{
  g_autoptr (DetOptions) unset = det_options_new ();
  g_autofree gchar *blurb = make_blurb (row);
  GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_NAME |
      (row->live ? GST_PARAM_MUTABLE_PLAYING : GST_PARAM_MUTABLE_READY);
  gdouble min = row->from_model ? -1 : row->min;

  switch (row->type) {
    case DET_OPTION_BOOLEAN:
      return g_param_spec_boolean (row->name, row->name, blurb,
          det_options_get_boolean (unset, id), flags);
    case DET_OPTION_INT:
      return g_param_spec_int (row->name, row->name, blurb, (gint) min,
          (gint) row->max, (gint) det_options_get_int (unset, id), flags);
    case DET_OPTION_DOUBLE:
      return g_param_spec_double (row->name, row->name, blurb, min, row->max,
          det_options_get_double (unset, id), flags);
    case DET_OPTION_STRING:
    case DET_OPTION_FILE:
    case DET_OPTION_CHOICE:
    case DET_OPTION_SIZE:
    case DET_OPTION_TRIPLE:
      return g_param_spec_string (row->name, row->name, blurb, row->fallback,
          flags);
  }
  g_return_val_if_reached (NULL);
}

void
gst_detect_props_install_row (GObjectClass *klass, DetOptionId id)
{
  g_object_class_install_property (klass, (guint) id + 1,
      make_spec (&det_option_rows ()[id], id));
}

void
gst_detect_props_install (GObjectClass *klass)
{
  for (gint id = 0; id < DET_N_OPTIONS; id++)
    gst_detect_props_install_row (klass, id);
}

gboolean
gst_detect_props_set (DetOptions *options, guint prop_id, const GValue *value)
{
  DetOptionId id = (DetOptionId) (prop_id - 1);

  if (prop_id < 1 || prop_id > DET_N_OPTIONS)
    return FALSE;

  const DetOptionRow *row = &det_option_rows ()[id];
  switch (row->type) {
    case DET_OPTION_BOOLEAN:
      det_options_set_boolean (options, id, g_value_get_boolean (value));
      break;
    case DET_OPTION_INT:
      if (row->from_model && g_value_get_int (value) < 0)
        det_options_unset (options, id);
      else
        det_options_set_int (options, id, g_value_get_int (value));
      break;
    case DET_OPTION_DOUBLE:
      if (row->from_model && g_value_get_double (value) < 0)
        det_options_unset (options, id);
      else
        det_options_set_double (options, id, g_value_get_double (value));
      break;
    case DET_OPTION_STRING:
    case DET_OPTION_FILE:
    case DET_OPTION_CHOICE:
    case DET_OPTION_SIZE:
    case DET_OPTION_TRIPLE: {
      const gchar *text = g_value_get_string (value);
      det_options_set_string (options, id, text && *text ? text : NULL);
      break;
    }
  }
  return TRUE;
}

gboolean
gst_detect_props_get (const DetOptions *options, guint prop_id, GValue *value)
{
  DetOptionId id = (DetOptionId) (prop_id - 1);

  if (prop_id < 1 || prop_id > DET_N_OPTIONS)
    return FALSE;

  switch (det_option_rows ()[id].type) {
    case DET_OPTION_BOOLEAN:
      g_value_set_boolean (value, det_options_get_boolean (options, id));
      break;
    case DET_OPTION_INT:
      g_value_set_int (value, (gint) det_options_get_int (options, id));
      break;
    case DET_OPTION_DOUBLE:
      g_value_set_double (value, det_options_get_double (options, id));
      break;
    case DET_OPTION_STRING:
    case DET_OPTION_FILE:
    case DET_OPTION_CHOICE:
    case DET_OPTION_SIZE:
    case DET_OPTION_TRIPLE:
      g_value_set_string (value, det_options_get_string (options, id));
      break;
  }
  return TRUE;
}
