/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "likeness.h"

#include <string.h>

#define MAX_WORD 63

/* Levenshtein's distance, letter case aside. */
static int
distance (const char *a, const char *b)
{
  int row[MAX_WORD + 2];
  int n = (int) MIN (strlen (b), MAX_WORD);

  for (int j = 0; j <= n; j++)
    row[j] = j;
  for (int i = 0; i < MAX_WORD && a[i]; i++) {
    int diagonal = row[0];

    row[0] = i + 1;
    for (int j = 0; j < n; j++) {
      int cost = g_ascii_tolower (a[i]) != g_ascii_tolower (b[j]);
      int best = MIN (MIN (row[j] + 1, row[j + 1] + 1), diagonal + cost);

      diagonal = row[j + 1];
      row[j + 1] = best;
    }
  }
  return row[n];
}

const char *
det_nearest_word (const char *const *words, const char *name)
{
  const char *best = NULL;
  int least = (int) MIN (strlen (name), MAX_WORD) / 3 + 1;

  for (int i = 0; words[i]; i++) {
    int d = distance (words[i], name);

    if (d < least || (d == least && !best)) {
      least = d;
      best = words[i];
    }
  }
  return best;
}
