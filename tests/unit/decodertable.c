/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What holds for every row of the decoders' table: which dims it insists on, that a
 * score has to be above the threshold, and that each row of the outputs counts. */
#include "decoder.h"

#include <math.h>
#include <string.h>

#include "goldens.h"

/* Of each output of the decoder's golden, in their order, a character for each dim
 * after the first: '=' it has to be as it is, '*' one more and one less will do,
 * '+' one more will, '-' one less. */
typedef struct
{
  const char *name;
  const char *dims;
  double sum; /* of all rows of wild but sound values; see test_sums */
  int n_classes;
  int n_rows; /* 0: varies */
  gboolean classes_are_open;
  const char *matches; /* see test_matches */
} Row;

static const Row rows[] = {
  { "blazeface", "== ==", 2012168.5, 1, 896, FALSE, "00000000033" },
  { "classic", "=", 80.37711, 1, 0, FALSE, "33333333333" },
  { "darknet", "= =", 73040.854, 2, 0, FALSE, "00033330133" },
  { "detr", "= = ==", 16421.768, 80, 300, TRUE, "31333330003" },
  { "detr-end2end", "*+", 15971.412, 80, 0, TRUE, "10133330030" },
  { "detr-raw", "== =*", 53341.219, 5, 100, FALSE, "11133330003" },
  { "efficient-nms", "= * = ==", 602.16413, 80, 20, TRUE, "31333333003" },
  { "end2end", "*+", 15971.412, 80, 0, TRUE, "10133330032" },
  { "fastestdet", "***", 29442.781, 4, 60, FALSE, "10100000022" },
  { "nanodet", "== == == == == ==", 160732.44, 3, 315, FALSE, "11100000022" },
  { "nanodet-plus", "=*", 153160.65, 3, 321, FALSE, "11100000022" },
  { "picodet", "== == == == == == == ==", 165966.82, 3, 321, FALSE,
      "11100000033" },
  { "scrfd", "= = = = = = = = =", 1083014, 1, 630, FALSE, "11110000033" },
  { "ssd", "=*=", 2080.7348, 1, 0, TRUE, "01033330133" },
  { "ssd-boxes", "== =*", 233439.29, 3, 500, FALSE, "11122220002" },
  { "tf-detection", "= * = ==", 6062.9007, 80, 20, TRUE, "31333333003" },
  { "ultraface", "== ==", 385770.89, 1, 888, FALSE, "11100000033" },
  { "yolo-fastestv2", "=== ===", 112085.23, 3, 75, FALSE, "00000000033" },
  { "yolov5", "=*", 26808.068, 2, 945, FALSE, "11111002022" },
  { "yolov7-end2end", "=", 116.98533, 80, 0, TRUE, "00033330033" },
  { "yolov8", "*=", 73450.389, 80, 315, FALSE, "11111003033" },
  { "yolov8-rows", "==", 15977.654, 2, 315, FALSE, "11111003030" },
  { "yolox", "=*", 135139.18, 2, 315, FALSE, "11111002022" },
  { "yolox-decoded", "=*", 26808.068, 2, 945, FALSE, "00000000000" },
  { "yunet", "== == == == == == == == == == == ==", 555508.77, 1, 315, FALSE,
      "11100003003" },
};

static const DetDecoder *
find_row (int i, Golden *golden)
{
  golden->n = 0;
  goldens[i].make (golden);
  return det_decoder_find (goldens[i].name);
}

static gboolean
binds (const DetDecoder *decoder, const Golden *golden)
{
  const gint64 *dims = det_model_info_input (golden->info, 0)->dims;
  DetHead head = { .input_width = (int) dims[3],
    .input_height = (int) dims[2],
    .n_outputs = (int) golden->n };
  gboolean ok = decoder->bind (&head, golden->info, NULL);

  g_free (head.grid);
  return ok;
}

static gboolean
binds_with (const DetDecoder *decoder, const Golden *golden, gint64 *dim,
    int change)
{
  *dim += change;
  gboolean ok = binds (decoder, golden);
  *dim -= change;
  return ok;
}

static char
try_dim (const DetDecoder *decoder, const Golden *golden, gint64 *dim)
{
  gboolean more = binds_with (decoder, golden, dim, 1);
  gboolean less = binds_with (decoder, golden, dim, -1);

  return more && less ? '*' : more ? '+' : less ? '-' : '=';
}

static const Row *
find_expected (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    if (strcmp (rows[i].name, name) == 0)
      return &rows[i];
  }
  g_error ("decoder %s has no row here", name);
}

