/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "parts.h"

gboolean
parts_has (const char *element)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find (element);

  return factory != NULL;
}

GstElement *
parts_parse (const char *description, GError **error)
{
  return gst_parse_bin_from_description_full (description, TRUE, NULL,
      GST_PARSE_FLAG_FATAL_ERRORS, error);
}
