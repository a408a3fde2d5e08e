/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DETECT_EXPORT_H
#define DETECT_EXPORT_H

#include <glib.h>

/* Everything is hidden but what public headers declare between these two. */
#define DET_BEGIN_DECLS \
  G_BEGIN_DECLS         \
  _Pragma ("GCC visibility push(default)")
#define DET_END_DECLS _Pragma ("GCC visibility pop") G_END_DECLS

#endif
