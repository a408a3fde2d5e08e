/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "returning.h"

#include "live/livesource.h"

#define SOURCE_LOST "source-lost"
#define SOURCE_FOUND "source-found"

static void
say_lost (GstElement *source, const char *reason, gpointer data)
{
  gst_element_post_message (source,
      gst_message_new_application (GST_OBJECT (source),
          gst_structure_new (SOURCE_LOST, "reason", G_TYPE_STRING, reason,
              NULL)));
}

static void
say_found (GstElement *source, gpointer data)
{
  gst_element_post_message (source,
      gst_message_new_application (GST_OBJECT (source),
          gst_structure_new_empty (SOURCE_FOUND)));
}

GstElement *
returning_source_new (const Input *input, gboolean fill)
{
  GstElement *source = live_source_new (input->uri, fill);

  g_signal_connect (source, "lost", G_CALLBACK (say_lost), NULL);
  g_signal_connect (source, "found", G_CALLBACK (say_found), NULL);
  return source;
}

gboolean
returning_source_note (const Input *input, GstMessage *message,
    Console *console)
{
  const GstStructure *structure = gst_message_get_structure (message);

  if (gst_structure_has_name (structure, SOURCE_LOST))
    console_note (console, "%s: %s; trying again", input->name,
        gst_structure_get_string (structure, "reason"));
  else if (gst_structure_has_name (structure, SOURCE_FOUND))
    console_note (console, "%s: frames come again", input->name);
  else
    return FALSE;
  return TRUE;
}
