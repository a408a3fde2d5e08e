/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "networks.h"

/* ---- an engine that only counts ---- */

static guint n_unloaded;

static void
unload (gpointer network)
{
  n_unloaded++;
}

static const DetEngine serial = { .name = "serial", .unload = unload };
static const DetEngine concurrent = { .name = "concurrent",
  .concurrent = TRUE,
  .unload = unload };

static int first;
static int second;

/* ---- callers ---- */

typedef struct
{
  DetNetworks *networks;
  GString *order;
  char letter;
} Caller;

static gpointer
take_note_give (gpointer data)
{
  Caller *caller = data;
  gpointer network = det_networks_take (caller->networks);

  g_string_append_c (caller->order,
      caller->letter); /* one at a time by design */
  det_networks_give (caller->networks, network);
  return NULL;
}

/* Waits until n callers have come, served or not. */
static void
wait_for_callers (DetNetworks *networks, guint64 n)
{
  gint64 deadline = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;
  gboolean all = FALSE;

  while (!all) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    g_mutex_lock (&networks->lock);
    all = networks->next == n;
    g_mutex_unlock (&networks->lock);
    g_thread_yield ();
  }
}

/* ---- tests ---- */

/* Who came first is served first. */
static void
test_fair (void)
{
  g_autoptr (GString) order = g_string_new (NULL);
  DetNetworks networks;
  Caller callers[5];
  GThread *threads[G_N_ELEMENTS (callers)];

  det_networks_init (&networks, &serial);
  det_networks_add (&networks, &first);
  gpointer taken = det_networks_take (&networks);
  for (guint i = 0; i < G_N_ELEMENTS (callers); i++) {
    callers[i] = (Caller){ &networks, order, (char) ('a' + i) };
    threads[i] = g_thread_new ("caller", take_note_give, &callers[i]);
    wait_for_callers (&networks, i + 2);
  }
  g_assert_cmpstr (order->str, ==, "");
  det_networks_give (&networks, taken);
  for (guint i = 0; i < G_N_ELEMENTS (callers); i++)
    g_thread_join (threads[i]);
  g_assert_cmpstr (order->str, ==, "abcde");
  det_networks_clear (&networks);
}

/* Each is lent once; all are unloaded in the end. */
static void
test_several (void)
{
  DetNetworks networks;

  n_unloaded = 0;
  det_networks_init (&networks, &serial);
  det_networks_add (&networks, &first);
  det_networks_add (&networks, &second);
  g_assert_cmpuint (det_networks_get_n (&networks), ==, 2);
  gpointer a = det_networks_take (&networks);
  gpointer b = det_networks_take (&networks);
  g_assert_true (a == &first && b == &second);
  det_networks_give (&networks, a);
  g_assert_true (det_networks_take (&networks) == a);
  det_networks_give (&networks, a);
  det_networks_give (&networks, b);
  det_networks_clear (&networks);
  g_assert_cmpuint (n_unloaded, ==, 2);
}

/* One that is added while somebody waits is lent to who waits. */
static void
test_added_later (void)
{
  g_autoptr (GString) order = g_string_new (NULL);
  DetNetworks networks;
  Caller caller = { &networks, order, 'x' };

  det_networks_init (&networks, &serial);
  det_networks_add (&networks, &first);
  gpointer taken = det_networks_take (&networks);
  GThread *thread = g_thread_new ("caller", take_note_give, &caller);
  wait_for_callers (&networks, 2);
  det_networks_add (&networks, &second);
  g_thread_join (thread);
  g_assert_cmpstr (order->str, ==, "x");
  det_networks_give (&networks, taken);
  det_networks_clear (&networks);
}

static void
test_concurrent (void)
{
  DetNetworks networks;

  det_networks_init (&networks, &concurrent);
  det_networks_add (&networks, &first);
  for (int i = 0; i < 3; i++)
    g_assert_true (det_networks_take (&networks) == &first);
  for (int i = 0; i < 3; i++)
    det_networks_give (&networks, &first);
  det_networks_clear (&networks);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/networks/fair", test_fair);
  g_test_add_func ("/networks/several", test_several);
  g_test_add_func ("/networks/added-later", test_added_later);
  g_test_add_func ("/networks/concurrent", test_concurrent);
  return g_test_run ();
}
