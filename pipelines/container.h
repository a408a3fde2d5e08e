/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CONTAINER_H
#define CONTAINER_H

#include <glib.h>

/* Whether a file is shorter than it says itself. Decoders mostly take the end of
 * a file that was cut off for the end of the video, or fill the picture up, and
 * say nothing. Read are the outermost lengths of JPEG, PNG, MP4/MOV, RIFF (AVI,
 * WebP) and Matroska/WebM; of any other file, and of one that makes no sense,
 * nothing is known and the answer is FALSE. */
gboolean container_is_cut_off (const char *path);

#endif
