/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BENCH_OPENCV_BLOB_H
#define BENCH_OPENCV_BLOB_H

#ifdef __cplusplus
extern "C" {
#endif

/* What people write with OpenCV to feed a network, at its best: one thread, and
 * memory that is kept from frame to frame. */
typedef struct BenchBlob BenchBlob;

/* is_nv12: else I420. The picture is letterboxed into side × side. */
BenchBlob *bench_blob_new (int is_nv12, int width, int height, int side);
void bench_blob_free (BenchBlob *blob);

/* yuv: the planes one after the other, without gaps. Gives side × side × 3 floats,
 * RGB planes, 0..1. */
const float *bench_blob_run (BenchBlob *blob, const void *yuv);

#ifdef __cplusplus
}
#endif

#endif
