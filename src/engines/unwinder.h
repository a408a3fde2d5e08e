/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_UNWINDER_H
#define DET_UNWINDER_H

#include <glib.h>

/* Whether a C++ library that is opened now cannot throw exceptions. They are thrown by
 * libstdc++ and resumed by the library's own code, through whichever of libgcc_s and
 * libunwind each of the two was bound to; where these differ, as in a Python program
 * that imports cv2 before GStreamer, an exception ends the process. Opened with
 * RTLD_DEEPBIND a library is bound to libgcc_s; can_be_mended says whether that
 * helps. From any thread. */
gboolean det_unwinder_is_split (gboolean *can_be_mended);

#endif
