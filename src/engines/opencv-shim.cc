/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "opencv-shim.h"

#include <memory>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/dnn.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/objdetect.hpp>
#include <string>
#include <vector>

namespace {

int
say_nothing (int, const char *, const char *, const char *, int, void *)
{
  return 0;
}

/* Runs body; whatever it throws becomes a message. */
template <typename Body>
bool
guarded (char **problem, Body body) noexcept
{
  try {
    body ();
    return true;
  } catch (const cv::Exception &e) {
    *problem = g_strdup_printf ("%s (%s)", e.err.c_str (),
        e.func.empty () ? "OpenCV" : e.func.c_str ());
  } catch (const std::exception &e) {
    *problem = g_strdup (e.what ());
  } catch (...) {
    *problem = g_strdup ("an unknown exception");
  }
  /* What a damaged file names itself need not be text. */
  char *raw = *problem;
  *problem = g_utf8_make_valid (raw, -1);
  g_free (raw);
  g_strdelimit (*problem, "\n\r\t", ' ');
  return false;
}

} // namespace

gboolean
det_cv_is_present (GError **)
{
  static const bool once = [] {
    char *problem = nullptr;

    guarded (&problem, [] {
      cv::redirectError (say_nothing);
      cv::utils::logging::setLogLevel (cv::utils::logging::LOG_LEVEL_SILENT);
      cv::parallel_for_ (cv::Range (0, 2), [] (const cv::Range &) {});
      cv::dnn::LayerParams none;
      cv::dnn::LayerFactory::createLayerInstance ("Identity", none);
    });
    g_free (problem);
    return true;
  }();

  return once;
}

const char *
det_cv_version (void)
{
  return CV_VERSION;
}

void
det_cv_set_threads (int threads)
{
  char *problem = nullptr;

  guarded (&problem, [&] { cv::setNumThreads (threads > 0 ? threads : -1); });
  g_free (problem);
}

/* ---- networks ---- */

struct _DetCvNet
{
  cv::dnn::Net net;
  std::vector<std::string> names;
  std::vector<cv::Mat> results;
  std::vector<cv::Mat> inputs; /* headers over the caller's memory */
};

static cv::dnn::Net
read_net (DetCvFormat format, const char *weights, const char *text)
{
  const std::string config = text ? text : "";

  switch (format) {
    case DET_CV_ONNX:
      return cv::dnn::readNetFromONNX (weights);
    case DET_CV_DARKNET:
      return cv::dnn::readNetFromDarknet (config, weights);
    case DET_CV_CAFFE:
      return cv::dnn::readNetFromCaffe (config, weights);
    case DET_CV_TENSORFLOW:
      return cv::dnn::readNetFromTensorflow (weights, config);
  }
  return {};
}

DetCvNet *
det_cv_net_load (DetCvFormat format, const char *weights, const char *text,
    char **problem)
{
  std::unique_ptr<DetCvNet> net;

  guarded (problem, [&] {
    auto loaded = std::make_unique<DetCvNet> ();

    loaded->net = read_net (format, weights, text);
    if (loaded->net.empty ())
      CV_Error (cv::Error::StsError, "the file holds no layers");
    loaded->net.setPreferableBackend (cv::dnn::DNN_BACKEND_OPENCV);
    loaded->net.setPreferableTarget (cv::dnn::DNN_TARGET_CPU);
    loaded->names = loaded->net.getUnconnectedOutLayersNames ();
    net = std::move (loaded);
  });
  return net.release ();
}

void
det_cv_net_free (DetCvNet *net)
{
  char *problem = nullptr;

  guarded (&problem, [&] { delete net; });
  g_free (problem);
}

int
det_cv_net_get_n_outputs (const DetCvNet *net)
{
  return (int) net->names.size ();
}

const char *
det_cv_net_get_output (const DetCvNet *net, int i)
{
  return net->names[(size_t) i].c_str ();
}

gboolean
det_cv_net_set_input (DetCvNet *net, const char *name, float *data, int n_dims,
    const int *dims, char **problem)
{
  return guarded (problem, [&] {
    net->net.setInput (cv::Mat (n_dims, dims, CV_32F, data), name ? name : "");
  });
}

