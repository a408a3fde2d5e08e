/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_LIBRARY_H
#define DET_LIBRARY_H

#include <glib.h>
#include <gmodule.h>

/* A shared library that an engine is made of, looked for at run time. */
typedef struct
{
  const char *name; /* for messages: "ONNX Runtime" */
  const char
      *environment; /* variable with a file or a folder; "none": do not look */
  const char *const
      *packages; /* NULL-terminated globs below a folder of Python or
                                  npm packages */
  const char *const *sonames; /* NULL-terminated globs in a folder of libraries
                                 */
  const char *const
      *parts;          /* NULL-terminated globs beside the library: others of
                                 it that it opens itself, all needed. NULL: none */
  const char *symbol;  /* must be there */
  const char *install; /* what a user types to get it */

  /* Whether the opened library is of use, for one that is of a wrong version.
   * NULL: yes. */
  gboolean (*accepts) (GModule *module, const char *path, GError **error);
} DetLibraryQuery;

/* Opens the newest of all that are found and may be trusted: of what the variable
 * names, or else of the system's libraries (LD_LIBRARY_PATH, the loader's folders,
 * ld.so.conf), of $VIRTUAL_ENV, the user's and the system's Python packages, of
 * $XDG_DATA_HOME/detect (where pip install --target may put them) and of npm's global
 * packages; where versions are equal, in this order. Never looks in the current
 * folder. What is opened stays in the process and keeps its symbols to itself. path
 * is where it lies; g_free. From any thread. DET_ERROR_UNSUPPORTED says why each that
 * was found was left. */
GModule *
det_library_open (const DetLibraryQuery *query, char **path, GError **error);

/* What installs a Python package where libraries are looked for; g_free. */
char *det_library_pip_command (const char *package);

/* Whether a file may be loaded: its path is absolute, it is a regular file, and it
 * and every folder it lies in belong to root or the user and are not for everybody to
 * write; in folders further up a sticky bit, as /tmp has it, is enough. Of a link both
 * sides are looked at. */
gboolean det_library_is_trusted (const char *path, GError **error);

#endif
