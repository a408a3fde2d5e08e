/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "slate.h"

#include <gst/video/video.h>
#include <pango/pangocairo.h>

#define BLACK_WIDTH 640
#define BLACK_HEIGHT 360
#define LUMA_BLACK 16
#define CHROMA_GREY 128

/* Sizes in parts of the picture's height, but never less than can be read. */
#define FONT_PART 20
#define LEAST_FONT 10

/* ---- pictures ---- */

static GstSample *
black_new (void)
{
  GstVideoInfo info;
  g_autoptr (GstCaps) caps = NULL;
  GstBuffer *buffer;
  gsize luma;

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_I420, BLACK_WIDTH,
      BLACK_HEIGHT);
  buffer = gst_buffer_new_allocate (NULL, info.size, NULL);
  luma = GST_VIDEO_INFO_PLANE_OFFSET (&info, 1);
  gst_buffer_memset (buffer, 0, LUMA_BLACK, luma);
  gst_buffer_memset (buffer, luma, CHROMA_GREY, info.size - luma);
  caps = gst_video_info_to_caps (&info);
  GstSample *sample = gst_sample_new (buffer, caps, NULL, NULL);
  gst_buffer_unref (buffer);
  return sample;
}

/* ---- the line of text ---- */

static PangoLayout *
layout_new (cairo_t *cairo, const char *text, int width, int font_size)
{
  PangoLayout *layout = pango_cairo_create_layout (cairo);
  PangoFontDescription *font = pango_font_description_from_string ("Sans");

  pango_font_description_set_absolute_size (font, font_size * PANGO_SCALE);
  pango_layout_set_font_description (layout, font);
  pango_font_description_free (font);
  pango_layout_set_width (layout, width * PANGO_SCALE);
  pango_layout_set_wrap (layout, PANGO_WRAP_WORD_CHAR);
  pango_layout_set_alignment (layout, PANGO_ALIGN_CENTER);
  pango_layout_set_text (layout, text, -1);
  return layout;
}

/* How high the text stands. */
static int
measure (const char *text, int width, int font_size)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_A8, 1, 1);
  cairo_t *cairo = cairo_create (surface);
  g_autoptr (PangoLayout) layout = layout_new (cairo, text, width, font_size);
  int height;

  pango_layout_get_pixel_size (layout, NULL, &height);
  cairo_destroy (cairo);
  cairo_surface_destroy (surface);
  return height;
}

static void
draw (cairo_surface_t *surface, const char *text, int width, int font_size)
{
  cairo_t *cairo = cairo_create (surface);
  g_autoptr (PangoLayout) layout = layout_new (cairo, text, width, font_size);

  cairo_set_source_rgba (cairo, 0, 0, 0, 0.6);
  cairo_paint (cairo);
  cairo_set_source_rgb (cairo, 1, 1, 1);
  pango_cairo_show_layout (cairo, layout);
  cairo_destroy (cairo);
  cairo_surface_flush (surface);
}

/* A band along the lower edge. Cairo's pixels have the order of the overlay's, and
 * colours multiplied by alpha. */
static GstVideoOverlayComposition *
band_new (const char *text, int width, int height)
{
  int font_size = MAX (height / FONT_PART, LEAST_FONT);
  int band = MIN (measure (text, width, font_size), height);
  cairo_surface_t *surface =
      cairo_image_surface_create (CAIRO_FORMAT_ARGB32, width, band);
  gsize offsets[GST_VIDEO_MAX_PLANES] = { 0 };
  int strides[GST_VIDEO_MAX_PLANES] = {
    cairo_image_surface_get_stride (surface)
  };

  draw (surface, text, width, font_size);
  GstBuffer *pixels = gst_buffer_new_wrapped_full (GST_MEMORY_FLAG_READONLY,
      cairo_image_surface_get_data (surface), (gsize) strides[0] * (gsize) band,
      0, (gsize) strides[0] * (gsize) band, surface,
      (GDestroyNotify) cairo_surface_destroy);
  gst_buffer_add_video_meta_full (pixels, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB, (guint) width, (guint) band, 1,
      offsets, strides);
  GstVideoOverlayRectangle *rectangle =
      gst_video_overlay_rectangle_new_raw (pixels, 0, height - band,
          (guint) width, (guint) band,
          GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA);
  gst_buffer_unref (pixels);
  GstVideoOverlayComposition *composition =
      gst_video_overlay_composition_new (rectangle);
  gst_video_overlay_rectangle_unref (rectangle);
  return composition;
}

GstSample *
slate_new (GstSample *last, const char *text)
{
  g_autoptr (GstSample) picture = last ? gst_sample_ref (last) : black_new ();
  GstCaps *caps = gst_sample_get_caps (picture);
  GstVideoInfo info;
  GstVideoFrame frame;

  if (!gst_video_info_from_caps (&info, caps))
    return g_steal_pointer (&picture);
  GstBuffer *buffer = gst_buffer_copy_deep (gst_sample_get_buffer (picture));
  if (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READWRITE)) {
    GstVideoOverlayComposition *band = band_new (text,
        GST_VIDEO_INFO_WIDTH (&info), GST_VIDEO_INFO_HEIGHT (&info));

    /* Where it cannot draw into the format, the picture stays as it is. */
    (void) gst_video_overlay_composition_blend (band, &frame);
    gst_video_overlay_composition_unref (band);
    gst_video_frame_unmap (&frame);
  }
  GstSample *slate = gst_sample_new (buffer, caps, NULL, NULL);
  gst_buffer_unref (buffer);
  return slate;
}
