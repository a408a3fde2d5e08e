/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <detect/error.h>

G_DEFINE_QUARK (det - error - quark, det_error)
