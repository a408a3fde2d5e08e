/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DETECT_SESSION_H
#define DETECT_SESSION_H

#include <detect/detections.h>
#include <detect/export.h>
#include <detect/frame.h>
#include <detect/model.h>
#include <glib.h>

DET_BEGIN_DECLS

/**
 * DetWorkers:
 *
 * Threads that infer the frames of sessions with one model, in the order they were
 * started, each one frame at a time. With one session more than there are threads, a
 * frame is prepared while others are inferred. May be used from any thread.
 */
typedef struct _DetWorkers DetWorkers;

/**
 * DetSession:
 *
 * One caller's use of a model: its tensors, and one frame under way at a time.
 * det_session_set_cancelled() may be called from any thread; everything else from one
 * thread at a time.
 */
typedef struct _DetSession DetSession;

/**
 * det_workers_new:
 * @model: the model to use; a reference is taken
 * @n: how many frames are inferred at once; at least one
 * @error: return location for an error
 *
 * Returns: (transfer full): threads that end once neither the caller nor a session has
 *     them any more; %NULL with %DET_ERROR_FAILED or %DET_ERROR_ENGINE
 */
DetWorkers *det_workers_new (DetModel *model, guint n, GError **error);

DetWorkers *det_workers_ref (DetWorkers *workers);
void det_workers_unref (DetWorkers *workers);

/**
 * det_session_new:
 * @model: the model to use; a reference is taken
 * @error: return location for an error
 *
 * A session with a worker thread of its own.
 */
DetSession *det_session_new (DetModel *model, GError **error);

/**
 * det_session_new_with_workers:
 * @workers: who infers; a reference is taken
 * @error: return location for an error
 *
 * A session whose frames are inferred by threads that it shares with others. Where a
 * thread was lost to a frame that was given up, another takes its place.
 */
DetSession *det_session_new_with_workers (DetWorkers *workers, GError **error);

/**
 * det_session_free:
 * @session: (transfer full) (nullable): a session
 *
 * Never waits for the engine: a frame still under way is abandoned, and its
 * worker cleans up when the engine comes back. Then it ends, or goes on with other
 * sessions' frames where no other has taken its place.
 */
void det_session_free (DetSession *session);

/**
 * det_session_submit:
 * @session: a session
 * @frame: the frame; only read during the call
 * @params: how to filter what is found; a reference is taken
 * @error: return location for an error
 *
 * Prepares the model's input from @frame in the calling thread and starts the
 * inference on the worker. When an earlier frame is still under way it is waited
 * for and its result dropped.
 *
 * Returns: %FALSE with %DET_ERROR_FRAME, or %DET_ERROR_CANCELLED
 */
gboolean det_session_submit (DetSession *session, const DetFrame *frame,
    DetParams *params, GError **error);

/**
 * det_session_begin:
 * @session: a session
 * @width: width of the whole frame, in pixels
 * @height: its height
 * @params: how to filter what is found; a reference is taken
 * @error: return location for an error
 *
 * The first step for frames that are looked at in parts: then each part is given
 * to det_session_add(), and det_session_start() sets off. When an earlier frame is
 * still under way it is waited for and its result dropped.
 *
 * Returns: %FALSE with %DET_ERROR_CANCELLED
 */
gboolean det_session_begin (DetSession *session, int width, int height,
    DetParams *params, GError **error);

/**
 * det_session_add:
 * @session: a session that was begun
 * @frame: a part of the frame; only read during the call
 * @x: where it lies in the whole frame, in pixels
 * @y: the same, from the top
 * @error: return location for an error
 *
 * Prepares the model's input from a part of the frame, in the calling thread. Every
 * part is kept as a tensor of its own until the next det_session_begin(), and costs
 * an inference. Objects come out in the whole frame's pixels, each once: where parts
 * overlap, what is the same object is merged.
 *
 * Returns: %FALSE with %DET_ERROR_FRAME; the frame may then be begun again
 */
gboolean det_session_add (DetSession *session, const DetFrame *frame, int x,
    int y, GError **error);

/**
 * det_session_start:
 * @session: a session that was begun
 *
 * Starts the inference of all parts on the worker. Without any part nothing is
 * inferred, and nothing found.
 */
void det_session_start (DetSession *session);

/**
 * det_session_wait:
 * @session: a session with a frame under way
 * @timeout_us: microseconds to wait at most, or -1
 * @error: return location for an error
 *
 * Returns: (transfer full): what was found, or %NULL with %DET_ERROR_ENGINE,
 *     %DET_ERROR_TIMEOUT (the frame is still under way: wait again, or free the
 *     session) or %DET_ERROR_CANCELLED
 */
DetDetections *
det_session_wait (DetSession *session, gint64 timeout_us, GError **error);

/** det_session_run: det_session_submit() and det_session_wait() in one. */
DetDetections *det_session_run (DetSession *session, const DetFrame *frame,
    DetParams *params, GError **error);

/**
 * det_session_set_helping:
 * @session: a session
 * @helping: %TRUE to have the worker help to prepare frames while it has nothing else
 *     to do; at first it does not
 *
 * Quicker for large frames where another processor is idle: a third, as measured with
 * 1080p, and at most a half.
 */
void det_session_set_helping (DetSession *session, gboolean helping);

/**
 * det_session_set_deferring:
 * @session: a session
 * @deferring: %TRUE to have the worker do, before the inference, what of preparing a
 *     frame needs no frame any more; at first it does not
 *
 * For callers whose own thread must not be held up: with 1080p and a network of
 * 640 x 640 it then spends three fifths of the time, as measured. The result comes no
 * sooner, and a scaled picture more is kept.
 */
void det_session_set_deferring (DetSession *session, gboolean deferring);

/**
 * det_session_set_cancelled:
 * @session: a session
 * @cancelled: %TRUE to break off waits, %FALSE to allow them again
 *
 * While set, submit and wait return %DET_ERROR_CANCELLED at once.
 */
void det_session_set_cancelled (DetSession *session, gboolean cancelled);

/**
 * DetSessionNotify:
 * @data: what was given with the function
 *
 * Called on a worker's thread when an inference has ended, well or not, under
 * a lock: it must be quick, and must not call the session.
 */
typedef void (*DetSessionNotify) (gpointer data);

/**
 * det_session_set_notify:
 * @session: a session with nothing under way
 * @notify: (nullable): what to call
 * @data: given to @notify
 *
 * For callers that have other things to do than to wait. Not called any more once
 * det_session_free() has returned.
 */
void det_session_set_notify (DetSession *session, DetSessionNotify notify,
    gpointer data);

/** Whether a frame is under way. */
gboolean det_session_is_busy (DetSession *session);

/**
 * det_session_get_picture_size:
 * @session: a session
 * @width: width of a source frame
 * @height: height of a source frame
 * @picture_width: (out): width the frame is scaled to for the model
 * @picture_height: (out): height the frame is scaled to
 *
 * For callers that must convert a format themselves: converting at this size is
 * enough (see #DetFrame.source_width).
 */
void det_session_get_picture_size (DetSession *session, int width, int height,
    int *picture_width, int *picture_height);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DetSession, det_session_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DetWorkers, det_workers_unref)

DET_END_DECLS

#endif
