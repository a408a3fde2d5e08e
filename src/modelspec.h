/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_MODELSPEC_H
#define DET_MODELSPEC_H

#include "decoder.h"
#include "engine.h"
#include "labels.h"
#include "modelinfo.h"
#include <detect/model.h>

struct _DetModelSpec
{
  DetOptions *config;  /* what the configuration file sets */
  DetOptions *options; /* the caller's over the file's */
  DetModelInfo *info;
  const DetEngine *engine;
  const DetDecoder
      *decoder;      /* NULL: open until the outputs' shapes are known */
  DetLabels *labels; /* or NULL */
  char *labels_source;
  gboolean labels_are_asked_for; /* by the user, not by the file */
  char *key;                     /* of the model cache */
};

#endif
