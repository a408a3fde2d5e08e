/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decoder.h"

#include "labels.h"
#include <detect/error.h>
#include <string.h>

extern const DetDecoder det_decoder_blazeface;
extern const DetDecoder det_decoder_classic;
extern const DetDecoder det_decoder_darknet;
extern const DetDecoder det_decoder_detr;
extern const DetDecoder det_decoder_detr_end2end;
extern const DetDecoder det_decoder_detr_raw;
extern const DetDecoder det_decoder_efficient_nms;
extern const DetDecoder det_decoder_end2end;
extern const DetDecoder det_decoder_fastestdet;
extern const DetDecoder det_decoder_nanodet;
extern const DetDecoder det_decoder_nanodet_plus;
extern const DetDecoder det_decoder_picodet;
extern const DetDecoder det_decoder_scrfd;
extern const DetDecoder det_decoder_ssd;
extern const DetDecoder det_decoder_ssd_boxes;
extern const DetDecoder det_decoder_tf_detection;
extern const DetDecoder det_decoder_ultraface;
extern const DetDecoder det_decoder_yolo_fastestv2;
extern const DetDecoder det_decoder_yolov5;
extern const DetDecoder det_decoder_yolov7_end2end;
extern const DetDecoder det_decoder_yolov8;
extern const DetDecoder det_decoder_yolov8_rows;
extern const DetDecoder det_decoder_yolox;
extern const DetDecoder det_decoder_yolox_decoded;
extern const DetDecoder det_decoder_yunet;

static const DetDecoder *const decoders[] = {
  &det_decoder_yolov8,
  &det_decoder_yolov8_rows,
  &det_decoder_yolov5,
  &det_decoder_yolox,
  &det_decoder_yolox_decoded,
  &det_decoder_end2end,
  &det_decoder_yolov7_end2end,
  &det_decoder_detr,
  &det_decoder_detr_raw,
  &det_decoder_detr_end2end,
  &det_decoder_nanodet,
  &det_decoder_nanodet_plus,
  &det_decoder_picodet,
  &det_decoder_fastestdet,
  &det_decoder_darknet,
  &det_decoder_ssd,
  &det_decoder_ultraface,
  &det_decoder_yunet,
  &det_decoder_blazeface,
  &det_decoder_efficient_nms,
  &det_decoder_scrfd,
  &det_decoder_ssd_boxes,
  &det_decoder_tf_detection,
  &det_decoder_yolo_fastestv2,
  &det_decoder_classic,
  NULL,
};

const DetDecoder *const *
det_decoders (void)
{
  return decoders;
}

const DetDecoder *
det_decoder_find (const char *name)
{
  for (int i = 0; decoders[i]; i++) {
    if (strcmp (decoders[i]->name, name) == 0)
      return decoders[i];
  }
  return NULL;
}

const char *const *
det_decoder_names (void)
{
  static const char *names[G_N_ELEMENTS (decoders) + 1];
  static gsize once = 0;

  if (g_once_init_enter (&once)) {
    names[0] = "auto";
    for (int i = 0; decoders[i]; i++)
      names[i + 1] = decoders[i]->name;
    g_once_init_leave (&once, 1);
  }
  return names;
}

static const char *
name_of (const DetModelInfo *info)
{
  return info->path ? info->path : "the built-in model";
}

static const DetDecoder *
refuse_none (const DetModelInfo *info, const char *misses, GError **error)
{
  g_autofree char *outputs = det_model_info_print_outputs (info);

  g_set_error (error, DET_ERROR, DET_ERROR_UNRECOGNISED,
      "%s: no known family has such outputs: %s. Looked for %s, and other "
      "families' forms. Export the detection model itself, or say decoder= if "
      "you "
      "know its family",
      name_of (info), outputs, misses);
  return NULL;
}

static const DetDecoder *
refuse_several (const DetModelInfo *info, const char *names, GError **error)
{
  g_autofree char *outputs = det_model_info_print_outputs (info);

  g_set_error (error, DET_ERROR, DET_ERROR_UNRECOGNISED,
      "%s: its outputs fit several families: %s. Say which it is: %s",
      name_of (info), outputs, names);
  return NULL;
}

#define MOST_MISSES 4

typedef struct
{
  const DetDecoder *best;
  DetMatch match;
  gboolean is_unsure; /* one at least could tell more later */
  GString *rivals;    /* "decoder=a or decoder=b" of the best match */
  guint n_rivals;
  GString *misses; /* what the first few others looked for */
  guint n_misses;
} Choice;

static void
consider (Choice *choice, const DetDecoder *decoder, const DetModelInfo *info)
{
  g_autoptr (GString) why = g_string_new (NULL);
  DetMatch match = decoder->match (info, why);

  if (match == DET_MATCH_UNSURE)
    choice->is_unsure = TRUE;
  if (match == DET_MATCH_NO && why->len > 0 && choice->n_misses++ < MOST_MISSES)
    g_string_append_printf (choice->misses, "%s%s (%s)",
        choice->misses->len ? "; " : "", why->str, decoder->name);
  if (match < DET_MATCH_SHAPE || match < choice->match)
    return;
  if (match > choice->match) {
    choice->best = decoder;
    choice->match = match;
    choice->n_rivals = 0;
    g_string_truncate (choice->rivals, 0);
  }
  g_string_append_printf (choice->rivals, "%sdecoder=%s",
      choice->n_rivals++ > 0 ? " or " : "", decoder->name);
}

const DetDecoder *
det_decoder_choose (const DetModelInfo *info, const char *forced,
    GError **error)
{
  g_autoptr (GString) rivals = g_string_new (NULL);
  g_autoptr (GString) misses = g_string_new (NULL);
  Choice choice = { .rivals = rivals, .misses = misses };

  if (forced && strcmp (forced, "auto") != 0)
    return det_decoder_find (forced);
  for (int i = 0; decoders[i]; i++)
    consider (&choice, decoders[i], info);
  if (choice.n_rivals > 1)
    return refuse_several (info, rivals->str, error);
  if (!choice.best && !choice.is_unsure)
    return refuse_none (info, misses->str, error);
  /* What is sure already needs no second look. */
  if (choice.is_unsure && choice.match < DET_MATCH_SURE)
    return NULL;
  return choice.best;
}
