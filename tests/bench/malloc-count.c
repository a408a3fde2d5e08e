/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "malloc-count.h"

#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH 24
#define EXPORT __attribute__ ((visibility ("default")))

/* glibc's own, under the names it keeps for such as us. */
void *__libc_malloc (size_t size);
void *__libc_calloc (size_t n, size_t size);
void *__libc_realloc (void *old, size_t size);
void *__libc_memalign (size_t alignment, size_t size);

void bench_count_start (void);
unsigned bench_count_stop (BenchCount files[COUNT_MAX_FILES],
    BenchPlace places[COUNT_MAX_PLACES], unsigned *n_places);

/* A piece of memory that holds a file's code. */
typedef struct
{
  uintptr_t from;
  uintptr_t to;
  uintptr_t base;
  unsigned file;
} Segment;

static Segment segments[2 * COUNT_MAX_FILES];
static unsigned n_segments;
static BenchCount counts[COUNT_MAX_FILES];
static unsigned n_files;
static BenchPlace seen[COUNT_MAX_PLACES];
static unsigned n_seen;
static int is_counting; /* atomic */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static __thread int is_inside;

/* ---- whose code ---- */

static int
note_file (struct dl_phdr_info *info, size_t size, void *data)
{
  if (n_files == COUNT_MAX_FILES)
    return 1;
  counts[n_files] = (BenchCount){ .file = info->dlpi_name };
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW (Phdr) *header = &info->dlpi_phdr[i];

    if (header->p_type != PT_LOAD || !(header->p_flags & PF_X) ||
        n_segments == sizeof segments / sizeof *segments)
      continue;
    uintptr_t from = info->dlpi_addr + header->p_vaddr;
    segments[n_segments++] =
        (Segment){ from, from + header->p_memsz, info->dlpi_addr, n_files };
  }
  n_files++;
  return 0;
}

static int
is_between (const char *file)
{
  static const char *const names[] = { "libc.so", "libglib-2.0",
    "libgobject-2.0", "libbench-malloc-count", "ld-linux", "libstdc++" };

  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strstr (file, names[i]))
      return 1;
  }
  return 0;
}

static const Segment *
find_segment (uintptr_t address)
{
  for (unsigned i = 0; i < n_segments; i++) {
    if (address >= segments[i].from && address < segments[i].to)
      return &segments[i];
  }
  return NULL;
}

/* With the lock held. */
static void
note_place (const char *file, unsigned long offset)
{
  unsigned i = 0;

  while (i < n_seen && !(seen[i].file == file && seen[i].offset == offset))
    i++;
  if (i == COUNT_MAX_PLACES)
    return;
  if (i == n_seen)
    seen[n_seen++] = (BenchPlace){ file, offset, 0 };
  seen[i].n++;
}

static void
count_caller (void)
{
  void *stack[DEPTH];
  int n = backtrace (stack, DEPTH);

  for (int i = 0; i < n; i++) {
    uintptr_t address = (uintptr_t) stack[i];
    const Segment *segment = find_segment (address);

    if (!segment || is_between (counts[segment->file].file))
      continue;
    pthread_mutex_lock (&lock);
    counts[segment->file].n++;
    note_place (counts[segment->file].file, address - segment->base);
    pthread_mutex_unlock (&lock);
    return;
  }
}

static void
count (void)
{
  if (!__atomic_load_n (&is_counting, __ATOMIC_ACQUIRE) || is_inside)
    return;
  is_inside = 1; /* looking at the stack may allocate */
  count_caller ();
  is_inside = 0;
}

/* ---- the interface ---- */

EXPORT void
bench_count_start (void)
{
  void *stack[DEPTH];

  is_inside = 1;
  backtrace (stack, DEPTH); /* loads what it needs */
  n_segments = n_files = n_seen = 0;
  dl_iterate_phdr (note_file, NULL);
  is_inside = 0;
  __atomic_store_n (&is_counting, 1, __ATOMIC_RELEASE);
}

EXPORT unsigned
bench_count_stop (BenchCount files[COUNT_MAX_FILES],
    BenchPlace places[COUNT_MAX_PLACES], unsigned *n_places)
{
  __atomic_store_n (&is_counting, 0, __ATOMIC_RELEASE);
  pthread_mutex_lock (&lock);
  memcpy (files, counts, sizeof counts);
  memcpy (places, seen, sizeof seen);
  *n_places = n_seen;
  pthread_mutex_unlock (&lock);
  return n_files;
}

/* ---- in place of the C library's ---- */

EXPORT void *
malloc (size_t size)
{
  count ();
  return __libc_malloc (size);
}

EXPORT void *
calloc (size_t n, size_t size)
{
  count ();
  return __libc_calloc (n, size);
}

EXPORT void *
realloc (void *old, size_t size)
{
  count ();
  return __libc_realloc (old, size);
}

EXPORT void *
aligned_alloc (size_t alignment, size_t size)
{
  count ();
  return __libc_memalign (alignment, size);
}

EXPORT int
posix_memalign (void **out, size_t alignment, size_t size)
{
  count ();
  *out = __libc_memalign (alignment, size);
  return *out || size == 0 ? 0 : ENOMEM;
}
