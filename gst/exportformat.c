/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exportformat.h"

#include "formats/formats.h"

static const GstExportFormat *const formats[] = {
  &gst_export_jsonlines,
  &gst_export_csv,
  &gst_export_table,
  &gst_export_coco,
  &gst_export_text,
  NULL,
};

const GstExportFormat *const *
gst_export_formats (void)
{
  return formats;
}

const GstExportFormat *
gst_export_format_find (const gchar *name)
{
  for (gsize i = 0; formats[i]; i++) {
    if (g_strcmp0 (formats[i]->name, name) == 0)
      return formats[i];
  }
  return NULL;
}

static gboolean
has_ending (const GstExportFormat *format, const gchar *lower_case_path)
{
  for (gsize i = 0; format->endings[i]; i++) {
    if (g_str_has_suffix (lower_case_path, format->endings[i]))
      return TRUE;
  }
  return FALSE;
}

const GstExportFormat *
gst_export_format_for_path (const gchar *path)
{
  g_autofree gchar *lower = g_ascii_strdown (path, -1);

  for (gsize i = 0; formats[i]; i++) {
    if (has_ending (formats[i], lower))
      return formats[i];
  }
  return formats[0];
}

const GstExportFormat *
gst_export_format_for_caps (const GstCaps *caps)
{
  for (gsize i = 0; formats[i]; i++) {
    g_autoptr (GstCaps)
        own = formats[i]->caps ? gst_caps_from_string (formats[i]->caps) : NULL;

    if (own && gst_caps_can_intersect (own, caps))
      return formats[i];
  }
  return NULL;
}
