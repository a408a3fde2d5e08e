/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sharedframes.h"

/* Only metadata is added, so memory that others hold too is shared, not copied. */
static GstFlowReturn
prepare_output_buffer (GstBaseTransform *trans, GstBuffer *input,
    GstBuffer **output)
{
  *output = gst_buffer_is_writable (input) ? input : gst_buffer_copy (input);
  return *output ? GST_FLOW_OK : GST_FLOW_ERROR;
}

/* The frames that come in are those that go out, so whoever is downstream decides
 * where they are allocated. */
static gboolean
propose_allocation (GstBaseTransform *trans, GstQuery *decide_query,
    GstQuery *query)
{
  return gst_pad_peer_query (trans->srcpad, query);
}

void
gst_detect_share_frames (GstBaseTransformClass *klass)
{
  klass->prepare_output_buffer = prepare_output_buffer;
  klass->propose_allocation = propose_allocation;
}
