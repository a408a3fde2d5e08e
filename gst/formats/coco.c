/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "formats.h"

#include "../json.h"

#define PIXEL_DECIMALS 2

static void
append_object (GString *json, const GstDetectRecord *record,
    const GstDetectFound *found)
{
  const double box[] = { found->x0, found->y0, found->x1 - found->x0,
    found->y1 - found->y0 };

  json_open (json, '{');
  json_key (json, "image_id");
  json_integer (json, (gint64) record->frame);
  json_key (json, "category_id");
  json_integer (json, found->object.class_id);
  json_key (json, "bbox");
  json_open (json, '[');
  for (gsize i = 0; i < G_N_ELEMENTS (box); i++)
    json_number (json, box[i], PIXEL_DECIMALS);
  json_close (json, ']');
  json_key (json, "score");
  json_float (json, MAX (found->object.score, 0));
  json_close (json, '}');
}

static void
append (GString *json, const GstDetectRecord *record)
{
  for (guint i = 0; i < record->reading->n_objects; i++)
    append_object (json, record, &record->reading->objects[i]);
}

static const gchar *const endings[] = { ".json", NULL };

const GstExportFormat gst_export_coco = {
  .name = "coco",
  .help =
      "One JSON array with an entry per object, as COCO's tools take results",
  .endings = endings,
  .head = "[\n",
  .between = ",\n",
  .tail = "\n]\n",
  .append = append,
};
