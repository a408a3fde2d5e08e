/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_DECODER_H
#define DET_DECODER_H

#include "modelinfo.h"
#include "nms.h"
#include "preprocess.h"
#include "tensor.h"
#include <glib.h>

/* How well a decoder fits a model. */
typedef enum
{
  DET_MATCH_NO,
  DET_MATCH_UNSURE, /* the file leaves shapes open: ask again when they are known */
  DET_MATCH_SHAPE, /* the outputs' shapes fit */
  DET_MATCH_SURE   /* shapes fit, and names, metadata or the graph agree */
} DetMatch;

/* A decoder bound to one model: shapes were checked, so decode cannot fail.
 * Lives in the DetModel; read by many sessions at once. */
typedef struct
{
  int input_width; /* of the model, in pixels */
  int input_height;
  int n_classes;
  gboolean classes_are_open; /* shapes do not tell how many: labels decide, and
                                n_classes is a guess */
  int n_outputs;             /* of the model */
  int role[DET_MAX_OUTPUTS]; /* decoder's own numbering -> output index */
  int n_rows;                /* candidates the model proposes; 0: varies */
  gpointer grid;             /* of bind; freed with g_free, may be NULL */
} DetHead;

typedef struct _DetDecoder DetDecoder;
struct _DetDecoder
{
  const char *name; /* value of decoder= */
  const char *help; /* one line for docs: family, shapes */

  /* What the family asks of the picture and of the filter, each with its source
   * in a comment beside the row. width, height, batch, dtype are the model's. */
  DetInputSpec input;
  int usual_size; /* for models with dynamic axes, in pixels */
  float threshold;
  float iou_threshold;       /* >= 1: the model needs no NMS */
  const char *const *labels; /* NULL-terminated names of the family's classes,
                                for files that carry none; or NULL */

  /* Does it fit? Looks only at info. When it does not, may append one clause to
   * why ("85 columns but 3549 rows is not …"). Any thread. */
  DetMatch (*match) (const DetModelInfo *info, GString *why);

  /* Called once per model, when the shapes of all outputs are known and
   * head->input_* are set. Fills the rest of head. Must check every dim decode
   * relies on. DET_ERROR_UNRECOGNISED. */
  gboolean (*bind) (DetHead *head, const DetModelInfo *info, GError **error);

  /* Optional. Called with the outputs of the first run, to catch a model
   * whose values are not what the family's are. DET_ERROR_UNRECOGNISED. */
  gboolean (*check) (const DetHead *head, const DetTensor *outputs,
      GError **error);

  /* Every frame, from the session's worker. outputs are float32, in the model's
   * order, of the dims that were bound (a dim that was -1 may be anything >= 0).
   * Adds what scores above threshold. Must not block, allocate or fail; must
   * stand NaN and infinity. */
  void (*decode) (const DetHead *head, const DetTensor *outputs,
      float threshold, DetCandidates *out);
};

const DetDecoder *const *det_decoders (void); /* NULL-terminated table */
const DetDecoder *det_decoder_find (const char *name);
const char *const *det_decoder_names (void); /* "auto" first */

/* The decoder for a model. forced may be NULL or "auto". NULL without error when
 * the file leaves it open until the shapes are known; with DET_ERROR_UNRECOGNISED
 * when none fits, or several do equally well (the message lists the outputs
 * and which decoder= would settle it). */
const DetDecoder *det_decoder_choose (const DetModelInfo *info,
    const char *forced, GError **error);

#endif
