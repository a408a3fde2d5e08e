/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "overlayoptions.h"

#include "gstdetectprops.h"

struct _GstOverlayOptions
{
  DetOptions *shared;
  gchar *show_classes;
  gchar *hide_classes;
  gchar *class_colors;
  gboolean boxes;
  gboolean landmarks;
  gchar *blur_classes;
  gchar *blur_mode;
  gint blur_tiles;
  gdouble blur_margin;
  gchar *fill_color;
};

static const DetOptionId shared_rows[] = { DET_OPT_OVERLAY_LABELS,
  DET_OPT_LINE_WIDTH, DET_OPT_FONT };

typedef enum
{
  ROW_TEXT,
  ROW_BOOLEAN,
  ROW_INT,
  ROW_DOUBLE,
} RowType;

typedef struct
{
  const gchar *name;
  RowType type;
  gsize offset;
  gdouble fallback; /* of numbers */
  const gchar *text_fallback;
  gdouble min;
  gdouble max;
  const gchar *help;
} Row;

#define AT(field) G_STRUCT_OFFSET (GstOverlayOptions, field)

static const Row rows[] = {
  { .name = "show-classes",
      .type = ROW_TEXT,
      .offset = AT (show_classes),
      .help = "Classes to draw, names or ids with commas between; unset: all" },
  { .name = "hide-classes",
      .type = ROW_TEXT,
      .offset = AT (hide_classes),
      .help = "Classes not to draw, names or ids with commas between; *: all" },
  { .name = "class-colors",
      .type = ROW_TEXT,
      .offset = AT (class_colors),
      .help =
          "Colours of classes, as CLASS:COLOR with commas between; a colour "
          "is a name or #rrggbb; * is every class that is not named" },
  { .name = "boxes",
      .type = ROW_BOOLEAN,
      .offset = AT (boxes),
      .fallback = TRUE,
      .help = "Draw boxes" },
  { .name = "landmarks",
      .type = ROW_BOOLEAN,
      .offset = AT (landmarks),
      .fallback = TRUE,
      .help = "Draw landmarks" },
  { .name = "blur-classes",
      .type = ROW_TEXT,
      .offset = AT (blur_classes),
      .help =
          "Classes to make unrecognisable, names or ids with commas between; "
          "*: all; those that are hidden too" },
  { .name = "blur-mode",
      .type = ROW_TEXT,
      .offset = AT (blur_mode),
      .text_fallback = "pixelate",
      .help =
          "What takes the place of a blurred object: a mosaic of a few tiles "
          "or one colour (one of: pixelate, fill)" },
  { .name = "blur-tiles",
      .type = ROW_INT,
      .offset = AT (blur_tiles),
      .fallback = 4,
      .min = 1,
      .max = 64,
      .help =
          "Tiles along the longer side of a pixelated object; the fewer, the "
          "less is left" },
  { .name = "blur-margin",
      .type = ROW_DOUBLE,
      .offset = AT (blur_margin),
      .fallback = 0.3,
      .min = 0,
      .max = 1,
      .help = "How far around its box an object is blurred (fraction of the "
              "box)" },
  { .name = "fill-color",
      .type = ROW_TEXT,
      .offset = AT (fill_color),
      .text_fallback = "black",
      .help = "Colour for blur-mode=fill, a name or #rrggbb" },
};

/* ---- properties ---- */

static GParamSpec *
make_spec (const Row *row)
{
  const GParamFlags flags =
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;

  switch (row->type) {
    case ROW_TEXT:
      return g_param_spec_string (row->name, row->name, row->help,
          row->text_fallback, flags);
    case ROW_BOOLEAN:
      return g_param_spec_boolean (row->name, row->name, row->help,
          row->fallback != 0, flags);
    case ROW_INT:
      return g_param_spec_int (row->name, row->name, row->help, (gint) row->min,
          (gint) row->max, (gint) row->fallback, flags);
    case ROW_DOUBLE:
      return g_param_spec_double (row->name, row->name, row->help, row->min,
          row->max, row->fallback, flags);
  }
  g_return_val_if_reached (NULL);
}

