/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_DETECT_SHARED_FRAMES_H
#define GST_DETECT_SHARED_FRAMES_H

#include <gst/base/gstbasetransform.h>

G_BEGIN_DECLS

/* For elements that only add metadata: the frames that go out have the memory of
 * those that came in, also when others hold it too. */
void gst_detect_share_frames (GstBaseTransformClass *klass);

G_END_DECLS

#endif