static void
test_dims (void)
{
  for (int i = 0; i < n_goldens; i++) {
    g_autoptr (GString) found = g_string_new (NULL);
    Golden golden = { 0 };
    const DetDecoder *decoder = find_row (i, &golden);

    for (guint o = 0; o < golden.n; o++) {
      DetTensorInfo *output =
          &g_array_index (golden.info->outputs, DetTensorInfo, o);

      g_string_append (found, o > 0 ? " " : "");
      for (int d = 1; d < output->n_dims; d++)
        g_string_append_c (found, try_dim (decoder, &golden, &output->dims[d]));
    }
    g_test_message ("%s", decoder->name);
    g_assert_cmpstr (found->str, ==, find_expected (decoder->name)->dims);
    golden_clear (&golden);
  }
}

/* ---- recognising ---- */

static void
leave_open (DetModelInfo *info)
{
  for (guint o = 0; o < info->outputs->len; o++) {
    DetTensorInfo *output = &g_array_index (info->outputs, DetTensorInfo, o);

    for (int d = 0; d < output->n_dims; d++)
      output->dims[d] = -1;
  }
}

static void
leave_ranks_open (DetModelInfo *info)
{
  for (guint o = 0; o < info->outputs->len; o++)
    g_array_index (info->outputs, DetTensorInfo, o).n_dims = -1;
}

static void
leave_last_open (DetModelInfo *info)
{
  DetTensorInfo *output =
      &g_array_index (info->outputs, DetTensorInfo, info->outputs->len - 1);

  output->dims[output->n_dims - 1] = -1;
}

static void
leave_width_open (DetModelInfo *info)
{
  g_array_index (info->inputs, DetTensorInfo, 0).dims[3] = -1;
}

static void
leave_height_open (DetModelInfo *info)
{
  g_array_index (info->inputs, DetTensorInfo, 0).dims[2] = -1;
}

static void
change_width (DetModelInfo *info)
{
  g_array_index (info->inputs, DetTensorInfo, 0).dims[3] += 64;
}

static void
change_height (DetModelInfo *info)
{
  g_array_index (info->inputs, DetTensorInfo, 0).dims[2] += 64;
}

static void
add_one (DetModelInfo *info)
{
  static const gint64 dims[] = { 1, 9, 9, 9, 9 };

  det_model_info_add_output (info, "more", DET_DTYPE_FLOAT32, 5, dims);
}

static void
take_all (DetModelInfo *info)
{
  g_array_set_size (info->outputs, 0);
}

static void
rename_all (DetModelInfo *info)
{
  for (guint o = 0; o < info->outputs->len; o++) {
    DetTensorInfo *output = &g_array_index (info->outputs, DetTensorInfo, o);

    g_free (output->name);
    output->name = g_strdup_printf ("output_%u", o);
  }
}

static void
forget (DetModelInfo *info)
{
  g_hash_table_remove_all (info->metadata);
  g_hash_table_remove_all (info->operators);
}

/* How well the decoder still fits its golden's model after each of these, as a
 * number of DetMatch. */
static void (*const changes[]) (DetModelInfo *info) = { leave_open,
  leave_ranks_open, leave_last_open, leave_width_open, leave_height_open,
  change_width, change_height, add_one, take_all, rename_all, forget };

static void
test_matches (void)
{
  for (int i = 0; i < n_goldens; i++) {
    g_autoptr (GString) found = g_string_new (NULL);
    const char *name = goldens[i].name;

    for (gsize c = 0; c < G_N_ELEMENTS (changes); c++) {
      g_autoptr (GString) why = g_string_new (NULL);
      Golden golden = { 0 };
      const DetDecoder *decoder = find_row (i, &golden);

      changes[c](golden.info);
      g_string_append_printf (found, "%d", decoder->match (golden.info, why));
      golden_clear (&golden);
    }
    g_test_message ("%s", name);
    g_assert_cmpstr (found->str, ==, find_expected (name)->matches);
  }
}

/* ---- decoding ---- */

/* What a bound head says of itself. */
static void
test_heads (void)
{
  for (int i = 0; i < n_goldens; i++) {
    Golden golden = { 0 };
    const DetDecoder *decoder = find_row (i, &golden);
    DetHead head;

    golden_bind (decoder, &golden, &head);
    const Row *row = find_expected (decoder->name);
    g_test_message ("%s", decoder->name);
    g_assert_cmpint (head.n_classes, ==, row->n_classes);
    g_assert_cmpint (head.n_rows, ==, row->n_rows);
    g_assert_cmpint (head.classes_are_open, ==, row->classes_are_open);
    g_free (head.grid);
    golden_clear (&golden);
  }
}

/* A score that only reaches the threshold is not above it. */
static void
test_threshold (void)
{
  for (int i = 0; i < n_goldens; i++) {
    Golden golden = { 0 };
    DetCandidates found = { 0 };
    const DetDecoder *decoder = find_row (i, &golden);

    g_test_message ("%s", decoder->name);
    golden_decode (decoder, &golden, 0.25f, &found);
    g_assert_cmpuint (found.n, ==, 1);
    float score = found.items[0].score;
    golden_decode (decoder, &golden, score, &found);
    g_assert_cmpuint (found.n, ==, 0);
    golden_decode (decoder, &golden, nextafterf (score, 0), &found);
    g_assert_cmpuint (found.n, ==, 1);
    det_candidates_clear (&found);
    golden_clear (&golden);
  }
}

