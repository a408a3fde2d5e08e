/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BENCH_MALLOC_COUNT_H
#define BENCH_MALLOC_COUNT_H

/* A library to preload: counts what malloc and its kin are asked for, by the file
 * whose code asked. Who asked is found on the stack: the nearest that is neither the
 * C library nor GLib nor this. */

#define COUNT_MAX_FILES 256
#define COUNT_MAX_PLACES 512

typedef struct
{
  const char *file; /* path of a library, or "" for the program */
  unsigned long n;
} BenchCount;

typedef struct
{
  const char *file;
  unsigned long offset; /* of the return address in it, for addr2line */
  unsigned long n;
} BenchPlace;

/* To be found with dlsym(). From start to stop, threads of all kinds are counted. */
typedef void (*BenchCountStart) (void);
/* How many were asked for, by file; returns how many files. */
typedef unsigned (*BenchCountStop) (BenchCount files[COUNT_MAX_FILES],
    BenchPlace places[COUNT_MAX_PLACES], unsigned *n_places);

#define COUNT_START "bench_count_start"
#define COUNT_STOP "bench_count_stop"

#endif
