/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ANNOTATE_H
#define ANNOTATE_H

#include "picture.h"

#include <detect/detect.h>

/* Draws what was found on a picture's own pixels, as the options say, and encodes
 * it as JPEG. NULL with an error when that cannot be done. */
GBytes *annotate (Picture *picture, const DetModel *model, DetDetections *found,
    const DetOptions *options, GError **error);

#endif
