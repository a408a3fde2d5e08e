/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every decoder over any shapes and values. The first byte chooses a row of the
 * decoders' table; its golden's description is changed as the next bytes say, bound,
 * and decoded from tensors of exactly the shapes that an engine may give then. What
 * is found goes through NMS and is merged like what several parts of a frame gave. */

#include "../unit/goldens.h"
#include "fuzz.h"
#include "inputspec.h"
#include "merge.h"
#include "outputs.h"
#include <detect/error.h>
#include <math.h>

#define MOST_ELEMENTS (1 << 18) /* of an output, so that a run stays short */
#define MOST_CANDIDATES 400     /* NMS takes the square of it */
#define MOST_BYTES 1000
#define MOST_PIECES 64
#define FRAME_SIDE 1000

/* ---- the description ---- */

static const GoldenRow *
find_golden (const char *name)
{
  for (int i = 0; i < n_goldens; i++) {
    if (strcmp (goldens[i].name, name) == 0)
      return &goldens[i];
  }
  return NULL;
}

static gint64
take_dim (FuzzBytes *bytes)
{
  static const gint64 dims[] = { -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20,
    32, 60, 80, 84, 85, 96, 120, 160, 240, 315, 640, G_MAXINT16, 65536,
    G_MAXINT32, (gint64) G_MAXINT32 + 6, G_MAXINT64 };
  guint8 choice = fuzz_byte (bytes);

  return choice < G_N_ELEMENTS (dims) ? dims[choice] : choice;
}

static void
change_tensor (GArray *tensors, FuzzBytes *bytes)
{
  if (tensors->len == 0)
    return;
  DetTensorInfo *tensor =
      &g_array_index (tensors, DetTensorInfo, fuzz_byte (bytes) % tensors->len);
  guint8 place = fuzz_byte (bytes) % (DET_TENSOR_MAX_DIMS + 3);

  if (place < DET_TENSOR_MAX_DIMS)
    tensor->dims[place] = take_dim (bytes);
  else if (place == DET_TENSOR_MAX_DIMS)
    tensor->n_dims = fuzz_byte (bytes) % (DET_TENSOR_MAX_DIMS + 1);
  else if (place == DET_TENSOR_MAX_DIMS + 1)
    tensor->dtype = fuzz_byte (bytes) % DET_N_DTYPES;
  else
    tensor->arithmetic = fuzz_byte (bytes) % 3;
}

static void
change_metadata (DetModelInfo *info, FuzzBytes *bytes)
{
  static const char *const entries[][2] = {
    { "task", "pose" },
    { "task", "segment" },
    { "task", "obb" },
    { "end2end", "true" },
    { "kpt_shape", "[5, 3]" },
    { "kpt_shape", "[1000, 2]" },
    { "names", "{0: 'a', 1: 'b'}" },
    { "imgsz", "[64, 32]" },
  };
  guint8 i = fuzz_byte (bytes) % G_N_ELEMENTS (entries);

  g_hash_table_insert (info->metadata, g_strdup (entries[i][0]),
      g_strdup (entries[i][1]));
}

static void
change (DetModelInfo *info, FuzzBytes *bytes)
{
  guint n = fuzz_byte (bytes) % 8;

  for (guint i = 0; i < n; i++) {
    guint8 what = fuzz_byte (bytes);

    if (what < 160)
      change_tensor (info->outputs, bytes);
    else if (what < 200)
      change_tensor (info->inputs, bytes);
    else if (what < 230)
      change_metadata (info, bytes);
    else if (info->outputs->len > 1)
      g_array_remove_index (info->outputs, info->outputs->len - 1);
  }
}

/* ---- what an engine gives ---- */

/* What the file leaves open a first run shows. */
static void
complete (DetModelInfo *info, FuzzBytes *bytes)
{
  for (guint i = 0; i < info->outputs->len; i++) {
    DetTensorInfo *output = &g_array_index (info->outputs, DetTensorInfo, i);

    output->n_dims = MAX (output->n_dims, 0);
    for (int d = 0; d < output->n_dims; d++) {
      if (output->dims[d] < 0)
        output->dims[d] = fuzz_byte (bytes) & 63;
    }
  }
}

/* Shapes are those that were bound; where it is known only when the network has run,
 * rows and what comes before them may be anything. */
static gboolean
make_output (DetTensor *tensor, const DetTensorInfo *info, gboolean rows_vary,
    FuzzBytes *bytes)
{
  *tensor = (DetTensor){ .dtype = info->dtype, .n_dims = info->n_dims };
  for (int i = 0; i < info->n_dims; i++) {
    gboolean is_free = rows_vary && i < info->n_dims - 1;
    guint8 choice = is_free ? fuzz_byte (bytes) : G_MAXUINT8;

    tensor->dims[i] = choice < 32 ? choice : info->dims[i];
  }
  gint64 n = det_tensor_n_elements (tensor);
  gsize size = det_dtype_size (tensor->dtype);
  if (n < 0 || n > MOST_ELEMENTS || size == 0)
    return FALSE;
  /* Exactly as large as it says, also where it is empty. */
  tensor->data = malloc ((gsize) n * size);
  fuzz_fill (bytes, tensor->data, (gsize) n * size);
  return TRUE;
}

/* ---- what must hold ---- */

static void
check_candidates (const DetCandidates *found, float threshold)
{
  for (guint i = 0; i < found->n; i++) {
    const DetCandidate *item = &found->items[i];

    g_assert_true (item->score > threshold);
    g_assert_cmpint (item->class_id, >=, 0);
    g_assert_cmpint (item->n_landmarks, >=, 0);
    g_assert_cmpint (item->n_landmarks, <=, DET_MAX_LANDMARKS);
  }
}

