/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRAMEINFO_H
#define FRAMEINFO_H

#include "inputs.h"

#include <gst/gst.h>

/* A frame as it leaves the detector. */
typedef struct
{
  const Input *input;
  guint64 number;        /* in its input, from 0 */
  GstClockTime position; /* from the start of the input, or none */
  GstClockTime duration; /* of the whole input, or none */
  int width;
  int height;
  gboolean fresh; /* the first frame that carries its result */
} FrameInfo;

#endif
