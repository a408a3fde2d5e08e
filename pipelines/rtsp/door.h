/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DOOR_H
#define DOOR_H

#include <gst/rtsp-server/rtsp-server.h>

/* What they take of open files, as measured: a mount that starts, whose source is an
 * RTSP camera with UDP, and a client, with whom UDP may be asked for the first time. */
#define MOUNT_FILES 28
#define CLIENT_FILES 14

/* Listens for a server, in the default main context. Clients are let in while there
 * are files for all that those may ask for who do not play yet; the others wait in
 * the system's queue. Who has not played for a minute has to leave when others wait. */
typedef struct _Door Door;

typedef struct
{
  /* How many mounts do not run. */
  guint (*count_idle) (gpointer data);

  /* Clients have to wait, or, when reason is NULL, are taken again. */
  void (*note) (const char *reason, gpointer data);
} DoorEvents;

/* @server and @events have to outlive it. */
Door *door_new (GstRTSPServer *server, const DoorEvents *events, gpointer data,
    GError **error);

int door_get_port (const Door *self);

void door_close (Door *self); /* NULL: nothing */

#endif
