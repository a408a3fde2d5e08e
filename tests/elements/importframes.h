/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IMPORT_FRAMES_H
#define IMPORT_FRAMES_H

#include "testframes.h"

/* What the tests of detectimport share. */

#define BOX "\"box_normalized\":[0.25,0.5,0.75,1]"
#define LINE(pts, label)                                                      \
  "{\"frame\":9,\"pts\":" pts ",\"model\":\"m\",\"age\":0,\"objects\":[{" BOX \
  ",\"label\":\"" label "\",\"class_id\":3,\"score\":0.875}]}\n"

/* The label of the frame's one object; NULL: nobody looked; "": nothing found. */
static inline gchar *
get_label (GstBuffer *buffer)
{
  const GstDetectMeta *meta = gst_buffer_get_detect_meta (buffer);

  if (!meta)
    return NULL;
  g_assert_cmpuint (meta->n_objects, <=, 1);
  return g_strdup (meta->n_objects > 0 ? meta->objects[0].label : "");
}

static inline void
expect_label (Fixture *fixture, GstBuffer *frame, const gchar *expected)
{
  g_autoptr (GstBuffer) out = send (fixture, frame);
  g_autofree gchar *label = get_label (out);

  g_assert_cmpstr (label, ==, expected);
}

static inline guint64
count (Fixture *fixture, const gchar *name)
{
  return get_count (fixture->harness, "detectimport", name);
}

#endif
