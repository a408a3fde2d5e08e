/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "option.h"

#include "decoder.h"
#include "engine.h"

static const char *const *
layouts (void)
{
  static const char *const words[] = { "nchw", "nhwc", NULL };
  return words;
}

static const char *const *
color_orders (void)
{
  static const char *const words[] = { "rgb", "bgr", "gray", NULL };
  return words;
}

static const char *const *
resize_modes (void)
{
  static const char *const words[] = { "stretch", "letterbox",
    "letterbox-top-left", NULL };
  return words;
}

static const char *const *
chroma_modes (void)
{
  static const char *const words[] = { "full", "half", NULL };
  return words;
}

static const char *const *
policies (void)
{
  static const char *const words[] = { "auto", "sync", "async", NULL };
  return words;
}

static const char *const *
error_answers (void)
{
  static const char *const words[] = { "fail", "pass", NULL };
  return words;
}

/* The one place where options are described: properties, YAML keys, command line
 * flags and the reference are made from these rows. */
const DetOptionRow det_option_table[DET_N_OPTIONS] = {
  [DET_OPT_MODEL] = { .name = "model",
      .type = DET_OPTION_FILE,
      .scope = DET_SCOPE_MODEL,
      .help = "Model file: ONNX, Darknet, Caffe, TensorFlow, OpenVINO, TFLite, "
              "Paddle "
              "or an OpenCV cascade; unset: the people detector built into "
              "OpenCV" },
  [DET_OPT_CONFIG] = { .name = "config",
      .type = DET_OPTION_FILE,
      .scope = DET_SCOPE_MODEL,
      .help =
          "YAML file with any of these options; what is set elsewhere wins" },
  [DET_OPT_LABELS] = { .name = "labels",
      .type = DET_OPTION_FILE,
      .scope = DET_SCOPE_MODEL,
      .help = "File with one class name a line; unset: the names the model "
              "carries, else COCO's for 80 classes" },
  [DET_OPT_ENGINE] = { .name = "engine",
      .type = DET_OPTION_CHOICE,
      .scope = DET_SCOPE_MODEL,
      .fallback = "auto",
      .choices = det_engine_names,
      .help = "Inference engine; auto: the fastest that is present and can run "
              "the model" },
  [DET_OPT_DECODER] = { .name = "decoder",
      .type = DET_OPTION_CHOICE,
      .scope = DET_SCOPE_MODEL,
      .fallback = "auto",
      .choices = det_decoder_names,
      .help = "Model family whose outputs these are; auto: recognised from the "
              "file" },
  [DET_OPT_THREADS] = { .name = "threads",
      .type = DET_OPTION_INT,
      .scope = DET_SCOPE_MODEL,
      .max = 1024,
      .fallback = "0",
      .help =
          "Threads the engine uses for one inference; 0: one per processor" },
  [DET_OPT_SPIN] = { .name = "spin",
      .type = DET_OPTION_BOOLEAN,
      .scope = DET_SCOPE_MODEL,
      .fallback = "false",
      .help =
          "Let idle engine threads spin: quicker by a little, at the price of "
          "busy processors" },
  [DET_OPT_TUNE] = { .name = "tune",
      .type = DET_OPTION_BOOLEAN,
      .scope = DET_SCOPE_MODEL,
      .fallback = "false",
      .help =
          "Measure while loading, for some 3 seconds, which engine is the "
          "fastest and whether with one thread or all, as far as engine and "
          "threads leave it open; what was found is kept for the next time" },
  [DET_OPT_INPUT_SIZE] = { .name = "input-size",
      .type = DET_OPTION_SIZE,
      .scope = DET_SCOPE_MODEL,
      .unit = "pixels",
      .help = "WIDTHxHEIGHT the model is fed, for models that leave it open; "
              "unset: what the model or its family says" },
  [DET_OPT_LAYOUT] = { .name = "layout",
      .type = DET_OPTION_CHOICE,
      .scope = DET_SCOPE_MODEL,
      .from_model = TRUE,
      .choices = layouts,
      .help = "Order of the input's dimensions" },
  [DET_OPT_COLOR_ORDER] = { .name = "color-order",
      .type = DET_OPTION_CHOICE,
      .scope = DET_SCOPE_MODEL,
      .from_model = TRUE,
      .choices = color_orders,
      .help = "Order of the input's colour channels" },
  [DET_OPT_MEAN] = { .name = "mean",
      .type = DET_OPTION_TRIPLE,
      .scope = DET_SCOPE_MODEL,
      .from_model = TRUE,
      .min = -1e6,
      .max = 1e6,
      .help =
          "Subtracted from the pixels (0..255); one number, or three in the "
          "order of the channels" },
  [DET_OPT_SCALE] = { .name = "scale",
      .type = DET_OPTION_TRIPLE,
      .scope = DET_SCOPE_MODEL,
      .from_model = TRUE,
      .min = -1e6,
      .max = 1e6,
      .help = "Multiplies what is left after the mean; one number, or three in "
              "the order of the channels" },
  [DET_OPT_RESIZE_MODE] = { .name = "resize-mode",
      .type = DET_OPTION_CHOICE,
      .scope = DET_SCOPE_MODEL,
      .from_model = TRUE,
      .choices = resize_modes,
      .help = "How the frame is fitted to the model's input" },
  [DET_OPT_PAD_VALUE] = { .name = "pad-value",
      .type = DET_OPTION_INT,
      .scope = DET_SCOPE_MODEL,
      .from_model = TRUE,
      .max = 255,
      .help = "Pixel value of the padding around a letterboxed frame" },
  [DET_OPT_CHROMA] = { .name = "chroma",
      .type = DET_OPTION_CHOICE,
      .scope = DET_SCOPE_MODEL,
      .choices = chroma_modes,
      .fallback = "full",
      .help = "Colour of frames whose chroma has planes of its own: full: read "
              "for every row of the model's input; half: for every second one, "
              "which saves a third of the preprocessing and blurs colours by "
              "half a row" },
  [DET_OPT_THRESHOLD] = { .name = "threshold",
      .type = DET_OPTION_DOUBLE,
      .scope = DET_SCOPE_SESSION,
      .live = TRUE,
      .from_model = TRUE,
      .max = 1,
      .help = "Least score of an object" },
  [DET_OPT_IOU_THRESHOLD] = { .name = "iou-threshold",
      .type = DET_OPTION_DOUBLE,
      .scope = DET_SCOPE_SESSION,
      .live = TRUE,
      .from_model = TRUE,
      .max = 1,
      .help =
          "Overlap (intersection over union) above which the worse of two "
          "boxes is dropped; 1: keep all; end-to-end models heed it only with "
          "class-agnostic" },
  [DET_OPT_CLASS_AGNOSTIC] = { .name = "class-agnostic",
      .type = DET_OPTION_BOOLEAN,
      .scope = DET_SCOPE_SESSION,
      .live = TRUE,
      .fallback = "false",
      .help = "Let boxes of different classes suppress each other" },
  [DET_OPT_MAX_DETECTIONS] = { .name = "max-detections",
      .type = DET_OPTION_INT,
      .scope = DET_SCOPE_SESSION,
      .live = TRUE,
      .min = 1,
      .max = 10000,
      .fallback = "300",
      .help = "Most objects reported per frame" },
  [DET_OPT_CLASSES] = { .name = "classes",
      .type = DET_OPTION_STRING,
      .scope = DET_SCOPE_SESSION,
      .live = TRUE,
      .help = "Classes to keep, names or ids with commas between; unset: all" },
  [DET_OPT_CLASS_THRESHOLDS] = { .name = "class-thresholds",
      .type = DET_OPTION_STRING,
      .scope = DET_SCOPE_SESSION,
      .live = TRUE,
      .help = "Least score per class, as NAME:SCORE with commas between" },
  [DET_OPT_MIN_SIZE] = { .name = "min-size",
      .type = DET_OPTION_SIZE,
      .scope = DET_SCOPE_SESSION,
      .live = TRUE,
      .unit = "pixels",
      .help = "WIDTHxHEIGHT of the smallest box reported" },
  [DET_OPT_MAX_SIZE] = { .name = "max-size",
      .type = DET_OPTION_SIZE,
      .scope = DET_SCOPE_SESSION,
      .live = TRUE,
      .unit = "pixels",
      .help = "WIDTHxHEIGHT of the largest box reported" },
  [DET_OPT_REGION] = { .name = "region",
      .type = DET_OPTION_STRING,
      .scope = DET_SCOPE_SESSION,
      .live = TRUE,
      .help = "Where objects count, by the middle of their box: "
              "x,y,width,height, or three or more points x,y with spaces "
              "between; up to 1: fractions of the frame, else pixels. objects: "
              "look only into the boxes that an earlier element found" },
  [DET_OPT_REGION_CLASSES] = { .name = "region-classes",
      .type = DET_OPTION_STRING,
      .scope = DET_SCOPE_ELEMENT,
      .live = TRUE,
      .help = "With region=objects: labels of the boxes to look into, with "
              "commas between; unset: all" },
  [DET_OPT_TILES] = { .name = "tiles",
      .type = DET_OPTION_SIZE,
      .scope = DET_SCOPE_ELEMENT,
      .live = TRUE,
      .max = 8,
      .help = "COLUMNSxROWS of tiles that are looked at one by one, beside the "
              "whole frame: finds what is small in large frames; unset: the "
              "whole frame only" },
  [DET_OPT_TILE_OVERLAP] = { .name = "tile-overlap",
      .type = DET_OPTION_DOUBLE,
      .scope = DET_SCOPE_ELEMENT,
      .live = TRUE,
      .max = 0.9,
      .unit = "fraction of a tile",
      .fallback = "0.2",
      .help = "How far tiles reach into their neighbours" },
  [DET_OPT_POLICY] = { .name = "policy",
      .type = DET_OPTION_CHOICE,
      .scope = DET_SCOPE_ELEMENT,
      .fallback = "auto",
      .choices = policies,
      .help = "sync: a frame waits for its inference; async: frames move on at "
              "once, and results ride on the frames that follow; auto: async "
              "when the pipeline is live" },
  [DET_OPT_PARALLEL] = { .name = "parallel",
      .type = DET_OPTION_INT,
      .scope = DET_SCOPE_ELEMENT,
      .min = 1,
      .max = 64,
      .unit = "frames",
      .fallback = "1",
      .help =
          "Frames inferred at once, their order kept; pays with threads=1 or "
          "2 each, and delays frames by one less than this" },
  [DET_OPT_INTERVAL] = { .name = "interval",
      .type = DET_OPTION_INT,
      .scope = DET_SCOPE_ELEMENT,
      .live = TRUE,
      .min = 1,
      .max = 1000000,
      .unit = "frames",
      .fallback = "1",
      .help = "Look at every n-th frame" },
  [DET_OPT_MAX_FPS] = { .name = "max-fps",
      .type = DET_OPTION_DOUBLE,
      .scope = DET_SCOPE_ELEMENT,
      .live = TRUE,
      .max = 10000,
      .unit = "inferences per second of stream time",
      .fallback = "0",
      .help = "Look no more often than this; 0: no bound" },
  [DET_OPT_ENABLED] = { .name = "enabled",
      .type = DET_OPTION_BOOLEAN,
      .scope = DET_SCOPE_ELEMENT,
      .live = TRUE,
      .fallback = "true",
      .help = "Look at frames at all; off: they pass untouched" },
  [DET_OPT_MAX_AGE] = { .name = "max-age",
      .type = DET_OPTION_INT,
      .scope = DET_SCOPE_ELEMENT,
      .live = TRUE,
      .max = 3600000,
      .unit = "milliseconds of stream time",
      .fallback = "1000",
      .help =
          "How long a result stays on the frames that follow it; 0: only on "
          "its own frame" },
  [DET_OPT_ON_ERROR] = { .name = "on-error",
      .type = DET_OPTION_CHOICE,
      .scope = DET_SCOPE_ELEMENT,
      .live = TRUE,
      .fallback = "fail",
      .choices = error_answers,
      .help = "When an inference fails: fail: stop with an error; pass: warn "
              "once, and let the video go on without results" },
  [DET_OPT_TIMEOUT_MS] = { .name = "timeout-ms",
      .type = DET_OPTION_INT,
      .scope = DET_SCOPE_ELEMENT,
      .live = TRUE,
      .max = 3600000,
      .unit = "milliseconds",
      .fallback = "30000",
      .help = "An inference that takes longer is given up with a warning, and "
              "video goes on; 0: never" },
  [DET_OPT_OVERLAY] = { .name = "overlay",
      .type = DET_OPTION_BOOLEAN,
      .scope = DET_SCOPE_ELEMENT,
      .live = TRUE,
      .fallback = "false",
      .help = "Draw boxes on the frames" },
  [DET_OPT_OVERLAY_LABELS] = { .name = "overlay-labels",
      .type = DET_OPTION_BOOLEAN,
      .scope = DET_SCOPE_ELEMENT,
      .live = TRUE,
      .fallback = "true",
      .help = "Write label and score beside the boxes" },
  [DET_OPT_LINE_WIDTH] = { .name = "line-width",
      .type = DET_OPTION_INT,
      .scope = DET_SCOPE_ELEMENT,
      .live = TRUE,
      .max = 100,
      .unit = "pixels",
      .fallback = "0",
      .help = "Width of the lines; 0: follows the frame's height" },
  [DET_OPT_FONT] = { .name = "font",
      .type = DET_OPTION_STRING,
      .scope = DET_SCOPE_ELEMENT,
      .live = TRUE,
      .help = "Pango font description of the labels; without a size it follows "
              "the frame's height" },
  [DET_OPT_POST_MESSAGES] = { .name = "post-messages",
      .type = DET_OPTION_BOOLEAN,
      .scope = DET_SCOPE_ELEMENT,
      .live = TRUE,
      .fallback = "false",
      .help = "Post an element message `detections` for every inferred frame" },
};

const DetOptionRow *
det_option_rows (void)
{
  return det_option_table;
}
