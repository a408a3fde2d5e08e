/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_GOLDENS_H
#define TEST_GOLDENS_H

#include "decoder.h"

/* A golden writes one known object into outputs of a family's form, by arithmetic
 * of its own, and says what must come out. Every row of the decoders' table must have
 * one here. */

typedef struct
{
  DetModelInfo *info;
  float *data[DET_MAX_OUTPUTS];
  guint n;
  /* what must come out */
  DetModelBox box;
  float score;
  int class_id;
  int n_landmarks;
  DetModelPoint landmark; /* the second one */
} Golden;

typedef struct
{
  const char *name; /* of the decoder */
  void (*make) (Golden *golden);
  gboolean is_asked_for; /* never recognised by itself */
} GoldenRow;

/* Most goldens are of 160 × 96: 240 + 60 + 15 cells of 8, 16, 32. */
enum
{
  CELLS = 315
};

extern const GoldenRow goldens[];
extern const int n_goldens;

/* Makes the one of that decoder, which there has to be. */
const GoldenRow *golden_make (const char *name, Golden *golden);

/* A description with one picture input and no outputs. */
DetModelInfo *make_info (DetFileKind kind, gint64 width, gint64 height);

/* Pieces that goldens are made of. */
void golden_start (Golden *golden, gint64 width, gint64 height);
float *
golden_add (Golden *golden, const char *name, int n_dims, const gint64 *dims);
void golden_expect (Golden *golden, float x0, float y0, float x1, float y1,
    float score, int class_id);
void golden_set_metadata (Golden *golden, const char *key, const char *value);
/* Binds a decoder to it; the grid of the head is the caller's to free. */
void
golden_bind (const DetDecoder *decoder, const Golden *golden, DetHead *head);
void golden_view (const Golden *golden, DetTensor *outputs);
/* Binds and decodes; what is found replaces what was. */
void golden_decode (const DetDecoder *decoder, const Golden *golden,
    float threshold, DetCandidates *found);
/* Exactly the golden's object was found. */
void golden_assert_found (const Golden *golden, const DetCandidates *found);
/* Chooses a decoder (or is told), binds and decodes: exactly the golden's object is
 * there. Clears it. */
void
golden_assert_reads (Golden *golden, const char *forced, const char *expected);
void golden_clear (Golden *golden);

#define ADD(golden, name, ...)                                      \
  golden_add (golden, name,                                         \
      (int) (sizeof ((gint64[]){ __VA_ARGS__ }) / sizeof (gint64)), \
      (gint64[]){ __VA_ARGS__ })

#endif