void
gst_overlay_options_install (GObjectClass *klass)
{
  for (gsize i = 0; i < G_N_ELEMENTS (shared_rows); i++)
    gst_detect_props_install_row (klass, shared_rows[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    g_object_class_install_property (klass,
        GST_DETECT_PROP_FIRST_FREE + (guint) i, make_spec (&rows[i]));
}

static const Row *
find_row (guint prop_id)
{
  guint i = prop_id - GST_DETECT_PROP_FIRST_FREE;

  return prop_id >= GST_DETECT_PROP_FIRST_FREE && i < G_N_ELEMENTS (rows)
      ? &rows[i]
      : NULL;
}

GstOverlayOptions *
gst_overlay_options_new (void)
{
  GstOverlayOptions *options = g_new0 (GstOverlayOptions, 1);

  options->shared = det_options_new ();
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GParamSpec) spec = g_param_spec_ref_sink (make_spec (&rows[i]));

    gst_overlay_options_set (options, GST_DETECT_PROP_FIRST_FREE + (guint) i,
        g_param_spec_get_default_value (spec));
  }
  return options;
}

void
gst_overlay_options_free (GstOverlayOptions *options)
{
  if (!options)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    if (rows[i].type == ROW_TEXT)
      g_free (G_STRUCT_MEMBER (gchar *, options, rows[i].offset));
  }
  det_options_free (options->shared);
  g_free (options);
}

static void
set_text (gchar **text, const GValue *value)
{
  g_free (*text);
  *text = g_value_dup_string (value);
}

gboolean
gst_overlay_options_set (GstOverlayOptions *options, guint prop_id,
    const GValue *value)
{
  const Row *row = find_row (prop_id);

  if (!row)
    return gst_detect_props_set (options->shared, prop_id, value);

  gpointer at = G_STRUCT_MEMBER_P (options, row->offset);
  switch (row->type) {
    case ROW_TEXT:
      set_text (at, value);
      break;
    case ROW_BOOLEAN:
      *(gboolean *) at = g_value_get_boolean (value);
      break;
    case ROW_INT:
      *(gint *) at = g_value_get_int (value);
      break;
    case ROW_DOUBLE:
      *(gdouble *) at = g_value_get_double (value);
      break;
  }
  return TRUE;
}

gboolean
gst_overlay_options_get (const GstOverlayOptions *options, guint prop_id,
    GValue *value)
{
  const Row *row = find_row (prop_id);

  if (!row)
    return gst_detect_props_get (options->shared, prop_id, value);

  gconstpointer at = G_STRUCT_MEMBER_P (options, row->offset);
  switch (row->type) {
    case ROW_TEXT:
      g_value_set_string (value, *(gchar *const *) at);
      break;
    case ROW_BOOLEAN:
      g_value_set_boolean (value, *(const gboolean *) at);
      break;
    case ROW_INT:
      g_value_set_int (value, *(const gint *) at);
      break;
    case ROW_DOUBLE:
      g_value_set_double (value, *(const gdouble *) at);
      break;
  }
  return TRUE;
}

/* ---- settings ---- */

static gboolean
parse_blur (const gchar *text, GstOverlayBlur *mode, GError **error)
{
  static const gchar *const words[] = {
    [GST_OVERLAY_BLUR_PIXELATE] = "pixelate",
    [GST_OVERLAY_BLUR_FILL] = "fill",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++) {
    if (g_strcmp0 (text, words[i]) == 0) {
      *mode = (GstOverlayBlur) i;
      return TRUE;
    }
  }
  g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
      "blur-mode: '%s' is none of pixelate, fill", text ? text : "");
  return FALSE;
}

gboolean
gst_overlay_options_resolve (const GstOverlayOptions *options,
    GstOverlaySettings *settings, GError **error)
{
  const DetOptions *shared = options->shared;
  GstOverlayBlur blur_mode;
  guint32 fill_color;

  if (!parse_blur (options->blur_mode, &blur_mode, error) ||
      !gst_overlay_parse_color ("fill-color",
          options->fill_color ? options->fill_color : "", &fill_color, error) ||
      !gst_overlay_rules_set (&settings->rules, options->show_classes,
          options->hide_classes, options->blur_classes, options->class_colors,
          error))
    return FALSE;
  g_free (settings->font);
  settings->font = g_strdup (det_options_get_string (shared, DET_OPT_FONT));
  settings->style = (GstOverlayStyle){
    .labels = det_options_get_boolean (shared, DET_OPT_OVERLAY_LABELS),
    .no_boxes = !options->boxes,
    .no_landmarks = !options->landmarks,
    .line_width = (gint) det_options_get_int (shared, DET_OPT_LINE_WIDTH),
    .font = settings->font,
  };
  settings->blur_mode = blur_mode;
  settings->blur_tiles = options->blur_tiles;
  settings->blur_margin = options->blur_margin;
  settings->fill_color = fill_color;
  return TRUE;
}

void
gst_overlay_settings_clear (GstOverlaySettings *settings)
{
  gst_overlay_rules_clear (&settings->rules);
  g_clear_pointer (&settings->font, g_free);
}
