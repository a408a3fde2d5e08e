/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "remote.h"

GstElement *
remote_new (const char *url, const char *token_file, const DetOptions *options,
    gboolean overlay, GError **error)
{
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
      "--server: this program was built without it; build it where libsoup 3 "
      "and TurboJPEG are");
  return NULL;
}
