/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "letterbox.h"

#include <math.h>

static int
round_side (double side, DetRounding rounding, int most)
{
  /* rint() rounds halves to even, as Python's round() does. */
  double rounded = rounding == DET_ROUND_DOWN ? floor (side) : rint (side);

  return CLAMP ((int) rounded, 1, most);
}

static void
keep_aspect (DetLetterbox *box, DetRounding rounding, int most_width,
    int most_height)
{
  double ratio = MIN ((double) most_width / box->source_width,
      (double) most_height / box->source_height);

  box->width = round_side (box->source_width * ratio, rounding, most_width);
  box->height = round_side (box->source_height * ratio, rounding, most_height);
}

static void
fit (DetLetterbox *box, DetRounding rounding, int most_width, int most_height)
{
  box->width = box->source_width;
  box->height = box->source_height;
  if ((most_width > 0 && box->width > most_width) ||
      (most_height > 0 && box->height > most_height))
    keep_aspect (box, rounding, most_width > 0 ? most_width : box->source_width,
        most_height > 0 ? most_height : box->source_height);
  box->input_width = box->width;
  box->input_height = box->height;
}

void
det_letterbox_init (DetLetterbox *box, DetResizeMode mode, DetRounding rounding,
    int source_width, int source_height, int input_width, int input_height)
{
  *box = (DetLetterbox){
    .source_width = MAX (source_width, 1),
    .source_height = MAX (source_height, 1),
    .input_width = input_width,
    .input_height = input_height,
    .width = input_width,
    .height = input_height,
  };
  switch (mode) {
    case DET_RESIZE_STRETCH:
      break;
    case DET_RESIZE_LETTERBOX:
      keep_aspect (box, rounding, input_width, input_height);
      /* Ultralytics' LetterBox: left = round (dw / 2 - 0.1), and the same for
       * top, so that an odd rest goes right and below. */
      box->x = MAX ((int) rint ((input_width - box->width) / 2.0 - 0.1), 0);
      box->y = MAX ((int) rint ((input_height - box->height) / 2.0 - 0.1), 0);
      break;
    case DET_RESIZE_TOP_LEFT:
      keep_aspect (box, rounding, input_width, input_height);
      break;
    case DET_RESIZE_FIT:
      fit (box, rounding, input_width, input_height);
      break;
  }
}

static float
to_source (double value, int offset, int picture, int source)
{
  return (float) ((value - offset) * source / picture);
}

static float
to_model (double value, int offset, int picture, int source)
{
  return (float) (value * picture / source + offset);
}

DetPoint
det_letterbox_point_to_source (const DetLetterbox *box, const DetModelPoint *in)
{
  return (DetPoint){
    .x = to_source ((double) in->x, box->x, box->width, box->source_width),
    .y = to_source ((double) in->y, box->y, box->height, box->source_height),
  };
}

DetBox
det_letterbox_to_source (const DetLetterbox *box, const DetModelBox *in)
{
  return (DetBox){
    .x0 = to_source ((double) in->x0, box->x, box->width, box->source_width),
    .y0 = to_source ((double) in->y0, box->y, box->height, box->source_height),
    .x1 = to_source ((double) in->x1, box->x, box->width, box->source_width),
    .y1 = to_source ((double) in->y1, box->y, box->height, box->source_height),
  };
}

DetModelBox
det_letterbox_to_model (const DetLetterbox *box, const DetBox *in)
{
  return (DetModelBox){
    .x0 = to_model ((double) in->x0, box->x, box->width, box->source_width),
    .y0 = to_model ((double) in->y0, box->y, box->height, box->source_height),
    .x1 = to_model ((double) in->x1, box->x, box->width, box->source_width),
    .y1 = to_model ((double) in->y1, box->y, box->height, box->source_height),
  };
}
