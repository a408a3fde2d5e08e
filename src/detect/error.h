/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DETECT_ERROR_H
#define DETECT_ERROR_H

#include <detect/export.h>
#include <glib.h>

DET_BEGIN_DECLS

/**
 * DET_ERROR:
 *
 * Error domain of libdetect. Every message is one line that names what was
 * found and ends with what the user can do about it.
 */
#define DET_ERROR (det_error_quark ())

/**
 * DetError:
 * @DET_ERROR_FAILED: something went wrong that no other code describes
 * @DET_ERROR_NOT_FOUND: a named file does not exist
 * @DET_ERROR_UNREADABLE: a file exists and cannot be read
 * @DET_ERROR_CORRUPT: a file is cut off or is not what its name says
 * @DET_ERROR_UNRECOGNISED: no decoder, or more than one, fits the model
 * @DET_ERROR_UNSUPPORTED: the engine cannot run the model
 * @DET_ERROR_OPTION: an option has a value that does not fit
 * @DET_ERROR_LABELS: the labels do not fit the model
 * @DET_ERROR_ENGINE: the engine failed while it ran
 * @DET_ERROR_FRAME: a frame is malformed or of a format that is not read
 * @DET_ERROR_TIMEOUT: the engine did not answer in time
 * @DET_ERROR_CANCELLED: the wait was broken off by its owner
 */
typedef enum
{
  DET_ERROR_FAILED,
  DET_ERROR_NOT_FOUND,
  DET_ERROR_UNREADABLE,
  DET_ERROR_CORRUPT,
  DET_ERROR_UNRECOGNISED,
  DET_ERROR_UNSUPPORTED,
  DET_ERROR_OPTION,
  DET_ERROR_LABELS,
  DET_ERROR_ENGINE,
  DET_ERROR_FRAME,
  DET_ERROR_TIMEOUT,
  DET_ERROR_CANCELLED,
} DetError;

GQuark det_error_quark (void);

DET_END_DECLS

#endif
