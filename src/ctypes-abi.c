/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <detect/ctypes-abi.h>

#include <detect/detector.h>
#include <detect/error.h>
#include <stdio.h>

/* Results whose scores are remembered, per handle. */
#define N_RESULTS 64

/* ctypes.Structure repeats these by hand, so they may never move. */
#define ON_64_BIT (sizeof (void *) == 8)
#define AT(type, field, offset_64, offset_32) \
  G_STATIC_ASSERT (offsetof (type, field) ==  \
      (ON_64_BIT ? (offset_64) : (offset_32)))
#define SIZE(type, size_64, size_32) \
  G_STATIC_ASSERT (sizeof (type) == (ON_64_BIT ? (size_64) : (size_32)))

/* NOLINTBEGIN(bugprone-branch-clone): some are alike on both. */
AT (PythonImage, image_num, 0, 0);
AT (PythonImage, width, 4, 4);
AT (PythonImage, height, 132, 132);
AT (PythonImage, frame, 264, 260);
SIZE (PythonImage, 520, 388);
SIZE (cv_box, 16, 16);
AT (cv_object, classes, 16, 16);
AT (cv_object, prob, 24, 20);
AT (cv_object, attribute, 32, 24);
AT (cv_object, a, 36, 28);
SIZE (cv_object, 64, 56);
AT (cv_object_list, object_num, 8192, 7168);
AT (cv_object_list, test, 8196, 7172);
SIZE (cv_object_list, 8224, 7200);
/* NOLINTEND(bugprone-branch-clone) */

typedef struct
{
  gatomicrefcount refs;
  DetDetector *detector; /* guarded by handles_lock; NULL without a model */
  guint next_result;     /* atomic */
  float scores[N_RESULTS][DETECT_OBJECT_NUM];
} Object;

/* ---- handles ---- */

/* Who still exists. A handle is a number that is never given again: scripts that
 * forget argtypes cut pointers to 32 bits, and use handles they have deleted. */
static GMutex handles_lock;
static GHashTable *handles; /* number -> Object; NULL when there is none */
static int last_handle;

static GPrivate last_error = G_PRIVATE_INIT (g_free);
static char *last_told; /* guarded by handles_lock */

static void
object_unref (gpointer data)
{
  Object *object = data;

  if (!g_atomic_ref_count_dec (&object->refs))
    return;
  det_detector_unref (object->detector);
  g_free (object);
}

static void
clear_error (void)
{
  g_private_replace (&last_error, NULL);
}

/* Scripts that do not look at what is returned would find nothing for ever, and
 * never know why. Said once, not for every frame. */
static void
tell (const char *message)
{
  g_mutex_lock (&handles_lock);
  if (g_strcmp0 (message, last_told) != 0) {
    g_free (last_told);
    last_told = g_strdup (message);
    fprintf (stderr, "libDetect: %s\n", message);
  }
  g_mutex_unlock (&handles_lock);
}

/* Takes the error; returns what the functions return then. */
static int
fail (GError *error)
{
  int code = -1 - error->code;

  g_private_replace (&last_error, g_strdup (error->message));
  tell (error->message);
  g_error_free (error);
  return code;
}

static GError *
wrong_argument (const char *message)
{
  return g_error_new_literal (DET_ERROR, DET_ERROR_FAILED, message);
}

static Object *
take (Detect *det, GError **error)
{
  g_mutex_lock (&handles_lock);
  Object *object = handles ? g_hash_table_lookup (handles, det) : NULL;
  if (object)
    g_atomic_ref_count_inc (&object->refs);
  g_mutex_unlock (&handles_lock);
  if (!object)
    *error = wrong_argument (det
            ? "this is no handle, or one that was deleted; take what "
              "Detect_new() returns"
            : "the handle is NULL; take what Detect_new() returns");
  return object;
}

static DetDetector *
take_detector (Object *object, GError **error)
{
  g_mutex_lock (&handles_lock);
  DetDetector *detector = object->detector ? det_detector_ref (object->detector)
                                           : NULL;
  g_mutex_unlock (&handles_lock);
  if (!detector)
    *error = wrong_argument ("no model is loaded; call Detect_Init() first, "
                             "and see what it returns");
  return detector;
}

