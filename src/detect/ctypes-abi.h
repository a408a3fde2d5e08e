/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DETECT_CTYPES_ABI_H
#define DETECT_CTYPES_ABI_H

/* The flat interface that scripts call with Python's ctypes, in libDetect.so: the
 * names, structures and order of calls of an older library, kept so that such
 * scripts run unchanged. New callers have <detect/detect.h>, or detect.py.
 *
 * What goes wrong is said on the standard error output, since such scripts rarely
 * look at what is returned: one line, which is not repeated while it stays the same.
 *
 * Any thread may call any function, also several on one object at a time. No
 * argument crashes a call, as far as it can be seen from the argument: that
 * pictures are as large as their width and height say, and that room for results
 * is there, is the caller's word. */

#include <detect/export.h>

DET_BEGIN_DECLS

/* The limits below; Detect_Limits() tells them at run time. */
#define DETECT_BATCH_SIZE 32
#define DETECT_OBJECT_NUM 128

/**
 * Detect:
 *
 * A handle. It is a small number and not an address, so it survives where ctypes
 * has not been told that it is a pointer, and a handle that is no longer good is an
 * error and not a crash.
 */
typedef struct _Detect Detect;

/**
 * PythonImage:
 * @image_num: how many pictures, 1 to 32; only Detect_RunBatch() reads it
 * @width: width of each, in pixels
 * @height: height of each, in pixels
 * @frame: the pixels of each: BGR, 8 bits a channel, rows without gaps between; only
 *     read during the call
 */
typedef struct
{
  int image_num;
  int width[DETECT_BATCH_SIZE];
  int height[DETECT_BATCH_SIZE];
  char *frame[DETECT_BATCH_SIZE];
} PythonImage;

/**
 * cv_box:
 * @x: left edge, in pixels of the picture
 * @y: top edge
 * @w: width
 * @h: height
 */
typedef struct cv_box
{
  float x;
  float y;
  float w;
  float h;
} cv_box;

/**
 * cv_object:
 * @bbox: where, inside the picture
 * @classes: the class, as the model numbers it
 * @prob: one number, the score (0..1). The memory is the handle's and must not be
 *     freed. It stays valid, and the number in it stays this object's, until the
 *     handle has looked at 64 more pictures, or is deleted. Beyond
 *     @object_num it is %NULL.
 * @attribute: 0; once an enumeration of the caller's
 * @a: zeros
 */
typedef struct cv_object
{
  cv_box bbox;
  int classes;
  float *prob;
  int attribute;
  int a[7];
} cv_object;

/**
 * cv_object_list:
 * @object: the best score first
 * @object_num: how many are filled; the rest is zeros. Of more than 128 objects
 *     the best 128 are here
 * @test: zeros
 */
typedef struct cv_object_list
{
  cv_object object[DETECT_OBJECT_NUM];
  int object_num;
  int test[7];
} cv_object_list;

/** What was found on one picture. */
typedef cv_object_list DetectOutput;

/**
 * Detect_new:
 *
 * Returns: a handle without a model; Detect_delete() when done. %NULL only after two
 *     thousand million handles
 */
Detect *Detect_new (void);

/**
 * Detect_Init:
 * @det: a handle
 * @config_path: path of a YAML file with options (see the option reference), in
 *     UTF-8; paths in it are relative to its folder. A third argument, which some
 *     scripts pass, is never read
 *
 * Loads the model, or finds it loaded already: handles with the same model share
 * it. A second call replaces the model; one that fails leaves none.
 *
 * Returns: 0, or a negative number and Detect_LastError() says why
 */
int Detect_Init (Detect *det, const char *config_path);

/**
 * Detect_Run:
 * @det: a handle
 * @img: the picture is the first; @img.image_num is not read
 *
 * Returns: what was found on picture 0. The list is empty when nothing was, and
 *     when it failed; then Detect_LastError() is not ""
 */
DetectOutput Detect_Run (Detect *det, PythonImage img);

/**
 * Detect_RunBatch:
 * @det: a handle
 * @img: (nullable): one to 32 pictures
 * @out: (nullable): room for @n lists
 * @n: at least @img.image_num
 *
 * Runs all pictures and fills one list each.
 *
 * Returns: 0; or a negative number, Detect_LastError() says why and which
 *     picture (counted from 0), and the lists are empty
 */
int Detect_RunBatch (Detect *det, const PythonImage *img, cv_object_list *out,
    int n);

/** getInfo: prints the size of picture 0, to see whether a structure arrives whole. */
void getInfo (PythonImage input);

/** Detect_delete: frees a handle, also while it runs in another thread. */
void Detect_delete (Detect *det);

/**
 * Detect_LastError:
 *
 * Returns: (transfer none): what went wrong in the last call of this thread that
 *     takes a handle, one line in UTF-8; "" when nothing did. Valid until the next
 *     such call
 */
const char *Detect_LastError (void);

/**
 * Detect_Limits:
 * @batch: (out) (optional): pictures in a #PythonImage, 32
 * @objects: (out) (optional): objects in a #cv_object_list, 128
 */
void Detect_Limits (int *batch, int *objects);

/**
 * Detect_Layout:
 *
 * Returns: (transfer none): the structures as they are in the library, a line each:
 *     "NAME SIZE" and "NAME.FIELD OFFSET SIZE", in bytes
 */
const char *Detect_Layout (void);

DET_END_DECLS

#endif
