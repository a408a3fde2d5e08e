/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "networks.h"

#include "enginecall.h"

void
det_networks_init (DetNetworks *networks, const DetEngine *engine)
{
  *networks = (DetNetworks){ .engine = engine };
  g_mutex_init (&networks->lock);
  g_cond_init (&networks->changed);
}

void
det_networks_clear (DetNetworks *networks)
{
  det_engine_call_begin ();
  for (guint i = 0; i < networks->n; i++)
    networks->engine->unload (networks->items[i]);
  det_engine_call_end ();
  g_cond_clear (&networks->changed);
  g_mutex_clear (&networks->lock);
}

void
det_networks_add (DetNetworks *networks, gpointer network)
{
  g_mutex_lock (&networks->lock);
  g_assert (networks->n < DET_MAX_NETWORKS);
  networks->items[networks->n++] = network;
  g_cond_broadcast (&networks->changed);
  g_mutex_unlock (&networks->lock);
}

guint
det_networks_get_n (DetNetworks *networks)
{
  g_mutex_lock (&networks->lock);
  guint n = networks->n;
  g_mutex_unlock (&networks->lock);
  return n;
}

/* With the lock held; n when all are lent. */
static guint
find_free (const DetNetworks *networks)
{
  guint i = 0;

  while (i < networks->n && networks->is_lent[i])
    i++;
  return i;
}

gpointer
det_networks_take (DetNetworks *networks)
{
  g_mutex_lock (&networks->lock);
  guint at = 0;
  if (!networks->engine->concurrent) {
    guint64 ticket = networks->next++;

    while (networks->serving != ticket || find_free (networks) == networks->n)
      g_cond_wait (&networks->changed, &networks->lock);
    at = find_free (networks);
    networks->is_lent[at] = TRUE;
    networks->serving++;
    g_cond_broadcast (&networks->changed);
  }
  gpointer network = networks->items[at];
  g_mutex_unlock (&networks->lock);
  return network;
}

void
det_networks_give (DetNetworks *networks, gpointer network)
{
  g_mutex_lock (&networks->lock);
  for (guint i = 0; i < networks->n; i++) {
    if (networks->items[i] == network)
      networks->is_lent[i] = FALSE;
  }
  g_cond_broadcast (&networks->changed);
  g_mutex_unlock (&networks->lock);
}
