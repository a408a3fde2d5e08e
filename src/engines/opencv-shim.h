/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_OPENCV_SHIM_H
#define DET_OPENCV_SHIM_H

#include <glib.h>

/* What is used of OpenCV, in C. Nothing throws across these functions: what went
 * wrong comes back as a message in *problem (g_free). */

G_BEGIN_DECLS

/* An engine's is_present: always. Makes OpenCV silent, and has it set up its threads
 * and kinds of layer now, so that what it tears down at exit is registered before
 * anything is under way. */
gboolean det_cv_is_present (GError **error);

const char *det_cv_version (void); /* "4.6.0" */

/* Process-wide; 0: OpenCV's own choice. */
void det_cv_set_threads (int threads);

/* ---- networks ---- */

typedef struct _DetCvNet DetCvNet;

typedef enum
{
  DET_CV_ONNX,
  DET_CV_DARKNET,
  DET_CV_CAFFE,
  DET_CV_TENSORFLOW
} DetCvFormat;

/* text is the .cfg, .prototxt or .pbtxt, or NULL. */
DetCvNet *det_cv_net_load (DetCvFormat format, const char *weights,
    const char *text, char **problem);
void det_cv_net_free (DetCvNet *net);

/* Number of outputs, and the name of each; the net's. */
int det_cv_net_get_n_outputs (const DetCvNet *net);
const char *det_cv_net_get_output (const DetCvNet *net, int i);

/* data: float32, dims sizes; not copied, used until the next run. */
gboolean det_cv_net_set_input (DetCvNet *net, const char *name, float *data,
    int n_dims, const int *dims, char **problem);

/* After all inputs are set. Views are valid until the next run. */
gboolean det_cv_net_run (DetCvNet *net, char **problem);
const float *
det_cv_net_get_result (const DetCvNet *net, int i, int *n_dims, int dims[8]);

/* ---- people and cascades ---- */

typedef struct _DetCvClassic DetCvClassic;

/* file NULL: the HOG people detector, else a cascade. */
DetCvClassic *det_cv_classic_load (const char *file, char **problem);
void det_cv_classic_free (DetCvClassic *classic);

typedef struct
{
  int x;
  int y;
  int width;
  int height;
  double weight; /* SVM margin, or level weight of the cascade */
} DetCvHit;

/* pixels: 8-bit grey. *hits stay valid until the next run. */
gboolean det_cv_classic_run (DetCvClassic *classic, const guint8 *pixels,
    int width, int height, const DetCvHit **hits, int *n_hits, char **problem);

G_END_DECLS

#endif
