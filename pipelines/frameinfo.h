/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRAMEINFO_H
#define FRAMEINFO_H

#include "detectrecord.h"
#include "inputs.h"

#include <gst/gst.h>

/* A frame as it leaves the detector. */
typedef struct
{
  const Input *input;
  GstDetectRecord record; /* a picture has no times */
  GstClockTime duration;  /* of the whole input, or none */
} FrameInfo;

#endif
