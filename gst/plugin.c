/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetect.h"
#include "gstdetectexport.h"
#include "gstdetectimport.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  gboolean ok = GST_ELEMENT_REGISTER (detect, plugin);

  ok &= GST_ELEMENT_REGISTER (detectexport, plugin);
  ok &= GST_ELEMENT_REGISTER (detectimport, plugin);
  return ok;
}

#define PACKAGE "detect"

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, detect,
    "Object detection on raw video", plugin_init, PACKAGE_VERSION, "LGPL",
    "detect", "https://gstreamer.freedesktop.org/")
