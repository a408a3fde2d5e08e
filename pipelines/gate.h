/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GATE_H
#define GATE_H

#include <gst/gst.h>

/* Stands between a source and what is built behind it: only with the first frame
 * are its size, its orientation and the other streams known, so that frame waits
 * here. Says what happens with application messages of these names. */
#define GATE_READY "gate-ready"       /* the first frame waits */
#define GATE_COMPLETE "gate-complete" /* no further streams will come */
#define GATE_EMPTY "gate-empty"       /* the video ended without a frame */

typedef struct _Gate Gate;

/* To be made before the source starts, and freed when it has stopped. */
Gate *gate_new (GstElement *source, gboolean wants_sound);
void gate_free (Gate *gate);

/* (transfer full) (nullable): the stream's pad. */
GstPad *gate_get_video (Gate *gate);
GstPad *gate_get_sound (Gate *gate);

/* Lets the streams flow; of a picture only the first frame passes, since files of
 * pictures may carry small copies behind it. */
void gate_open (Gate *gate, gboolean only_first);

/* Ends the streams now, as if the source had. */
void gate_end (Gate *gate);

#endif
