/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_JSON_GUARD_H
#define GST_DETECT_JSON_GUARD_H

#include <glib.h>

G_BEGIN_DECLS

/* Whether a text from outside may be given to json-glib: its parser recurses as
 * deep as brackets nest, takes comments, and (before 1.10) ends the program over a
 * half surrogate pair. Not whether it is JSON; that the parser says. */
gboolean gst_json_guard_check (const gchar *text, gsize length, guint max_depth,
    GError **error);

G_END_DECLS

#endif
