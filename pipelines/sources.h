/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SOURCES_H
#define SOURCES_H

#include "inputs.h"

#include <gst/gst.h>

/* In how many ways an input of this kind can be read; the first is the best, the
 * others read what is odd or damaged. */
guint sources_count (InputKind kind);

/* An element that gives raw video of an input: on a pad `src` that it has from
 * the start, or on pads that come later. A stream's sound comes as it is when
 * @keep_sound can be muxed as it is, else decoded. */
GstElement *
source_new (const Input *input, guint way, gboolean keep_sound, GError **error);

/* uridecodebin, set up the same way. (transfer floating) */
GstElement *
source_decodebin_new (const char *uri, gboolean keep_sound, GError **error);

/* The parser that prepares compressed sound of these caps for a muxer, or NULL
 * when it has to be decoded. */
const char *source_sound_parser (const GstCaps *caps);

#endif
