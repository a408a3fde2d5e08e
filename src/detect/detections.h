/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DETECT_DETECTIONS_H
#define DETECT_DETECTIONS_H

#include <detect/export.h>
#include <detect/geometry.h>
#include <glib.h>

DET_BEGIN_DECLS

/** Most landmarks an object carries (COCO's body has 17). */
#define DET_MAX_LANDMARKS 17

/** The track id of an object that no tracker has seen. */
#define DET_TRACK_NONE (-1)

/**
 * DetObject:
 * @box: where, in source pixels, clipped to the frame, never empty
 * @score: confidence, 0..1
 * @class_id: the class as the model numbers it
 * @track_id: identity across frames, or %DET_TRACK_NONE
 * @label: (transfer none): the class's name, or %NULL; lives as long as the
 *     #DetModel that found the object
 * @part: number of the part of the frame it was found in, see
 *     det_session_add(); 0 when the frame was looked at as a whole
 * @n_landmarks: how many of @landmarks are set
 * @landmarks: points in source pixels, in the model's order; finite, not clipped
 */
typedef struct
{
  DetBox box;
  float score;
  int class_id;
  int track_id;
  const char *label;
  int part;
  int n_landmarks;
  DetPoint landmarks[DET_MAX_LANDMARKS];
} DetObject;

/**
 * DetStage:
 *
 * The stages of one inference, each timed.
 */
typedef enum
{
  DET_STAGE_PREPROCESS,
  DET_STAGE_INFERENCE,
  DET_STAGE_DECODE,
  DET_N_STAGES
} DetStage;

/** Name of a stage as it stands in stats and JSON. */
const char *det_stage_name (DetStage stage);

/**
 * DetDetections:
 * @width: width of the frame the boxes refer to, in pixels
 * @height: height of that frame
 * @stage_us: time each stage took, in microseconds
 * @n_objects: how many objects
 * @objects: (array length=n_objects): best score first
 *
 * What one inference found. Reference counted and immutable once returned, so
 * any thread may read it. Holds its #DetModel, so labels stay valid.
 */
typedef struct _DetDetections DetDetections;
struct _DetDetections
{
  int width;
  int height;
  gint64 stage_us[DET_N_STAGES];
  guint n_objects;
  DetObject *objects;
};

DetDetections *det_detections_ref (DetDetections *detections);
void det_detections_unref (DetDetections *detections);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DetDetections, det_detections_unref)

DET_END_DECLS

#endif
