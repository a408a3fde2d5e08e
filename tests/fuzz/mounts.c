/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A file of mounts of any bytes: what is taken from it is complete and in its bounds. */

#include "mounts.h"
#include "fuzz.h"
#include "fuzzgst.h"
#include <detect/error.h>

static void
check_mount (const Mount *mount)
{
  g_assert_cmpint (mount->path[0], ==, '/');
  g_assert_nonnull (mount->input);
  g_assert_nonnull (mount->codec);
  g_assert_cmpint (mount->bitrate, >, 0);
  g_assert_cmpint (mount->width, >=, 0);
  g_assert_true ((mount->width == 0) == (mount->height == 0));
  g_assert_cmpuint (mount->protocols, !=, 0);
  if (mount->protocols & GST_RTSP_LOWER_TRANS_UDP_MCAST)
    g_assert_nonnull (mount->multicast);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  fuzz_start_gstreamer ();

  g_autofree char *path = fuzz_write_file ("mounts.yaml", data, size);
  g_autoptr (Serving) serving = serving_new ();
  g_autoptr (GError) error = NULL;
  gboolean ok = mounts_file_read (serving, path, &error);

  g_assert_true (ok == (error == NULL));
  if (!ok) {
    g_assert_true (error->domain == DET_ERROR);
    return 0;
  }
  g_assert_nonnull (serving->address);
  g_assert_cmpint (serving->port, <=, G_MAXUINT16);
  for (guint i = 0; i < serving->mounts->len; i++)
    check_mount (serving->mounts->pdata[i]);
  return 0;
}
