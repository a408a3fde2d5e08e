/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_LETTERBOX_H
#define DET_LETTERBOX_H

#include <detect/geometry.h>
#include <glib.h>

/* A rectangle in the model's input pixels. Another type than DetBox, so that the
 * compiler catches a mix-up. */
typedef struct
{
  float x0;
  float y0;
  float x1;
  float y1;
} DetModelBox;

typedef struct
{
  float x;
  float y;
} DetModelPoint;

/* How a frame is laid into the model's input. */
typedef enum
{
  DET_RESIZE_STRETCH,   /* both sides to the input's size */
  DET_RESIZE_LETTERBOX, /* aspect kept, picture centred, rest padded */
  DET_RESIZE_TOP_LEFT,  /* aspect kept, picture top left, rest padded */
  DET_RESIZE_FIT,       /* aspect kept, the input takes the picture's size; only
                           ever scaled down, to the input's size at most */
} DetResizeMode;

/* How the picture's size is rounded to pixels when the aspect is kept. */
typedef enum
{
  DET_ROUND_NEAREST, /* Python's round(): Ultralytics' LetterBox */
  DET_ROUND_DOWN,    /* int(): YOLOX's preproc */
} DetRounding;

typedef struct
{
  int source_width;
  int source_height;
  int input_width; /* the tensor's size */
  int input_height;
  int x; /* where the picture lies in the tensor */
  int y;
  int width;
  int height;
} DetLetterbox;

/* Sizes are at least 1. With FIT, input_width and input_height bound the size
 * (0: no bound) and are replaced by the picture's. */
void
det_letterbox_init (DetLetterbox *box, DetResizeMode mode, DetRounding rounding,
    int source_width, int source_height, int input_width, int input_height);

/* Exact inverses of each other, in float, not clipped. They use the rounded
 * picture size on each axis. */
DetBox det_letterbox_to_source (const DetLetterbox *box, const DetModelBox *in);
DetModelBox det_letterbox_to_model (const DetLetterbox *box, const DetBox *in);
DetPoint det_letterbox_point_to_source (const DetLetterbox *box,
    const DetModelPoint *in);

#endif
