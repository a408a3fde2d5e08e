/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstdetecterror.h"

#include <detect/error.h>

typedef struct
{
  DetError code;
  GQuark (*domain) (void);
  gint gst_code;
} Row;

static const Row rows[] = {
  { DET_ERROR_NOT_FOUND, gst_resource_error_quark,
      GST_RESOURCE_ERROR_NOT_FOUND },
  { DET_ERROR_UNREADABLE, gst_resource_error_quark,
      GST_RESOURCE_ERROR_OPEN_READ },
  { DET_ERROR_OPTION, gst_library_error_quark, GST_LIBRARY_ERROR_SETTINGS },
  { DET_ERROR_LABELS, gst_library_error_quark, GST_LIBRARY_ERROR_SETTINGS },
  { DET_ERROR_CORRUPT, gst_stream_error_quark, GST_STREAM_ERROR_WRONG_TYPE },
  { DET_ERROR_UNRECOGNISED, gst_stream_error_quark,
      GST_STREAM_ERROR_WRONG_TYPE },
  { DET_ERROR_UNSUPPORTED, gst_stream_error_quark,
      GST_STREAM_ERROR_WRONG_TYPE },
};

void
gst_detect_error_post (GstElement *element, const GError *error)
{
  GQuark domain = GST_LIBRARY_ERROR;
  gint code = GST_LIBRARY_ERROR_FAILED;

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    if (g_error_matches (error, DET_ERROR, (gint) rows[i].code)) {
      domain = rows[i].domain ();
      code = rows[i].gst_code;
    }
  }
  gst_element_message_full (element, GST_MESSAGE_ERROR, domain, code,
      g_strdup (error->message), NULL, __FILE__, GST_FUNCTION, __LINE__);
}
