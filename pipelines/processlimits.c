/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "processlimits.h"

#include "console.h"

#include <sys/resource.h>

#define LEAST_FILES 64
#define LEAST_MIB 1024 /* of addresses: most of it libraries and stacks */
#define MIB (1024 * 1024)

static gboolean
complain (const char *program, guint64 have, guint64 least, const char *what,
    const char *flag)
{
  Console console;
  g_autofree char *text = g_strdup_printf ("only %" G_GUINT64_FORMAT
                                           " %s, it takes %" G_GUINT64_FORMAT
                                           "; raise the limit (ulimit -%s)",
      have, what, least, flag);

  console_init (&console, FALSE);
  console.program = program;
  console_error (&console, NULL, text);
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
      return complain (program, files.rlim_max, LEAST_FILES,
          "files may be open at a time", "n");
  }
  if (getrlimit (RLIMIT_AS, &memory) == 0 && memory.rlim_cur / MIB < LEAST_MIB)
    return complain (program, memory.rlim_cur / MIB, LEAST_MIB,
        "MiB of memory may be used", "v");
  return TRUE;
}
