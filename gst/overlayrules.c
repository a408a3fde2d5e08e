/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "overlayrules.h"

#include "overlaypainter.h"
#include <pango/pango.h>
#include <string.h>

#define ALL "*"

gboolean
gst_overlay_parse_color (const gchar *option, const gchar *text, guint32 *color,
    GError **error)
{
  PangoColor parsed;

  if (!pango_color_parse (&parsed, text)) {
    g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        "%s: '%s' is no colour; write #rrggbb or a name such as red", option,
        text);
    return FALSE;
  }
  *color = (guint32) (parsed.red >> 8) << 16 |
      (guint32) (parsed.green >> 8) << 8 | (guint32) (parsed.blue >> 8);
  return TRUE;
}

static GHashTable *
parse_classes (const gchar *text)
{
  if (!text || !*text)
    return NULL;

  GHashTable *classes =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_auto (GStrv) words = g_strsplit (text, ",", -1);
  for (gchar **word = words; *word; word++) {
    if (*g_strstrip (*word))
      g_hash_table_add (classes, g_strdup (*word));
  }
  return classes;
}

static gboolean
parse_class_color (GHashTable *colors, gchar *word, GError **error)
{
  gchar *colon = strrchr (word, ':');
  guint32 color;

  if (!colon) {
    g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        "class-colors: '%s' is not CLASS:COLOR", word);
    return FALSE;
  }
  *colon = '\0';
  if (!gst_overlay_parse_color ("class-colors", g_strstrip (colon + 1), &color,
          error))
    return FALSE;
  g_hash_table_insert (colors, g_strdup (g_strstrip (word)),
      GUINT_TO_POINTER (color));
  return TRUE;
}

static GHashTable *
parse_colors (const gchar *text, GError **error)
{
  g_autoptr (GHashTable)
      colors = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_auto (GStrv) words = g_strsplit (text ? text : "", ",", -1);

  for (gchar **word = words; *word; word++) {
    if (*g_strstrip (*word) && !parse_class_color (colors, *word, error))
      return NULL;
  }
  return g_steal_pointer (&colors);
}

gboolean
gst_overlay_rules_set (GstOverlayRules *rules, const gchar *show,
    const gchar *hide, const gchar *blur, const gchar *colors, GError **error)
{
  GHashTable *parsed = parse_colors (colors, error);

  if (!parsed)
    return FALSE;
  gst_overlay_rules_clear (rules);
  *rules = (GstOverlayRules){ .show = parse_classes (show),
    .hide = parse_classes (hide),
    .blur = parse_classes (blur),
    .colors = parsed };
  return TRUE;
}

void
gst_overlay_rules_clear (GstOverlayRules *rules)
{
  g_clear_pointer (&rules->show, g_hash_table_unref);
  g_clear_pointer (&rules->hide, g_hash_table_unref);
  g_clear_pointer (&rules->blur, g_hash_table_unref);
  g_clear_pointer (&rules->colors, g_hash_table_unref);
}

/* By name, by id, or by the word for all, in this order. */
static gboolean
find (GHashTable *classes, const GstDetectObject *object, gpointer *value)
{
  gchar id[16];

  if (!classes || g_hash_table_size (classes) == 0)
    return FALSE;
  g_snprintf (id, sizeof id, "%d", object->class_id);
  return (object->label &&
             g_hash_table_lookup_extended (classes, object->label, NULL,
                 value)) ||
      g_hash_table_lookup_extended (classes, id, NULL, value) ||
      g_hash_table_lookup_extended (classes, ALL, NULL, value);
}

gboolean
gst_overlay_rules_shows (const GstOverlayRules *rules,
    const GstDetectObject *object)
{
  gpointer value;

  return (!rules->show || find (rules->show, object, &value)) &&
      !find (rules->hide, object, &value);
}

gboolean
gst_overlay_rules_blurs (const GstOverlayRules *rules,
    const GstDetectObject *object)
{
  gpointer value;

  return find (rules->blur, object, &value);
}

guint32
gst_overlay_rules_get_color (const GstOverlayRules *rules,
    const GstDetectObject *object)
{
  gpointer color;

  if (find (rules->colors, object, &color))
    return GPOINTER_TO_UINT (color);
  return gst_overlay_object_color (object);
}
