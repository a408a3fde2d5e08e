/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "opencv-blob.h"

#include <algorithm>
#include <opencv2/dnn.hpp>
#include <opencv2/imgproc.hpp>

struct BenchBlob
{
  int code;
  int width;
  int height;
  cv::Mat bgr;
  cv::Mat padded;
  cv::Mat picture; /* the part of padded that is not padding */
  cv::Mat blob;
};

BenchBlob *
bench_blob_new (int is_nv12, int width, int height, int side)
{
  auto *self = new BenchBlob;
  double scale = std::min (side / (double) width, side / (double) height);
  int w = cvRound (width * scale);
  int h = cvRound (height * scale);

  cv::setNumThreads (1);
  self->code = is_nv12 ? cv::COLOR_YUV2BGR_NV12 : cv::COLOR_YUV2BGR_I420;
  self->width = width;
  self->height = height;
  self->padded.create (side, side, CV_8UC3);
  self->padded.setTo (cv::Scalar::all (114));
  self->picture =
      self->padded (cv::Rect ((side - w) / 2, (side - h) / 2, w, h));
  return self;
}

void
bench_blob_free (BenchBlob *self)
{
  delete self;
}

const float *
bench_blob_run (BenchBlob *self, const void *yuv)
{
  const cv::Mat planes (self->height * 3 / 2, self->width, CV_8UC1,
      const_cast<void *> (yuv));

  cv::cvtColor (planes, self->bgr, self->code);
  cv::resize (self->bgr, self->picture, self->picture.size (), 0, 0,
      cv::INTER_LINEAR);
  cv::dnn::blobFromImage (self->padded, self->blob, 1 / 255.0, cv::Size (),
      cv::Scalar (), true, false);
  return self->blob.ptr<float> ();
}