static void
check_kept (const DetCandidates *found, guint n)
{
  g_assert_cmpuint (n, <=, found->n);
  for (guint i = 0; i < n; i++) {
    const DetCandidate *item = &found->items[found->order[i]];

    g_assert_true (isfinite (item->score));
    g_assert_true (item->box.x0 < item->box.x1 && isfinite (item->box.x0));
    g_assert_true (item->box.y0 < item->box.y1 && isfinite (item->box.y1));
    if (i > 0)
      g_assert_true (item->score <= found->items[found->order[i - 1]].score);
  }
}

static void
merge (const DetCandidates *found, guint n, float iou, gboolean agnostic,
    FuzzBytes *bytes)
{
  DetPiece pieces[MOST_PIECES];
  guint n_pieces = 0;

  for (guint i = 0; i < n && n_pieces < MOST_PIECES; i++) {
    const DetCandidate *item = &found->items[found->order[i]];
    DetBox box = { item->box.x0, item->box.y0, item->box.x1, item->box.y1 };
    guint8 cuts = fuzz_byte (bytes);

    if (!det_box_clip (&box, FRAME_SIDE, FRAME_SIDE))
      continue;
    pieces[n_pieces++] = (DetPiece){ .object = { .box = box,
                                         .score = item->score,
                                         .class_id = item->class_id,
                                         .part = cuts >> 4 },
      .cuts = cuts & 15 };
  }
  guint left = det_merge (pieces, n_pieces, iou, agnostic);
  g_assert_cmpuint (left, <=, n_pieces);
  g_assert_true ((left == 0) == (n_pieces == 0));
  for (guint i = 0; i < left; i++) {
    DetBox box = pieces[i].object.box;

    g_assert_true (det_box_clip (&box, FRAME_SIDE, FRAME_SIDE));
    if (i > 0)
      g_assert_true (pieces[i].object.score <= pieces[i - 1].object.score);
  }
}

/* ---- the run ---- */

static void
decode (const DetDecoder *decoder, const DetHead *head,
    const DetOutputs *outputs, FuzzBytes *bytes)
{
  static const float thresholds[] = { 0, 0.25f, 0.9f, 1 };
  guint8 way = fuzz_byte (bytes);
  float threshold = thresholds[way & 3];
  gboolean agnostic = way & 4;
  float iou = way & 8 ? 0.5f : way & 16 ? 1 : 0;
  DetCandidates found = { 0 };

  if (decoder->check)
    decoder->check (head, outputs->tensors, NULL);
  decoder->decode (head, outputs->tensors, threshold, &found);
  check_candidates (&found, threshold);
  found.n = MIN (found.n, MOST_CANDIDATES);
  guint n = det_nms (&found, iou, agnostic, way & 32 ? 300 : G_MAXUINT);
  check_kept (&found, n);
  merge (&found, n, iou, agnostic, bytes);
  det_candidates_clear (&found);
}

static void
run (const DetDecoder *decoder, const DetHead *head, const DetModelInfo *info,
    FuzzBytes *bytes)
{
  DetTensor raw[DET_MAX_OUTPUTS] = { 0 };
  g_auto (DetOutputs) outputs = { 0 };
  gboolean made = TRUE;

  for (guint i = 0; made && i < info->outputs->len; i++)
    made = make_output (&raw[i], det_model_info_output (info, i),
        head->n_rows == 0, bytes);
  if (made && det_outputs_take (&outputs, raw, info->outputs->len, NULL) &&
      det_outputs_check (&outputs, info, head->n_rows == 0, NULL))
    decode (decoder, head, &outputs, bytes);
  for (guint i = 0; i < info->outputs->len; i++)
    free (raw[i].data);
}

static void
bind (const DetDecoder *decoder, DetModelInfo *info, FuzzBytes *bytes)
{
  g_autoptr (DetOptions) options = det_options_new ();
  g_autoptr (GError) error = NULL;
  guint image_input;
  DetInputSpec spec;

  if (!det_input_spec_resolve (info, decoder, options, &spec, &image_input,
          NULL) ||
      spec.width > FRAME_SIDE || spec.height > FRAME_SIDE ||
      info->outputs->len == 0)
    return;
  det_input_spec_apply (&spec, info, image_input);
  complete (info, bytes);
  DetHead head = { .input_width = spec.width,
    .input_height = spec.height,
    .n_outputs = (int) info->outputs->len };
  gboolean ok = decoder->bind (&head, info, &error);
  g_assert_true (ok == (error == NULL));
  if (ok)
    run (decoder, &head, info, bytes);
  g_free (head.grid);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  FuzzBytes bytes = { data, data + MIN (size, MOST_BYTES) };
  guint n_decoders = 0;
  Golden golden = { 0 };

  while (det_decoders ()[n_decoders])
    n_decoders++;
  const DetDecoder *decoder = det_decoders ()[fuzz_byte (&bytes) % n_decoders];
  find_golden (decoder->name)->make (&golden);
  if (golden.info->kind == DET_FILE_CASCADE) /* has no colours */
    g_array_index (golden.info->inputs, DetTensorInfo, 0).dims[1] = 1;
  change (golden.info, &bytes);
  det_decoder_choose (golden.info, NULL, NULL);
  bind (decoder, golden.info, &bytes);
  golden_clear (&golden);
  return 0;
}
