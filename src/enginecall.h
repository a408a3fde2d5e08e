/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_ENGINECALL_H
#define DET_ENGINECALL_H

/* Around every call into an engine's library. Threads that loading and running were
 * left to may outlive all who waited for them, and engines' libraries do not stand
 * being torn down by exit() meanwhile: exit() waits for the calls under way, but
 * not long for one that hangs. Any thread; calls may nest. */
void det_engine_call_begin (void);
void det_engine_call_end (void);

#endif
