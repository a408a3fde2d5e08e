/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_LINE_READER_H
#define GST_DETECT_LINE_READER_H

#include <glib.h>

G_BEGIN_DECLS

/* Puts lines together from pieces of text, in bounded memory. Zeroed: at the first
 * line. */
typedef struct
{
  GString *partial;  /* of the line under way, or NULL */
  gboolean too_long; /* the rest of it is passed over */
  guint64 n_lines;   /* that were handed on */
} GstLineReader;

/* A whole line without its end; NULL: it was too long. number counts from 1. */
typedef void (*GstLineFunc) (const gchar *line, gsize length, guint64 number,
    gpointer data);

/* Hands on every line that ends in the text. Lines of more than max bytes are
 * told, and passed over. */
void gst_line_reader_feed (GstLineReader *reader, const gchar *text,
    gsize length, gsize max, GstLineFunc function, gpointer data);

/* There is no more: hands on what is left. */
void gst_line_reader_finish (GstLineReader *reader, GstLineFunc function,
    gpointer data);

/* Back to the first line. */
void gst_line_reader_clear (GstLineReader *reader);

G_END_DECLS

#endif
