/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "overlaypainter.h"

#include "overlaybitmap.h"
#include "overlaylabel.h"
#include <math.h>
#include <string.h>

/* Rendered labels and colours that are kept. */
#define MAX_KEPT 256

typedef struct
{
  GstOverlayBitmap *bitmap;
  guint64 used; /* number of the paint that used it last */
} Kept;

struct _GstOverlayPainter
{
  GHashTable *kept; /* text with colour -> Kept */
  guint64 n_paints;
  GString *key;  /* scratch */
  guint opacity; /* of what is being painted */

  /* What the kept bitmaps were made for. */
  GstVideoInfo info;
  gchar *font;
  gint grid_x;
  gint grid_y;
};

static void
kept_free (gpointer data)
{
  Kept *kept = data;

  gst_overlay_bitmap_free (kept->bitmap);
  g_free (kept);
}

GstOverlayPainter *
gst_overlay_painter_new (void)
{
  GstOverlayPainter *painter = g_new0 (GstOverlayPainter, 1);

  painter->kept =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, kept_free);
  painter->key = g_string_new (NULL);
  gst_video_info_init (&painter->info);
  return painter;
}

void
gst_overlay_painter_free (GstOverlayPainter *painter)
{
  if (!painter)
    return;
  g_hash_table_unref (painter->kept);
  g_string_free (painter->key, TRUE);
  g_free (painter->font);
  g_free (painter);
}

gboolean
gst_overlay_painter_can_paint (GstVideoFormat format)
{
  return gst_overlay_bitmap_supports (format);
}

/* ---- colours ---- */

static guint32
channel (gdouble value)
{
  return (guint32) (CLAMP (value, 0, 1) * 255 + 0.5);
}

/* Hues a golden angle apart are well apart for neighbours and never repeat; value
 * and saturation alternate so that more of them can be told apart. */
guint32
gst_overlay_class_color (gint class_id)
{
  guint id = (guint) class_id;
  gdouble hue = fmod (0.33 + id * 0.6180339887498949, 1.0) * 6;
  gdouble saturation = id / 8 % 2 ? 0.65 : 0.9;
  gdouble value = id / 16 % 2 ? 0.75 : 1.0;
  gdouble rgb[3];

  for (gint c = 0; c < 3; c++) {
    /* HSV to RGB (Smith 1978): a trapezium of hue, shifted for each channel. */
    gdouble k = fmod ((const gint[]){ 5, 3, 1 }[c] + hue, 6);
    gdouble ramp = CLAMP (MIN (k, 4 - k), 0, 1);

    rgb[c] = value - value * saturation * ramp;
  }
  return channel (rgb[0]) << 16 | channel (rgb[1]) << 8 | channel (rgb[2]);
}

guint32
gst_overlay_object_color (const GstDetectObject *object)
{
  if (object->class_id < 0 && object->label)
    return gst_overlay_class_color ((gint) (g_str_hash (object->label) % 997));
  return gst_overlay_class_color (object->class_id);
}

/* ---- what is kept ---- */

static gint
line_width (const GstOverlayPainter *painter, const GstOverlayStyle *style)
{
  gint height = GST_VIDEO_INFO_HEIGHT (&painter->info);

  return style->line_width > 0 ? style->line_width
                               : MAX ((height + 120) / 240, 2);
}

static gint
text_height (const GstOverlayPainter *painter)
{
  return MAX (GST_VIDEO_INFO_HEIGHT (&painter->info) / 42, 10);
}

