/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jpeg.h"

#include <gio/gio.h>
#include <turbojpeg.h>

static int
pixel_format (const DetFrame *frame)
{
  if (frame->format == DET_PIXEL_FORMAT_GRAY8)
    return TJPF_GRAY;
  return frame->format == DET_PIXEL_FORMAT_BGRA ? TJPF_BGRA : TJPF_BGR;
}

GBytes *
jpeg_encode (const DetFrame *frame, int quality, GError **error)
{
  int format = pixel_format (frame);
  tjhandle jpeg = tjInitCompress ();
  guint8 *data = NULL;
  unsigned long size = 0;
  GBytes *bytes = NULL;

  if (jpeg &&
      tjCompress2 (jpeg, frame->plane[0], frame->width, frame->stride[0],
          frame->height, format, &data, &size,
          format == TJPF_GRAY ? TJSAMP_GRAY : TJSAMP_420, quality, 0) == 0)
    bytes = g_bytes_new (data, size);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "the picture cannot be written: %s", tjGetErrorStr2 (jpeg));
  tjFree (data);
  if (jpeg)
    tjDestroy (jpeg);
  return bytes;
}
