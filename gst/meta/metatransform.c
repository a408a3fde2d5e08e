/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metatransform.h"

#include <math.h>
#include <string.h>

static GstDetectMeta *
copy_to (const GstDetectMeta *from, GstBuffer *to)
{
  GstDetectMeta *copy = gst_buffer_add_detect_meta (to, from->n_objects);

  if (!copy)
    return NULL;

  GstDetectMeta fields = *from;
  fields.meta = copy->meta;
  fields.objects = copy->objects;
  fields.strings = from->strings ? g_bytes_ref (from->strings) : NULL;
  *copy = fields;
  if (from->n_objects > 0)
    memcpy (copy->objects, from->objects,
        from->n_objects * sizeof (GstDetectObject));
  return copy;
}

/* ---- scaling, before 1.28 ---- */

/* The part of the output picture that the input picture covers, as fractions. */
typedef struct
{
  gdouble x;
  gdouble y;
  gdouble width;
  gdouble height;
} Placement;

static void
place_object (GstDetectObject *object, const Placement *placement)
{
  object->x0 = (gfloat) (placement->x + object->x0 * placement->width);
  object->x1 = (gfloat) (placement->x + object->x1 * placement->width);
  object->y0 = (gfloat) (placement->y + object->y0 * placement->height);
  object->y1 = (gfloat) (placement->y + object->y1 * placement->height);
  for (gint i = 0; i < object->n_landmarks; i++) {
    GstDetectPoint *point = &object->landmarks[i];

    point->x = (gfloat) (placement->x + point->x * placement->width);
    point->y = (gfloat) (placement->y + point->y * placement->height);
  }
}

/* videoscale keeps the display aspect by borders (its default). Its sizes are
 * worked out here with its own integer arithmetic. */
static Placement
find_placement (const GstVideoInfo *in, const GstVideoInfo *out)
{
  Placement whole = { 0, 0, 1, 1 };
  gint width = GST_VIDEO_INFO_WIDTH (out);
  gint height = GST_VIDEO_INFO_HEIGHT (out);
  gint dar_n;
  gint dar_d;
  gint n;
  gint d;

  if (!gst_util_fraction_multiply (GST_VIDEO_INFO_WIDTH (in),
          GST_VIDEO_INFO_HEIGHT (in), GST_VIDEO_INFO_PAR_N (in),
          GST_VIDEO_INFO_PAR_D (in), &dar_n, &dar_d) ||
      !gst_util_fraction_multiply (dar_n, dar_d, GST_VIDEO_INFO_PAR_D (out),
          GST_VIDEO_INFO_PAR_N (out), &n, &d) ||
      n < 1 || d < 1)
    return whole;

  gint picture_height = (gint) gst_util_uint64_scale_int (width, d, n);
  gint picture_width = width;
  if (picture_height > height) {
    picture_height = height;
    picture_width = (gint) gst_util_uint64_scale_int (height, n, d);
  }
  if (width - picture_width <= 1 && height - picture_height <= 1)
    return whole; /* the aspect is kept but for rounding */
  return (Placement){
    .x = (gdouble) ((width - picture_width) / 2) / width,
    .y = (gdouble) ((height - picture_height) / 2) / height,
    .width = (gdouble) picture_width / width,
    .height = (gdouble) picture_height / height,
  };
}

static gboolean
scale_to (const GstDetectMeta *from, GstBuffer *to,
    const GstVideoMetaTransform *scale)
{
  GstDetectMeta *copy = copy_to (from, to);
  Placement placement = find_placement (scale->in_info, scale->out_info);

  if (!copy)
    return FALSE;
  copy->width = GST_VIDEO_INFO_WIDTH (scale->out_info);
  copy->height = GST_VIDEO_INFO_HEIGHT (scale->out_info);
  for (guint i = 0; i < copy->n_objects; i++)
    place_object (&copy->objects[i], &placement);
  return TRUE;
}

/* ---- any homography ---- */

static gboolean
map_point (const GstDetectMatrix *by, gdouble *x, gdouble *y)
{
  const gfloat (*m)[3] = by->matrix;
  gdouble from_x = *x - by->in.x;
  gdouble from_y = *y - by->in.y;
  gdouble scale = (gdouble) m[2][0] * from_x + (gdouble) m[2][1] * from_y +
      (gdouble) m[2][2];

  *x = by->out.x +
      ((gdouble) m[0][0] * from_x + (gdouble) m[0][1] * from_y +
          (gdouble) m[0][2]) /
          scale;
  *y = by->out.y +
      ((gdouble) m[1][0] * from_x + (gdouble) m[1][1] * from_y +
          (gdouble) m[1][2]) /
          scale;
  return isfinite (*x) && isfinite (*y);
}

/* Between fractions of the two frames. */
static gboolean
map_fraction (const GstDetectMatrix *by, gdouble *x, gdouble *y)
{
  *x *= GST_VIDEO_INFO_WIDTH (by->in_info);
  *y *= GST_VIDEO_INFO_HEIGHT (by->in_info);
  if (!map_point (by, x, y))
    return FALSE;
  *x /= GST_VIDEO_INFO_WIDTH (by->out_info);
  *y /= GST_VIDEO_INFO_HEIGHT (by->out_info);
  return TRUE;
}

