/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_ENGINE_MESSAGE_H
#define DET_ENGINE_MESSAGE_H

#include <detect/error.h>
#include <glib.h>

/* What is being done with an engine's library, for the error when it fails. */
typedef struct
{
  DetError code;
  const char *doing;
  const char *advice;
} DetEngineStep;

typedef struct
{
  const char *pattern; /* a regular expression */
  const char *replacement;
} DetRewording;

/* What a library says, reworded by the rows up to one without a pattern: one line of
 * bounded length, of valid text; g_free. */
char *det_engine_message_tidy (const char *raw, const DetRewording *rewordings);

#endif
