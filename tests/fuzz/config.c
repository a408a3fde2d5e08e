/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A configuration file of any bytes. What is taken from it must be printed so that
 * it is taken again. */

#include "config.h"
#include "../unit/testmodels.h"
#include "fuzz.h"
#include "option.h"
#include "params.h"
#include "region.h"
#include <detect/error.h>

static void
check_option (const DetOptions *options, DetOptionId id)
{
  g_autoptr (DetOptions) again = det_options_new ();
  g_autoptr (GError) error = NULL;

  if (!det_options_is_set (options, id))
    return;
  g_autofree char *text = det_options_print (options, id);
  g_assert_true (g_utf8_validate (text, -1, NULL));
  det_options_set_text (again, id, text, &error);
  g_assert_no_error (error);
  g_autofree char *same = det_options_print (again, id);
  g_assert_cmpstr (text, ==, same);
}

static void
check_texts (const DetOptions *options)
{
  const char *region = det_options_get_string (options, DET_OPT_REGION);
  DetRegion parsed;
  float triple[3];

  for (int i = 0; i < DET_N_OPTIONS; i++)
    check_option (options, (DetOptionId) i);
  if (region && det_region_parse (&parsed, region, NULL)) {
    det_region_holds (&parsed, &(DetBox){ 1, 2, 3, 4 }, 8, 8);
    det_region_clear (&parsed);
  }
  if (det_options_is_set (options, DET_OPT_MEAN))
    g_assert_true (det_option_parse_triple (det_options_get_string (options,
                                                DET_OPT_MEAN),
        triple));
  if (det_options_is_set (options, DET_OPT_SCALE))
    g_assert_true (det_option_parse_triple (det_options_get_string (options,
                                                DET_OPT_SCALE),
        triple));
}

/* What objects are kept, of a model that knows cats and dogs. */
static void
check_params (const DetOptions *options)
{
  static DetModel *model;
  g_autoptr (GError) error = NULL;

  if (!model) {
    g_autoptr (DetOptions) loading = det_options_new ();
    g_autofree char *path =
        fuzz_write_file ("model.null", TEST_CANNED, strlen (TEST_CANNED));

    det_options_set_string (loading, DET_OPT_MODEL, path);
    model = det_model_new (loading, &error);
    g_assert_no_error (error);
  }
  g_autoptr (DetParams) params = det_params_new (model, options, &error);
  g_assert_true ((params == NULL) == (error != NULL));
  if (!params)
    return;
  DetCandidates found = { 0 };
  det_candidates_add (&found, (DetModelBox){ 1, 1, 5, 5 }, 0.5f, 0);
  det_candidates_add (&found, (DetModelBox){ 2, 2, 9, 9 }, 0.75f, 1);
  det_candidates_add (&found, (DetModelBox){ 2, 2, 9, 9 }, 0.9f, G_MAXINT16);
  det_params_gate (params, &found);
  det_params_box_counts (params, &(DetBox){ 1, 2, 3, 4 }, 8, 8);
  det_candidates_clear (&found);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *path = fuzz_write_file ("config.yaml", data, size);
  g_autoptr (DetOptions) options = det_options_new ();
  g_autoptr (DetLabels) labels = NULL;
  g_autoptr (GError) error = NULL;
  gboolean ok = det_config_read (path, options, &labels, &error);

  g_assert_true (ok == (error == NULL));
  if (!ok) {
    g_assert_null (labels);
    g_assert_true (error->domain == DET_ERROR);
    return 0;
  }
  if (labels)
    g_assert_cmpuint (det_labels_get_n (labels), >, 0);
  det_options_check (options, NULL);
  check_texts (options);
  check_params (options);
  return 0;
}