gboolean
det_cv_net_run (DetCvNet *net, char **problem)
{
  return guarded (problem, [&] {
    net->net.forward (net->results, net->names);
    for (auto &result : net->results) {
      if (result.depth () != CV_32F)
        result.convertTo (result, CV_32F);
      if (!result.isContinuous ())
        result = result.clone ();
    }
  });
}

const float *
det_cv_net_get_result (const DetCvNet *net, int i, int *n_dims, int dims[8])
{
  const cv::Mat &result = net->results[(size_t) i];

  *n_dims = result.dims > 8 ? 8 : result.dims;
  for (int d = 0; d < *n_dims; d++)
    dims[d] = result.size[d];
  return result.ptr<float> ();
}

/* ---- people and cascades ---- */

struct _DetCvClassic
{
  cv::HOGDescriptor hog;
  cv::CascadeClassifier cascade;
  bool is_cascade = false;
  std::vector<DetCvHit> hits;
};

DetCvClassic *
det_cv_classic_load (const char *file, char **problem)
{
  std::unique_ptr<DetCvClassic> classic;

  guarded (problem, [&] {
    auto loaded = std::make_unique<DetCvClassic> ();

    if (!file) {
      loaded->hog
          .setSVMDetector (cv::HOGDescriptor::getDefaultPeopleDetector ());
    } else {
      loaded->is_cascade = true;
      if (!loaded->cascade.load (file))
        CV_Error (cv::Error::StsError, "not a cascade that OpenCV reads");
    }
    classic = std::move (loaded);
  });
  return classic.release ();
}

void
det_cv_classic_free (DetCvClassic *classic)
{
  char *problem = nullptr;

  guarded (&problem, [&] { delete classic; });
  g_free (problem);
}

/* The window is 64×128, at every eighth pixel, with a step of 1.1 between scales.
 * What no second window confirms is dropped: on vtest.avi, against a network's
 * boxes, that takes the false ones from 1.45 to 0.40 a frame and costs a seventh of
 * the true ones; a step of 1.05 finds no more and takes twice the time. */
static void
find_people (DetCvClassic *classic, const cv::Mat &image)
{
  constexpr double scale_step = 1.1;
  constexpr double least_confirmations = 1;
  cv::Mat padded = image;
  std::vector<cv::Rect> found;
  std::vector<double> margins;
  const int add_x = std::max (64 - image.cols, 0);
  const int add_y = std::max (128 - image.rows, 0);

  if (add_x > 0 || add_y > 0)
    cv::copyMakeBorder (image, padded, 0, add_y, 0, add_x,
        cv::BORDER_REPLICATE);
  classic->hog.detectMultiScale (padded, found, margins, 0, cv::Size (8, 8),
      cv::Size (8, 8), scale_step, least_confirmations);
  for (size_t i = 0; i < found.size (); i++)
    classic->hits.push_back ({ found[i].x, found[i].y, found[i].width,
        found[i].height, margins[i] });
}

static void
find_by_cascade (DetCvClassic *classic, const cv::Mat &image)
{
  constexpr double scale_step = 1.1;
  constexpr int min_neighbours = 3;
  std::vector<cv::Rect> found;
  std::vector<int> levels;
  std::vector<double> weights;

  classic->cascade.detectMultiScale (image, found, levels, weights, scale_step,
      min_neighbours, 0, cv::Size (), cv::Size (), true);
  for (size_t i = 0; i < found.size (); i++)
    classic->hits.push_back ({ found[i].x, found[i].y, found[i].width,
        found[i].height, i < weights.size () ? weights[i] : 0.0 });
}

gboolean
det_cv_classic_run (DetCvClassic *classic, const guint8 *pixels, int width,
    int height, const DetCvHit **hits, int *n_hits, char **problem)
{
  return guarded (problem, [&] {
    const cv::Mat image (height, width, CV_8UC1, const_cast<guint8 *> (pixels));

    classic->hits.clear ();
    if (classic->is_cascade)
      find_by_cascade (classic, image);
    else
      find_people (classic, image);
    *hits = classic->hits.data ();
    *n_hits = (int) classic->hits.size ();
  });
}
