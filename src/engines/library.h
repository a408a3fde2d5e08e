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
  const char *const *sonames; /* NULL-terminated, for the system's loader */
  const char *symbol;         /* must be there */
  const char *install;        /* what a user types to get it */
} DetLibraryQuery;

/* Opens the first that is found and may be trusted: the one the variable names;
 * then $XDG_DATA_HOME/detect, $VIRTUAL_ENV, the user's and the system's Python
 * packages; then the system's libraries. Of several versions in one folder the
 * newest. Never looks in the current folder, and takes nothing that others may
 * write. It stays in the process. path is where it lies; g_free. */
GModule *
det_library_open (const DetLibraryQuery *query, char **path, GError **error);

/* Whether a file may be loaded: absolute, a regular file, it and its folder owned by
 * root or the user and writable by nobody else. */
gboolean det_library_is_trusted (const char *path, GError **error);

#endif
