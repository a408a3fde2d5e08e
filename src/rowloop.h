/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_ROWLOOP_H
#define DET_ROWLOOP_H

#include <glib.h>

/* Marks a loop over a row's samples that is written for the compiler's vectors.
 * Distributions compile for the oldest processor of its kind; so marked, the loop is
 * compiled for one with AVX2 too, and the right one is chosen when the library is
 * loaded. Without FMA, so that the results are the same to the bit. For static
 * functions only: clang 14 gives others a name that no other file finds.
 * ThreadSanitizer is not yet up at that time, and would crash. */
#if defined(__SANITIZE_THREAD__)
#define DET_HAS_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define DET_HAS_TSAN 1
#endif
#endif

#if defined(__x86_64__) && defined(__GLIBC__) && !defined(DET_HAS_TSAN)
#define DET_ROW_LOOP __attribute__ ((target_clones ("avx2", "default")))
#else
#define DET_ROW_LOOP
#endif

#endif