Detect *
Detect_new (void)
{
  Object *object = NULL;
  int number = 0;

  clear_error ();
  g_mutex_lock (&handles_lock);
  if (last_handle < G_MAXINT) {
    number = ++last_handle;
    object = g_new0 (Object, 1);
    g_atomic_ref_count_init (&object->refs);
    if (!handles)
      handles = g_hash_table_new_full (NULL, NULL, NULL, object_unref);
    g_hash_table_insert (handles, GINT_TO_POINTER (number), object);
  }
  g_mutex_unlock (&handles_lock);
  if (!object)
    fail (wrong_argument ("no handle is left; start the program again"));
  return GINT_TO_POINTER (number);
}

void
Detect_delete (Detect *det)
{
  GError *error = NULL;
  Object *object = take (det, &error);

  clear_error ();
  if (!object) {
    fail (error);
    return;
  }
  g_mutex_lock (&handles_lock);
  if (handles && g_hash_table_remove (handles, det) &&
      g_hash_table_size (handles) == 0)
    g_clear_pointer (&handles, g_hash_table_unref);
  g_mutex_unlock (&handles_lock);
  object_unref (object);
}

/* ---- running ---- */

static DetDetector *
open_detector (const char *config_path, GError **error)
{
  g_autoptr (DetOptions) options = det_options_new ();

  if (!config_path || !*config_path) {
    g_propagate_error (error,
        wrong_argument ("no path is given; name the YAML file that holds the "
                        "options, such as 'model: FILE'"));
    return NULL;
  }
  det_options_set_string (options, DET_OPT_CONFIG, config_path);
  return det_detector_new (options, error);
}

int
Detect_Init (Detect *det, const char *config_path)
{
  GError *error = NULL;
  Object *object = take (det, &error);

  clear_error ();
  if (!object)
    return fail (error);
  DetDetector *detector = open_detector (config_path, &error);
  g_mutex_lock (&handles_lock);
  DetDetector *old = object->detector;
  object->detector = detector;
  g_mutex_unlock (&handles_lock);
  det_detector_unref (old);
  object_unref (object);
  return detector ? 0 : fail (error);
}

static void
view_image (DetFrame *frame, const PythonImage *img, int i)
{
  /* A width that would overflow here is refused before its stride is used. */
  det_frame_init_packed (frame, DET_PIXEL_FORMAT_BGR, img->width[i],
      img->height[i], (int) (3u * (guint) img->width[i]), img->frame[i]);
}

static void
fill_list (cv_object_list *list, Object *object, const DetDetections *found)
{
  guint result = (guint) g_atomic_int_add (&object->next_result, 1) % N_RESULTS;

  list->object_num = (int) MIN (found->n_objects, DETECT_OBJECT_NUM);
  for (int i = 0; i < list->object_num; i++) {
    const DetObject *from = &found->objects[i];
    cv_object *to = &list->object[i];

    object->scores[result][i] = from->score;
    to->prob = &object->scores[result][i];
    to->classes = from->class_id;
    to->bbox = (cv_box){ from->box.x0, from->box.y0,
      from->box.x1 - from->box.x0, from->box.y1 - from->box.y0 };
  }
}

/* Fills one list for each of n pictures, which are empty before. */
static gboolean
run_images (Detect *det, const PythonImage *img, int n, cv_object_list *out,
    GError **error)
{
  DetFrame frames[DETECT_BATCH_SIZE];
  DetDetections *found[DETECT_BATCH_SIZE] = { NULL };
  Object *object = take (det, error);
  DetDetector *detector = object ? take_detector (object, error) : NULL;
  gboolean ok = detector != NULL;

  for (int i = 0; i < n; i++)
    view_image (&frames[i], img, i);
  if (ok && n == 1)
    ok = (found[0] = det_detector_run (detector, &frames[0], error)) != NULL;
  else if (ok)
    ok = det_detector_run_batch (detector, frames, (guint) n, found, error);
  for (int i = 0; ok && i < n; i++) {
    fill_list (&out[i], object, found[i]);
    det_detections_unref (found[i]);
  }
  det_detector_unref (detector);
  if (object)
    object_unref (object);
  return ok;
}

