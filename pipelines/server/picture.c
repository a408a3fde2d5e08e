/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picture.h"

#include "orientation.h"

#include <png.h>
#include <string.h>
#include <turbojpeg.h>

static const guint8 jpeg_magic[] = { 0xff, 0xd8, 0xff };
static const guint8 png_magic[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a,
  '\n' };

static gboolean
refuse (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
refuse (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  if (error)
    *error =
        g_error_new_valist (G_IO_ERROR, G_IO_ERROR_INVALID_DATA, format, args);
  va_end (args);
  return FALSE;
}

void
picture_clear (Picture *picture)
{
  g_free (picture->pixels);
  *picture = (Picture){ .pixels = NULL };
}

static gboolean
size_fits (guint64 width, guint64 height, GError **error)
{
  if (width < 1 || height < 1 || width > PICTURE_MAX_SIDE ||
      height > PICTURE_MAX_SIDE || width * height > PICTURE_MAX_PIXELS)
    return refuse (error,
        "the picture is %" G_GUINT64_FORMAT " x %" G_GUINT64_FORMAT
        "; send one of 1 x 1 to %d million pixels",
        width, height, PICTURE_MAX_PIXELS / 1000000);
  return TRUE;
}

/* ---- files ---- */

static gboolean
starts_with (const guint8 *data, gsize size, const guint8 *magic, gsize n)
{
  return size > n && memcmp (data, magic, n) == 0;
}

static gboolean
is_jpeg (const guint8 *data, gsize size)
{
  return starts_with (data, size, jpeg_magic, sizeof jpeg_magic);
}

static gboolean
is_png (const guint8 *data, gsize size)
{
  return starts_with (data, size, png_magic, sizeof png_magic);
}

gboolean
picture_is_file (const guint8 *data, gsize size)
{
  return is_jpeg (data, size) || is_png (data, size);
}

static void
own_bgr (Picture *picture, guint8 *pixels, int width, int height)
{
  picture->pixels = pixels;
  det_frame_init_packed (&picture->frame, DET_PIXEL_FORMAT_BGR, width, height,
      width * 3, pixels);
}

static gboolean
decompress (tjhandle jpeg, Picture *picture, const guint8 *data, gsize size,
    GError **error)
{
  /* Of a file of nothing but tables it is fine with its header, and says no more. */
  int width = 0;
  int height = 0;
  int sampling = 0;
  int colors = 0;

  if (tjDecompressHeader3 (jpeg, data, size, &width, &height, &sampling,
          &colors) != 0)
    return refuse (error, "the JPEG picture cannot be read: %s",
        tjGetErrorStr2 (jpeg));
  if (!size_fits ((guint64) width, (guint64) height, error))
    return FALSE;

  guint8 *pixels = g_malloc ((gsize) width * height * 3);
  /* Of a damaged picture what there is of it is good enough, as for OpenCV. */
  if (tjDecompress2 (jpeg, data, size, pixels, width, width * 3, height,
          TJPF_BGR, TJFLAG_LIMITSCANS) != 0 &&
      tjGetErrorCode (jpeg) == TJERR_FATAL) {
    g_free (pixels);
    return refuse (error, "the JPEG picture cannot be read: %s",
        tjGetErrorStr2 (jpeg));
  }
  own_bgr (picture, pixels, width, height);
  return TRUE;
}

static gboolean
decode_jpeg (Picture *picture, const guint8 *data, gsize size, GError **error)
{
  tjhandle jpeg = tjInitDecompress ();

  if (!jpeg)
    return refuse (error, "no JPEG decoder: %s", tjGetErrorStr2 (NULL));
  gboolean ok = decompress (jpeg, picture, data, size, error);
  tjDestroy (jpeg);
  return ok;
}

static gboolean
decode_png (Picture *picture, const guint8 *data, gsize size, GError **error)
{
  png_image image = { .version = PNG_IMAGE_VERSION };

  if (!png_image_begin_read_from_memory (&image, data, size))
    return refuse (error, "the PNG picture cannot be read: %s", image.message);
  if (!size_fits (image.width, image.height, error)) {
    png_image_free (&image);
    return FALSE;
  }

  /* Transparency is read along and ignored, as OpenCV does. */
  gboolean alpha = (image.format & PNG_FORMAT_FLAG_ALPHA) != 0;
  int stride = (int) image.width * (alpha ? 4 : 3);
  picture->pixels = g_malloc0 ((gsize) stride * image.height);
  image.format = alpha ? PNG_FORMAT_BGRA : PNG_FORMAT_BGR;
  if (!png_image_finish_read (&image, NULL, picture->pixels, stride, NULL)) {
    png_image_free (&image);
    picture_clear (picture);
    return refuse (error, "the PNG picture cannot be read: %s", image.message);
  }
  det_frame_init_packed (&picture->frame,
      alpha ? DET_PIXEL_FORMAT_BGRA : DET_PIXEL_FORMAT_BGR, (int) image.width,
      (int) image.height, stride, picture->pixels);
  return TRUE;
}

static void
turn (Picture *picture, int orientation)
{
  int width = picture->frame.width;
  int height = picture->frame.height;
  guint8 *pixels =
      orientation_apply (orientation, picture->pixels, &width, &height);

  if (!pixels)
    return;
  g_free (picture->pixels);
  own_bgr (picture, pixels, width, height);
}

gboolean
picture_decode (Picture *picture, const guint8 *data, gsize size,
    gboolean upright, GError **error)
{
  *picture = (Picture){ .pixels = NULL };
  if (is_png (data, size))
    return decode_png (picture, data, size, error);
  if (!is_jpeg (data, size))
    return refuse (error, "the picture is neither JPEG nor PNG");
  if (!decode_jpeg (picture, data, size, error))
    return FALSE;
  if (upright)
    turn (picture, orientation_read (data, size));
  return TRUE;
}

/* ---- arrays ---- */

static char *
describe_array (const PickleArray *array)
{
  GString *text = g_string_new ("(");

  for (guint i = 0; i < array->n_dims; i++)
    g_string_append_printf (text, "%s%" G_GSIZE_FORMAT, i > 0 ? ", " : "",
        array->dims[i]);
  g_string_append_printf (text, ") of %c%u", array->dtype.kind,
      array->dtype.size);
  return g_string_free (text, FALSE);
}

/* The order of numpy's transposed arrays: columns first. */
static guint8 *
reorder (const PickleArray *array, gsize height, gsize width, gsize channels)
{
  guint8 *pixels = g_malloc (array->size);

  for (gsize y = 0; y < height; y++) {
    for (gsize x = 0; x < width; x++) {
      for (gsize c = 0; c < channels; c++)
        pixels[(y * width + x) * channels + c] =
            array->data[(c * width + x) * height + y];
    }
  }
  return pixels;
}

static gboolean
from_array (Picture *picture, const PickleArray *array, GError **error)
{
  static const DetPixelFormat formats[] = { DET_PIXEL_FORMAT_UNKNOWN,
    DET_PIXEL_FORMAT_GRAY8, DET_PIXEL_FORMAT_UNKNOWN, DET_PIXEL_FORMAT_BGR,
    DET_PIXEL_FORMAT_BGRA };
  gsize channels = array->n_dims == 3 ? array->dims[2] : 1;

  if (array->n_dims < 2 || array->n_dims > 3 ||
      channels >= G_N_ELEMENTS (formats) ||
      formats[channels] == DET_PIXEL_FORMAT_UNKNOWN) {
    g_autofree char *text = describe_array (array);
    return refuse (error,
        "an array %s is no picture; send H x W x 3, H x W, H x W x 4, or what "
        "cv2.imencode gives",
        text);
  }
  if (!size_fits (array->dims[1], array->dims[0], error))
    return FALSE;
  if (array->fortran && channels * array->dims[1] > 1)
    picture->pixels = reorder (array, array->dims[0], array->dims[1], channels);
  det_frame_init_packed (&picture->frame, formats[channels],
      (int) array->dims[1], (int) array->dims[0],
      (int) (array->dims[1] * channels),
      picture->pixels ? picture->pixels : array->data);
  return TRUE;
}

/* cv2.imencode gives one row or, before OpenCV 4.5.4, one column. */
static gboolean
is_encoded (const PickleArray *array)
{
  return array->n_dims == 1 ||
      (array->n_dims == 2 && (array->dims[0] == 1 || array->dims[1] == 1) &&
          picture_is_file (array->data, array->size));
}

gboolean
picture_from_pickle (Picture *picture, const PickleValue *value, GError **error)
{
  *picture = (Picture){ .pixels = NULL };
  if (value->type == PICKLE_BYTES || value->type == PICKLE_BYTEARRAY)
    return picture_decode (picture, value->text.data, value->text.size, FALSE,
        error);
  if (value->type != PICKLE_ARRAY || !value->array->complete)
    return refuse (error, "'image' is %s; send a numpy array%s",
        pickle_type_name (value->type),
        value->type == PICKLE_NONE ? " (cv2.imread gives None for a file that "
                                     "it cannot read)"
                                   : "");

  const PickleArray *array = value->array;
  if (array->dtype.kind != 'u' || array->dtype.size != 1) {
    g_autofree char *text = describe_array (array);
    return refuse (error, "'image' is an array %s; send uint8", text);
  }
  return is_encoded (array)
      ? picture_decode (picture, array->data, array->size, FALSE, error)
      : from_array (picture, array, error);
}