/* Bitmaps are of one format, size and font. */
static void
prepare (GstOverlayPainter *painter, const GstVideoInfo *info,
    const GstOverlayStyle *style)
{
  const GstVideoInfo *old = &painter->info;

  painter->n_paints++;
  if (GST_VIDEO_INFO_FORMAT (old) == GST_VIDEO_INFO_FORMAT (info) &&
      GST_VIDEO_INFO_WIDTH (old) == GST_VIDEO_INFO_WIDTH (info) &&
      GST_VIDEO_INFO_HEIGHT (old) == GST_VIDEO_INFO_HEIGHT (info) &&
      gst_video_colorimetry_is_equal (&old->colorimetry, &info->colorimetry) &&
      g_strcmp0 (painter->font, style->font) == 0)
    return;
  g_hash_table_remove_all (painter->kept);
  painter->info = *info;
  g_free (painter->font);
  painter->font = g_strdup (style->font);
  gst_overlay_bitmap_get_grid (info, &painter->grid_x, &painter->grid_y);
}

static void
drop_oldest (GstOverlayPainter *painter)
{
  GHashTableIter iter;
  gpointer key;
  gpointer value;
  gpointer oldest = NULL;
  guint64 used = G_MAXUINT64;

  g_hash_table_iter_init (&iter, painter->kept);
  while (g_hash_table_iter_next (&iter, &key, &value)) {
    if (((Kept *) value)->used < used) {
      used = ((Kept *) value)->used;
      oldest = key;
    }
  }
  if (oldest)
    g_hash_table_remove (painter->kept, oldest);
}

static const GstOverlayBitmap *
keep (GstOverlayPainter *painter, const gchar *key, cairo_surface_t *surface)
{
  Kept *kept = g_new0 (Kept, 1);

  kept->used = painter->n_paints;
  kept->bitmap = gst_overlay_bitmap_new (&painter->info,
      cairo_image_surface_get_width (surface),
      cairo_image_surface_get_height (surface),
      cairo_image_surface_get_data (surface),
      cairo_image_surface_get_stride (surface));
  if (g_hash_table_size (painter->kept) >= MAX_KEPT)
    drop_oldest (painter);
  g_hash_table_insert (painter->kept, g_strdup (key), kept);
  return kept->bitmap;
}

static const GstOverlayBitmap *
find (GstOverlayPainter *painter, const gchar *key, gboolean *found)
{
  Kept *kept = g_hash_table_lookup (painter->kept, key);

  *found = kept != NULL;
  if (!kept)
    return NULL;
  kept->used = painter->n_paints;
  return kept->bitmap;
}

/* Keys are made in memory that is kept: painting asks for none from frame to frame. */
static void
start_key (GString *key, guint32 color)
{
  gchar digits[9];

  g_snprintf (digits, sizeof digits, "%06x", color);
  g_string_assign (key, digits);
}

/* A patch of one colour, to fill with. */
static const GstOverlayBitmap *
get_color (GstOverlayPainter *painter, guint32 color)
{
  gboolean found;

  start_key (painter->key, color);
  const GstOverlayBitmap *bitmap = find (painter, painter->key->str, &found);
  if (found)
    return bitmap;

  /* Wide enough for the converter's chroma filters to settle. */
  gint side = 8 * MAX (painter->grid_x, painter->grid_y);
  cairo_surface_t *surface =
      cairo_image_surface_create (CAIRO_FORMAT_RGB24, side, side);
  guint32 *pixels = (guint32 *) (void *) cairo_image_surface_get_data (surface);
  gint n = cairo_image_surface_get_stride (surface) / 4 * side;
  for (gint i = 0; i < n; i++)
    pixels[i] = color;
  cairo_surface_mark_dirty (surface);
  bitmap = keep (painter, painter->key->str, surface);
  cairo_surface_destroy (surface);
  return bitmap;
}

static void
append_text (GString *to, const GstDetectObject *object)
{
  gchar number[G_ASCII_DTOSTR_BUF_SIZE];

  if (object->label) {
    g_string_append (to, object->label);
  } else {
    g_snprintf (number, sizeof number, "class %d", object->class_id);
    g_string_append (to, number);
  }
  if (object->track_id >= 0) {
    g_snprintf (number, sizeof number, " #%d", object->track_id);
    g_string_append (to, number);
  }
  if (object->score < 0) /* it is not known */
    return;
  g_string_append_c (to, ' ');
  g_string_append (to,
      g_ascii_formatd (number, sizeof number, "%.2f", (gdouble) object->score));
}

