/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ENCODERS_H
#define ENCODERS_H

#include <glib.h>

/* NULL-terminated: the codecs that can be asked for, `auto` first. */
const char *const *encoder_words (void);

/* (transfer full): encoder and payloader `pay0`, as gst-launch-1.0 writes them,
 * by what is there. The encoders hold no frame back. @kbits is the bit rate; JPEG
 * has none. */
char *encoder_describe (const char *codec, int kbits, GError **error);

#endif
