/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rowgather.h"

typedef struct
{
  int n;
  int size;
  gboolean is_sorted;
  double step; /* bytes from place to place */
} Case;

static const Case cases[] = {
  { 1, 1, FALSE, 1 },
  { 15, 1, FALSE, 2 },
  { 16, 1, FALSE, 1 },
  { 17, 1, FALSE, 3 },
  { 640, 1, FALSE, 3 },
  { 641, 1, FALSE, 7.1 },
  { 31, 1, FALSE, 40 },
  { 7, 2, FALSE, 5 },
  { 8, 2, FALSE, 1 },
  { 9, 2, FALSE, 4.6 },
  { 416, 2, FALSE, 4.615 },
  { 333, 2, FALSE, 0.4 },
  { 100, 2, FALSE, 15.5 },
  { 3, 4, TRUE, 4 },
  { 4, 4, TRUE, 4 },
  { 5, 4, TRUE, 6 },
  { 416, 4, TRUE, 4.6 },
  { 416, 4, FALSE, 4.6 },
  { 99, 4, TRUE, 33 },
};

static gint32 *
make_places (const Case *c, int *row_bytes)
{
  gint32 *first = g_new (gint32, c->n);

  for (int i = 0; i < c->n; i++)
    first[i] = (gint32) (i * c->step);
  *row_bytes = first[c->n - 1] + c->size;
  return first;
}

static guint8
expect (const Case *c, const gint32 *first, const guint8 *row, int i)
{
  static const int sorted[] = { 0, 2, 1, 3 };
  int byte = i % c->size;

  return row[first[i / c->size] + (c->is_sorted ? sorted[byte] : byte)];
}

/* Row and output have their sizes to the byte: for those who watch over memory. */
static void
check (const Case *c)
{
  DetRowGather gather;
  int row_bytes;
  gint32 *first = make_places (c, &row_bytes);
  g_autofree guint8 *row = g_malloc ((gsize) row_bytes);
  int n = c->n * c->size;
  g_autofree guint8 *out = g_malloc ((gsize) n);

  for (int i = 0; i < row_bytes; i++)
    row[i] = (guint8) g_test_rand_int ();
  det_row_gather_init (&gather, first, c->n, c->size, c->is_sorted, row_bytes);
  det_row_gather_run (&gather, row, out);
  for (int i = 0; i < n; i++)
    g_assert_cmpuint (out[i], ==, expect (c, first, row, i));

  /* And where there are no blocks. */
  gather.n_blocks = 0;
  g_autofree guint8 *plain = g_malloc ((gsize) n);
  det_row_gather_run (&gather, row, plain);
  g_assert_cmpmem (plain, (gsize) n, out, (gsize) n);
  det_row_gather_clear (&gather);
}

static void
test_places (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    check (&cases[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rowgather/places", test_places);
  return g_test_run ();
}
