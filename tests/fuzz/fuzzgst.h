/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FUZZ_GST_H
#define FUZZ_GST_H

#include <gst/gst.h>

/* GStreamer without plugins, which are of no use to a target and are slow to find. */
static inline void
fuzz_start_gstreamer (void)
{
  static gsize once = 0;

  if (!g_once_init_enter (&once))
    return;
  g_setenv ("GST_REGISTRY_DISABLE", "yes", TRUE);
  g_setenv ("GST_PLUGIN_SYSTEM_PATH_1_0", "", TRUE);
  g_setenv ("GST_PLUGIN_PATH_1_0", "", TRUE);
  gst_init (NULL, NULL);
  g_once_init_leave (&once, 1);
}

#endif
