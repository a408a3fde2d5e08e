/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "params.h"

#include "labels.h"
#include "model.h"
#include "option.h"
#include <detect/error.h>
#include <math.h>
#include <string.h>

#define NOT_KEPT 2.0f

DetParams *
det_params_ref (DetParams *params)
{
  g_atomic_ref_count_inc (&params->refs);
  return params;
}

void
det_params_unref (DetParams *params)
{
  if (!params || !g_atomic_ref_count_dec (&params->refs))
    return;
  det_region_clear (&params->region);
  g_free (params->class_thresholds);
  g_free (params);
}

/* A class by name or by id; -1 with error when the model has none such. */
static int
find_class (const DetModel *model, const char *option, const char *word,
    GError **error)
{
  const DetLabels *labels = det_model_get_labels (model);
  int n_classes = det_model_get_n_classes (model);
  guint64 id = 0;
  int named = labels ? det_labels_find (labels, word) : -1;

  if (named >= 0)
    return named;
  if (n_classes > 0 &&
      g_ascii_string_to_unsigned (word, 10, 0, (guint64) n_classes - 1, &id,
          NULL))
    return (int) id;

  const char *near = labels ? det_labels_nearest (labels, word) : NULL;
  g_set_error (error, DET_ERROR, DET_ERROR_OPTION,
      "%s: %s has no class '%s'%s%s%s; take a name from its labels or an id "
      "from 0 to %d",
      option, det_model_get_id (model), word, near ? "; did you mean '" : "",
      near ? near : "", near ? "'?" : "", MAX (n_classes - 1, 0));
  return -1;
}

static void
ensure_class_thresholds (DetParams *params, float value)
{
  if (params->class_thresholds)
    return;
  params->class_thresholds = g_new (float, MAX (params->n_classes, 1));
  for (int i = 0; i < params->n_classes; i++)
    params->class_thresholds[i] = value;
}

static gboolean
keep_classes (DetParams *params, const DetModel *model, const char *text,
    GError **error)
{
  g_auto (GStrv) words = g_strsplit (text, ",", -1);

  for (char **word = words; *word; word++) {
    if (*g_strstrip (*word) == '\0')
      continue;
    int id = find_class (model, "classes", *word, error);
    if (id < 0)
      return FALSE;
    ensure_class_thresholds (params, NOT_KEPT);
    params->class_thresholds[id] = params->threshold;
  }
  return TRUE;
}

static gboolean
parse_class_threshold (DetParams *params, const DetModel *model, char *word,
    gboolean all_kept, GError **error)
{
  char *colon = strrchr (word, ':');
  char *end = NULL;
  double score = colon ? g_ascii_strtod (colon + 1, &end) : 0;

  if (!colon || end == colon + 1 || *end != '\0' ||
      !(score >= 0 && score <= 1)) {
    g_set_error (error, DET_ERROR, DET_ERROR_OPTION,
        "class-thresholds: '%s': expected NAME:SCORE with a score from 0 to 1",
        word);
    return FALSE;
  }
  *colon = '\0';

  int id = find_class (model, "class-thresholds", g_strstrip (word), error);
  if (id < 0)
    return FALSE;
  ensure_class_thresholds (params, params->threshold);
  if (all_kept || params->class_thresholds[id] < NOT_KEPT)
    params->class_thresholds[id] = (float) score;
  return TRUE;
}

static gboolean
set_class_thresholds (DetParams *params, const DetModel *model,
    const char *text, GError **error)
{
  g_auto (GStrv) words = g_strsplit (text, ",", -1);
  gboolean all_kept = params->class_thresholds == NULL;

  for (char **word = words; *word; word++) {
    if (*g_strstrip (*word) == '\0')
      continue;
    if (!parse_class_threshold (params, model, *word, all_kept, error))
      return FALSE;
  }
  return TRUE;
}

static void
set_sizes (DetParams *params, const DetOptions *options)
{
  const char *min = det_options_get_string (options, DET_OPT_MIN_SIZE);
  const char *max = det_options_get_string (options, DET_OPT_MAX_SIZE);
  int width = 0;
  int height = 0;

  if (min && det_option_parse_size (min, &width, &height)) {
    params->min_width = (float) width;
    params->min_height = (float) height;
  }
  params->max_width = params->max_height = INFINITY;
  if (max && det_option_parse_size (max, &width, &height)) {
    params->max_width = (float) width;
    params->max_height = (float) height;
  }
}

static float
number_or (const DetOptions *options, DetOptionId id, float from_model)
{
  return det_options_is_set (options, id)
      ? (float) det_options_get_double (options, id)
      : from_model;
}

/* End-to-end families leave no duplicates of a class, and like their own tools we
 * leave their objects alone, whatever iou-threshold says; boxes with a label each for
 * one thing are another matter. */
#define END_TO_END_IOU 0.7f

static float
choose_iou (const DetParams *params, const DetOptions *options,
    const DetDecoder *decoder)
{
  gboolean is_end_to_end = decoder->iou_threshold >= 1;

  if (is_end_to_end && !params->class_agnostic)
    return 1;
  return number_or (options, DET_OPT_IOU_THRESHOLD,
      is_end_to_end ? END_TO_END_IOU : decoder->iou_threshold);
}

DetParams *
det_params_new (const DetModel *model, const DetOptions *options,
    GError **error)
{
  g_autoptr (DetParams) params = g_new0 (DetParams, 1);
  const DetDecoder *decoder = det_model_get_decoder_row (model);
  const char *classes = det_options_get_string (options, DET_OPT_CLASSES);
  const char *thresholds =
      det_options_get_string (options, DET_OPT_CLASS_THRESHOLDS);

  g_atomic_ref_count_init (&params->refs);
  params->threshold =
      number_or (options, DET_OPT_THRESHOLD, decoder->threshold);
  params->class_agnostic =
      det_options_get_boolean (options, DET_OPT_CLASS_AGNOSTIC);
  params->iou_threshold = choose_iou (params, options, decoder);
  params->max_detections =
      (guint) det_options_get_int (options, DET_OPT_MAX_DETECTIONS);
  params->n_classes = det_model_get_n_classes (model);
  set_sizes (params, options);
  if (classes && !keep_classes (params, model, classes, error))
    return NULL;
  const char *region = det_options_get_string (options, DET_OPT_REGION);
  if (region && !det_region_parse (&params->region, region, error))
    return NULL;
  if (thresholds && !set_class_thresholds (params, model, thresholds, error))
    return NULL;
  for (int i = 0; params->class_thresholds && i < params->n_classes; i++)
    params->threshold = MIN (params->threshold, params->class_thresholds[i]);
  return g_steal_pointer (&params);
}

void
det_params_gate (const DetParams *params, DetCandidates *candidates)
{
  guint n = 0;

  if (!params->class_thresholds)
    return;
  for (guint i = 0; i < candidates->n; i++) {
    const DetCandidate *item = &candidates->items[i];

    if (item->class_id < 0 || item->class_id >= params->n_classes ||
        item->score < params->class_thresholds[item->class_id])
      continue;
    if (n != i)
      candidates->items[n] = *item;
    n++;
  }
  candidates->n = n;
}

gboolean
det_params_box_counts (const DetParams *params, const DetBox *box,
    int frame_width, int frame_height)
{
  float width = box->x1 - box->x0;
  float height = box->y1 - box->y0;

  return width >= params->min_width && height >= params->min_height &&
      width <= params->max_width && height <= params->max_height &&
      det_region_holds (&params->region, box, frame_width, frame_height);
}
