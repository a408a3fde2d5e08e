/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef JPEG_H
#define JPEG_H

#include <detect/frame.h>
#include <glib.h>

/* Encodes BGR, BGRA or grey pixels as JPEG. */
GBytes *jpeg_encode (const DetFrame *frame, int quality, GError **error);

#endif
