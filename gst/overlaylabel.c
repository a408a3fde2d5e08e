/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "overlaylabel.h"

#include "printable.h"

#include <pango/pangocairo.h>

#define DEFAULT_FONT "Sans Bold"

static PangoFontDescription *
make_font (const GstOverlayLabelStyle *style)
{
  PangoFontDescription *font =
      pango_font_description_from_string (style->font && *style->font
              ? style->font
              : DEFAULT_FONT);

  if (!(pango_font_description_get_set_fields (font) & PANGO_FONT_MASK_SIZE))
    pango_font_description_set_absolute_size (font,
        (gdouble) style->text_height * PANGO_SCALE);
  return font;
}

static PangoLayout *
make_layout (cairo_t *cr, const gchar *text, const GstOverlayLabelStyle *style,
    gint padding)
{
  g_autofree gchar *printable = printable_text (text);
  PangoFontDescription *font = make_font (style);
  PangoLayout *layout = pango_cairo_create_layout (cr);
  gint width = MAX (style->max_width - 2 * padding, 1);

  pango_layout_set_font_description (layout, font);
  pango_font_description_free (font);
  pango_layout_set_single_paragraph_mode (layout, TRUE);
  pango_layout_set_auto_dir (layout, TRUE);
  pango_layout_set_text (layout, printable, -1);

  PangoRectangle logical;
  pango_layout_get_pixel_extents (layout, NULL, &logical);
  if (logical.width > width) {
    pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_END);
    pango_layout_set_width (layout, width * PANGO_SCALE);
  }
  return layout;
}

static gint
round_up (gint value, gint grid)
{
  return (MAX (value, 1) + grid - 1) / grid * grid;
}

/* ITU-R BT.709's weights; the border that leaves the better contrast. */
static gboolean
is_bright (guint32 color)
{
  gdouble red = (color >> 16 & 0xff) / 255.0;
  gdouble green = (color >> 8 & 0xff) / 255.0;
  gdouble blue = (color & 0xff) / 255.0;

  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.45;
}

static void
set_source (cairo_t *cr, guint32 color)
{
  cairo_set_source_rgb (cr, (color >> 16 & 0xff) / 255.0,
      (color >> 8 & 0xff) / 255.0, (color & 0xff) / 255.0);
}

static void
measure (const gchar *text, const GstOverlayLabelStyle *style, gint padding,
    gint *width, gint *height)
{
  cairo_surface_t *surface =
      cairo_image_surface_create (CAIRO_FORMAT_RGB24, 1, 1);
  cairo_t *cr = cairo_create (surface);
  PangoLayout *layout = make_layout (cr, text, style, padding);
  PangoRectangle logical;

  pango_layout_get_pixel_extents (layout, NULL, &logical);
  *width = round_up (MIN (logical.width + 2 * padding, style->max_width),
      style->grid_x);
  *height = round_up (logical.height + padding / 2, style->grid_y);
  g_object_unref (layout);
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
}

cairo_surface_t *
gst_overlay_label_render (const gchar *text, guint32 color,
    const GstOverlayLabelStyle *style)
{
  gint padding = MAX (style->text_height / 3, 2);
  gint width;
  gint height;

  measure (text, style, padding, &width, &height);
  cairo_surface_t *surface =
      cairo_image_surface_create (CAIRO_FORMAT_RGB24, width, height);
  cairo_t *cr = cairo_create (surface);
  set_source (cr, color);
  cairo_paint (cr);

  PangoLayout *layout = make_layout (cr, text, style, padding);
  PangoRectangle logical;
  pango_layout_get_pixel_extents (layout, NULL, &logical);
  set_source (cr, is_bright (color) ? 0x000000 : 0xffffff);
  cairo_move_to (cr, (width - logical.width) / 2.0 - logical.x,
      (height - logical.height) / 2.0 - logical.y);
  pango_cairo_show_layout (cr, layout);
  g_object_unref (layout);
  cairo_destroy (cr);
  cairo_surface_flush (surface);
  return surface;
}
