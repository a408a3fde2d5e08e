/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_LABELS_H
#define DET_LABELS_H

#include <glib.h>

/* Class names, indexed by class id. Immutable, counted. */
typedef struct _DetLabels DetLabels;

/* Reads a label file: one name a line (CRLF, BOM, blank last lines are taken),
 * or the `names:` of an Ultralytics data YAML. DET_ERROR_NOT_FOUND, UNREADABLE,
 * LABELS (not UTF-8, empty). */
DetLabels *det_labels_new_from_file (const char *path, GError **error);

/* Reads the Python dict ("{0: 'person', 1: 'it\\'s'}") or list Ultralytics writes
 * into ONNX metadata. */
DetLabels *det_labels_new_from_python (const char *text, GError **error);

DetLabels *det_labels_new_from_strv (const char *const *names);

/* COCO's 80 names in the order of its detectors. */
DetLabels *det_labels_new_coco (void);

DetLabels *det_labels_ref (DetLabels *labels);
void det_labels_unref (DetLabels *labels);

guint det_labels_get_n (const DetLabels *labels);
const char *det_labels_get (const DetLabels *labels, int id);    /* or NULL */
int det_labels_find (const DetLabels *labels, const char *name); /* or -1 */

/* The label most like name, for "did you mean". */
const char *det_labels_nearest (const DetLabels *labels, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DetLabels, det_labels_unref)

#endif
