/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_NETWORKS_H
#define DET_NETWORKS_H

#include "engine.h"

#define DET_MAX_NETWORKS 64

/* A model's loaded networks. Of an engine whose networks take one request at a time
 * each is lent to one caller, and callers are served in the order they came, so
 * that one busy stream cannot starve the others. A concurrent engine's one network
 * is everybody's. All but init and clear may be called from any thread. */
typedef struct
{
  const DetEngine *engine;
  GMutex lock; /* guards what follows */
  GCond changed;
  guint64 next; /* ticket of the next to come */
  guint64 serving;
  guint n;
  gpointer items[DET_MAX_NETWORKS];
  gboolean is_lent[DET_MAX_NETWORKS];
} DetNetworks;

void det_networks_init (DetNetworks *networks, const DetEngine *engine);
void det_networks_clear (DetNetworks *networks); /* unloads them */

/* Takes network over; DET_MAX_NETWORKS at most. */
void det_networks_add (DetNetworks *networks, gpointer network);
guint det_networks_get_n (DetNetworks *networks);

/* Waits for its turn; every take needs its give. */
gpointer det_networks_take (DetNetworks *networks);
void det_networks_give (DetNetworks *networks, gpointer network);

#endif
