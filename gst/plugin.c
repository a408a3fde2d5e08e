/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetect.h"
#include "gstdetectexport.h"
#include "gstdetectimport.h"
#include "gstdetectoverlay.h"
#include "meta/gstdetectmeta.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  /* Known from now on, so that it can be read from other processes' bytes. */
  if (!gst_detect_meta_get_info ())
    return FALSE;
  return GST_ELEMENT_REGISTER (detect, plugin) &&
      GST_ELEMENT_REGISTER (detectexport, plugin) &&
      GST_ELEMENT_REGISTER (detectimport, plugin) &&
      GST_ELEMENT_REGISTER (detectoverlay, plugin);
}

#define PACKAGE "detect"

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, detect,
    "Object detection on raw video", plugin_init, PACKAGE_VERSION, "LGPL",
    "detect", "https://gstreamer.freedesktop.org/")
