/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "detector.h"

#include "failure.h"

void
detector_set_property (GstElement *detector, const DetOptions *options,
    DetOptionId id)
{
  const DetOptionRow *row = &det_option_rows ()[id];

  switch (row->type) {
    case DET_OPTION_BOOLEAN:
      g_object_set (detector, row->name, det_options_get_boolean (options, id),
          NULL);
      break;
    case DET_OPTION_INT:
      g_object_set (detector, row->name,
          (int) det_options_get_int (options, id), NULL);
      break;
    case DET_OPTION_DOUBLE:
      g_object_set (detector, row->name, det_options_get_double (options, id),
          NULL);
      break;
    case DET_OPTION_STRING:
    case DET_OPTION_FILE:
    case DET_OPTION_CHOICE:
    case DET_OPTION_SIZE:
    case DET_OPTION_TRIPLE:
      g_object_set (detector, row->name, det_options_get_string (options, id),
          NULL);
      break;
  }
}

/* What the element says when it refuses its options. */
static gboolean
get_ready (GstElement *detector, GError **error)
{
  g_autoptr (GstBus) bus = gst_bus_new ();

  gst_element_set_bus (detector, bus);
  GstStateChangeReturn change =
      gst_element_set_state (detector, GST_STATE_READY);
  gst_element_set_bus (detector, NULL);
  if (change != GST_STATE_CHANGE_FAILURE)
    return TRUE;

  g_autoptr (GstMessage)
      message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  if (message)
    g_propagate_error (error, failure_from_own_message (message));
  else
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_STATE_CHANGE,
        "the detector does not start; run again with --gst-debug=3 to see why");
  return FALSE;
}

GstElement *
detector_new (const DetOptions *options, gboolean overlay, GError **error)
{
  GstElement *detector = gst_element_factory_make ("detect", NULL);

  if (!detector) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "GStreamer does not find the element `detect`; install the plugin, or "
        "set GST_PLUGIN_PATH to its folder");
    return NULL;
  }
  gst_object_ref_sink (detector);
  for (int id = 0; id < DET_N_OPTIONS; id++) {
    if (det_options_is_set (options, id))
      detector_set_property (detector, options, id);
  }
  g_object_set (detector, "overlay", overlay, NULL);
  if (get_ready (detector, error))
    return detector;
  detector_free (detector);
  return NULL;
}

void
detector_free (GstElement *detector)
{
  if (!detector)
    return;
  gst_element_set_state (detector, GST_STATE_NULL);
  gst_object_unref (detector);
}
