/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "head.h"
#include "headmatch.h"

/* BlazeFace, short range (MediaPipe, modules/face_detection/
 * face_detection_short_range.pbtxt): regressors [1,896,16] and classificators
 * [1,896,1] for 128×128. Anchors of size 1 at the cells' centres: two a cell at
 * stride 8, six at stride 16. Box centre and size and six points come in pixels of
 * the input, from the anchor; score = sigmoid, clipped at ±100. RGB, (pixel -
 * 127.5) / 127.5, aspect kept; thresholds 0.5 and 0.3. */

#define SIDE 128
#define N_ROWS 896
#define N_COLUMNS 16
#define N_POINTS 6
#define MOST_LOGIT 100.0f

enum
{
  REGRESSORS,
  SCORES
};

typedef struct
{
  float x;
  float y;
} Anchor;

static gboolean
find_roles (const DetModelInfo *info, int *roles)
{
  if (info->outputs->len != 2)
    return FALSE;
  roles[REGRESSORS] = det_match_matrix (info, 0, N_ROWS, N_COLUMNS);
  roles[SCORES] = det_match_matrix (info, 0, N_ROWS, 1);
  return roles[REGRESSORS] >= 0 && roles[SCORES] >= 0;
}

static DetMatch
match (const DetModelInfo *info, GString *why)
{
  int roles[2];
  int width = 0;
  int height = 0;

  if (find_roles (info, roles) &&
      det_match_input_size (info, &width, &height) && width == SIDE &&
      height == SIDE)
    return DET_MATCH_SURE;
  g_string_append (why, "outputs [1,896,16] and [1,896,1] for 128x128");
  return DET_MATCH_NO;
}

static Anchor *
make_anchors (void)
{
  static const struct
  {
    int stride;
    int a_cell;
  } levels[] = { { 8, 2 }, { 16, 6 } };
  Anchor *anchors = g_new (Anchor, N_ROWS);
  Anchor *next = anchors;

  for (gsize l = 0; l < G_N_ELEMENTS (levels); l++) {
    int n = SIDE / levels[l].stride;

    for (int i = 0; i < n * n * levels[l].a_cell; i++) {
      int cell = i / levels[l].a_cell;

      *next++ =
          (Anchor){ ((float) (cell % n) + 0.5f) * (float) levels[l].stride,
            ((float) (cell / n) + 0.5f) * (float) levels[l].stride };
    }
  }
  return anchors;
}

static gboolean
bind (DetHead *head, const DetModelInfo *info, GError **error)
{
  if (!find_roles (info, head->role) || head->input_width != SIDE ||
      head->input_height != SIDE)
    return det_match_refuse (info,
        "outputs [1,896,16] and [1,896,1] for pictures of 128x128", error);
  head->n_classes = 1;
  head->n_rows = N_ROWS;
  head->grid = make_anchors ();
  return TRUE;
}

static void
decode (const DetHead *head, const DetTensor *outputs, float threshold,
    DetCandidates *out)
{
  const Anchor *anchors = head->grid;
  const float *row = outputs[head->role[REGRESSORS]].data;
  const float *logits = outputs[head->role[SCORES]].data;

  for (int i = 0; i < N_ROWS; i++, row += N_COLUMNS) {
    float score = det_sigmoid (CLAMP (logits[i], -MOST_LOGIT, MOST_LOGIT));

    if (!(score > threshold))
      continue;
    DetCandidate *face = det_candidates_add (out,
        det_box_from_center (anchors[i].x + row[0], anchors[i].y + row[1],
            row[2], row[3]),
        score, 0);
    face->n_landmarks = N_POINTS;
    for (int p = 0; p < N_POINTS; p++)
      face->landmarks[p] = (DetModelPoint){ anchors[i].x + row[4 + 2 * p],
        anchors[i].y + row[5 + 2 * p] };
  }
}

static const char *const labels[] = { "face", NULL };

const DetDecoder det_decoder_blazeface = {
  .name = "blazeface",
  .help = "BlazeFace, short range, with six landmarks: [1,896,16], [1,896,1]",
  .input = { .order = DET_ORDER_RGB,
      .mean = { 127.5f, 127.5f, 127.5f },
      .scale = { 1 / 127.5f, 1 / 127.5f, 1 / 127.5f },
      .resize = DET_RESIZE_LETTERBOX },
  .usual_size = SIDE,
  .threshold = 0.5f,
  .iou_threshold = 0.3f,
  .labels = labels,
  .match = match,
  .bind = bind,
  .decode = decode,
};
