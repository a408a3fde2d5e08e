/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs a fuzz target over files without a fuzzer: every file of the folders that are
 * named, as it is and changed in DETECT_FUZZ_CHANGES (500) ways, the same every time.
 * The target runs in a child. When that dies, whatever of, the bytes that it had are
 * kept in NAME.finding. */

#include "fuzz.h"
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define USUAL_CHANGES 500
#define MOST_BYTES (1 << 20)

/* What the child is at; the parent reads it when the child is dead. */
typedef struct
{
  gsize size;
  guint change; /* 0: the file itself */
  char path[512];
  guint8 data[MOST_BYTES];
} Shared;

static Shared *shared;
static volatile sig_atomic_t is_told_to_end;

/* ---- changing bytes ---- */

static guint8
take_byte (GRand *rand)
{
  static const guint8 special[] = { 0, 1, 0x7f, 0x80, 0xff, '\n', '"', '{' };

  return g_rand_boolean (rand)
      ? special[g_rand_int_range (rand, 0, G_N_ELEMENTS (special))]
      : (guint8) g_rand_int (rand);
}

static gsize
take_index (GRand *rand, gsize size)
{
  return (gsize) g_rand_int_range (rand, 0, (gint32) size);
}

static void
change_once (GRand *rand, GByteArray *bytes)
{
  gsize at = take_index (rand, MAX (bytes->len, 1));
  gsize run = take_index (rand, MIN (bytes->len - at, 32) + 1);
  guint8 byte = take_byte (rand);
  guint8 copy[32];

  switch (g_rand_int_range (rand, 0, 6)) {
    case 0: /* a bit */
      if (bytes->len > 0)
        bytes->data[at] ^= (guint8) (1 << g_rand_int_range (rand, 0, 8));
      break;
    case 1:
      if (bytes->len > 0)
        bytes->data[at] = byte;
      break;
    case 2: /* cut off, but seldom */
      g_byte_array_set_size (bytes,
          g_rand_int_range (rand, 0, 8) ? bytes->len : (guint) at);
      break;
    case 3:
      if (run > 0)
        g_byte_array_remove_range (bytes, (guint) at, (guint) run);
      break;
    case 4: /* again, at the end */
      if (run > 0) {
        memcpy (copy, bytes->data + at, run);
        g_byte_array_append (bytes, copy, (guint) run);
      }
      break;
    default: /* one more */
      g_byte_array_append (bytes, &byte, 1);
      memmove (bytes->data + at + 1, bytes->data + at, bytes->len - at - 1);
      bytes->data[at] = byte;
  }
}

static void
change (GRand *rand, GByteArray *bytes)
{
  int n = g_rand_int_range (rand, 1, 5);

  for (int i = 0; i < n; i++)
    change_once (rand, bytes);
}

/* ---- the child ---- */

/* In a block of exactly its size, so that a read beyond it is seen. */
static void
run_bytes (const guint8 *data, gsize size)
{
  g_assert_cmpuint (size, <=, MOST_BYTES);
  memcpy (shared->data, data, size);
  shared->size = size;
  guint8 *block = malloc (size);
  memcpy (block, data, size);
  LLVMFuzzerTestOneInput (block, size);
  free (block);
}

static void
run_file (const char *path, guint n_changes)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  gsize size = 0;

  g_file_get_contents (path, &text, &size, &error);
  g_assert_no_error (error);
  g_strlcpy (shared->path, path, sizeof shared->path);
  shared->change = 0;
  run_bytes ((const guint8 *) text, size);
  for (guint i = 1; i <= n_changes; i++) {
    g_autoptr (GByteArray) bytes = g_byte_array_new ();

    g_byte_array_append (bytes, (const guint8 *) text, (guint) size);
    change (rand, bytes);
    shared->change = i;
    run_bytes (bytes->data, bytes->len);
  }
}

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

static guint
run_folder (const char *folder, guint n_changes)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    g_ptr_array_add (paths, g_build_filename (folder, name, NULL));
  /* The order of a folder is the file system's. */
  g_ptr_array_sort (paths, compare_paths);
  for (guint i = 0; i < paths->len; i++)
    run_file (paths->pdata[i], n_changes);
  return paths->len;
}

static int
run_child (char **folders)
{
  const char *changes = g_getenv ("DETECT_FUZZ_CHANGES");
  guint n = changes ? (guint) g_ascii_strtoull (changes, NULL, 10)
                    : USUAL_CHANGES;
  guint n_files = 0;

  for (char **folder = folders; *folder; folder++)
    n_files += run_folder (*folder, n);
  printf ("# %u files, each also in %u changed forms\n", n_files, n);
  return n_files > 0 ? 0 : 1;
}

/* ---- the parent ---- */

static void
tell_to_end (int number)
{
  is_told_to_end = 1;
}

static int
wait_for (pid_t child)
{
  int status = 0;

  while (waitpid (child, &status, 0) < 0) {
    g_assert_cmpint (errno, ==, EINTR);
    if (is_told_to_end)
      kill (child, SIGKILL);
  }
  return status;
}

static void
keep_finding (const char *program)
{
  g_autofree char *name = g_path_get_basename (program);
  g_autofree char *path = g_strconcat (name, ".finding", NULL);

  g_file_set_contents (path, (const char *) shared->data, (gssize) shared->size,
      NULL);
  printf ("# change %u of %s was the last that ran; its bytes are in %s\n",
      shared->change, shared->path, path);
}

int
main (int argc, char **argv)
{
  struct sigaction action = { .sa_handler = tell_to_end };

  shared = mmap (NULL, sizeof *shared, PROT_READ | PROT_WRITE,
      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  g_assert_true (shared != MAP_FAILED);
  sigaction (SIGTERM, &action, NULL);
  printf ("1..1\n");
  fflush (stdout);
  pid_t child = fork ();
  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    exit (run_child (argv + 1));
  int status = wait_for (child);
  if (status != 0)
    keep_finding (argv[0]);
  printf ("%sok 1 files and what is near them\n", status == 0 ? "" : "not ");
  return status == 0 ? 0 : 1;
}
