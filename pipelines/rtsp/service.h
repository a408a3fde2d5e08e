/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SERVICE_H
#define SERVICE_H

#include "mountfactory.h"

/* The RTSP server with its mounts, in the default main context. */
typedef struct _Service Service;

/* Starts to listen. @serving has to outlive it. */
Service *service_new (const Serving *serving, MountNotify notify, gpointer data,
    GError **error);

int service_get_port (const Service *self);

/* Takes no more clients, tells those there are that the streams end, and leaves
 * the main loop when they have gone, or after some seconds. */
void service_stop (Service *self, GMainLoop *loop);

void service_free (Service *self);

#endif
