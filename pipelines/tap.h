/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TAP_H
#define TAP_H

#include "frameinfo.h"
#include "meta/gstdetectmeta.h"

/* Reads what the detector says on every frame that leaves it. */

/* Called in the streaming thread. @meta is NULL when nothing is known of the
 * frame. FALSE asks for the end. */
typedef gboolean (*TapFunc) (const FrameInfo *frame, const GstDetectMeta *meta,
    gpointer data);

/* The application message that is posted when the function has said FALSE. */
#define TAP_REFUSED "tap-refused"

typedef struct _Tap Tap;

Tap *tap_new (GstElement *detect, const Input *input, TapFunc function,
    gpointer data);

/* To be called when the streaming thread has ended. */
void tap_free (Tap *tap);

void tap_set_duration (Tap *tap, GstClockTime duration);

guint64 tap_get_frames (Tap *tap);

/* Monotonic time of the last frame, in microseconds, or 0. */
gint64 tap_get_last_us (Tap *tap);

#endif
