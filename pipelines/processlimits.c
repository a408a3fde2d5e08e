/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "processlimits.h"

#include "console.h"

#include <dirent.h>
#include <errno.h>
#include <sys/resource.h>

#define LEAST_FILES 64
#define LEAST_MIB 1024 /* of addresses: most of it libraries and stacks */
#define MIB (1024 * 1024)

/* Takes the text. */
static gboolean
complain (const char *program, char *text)
{
  Console console;

  console_init (&console, FALSE);
  console.program = program;
  console_error (&console, NULL, text);
  g_free (text);
  return FALSE;
}

gboolean
limits_prepare (const char *program)
{
  struct rlimit files;
  struct rlimit memory;

  if (getrlimit (RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    (void) setrlimit (RLIMIT_NOFILE, &files);
    if (files.rlim_max < LEAST_FILES)
      return complain (program,
          g_strdup_printf ("only %d files may be open at a time, it takes %d; "
                           "raise the limit (ulimit -n)",
              (int) files.rlim_max, LEAST_FILES));
  }
  if (getrlimit (RLIMIT_AS, &memory) == 0 && memory.rlim_cur / MIB < LEAST_MIB)
    return complain (program,
        g_strdup_printf ("only %d MiB of memory may be used, it takes %d; "
                         "raise the limit (ulimit -v)",
            (int) (memory.rlim_cur / MIB), LEAST_MIB));
  return TRUE;
}

/* Those with a number below the limit: it may have been lowered since. */
static int
count_files (DIR *folder, rlim_t limit)
{
  const struct dirent *entry;
  int n = 0;

  while ((entry = readdir (folder))) {
    if (g_ascii_isdigit (entry->d_name[0]) &&
        g_ascii_strtoull (entry->d_name, NULL, 10) < limit)
      n++;
  }
  return n;
}

int
limits_count_free_files (void)
{
  struct rlimit files;

  if (getrlimit (RLIMIT_NOFILE, &files) != 0 || files.rlim_cur > G_MAXINT)
    return G_MAXINT;
  DIR *folder = opendir ("/proc/self/fd");
  if (!folder)
    return errno == EMFILE || errno == ENFILE ? 0 : G_MAXINT;
  int n = count_files (folder, files.rlim_cur) - 1; /* but for the folder */
  closedir (folder);
  return (int) files.rlim_cur - n;
}

char *
limits_explain_files (void)
{
  struct rlimit files = { 0 };

  (void) getrlimit (RLIMIT_NOFILE, &files);
  return g_strdup_printf ("only %d files may be open at a time; raise the "
                          "limit "
                          "(ulimit -n)",
      (int) files.rlim_cur);
}