/* FALSE: nothing of the box is left within the out rectangle. */
static gboolean
map_box (const GstDetectMatrix *by, GstDetectObject *object)
{
  gdouble width = GST_VIDEO_INFO_WIDTH (by->out_info);
  gdouble height = GST_VIDEO_INFO_HEIGHT (by->out_info);
  gdouble left = G_MAXDOUBLE;
  gdouble top = G_MAXDOUBLE;
  gdouble right = -G_MAXDOUBLE;
  gdouble bottom = -G_MAXDOUBLE;

  for (gint corner = 0; corner < 4; corner++) {
    gdouble x = (gdouble) (corner & 1 ? object->x1 : object->x0);
    gdouble y = (gdouble) (corner & 2 ? object->y1 : object->y0);

    if (!map_fraction (by, &x, &y))
      return FALSE;
    left = MIN (left, x);
    right = MAX (right, x);
    top = MIN (top, y);
    bottom = MAX (bottom, y);
  }
  object->x0 = (gfloat) MAX (left, by->out.x / width);
  object->y0 = (gfloat) MAX (top, by->out.y / height);
  object->x1 = (gfloat) MIN (right, (by->out.x + by->out.w) / width);
  object->y1 = (gfloat) MIN (bottom, (by->out.y + by->out.h) / height);
  return object->x0 < object->x1 && object->y0 < object->y1;
}

static gboolean
map_object (const GstDetectMatrix *by, GstDetectObject *object)
{
  if (!map_box (by, object))
    return FALSE;
  for (gint i = 0; i < object->n_landmarks; i++) {
    gdouble x = (gdouble) object->landmarks[i].x;
    gdouble y = (gdouble) object->landmarks[i].y;

    if (!map_fraction (by, &x, &y))
      return FALSE;
    object->landmarks[i].x = (gfloat) x;
    object->landmarks[i].y = (gfloat) y;
  }
  return TRUE;
}

/* The number that an object gets, counted over all metas of the buffer; -1: it is left
 * out. */
static gint
find_number (GstBuffer *buffer, const GstDetectMatrix *by, gint number)
{
  gpointer state = NULL;
  gint n_seen = 0;
  gint n_kept = 0;
  GstMeta *each;

  while ((each = gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_DETECT_META_API_TYPE))) {
    const GstDetectMeta *meta = (GstDetectMeta *) each;

    for (guint i = 0; i < meta->n_objects; i++) {
      GstDetectObject object = meta->objects[i];
      gboolean is_kept = map_object (by, &object);

      if (n_seen++ == number)
        return is_kept ? n_kept : -1;
      n_kept += is_kept;
    }
  }
  return -1;
}

gboolean
gst_detect_meta_transform_matrix (const GstDetectMeta *meta, GstBuffer *from,
    GstBuffer *to, const GstDetectMatrix *matrix)
{
  GstDetectMeta *copy = copy_to (meta, to);
  guint n = 0;

  if (!copy)
    return FALSE;
  copy->width = GST_VIDEO_INFO_WIDTH (matrix->out_info);
  copy->height = GST_VIDEO_INFO_HEIGHT (matrix->out_info);
  for (guint i = 0; i < copy->n_objects; i++) {
    GstDetectObject object = copy->objects[i];

    if (!map_object (matrix, &object))
      continue;
    if (object.parent_id >= 0)
      object.parent_id = find_number (from, matrix, object.parent_id);
    copy->objects[n++] = object;
  }
  copy->n_objects = n;
  return TRUE;
}

#if GST_CHECK_VERSION(1, 28, 0)
static gboolean
follow_matrix (const GstDetectMeta *meta, GstBuffer *from, GstBuffer *to,
    const GstVideoMetaTransformMatrix *transform)
{
  GstDetectMatrix matrix = { .in_info = transform->in_info,
    .in = transform->in_rectangle,
    .out_info = transform->out_info,
    .out = transform->out_rectangle };

  memcpy (matrix.matrix, transform->matrix, sizeof matrix.matrix);
  return gst_detect_meta_transform_matrix (meta, from, to, &matrix);
}
#endif

gboolean
gst_detect_meta_transform (GstBuffer *to, GstMeta *meta, GstBuffer *from,
    GQuark type, gpointer data)
{
  if (GST_META_TRANSFORM_IS_COPY (type))
    return copy_to ((GstDetectMeta *) meta, to) != NULL;
#if GST_CHECK_VERSION(1, 28, 0)
  if (GST_VIDEO_META_TRANSFORM_IS_MATRIX (type))
    return follow_matrix ((GstDetectMeta *) meta, from, to, data);
#endif
  if (GST_VIDEO_META_TRANSFORM_IS_SCALE (type))
    return scale_to ((GstDetectMeta *) meta, to, data);
  return FALSE; /* a change nobody told us how to follow */
}
