/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rowgather.h"

#include "rowloop.h"
#include <string.h>

#if defined(__x86_64__)
#include <tmmintrin.h>
#define CAN_SHUFFLE 1
#endif

#define BLOCK 16
#define NOWHERE 0x80
#define MAX_LOADS 8 /* with more, one place after the other is as quick */

/* ---- one place after the other ---- */

/* size: the compiler must know it. */
static inline void
copy_places (const DetRowGather *gather, const guint8 *row, guint8 *out,
    gsize size)
{
  const gint32 *first = gather->first;
  gsize n = (gsize) gather->n;

#pragma GCC unroll 8
  for (gsize i = 0; i < n; i++)
    memcpy (out + i * size, row + first[i], size);
}

/* In any byte order. */
DET_ROW_LOOP static void
sort_channels (guint8 *out, int n)
{
  for (int i = 0; i < n; i++) {
    guint32 four;

    memcpy (&four, out, 4);
    four = (four & 0xff0000ff) | (four << 8 & 0x00ff0000) |
        (four >> 8 & 0x0000ff00);
    memcpy (out, &four, 4);
    out += 4;
  }
}

static void
run_plainly (const DetRowGather *gather, const guint8 *row, guint8 *out)
{
  switch (gather->size) {
    case 1:
      copy_places (gather, row, out, 1);
      break;
    case 2:
      copy_places (gather, row, out, 2);
      break;
    default:
      copy_places (gather, row, out, 4);
      break;
  }
  if (gather->is_sorted)
    sort_channels (out, gather->n);
}

/* ---- in blocks ---- */

#ifdef CAN_SHUFFLE

/* The byte of the row that a target byte is. */
static int
source_of (const DetRowGather *gather, int target)
{
  static const int sorted[] = { 0, 2, 1, 3 };
  int place = target / gather->size;
  int byte = target % gather->size;

  return gather->first[place] + (gather->is_sorted ? sorted[byte] : byte);
}

static int
first_target (const DetRowGather *gather, int block)
{
  return MIN (block * BLOCK, gather->n * gather->size - BLOCK);
}

static int
count_loads (const DetRowGather *gather, int n_blocks)
{
  int per_block = BLOCK / gather->size;
  int most = 1;

  for (int b = 0; b < n_blocks; b++) {
    int place = first_target (gather, b) / gather->size;
    int span = gather->first[place + per_block - 1] + gather->size -
        gather->first[place];

    most = MAX (most, (span + BLOCK - 1) / BLOCK);
  }
  return most;
}

static void
plan_block (DetRowGather *gather, int block, int row_bytes)
{
  int target = first_target (gather, block);
  int base = MIN (gather->first[target / gather->size],
      row_bytes - gather->n_loads * BLOCK);
  guint8 *shuffle = gather->shuffle + block * gather->n_loads * BLOCK;

  gather->base[block] = base;
  for (int i = 0; i < BLOCK; i++) {
    int at = source_of (gather, target + i) - base;

    shuffle[at / BLOCK * BLOCK + i] = (guint8) (at % BLOCK);
  }
}

static void
plan (DetRowGather *gather, int row_bytes)
{
  int bytes = gather->n * gather->size;
  int n_blocks = (bytes + BLOCK - 1) / BLOCK;

  if (bytes < BLOCK || !__builtin_cpu_supports ("ssse3"))
    return;
  int n_loads = count_loads (gather, n_blocks);
  if (n_loads > MAX_LOADS || n_loads * BLOCK > row_bytes)
    return;
  gsize n_bytes = (gsize) n_blocks * (gsize) n_loads * BLOCK;
  gather->n_blocks = n_blocks;
  gather->n_loads = n_loads;
  gather->base = g_new (gint32, n_blocks);
  gather->shuffle = g_malloc (n_bytes);
  memset (gather->shuffle, NOWHERE, n_bytes);
  for (int b = 0; b < n_blocks; b++)
    plan_block (gather, b, row_bytes);
}

__attribute__ ((target ("ssse3"))) static inline __m128i
load (const guint8 *from)
{
  return _mm_loadu_si128 ((const __m128i *) (const void *) from);
}

/* n_loads: the compiler must know it. */
__attribute__ ((target ("ssse3"), always_inline)) static inline void
shuffle_blocks (const DetRowGather *gather, const guint8 *row, guint8 *out,
    int n_loads)
{
  const guint8 *shuffle = gather->shuffle;
  int last = gather->n * gather->size - BLOCK;

  for (int b = 0; b < gather->n_blocks; b++) {
    const guint8 *from = row + gather->base[b];
    __m128i made = _mm_shuffle_epi8 (load (from), load (shuffle));

    for (int i = 1; i < n_loads; i++)
      made = _mm_or_si128 (made,
          _mm_shuffle_epi8 (load (from + i * BLOCK),
              load (shuffle + i * BLOCK)));
    _mm_storeu_si128 ((__m128i *) (void *) (out + MIN (b * BLOCK, last)), made);
    shuffle += n_loads * BLOCK;
  }
}

__attribute__ ((target ("ssse3"))) static void
run_in_blocks (const DetRowGather *gather, const guint8 *row, guint8 *out)
{
  switch (gather->n_loads) {
    case 1:
      shuffle_blocks (gather, row, out, 1);
      break;
    case 2:
      shuffle_blocks (gather, row, out, 2);
      break;
    case 3:
      shuffle_blocks (gather, row, out, 3);
      break;
    case 4:
      shuffle_blocks (gather, row, out, 4);
      break;
    default:
      shuffle_blocks (gather, row, out, gather->n_loads);
      break;
  }
}

#else

static void
plan (DetRowGather *gather, int row_bytes)
{
  (void) gather;
  (void) row_bytes;
}

static void
run_in_blocks (const DetRowGather *gather, const guint8 *row, guint8 *out)
{
  run_plainly (gather, row, out);
}

#endif

/* ---- what others call ---- */

void
/* NOLINTNEXTLINE(readability-non-const-parameter): first is kept */
det_row_gather_init (DetRowGather *gather, gint32 *first, int n, int size,
    gboolean is_sorted, int row_bytes)
{
  *gather = (DetRowGather){
    .n = n,
    .size = size,
    .first = first,
    .is_sorted = is_sorted,
  };
  plan (gather, row_bytes);
}

void
det_row_gather_clear (DetRowGather *gather)
{
  g_clear_pointer (&gather->first, g_free);
  g_clear_pointer (&gather->base, g_free);
  g_clear_pointer (&gather->shuffle, g_free);
}

void
det_row_gather_run (const DetRowGather *gather, const guint8 *row, void *out)
{
  if (gather->n_blocks > 0)
    run_in_blocks (gather, row, out);
  else
    run_plainly (gather, row, out);
}
