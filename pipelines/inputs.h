/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef INPUTS_H
#define INPUTS_H

#include "console.h"

#include <glib.h>

typedef enum
{
  INPUT_JPEG,    /* a picture whose orientation only jpegparse reads */
  INPUT_PICTURE, /* any other picture */
  INPUT_STREAM,  /* a video, or what a URI gives */
} InputKind;

/* One thing to look at. */
typedef struct
{
  char *name; /* as the user wrote it; a folder's entries behind the folder */
  char *uri;
  char *path; /* of a local file, else NULL */
  InputKind kind;
  char *target; /* where the annotated copy goes, or NULL */
} Input;

void input_free (Input *input);

/* The words of the command line as Inputs, folders replaced by the pictures in
 * them in natural order. What cannot be an input is reported, left out, and
 * counted in @n_failed. */
GPtrArray *inputs_find (char **words, Console *console, guint *n_failed);

/* Whether one of the words is a folder. */
gboolean inputs_has_folder (char **words);

#endif
