/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* rtsp-source: a camera made of a test picture, 1280 × 720 at 30 frames a second in
 * H.264. Prints its address once it answers, and serves until its standard input
 * is closed. */

#include <gst/rtsp-server/rtsp-server.h>
#include <stdio.h>

static gboolean
stop (GIOChannel *channel, GIOCondition condition, gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_REMOVE;
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);

  GMainLoop *loop = g_main_loop_new (NULL, FALSE);
  GstRTSPServer *server = gst_rtsp_server_new ();
  GstRTSPMountPoints *mounts = gst_rtsp_server_get_mount_points (server);
  GstRTSPMediaFactory *factory = gst_rtsp_media_factory_new ();

  gst_rtsp_media_factory_set_launch (factory,
      "( videotestsrc is-live=true pattern=ball ! "
      "video/x-raw,format=I420,width=1280,height=720,framerate=30/1 ! "
      "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 ! "
      "rtph264pay name=pay0 pt=96 )");
  gst_rtsp_mount_points_add_factory (mounts, "/camera", factory);
  g_object_unref (mounts);
  gst_rtsp_server_set_address (server, "127.0.0.1");
  gst_rtsp_server_set_service (server, "0"); /* any port that is free */
  if (gst_rtsp_server_attach (server, NULL) == 0) {
    fprintf (stderr, "no port could be opened\n");
    return 1;
  }
  printf ("rtsp://127.0.0.1:%d/camera\n",
      gst_rtsp_server_get_bound_port (server));
  fflush (stdout);

  GIOChannel *input = g_io_channel_unix_new (0);
  g_io_add_watch (input, G_IO_IN | G_IO_HUP | G_IO_ERR, stop, loop);
  g_main_loop_run (loop);
  g_io_channel_unref (input);
  g_object_unref (server);
  g_main_loop_unref (loop);
  return 0;
}
