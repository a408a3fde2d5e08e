/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MOUNT_FACTORY_H
#define MOUNT_FACTORY_H

#include "mounts.h"
#include <gst/rtsp-server/rtsp-server.h>

/* Makes the media of one mount: its source, the detector, an encoder; one media
 * for all clients, from the first that comes to the last that goes. */

#define MOUNT_ROLE "viewer" /* who may look */

/* Told in any thread. @reason is NULL when all is well again. @mount is NULL when
 * clients have to wait for room, or no longer have to. */
typedef void (*MountNotify) (const Mount *mount, const char *reason,
    gpointer data);

G_DECLARE_FINAL_TYPE (MountFactory, mount_factory, MOUNT, FACTORY,
    GstRTSPMediaFactory)

/* @mount has to outlive the factory. */
GstRTSPMediaFactory *mount_factory_new (const Mount *mount,
    const char *multicast_interface, MountNotify notify, gpointer data);

/* Whether the mount's model, its other options and an encoder are there. */
gboolean mount_factory_check (const Mount *mount, GError **error);

#endif
