/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ASSEMBLY_H
#define ASSEMBLY_H

#include <gst/gst.h>

/* What is wanted behind a source. */
typedef struct
{
  GstElement *detect; /* in the pipeline already */
  const char *path;   /* file to write, or NULL */
  const char *target; /* the name whose ending says the format */
  gboolean show;
  gboolean real_time;
} AssemblySpec;

/* What stands behind it; the pipeline's. */
typedef struct
{
  GstElement *writer; /* or NULL */
  GstElement *window; /* or NULL */
} Assembly;

/* Builds all that comes behind a source in its pipeline, in the pipeline's state,
 * and links it: a turn when the video says it lies on its side, the detector, the
 * file, the window. @video and @sound are the source's pads, blocked; @sound may
 * be NULL. */
gboolean assembly_build (Assembly *assembly, GstElement *pipeline,
    const AssemblySpec *spec, GstPad *video, GstPad *sound, GError **error);

#endif