static const GstOverlayBitmap *
get_label (GstOverlayPainter *painter, const GstDetectObject *object,
    guint32 color)
{
  GstOverlayLabelStyle style = {
    .font = painter->font,
    .text_height = text_height (painter),
    .max_width = GST_VIDEO_INFO_WIDTH (&painter->info),
    .grid_x = painter->grid_x,
    .grid_y = painter->grid_y,
  };
  gboolean found;

  start_key (painter->key, color);
  g_string_append_c (painter->key, ' ');
  gsize at = painter->key->len;
  append_text (painter->key, object);
  const GstOverlayBitmap *bitmap = find (painter, painter->key->str, &found);
  if (found)
    return bitmap;

  cairo_surface_t *surface =
      gst_overlay_label_render (painter->key->str + at, color, &style);
  if (cairo_surface_status (surface) == CAIRO_STATUS_SUCCESS)
    bitmap = keep (painter, painter->key->str, surface);
  cairo_surface_destroy (surface);
  return bitmap;
}

/* ---- drawing ---- */

static gint
to_pixel (gfloat fraction, gint size)
{
  gfloat pixel = fraction * (gfloat) size;

  return isfinite (pixel) ? (gint) CLAMP (pixel + 0.5f, 0, (gfloat) size) : -1;
}

/* Cut at the borders and widened to the grid. */
static gboolean
fit (const GstOverlayPainter *painter, GstVideoRectangle *area)
{
  gint x0 = MAX (area->x, 0) / painter->grid_x * painter->grid_x;
  gint y0 = MAX (area->y, 0) / painter->grid_y * painter->grid_y;
  gint x1 = (area->x + area->w + painter->grid_x - 1) / painter->grid_x *
      painter->grid_x;
  gint y1 = (area->y + area->h + painter->grid_y - 1) / painter->grid_y *
      painter->grid_y;

  *area = (GstVideoRectangle){
    .x = x0,
    .y = y0,
    .w = MIN (x1, GST_VIDEO_INFO_WIDTH (&painter->info)) - x0,
    .h = MIN (y1, GST_VIDEO_INFO_HEIGHT (&painter->info)) - y0,
  };
  return area->w > 0 && area->h > 0;
}

static void
fill (GstOverlayPainter *painter, GstVideoFrame *frame,
    const GstOverlayBitmap *color, const GstVideoRectangle *area, guint opacity)
{
  GstVideoRectangle cut = *area;

  if (fit (painter, &cut))
    gst_overlay_bitmap_fill (color, frame, &cut, opacity);
}

static void
draw_lines (GstOverlayPainter *painter, GstVideoFrame *frame,
    const GstOverlayBitmap *color, const GstVideoRectangle *box, gint width)
{
  gint across = MIN (width, box->w);
  gint down = MIN (width, box->h);
  const GstVideoRectangle sides[] = {
    { box->x, box->y, box->w, down },
    { box->x, box->y + box->h - down, box->w, down },
    { box->x, box->y + down, across, box->h - 2 * down },
    { box->x + box->w - across, box->y + down, across, box->h - 2 * down },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (sides); i++)
    fill (painter, frame, color, &sides[i], painter->opacity);
}

static void
draw_landmarks (GstOverlayPainter *painter, GstVideoFrame *frame,
    const GstOverlayBitmap *color, const GstDetectObject *object, gint width)
{
  gint side = width * 2;

  for (gint i = 0; i < object->n_landmarks; i++) {
    gint x = to_pixel (object->landmarks[i].x, GST_VIDEO_FRAME_WIDTH (frame));
    gint y = to_pixel (object->landmarks[i].y, GST_VIDEO_FRAME_HEIGHT (frame));
    GstVideoRectangle dot = { x - width, y - width, side, side };

    if (x >= 0 && y >= 0)
      fill (painter, frame, color, &dot, painter->opacity);
  }
}