DetectOutput
Detect_Run (Detect *det, PythonImage img)
{
  DetectOutput out = { 0 };
  GError *error = NULL;

  clear_error ();
  if (!run_images (det, &img, 1, &out, &error))
    fail (error);
  return out;
}

static GError *
check_batch (const PythonImage *img, const cv_object_list *out, int n)
{
  if (!img || !out)
    return wrong_argument (img ? "out is NULL; give room for a list per picture"
                               : "img is NULL; give the address of a "
                                 "PythonImage");
  if (img->image_num < 1 || img->image_num > DETECT_BATCH_SIZE)
    return g_error_new (DET_ERROR, DET_ERROR_FAILED,
        "image_num is %d; a batch has 1 to %d pictures", img->image_num,
        DETECT_BATCH_SIZE);
  if (n < img->image_num)
    return g_error_new (DET_ERROR, DET_ERROR_FAILED,
        "there is room for %d lists, and the batch has %d pictures; give room "
        "for one each",
        n, img->image_num);
  return NULL;
}

int
Detect_RunBatch (Detect *det, const PythonImage *img, cv_object_list *out,
    int n)
{
  GError *error = check_batch (img, out, n);

  clear_error ();
  for (int i = 0; out && i < MIN (n, DETECT_BATCH_SIZE); i++)
    out[i] = (cv_object_list){ 0 };
  if (error || !run_images (det, img, img->image_num, out, &error))
    return fail (error);
  return 0;
}

/* ---- asking ---- */

const char *
Detect_LastError (void)
{
  const char *message = g_private_get (&last_error);

  return message ? message : "";
}

void
getInfo (PythonImage input)
{
  printf ("-----Information------\n");
  printf ("width: %d, height: %d\n", input.width[0], input.height[0]);
  (void) fflush (stdout); /* Python's own prints go another way */
}

void
Detect_Limits (int *batch, int *objects)
{
  if (batch)
    *batch = DETECT_BATCH_SIZE;
  if (objects)
    *objects = DETECT_OBJECT_NUM;
}

typedef struct
{
  const char *name;
  int offset; /* -1: the structure itself */
  int size;
} Place;

#define STRUCTURE(type)           \
  {                               \
#type, -1, (int) sizeof(type) \
  }
#define FIELD(type, field)                         \
  {                                                \
#type "." #field, (int) offsetof(type, field), \
        (int) sizeof(((type *) NULL)->field)       \
  }

static const Place places[] = {
  STRUCTURE (PythonImage),
  FIELD (PythonImage, image_num),
  FIELD (PythonImage, width),
  FIELD (PythonImage, height),
  FIELD (PythonImage, frame),
  STRUCTURE (cv_box),
  FIELD (cv_box, x),
  FIELD (cv_box, y),
  FIELD (cv_box, w),
  FIELD (cv_box, h),
  STRUCTURE (cv_object),
  FIELD (cv_object, bbox),
  FIELD (cv_object, classes),
  FIELD (cv_object, prob),
  FIELD (cv_object, attribute),
  FIELD (cv_object, a),
  STRUCTURE (cv_object_list),
  FIELD (cv_object_list, object),
  FIELD (cv_object_list, object_num),
  FIELD (cv_object_list, test),
};

static gpointer
print_layout (gpointer data)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (places); i++) {
    g_string_append (text, places[i].name);
    if (places[i].offset >= 0)
      g_string_append_printf (text, " %d", places[i].offset);
    g_string_append_printf (text, " %d\n", places[i].size);
  }
  return g_string_free (text, FALSE);
}

const char *
Detect_Layout (void)
{
  static GOnce once = G_ONCE_INIT;

  return g_once (&once, print_layout, NULL);
}