/* ---- sums ---- */

/* Numbers from 0 to 1 that are the same everywhere. */
static float
next_value (guint32 *state)
{
  *state = *state * 1664525u + 1013904223u;
  return (float) (*state >> 8) / (float) (1 << 24);
}

/* Columns that hold no coordinates and scores: value × times + plus, cut. */
static const struct
{
  const char *name;
  guint output;
  gint64 columns;
  gint64 column;
  int times;
  int plus;
} integers[] = {
  { "classic", 0, 6, 5, 9, 0 },
  { "detr", 1, 1, 0, 9, 0 },         /* labels */
  { "detr-end2end", 0, 6, 5, 9, 0 }, /* class */
  { "efficient-nms", 1, 1, 0, 0, 13 } /* how many */,
  { "efficient-nms", 2, 1, 0, 9, 0 },
  { "end2end", 0, 6, 5, 9, 0 },
  { "ssd", 0, 7, 0, 0, 0 }, /* the picture's number */
  { "ssd", 0, 7, 1, 4, 1 },
  { "tf-detection", 1, 1, 0, 0, 13 },
  { "tf-detection", 2, 1, 0, 9, 1 },
  { "yolov7-end2end", 0, 7, 0, 0, 0 },
  { "yolov7-end2end", 0, 7, 5, 9, 0 },
};

static void
cut_integers (const char *name, Golden *golden)
{
  for (gsize i = 0; i < G_N_ELEMENTS (integers); i++) {
    if (strcmp (integers[i].name, name) != 0)
      continue;
    const DetTensorInfo *info =
        det_model_info_output (golden->info, integers[i].output);
    float *values = golden->data[integers[i].output];
    gint64 n = 1;

    for (int d = 0; d < info->n_dims; d++)
      n *= info->dims[d];
    for (gint64 v = integers[i].column; v < n; v += integers[i].columns)
      values[v] = (float) (int) (values[v] * (float) integers[i].times) +
          (float) integers[i].plus;
  }
}

static void
fill (const char *name, Golden *golden)
{
  guint32 state = 1;

  for (guint o = 0; o < golden->n; o++) {
    const DetTensorInfo *info = det_model_info_output (golden->info, o);
    gint64 n = 1;

    for (int d = 0; d < info->n_dims; d++)
      n *= info->dims[d];
    for (gint64 v = 0; v < n; v++)
      golden->data[o][v] = next_value (&state);
  }
  cut_integers (name, golden);
}

/* No two places of a candidate, and no two neighbours, weigh the same. */
static double
sum_up (const DetCandidates *found)
{
  double sum = found->n;

  for (guint i = 0; i < found->n; i++) {
    const DetCandidate *item = &found->items[i];
    double weight = 1 + i % 7 / 10.0;

    sum += weight *
        ((double) item->box.x0 + 1.1 * (double) item->box.y0 +
            1.3 * (double) item->box.x1 + 1.7 * (double) item->box.y1 +
            50 * (double) item->score + 3.1 * item->class_id);
    for (int p = 0; p < item->n_landmarks; p++)
      sum += weight *
          ((1 + p / 10.0) * (double) item->landmarks[p].x +
              (2 + p / 9.0) * (double) item->landmarks[p].y);
  }
  return sum;
}

/* Every row of the outputs is read, from the places and in the order it has. The
 * goldens and the real models say that the arithmetic is right; these sums were taken
 * when they did, and say that nothing of it has changed. */
static void
test_sums (void)
{
  for (int i = 0; i < n_goldens; i++) {
    Golden golden = { 0 };
    DetCandidates found = { 0 };
    const DetDecoder *decoder = find_row (i, &golden);

    fill (decoder->name, &golden);
    golden_decode (decoder, &golden, 0.01f, &found);
    double sum = sum_up (&found);
    double expected = find_expected (decoder->name)->sum;

    g_test_message ("%s: %u, %.8g", decoder->name, found.n, sum);
    g_assert_cmpfloat_with_epsilon (sum, expected, fabs (expected) * 1e-5);
    det_candidates_clear (&found);
    golden_clear (&golden);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/decoder-table/dims", test_dims);
  g_test_add_func ("/decoder-table/matches", test_matches);
  g_test_add_func ("/decoder-table/heads", test_heads);
  g_test_add_func ("/decoder-table/threshold", test_threshold);
  g_test_add_func ("/decoder-table/sums", test_sums);
  return g_test_run ();
}
