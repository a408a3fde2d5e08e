/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_ROWSTORE_H
#define DET_ROWSTORE_H

#include "preprocess.h"

/* Writes rows of pixels, normalised, into a tensor. */
typedef struct
{
  DetDType dtype;
  DetLayout layout;
  int channels;
  float factor[3]; /* value = pixel × factor + term */
  float term[3];
  guint8 pad;
  guint16 table[3][256]; /* pixel -> value, for all dtypes but float32 */
  guint8 *data;          /* of the first item of the batch */
  int width;             /* of the tensor */
  int height;
} DetRowStore;

void det_row_store_init (DetRowStore *store, const DetInputSpec *spec);
void
det_row_store_attach (DetRowStore *store, void *data, int width, int height);

/* Fills all that the picture leaves free. */
void det_row_store_pad (const DetRowStore *store, const DetLetterbox *box);

/* Asks for the memory of row y: a picture that is made once in a while is in no
 * cache. */
void
det_row_store_fetch (const DetRowStore *store, const DetLetterbox *box, int y);

/* Row y of the picture; a row of pixels per channel. */
void det_row_store_write (const DetRowStore *store, const DetLetterbox *box,
    int y, const guint8 *const *rows);

#endif
