/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_PROPS_H
#define GST_DETECT_PROPS_H

#include <detect/option.h>
#include <glib-object.h>

G_BEGIN_DECLS

/* Properties made from the core's option table. Their ids are 1 + DetOptionId. */
#define GST_DETECT_PROP_FIRST_FREE (DET_N_OPTIONS + 1)

void gst_detect_props_install (GObjectClass *klass);

/* One of them, for an element that has only some. */
void gst_detect_props_install_row (GObjectClass *klass, DetOptionId id);

/* Both return FALSE for ids that are not of the table. Text is taken as it is;
 * det_options_check() tells later whether it fits. */
gboolean
gst_detect_props_set (DetOptions *options, guint prop_id, const GValue *value);
gboolean
gst_detect_props_get (const DetOptions *options, guint prop_id, GValue *value);

G_END_DECLS

#endif