/* Above the box, or inside where there is no room above; always within the frame
 * where it fits there. */
static void
draw_label (GstOverlayPainter *painter, GstVideoFrame *frame,
    const GstDetectObject *object, guint32 color, const GstVideoRectangle *box)
{
  const GstOverlayBitmap *label = get_label (painter, object, color);

  if (!label)
    return;
  gint height = gst_overlay_bitmap_get_height (label);
  gint x = MIN (box->x,
      GST_VIDEO_FRAME_WIDTH (frame) - gst_overlay_bitmap_get_width (label));
  gint y = box->y >= height ? box->y - height : box->y;

  y = MIN (y, GST_VIDEO_FRAME_HEIGHT (frame) - height);
  gst_overlay_bitmap_blit (label, frame,
      MAX (x, 0) / painter->grid_x * painter->grid_x,
      MAX (y, 0) / painter->grid_y * painter->grid_y, painter->opacity);
}

static gboolean
locate (const GstOverlayPainter *painter, const GstDetectObject *object,
    GstVideoRectangle *box)
{
  gint width = GST_VIDEO_INFO_WIDTH (&painter->info);
  gint height = GST_VIDEO_INFO_HEIGHT (&painter->info);
  gint x0 = to_pixel (object->x0, width);
  gint y0 = to_pixel (object->y0, height);
  gint x1 = to_pixel (object->x1, width);
  gint y1 = to_pixel (object->y1, height);

  *box = (GstVideoRectangle){ x0, y0, x1 - x0, y1 - y0 };
  return x0 >= 0 && y0 >= 0 && box->w > 0 && box->h > 0;
}

gboolean
gst_overlay_painter_locate (const GstOverlayPainter *painter,
    const GstDetectObject *object, gdouble margin, GstVideoRectangle *area)
{
  if (!locate (painter, object, area))
    return FALSE;

  gint x = (gint) ceil (area->w * margin);
  gint y = (gint) ceil (area->h * margin);
  area->x -= x;
  area->y -= y;
  area->w += 2 * x;
  area->h += 2 * y;
  return fit (painter, area);
}

void
gst_overlay_painter_fill (GstOverlayPainter *painter, GstVideoFrame *frame,
    const GstVideoRectangle *area, guint32 color)
{
  const GstOverlayBitmap *patch = get_color (painter, color);

  if (patch)
    fill (painter, frame, patch, area, GST_OVERLAY_OPAQUE);
}

void
gst_overlay_painter_begin (GstOverlayPainter *painter,
    const GstVideoFrame *frame, const GstOverlayStyle *style)
{
  prepare (painter, &frame->info, style);
  painter->opacity =
      GST_OVERLAY_OPAQUE - MIN (style->fading, GST_OVERLAY_OPAQUE);
}

void
gst_overlay_painter_draw (GstOverlayPainter *painter, GstVideoFrame *frame,
    const GstOverlayStyle *style, const GstDetectObject *object, guint32 color)
{
  const GstOverlayBitmap *patch = get_color (painter, color);
  GstVideoRectangle box;

  if (!patch || !locate (painter, object, &box))
    return;
  if (!style->no_boxes)
    draw_lines (painter, frame, patch, &box, line_width (painter, style));
  if (!style->no_landmarks)
    draw_landmarks (painter, frame, patch, object, line_width (painter, style));
  if (style->labels)
    draw_label (painter, frame, object, color, &box);
}

void
gst_overlay_painter_paint (GstOverlayPainter *painter, GstVideoFrame *frame,
    const GstOverlayStyle *style, const GstDetectObject *objects,
    guint n_objects)
{
  gst_overlay_painter_begin (painter, frame, style);
  /* The best last, so that it lies on top. */
  for (guint i = n_objects; i > 0; i--)
    gst_overlay_painter_draw (painter, frame, style, &objects[i - 1],
        gst_overlay_object_color (&objects[i - 1]));
}
