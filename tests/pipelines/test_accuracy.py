# SPDX-License-Identifier: LGPL-2.1-or-later
"""Objects in still pictures, against what a plain reading of the same model
finds."""
import contextlib
from pathlib import Path
from typing import Callable, ContextManager, Iterator, List, NamedTuple, Optional, Tuple

import cv2

import samples
from common import Detection, Match, Pipeline, Gst, asset, detect, expected, far_from, match, run
from marks import Skip, cases, timeout



class Reading(NamedTuple):
    """How the reference filters what a model says."""
    threshold: float = 0.35
    iou_threshold: Optional[float] = 0.5  # None: it does not suppress
    needs_onnxruntime: bool = False


MODELS = {
    "yolox_nano.onnx": Reading(),
    "yolox_nano_as_yolov5.onnx": Reading(),
    "yolox_nano_as_yolov8.onnx": Reading(),
    "object_detection_nanodet_2022nov.onnx": Reading(),
    "FastestDet.onnx": Reading(),
    "yolo-fastest-1.1.weights": Reading(),
    "face_detection_yunet_2023mar.onnx": Reading(0.6, 0.3),
    "yunet_n_320_320.onnx": Reading(0.6, 0.3),
    "version-RFB-320.onnx": Reading(0.7, 0.3),
    "opencv_face_detector_uint8.pb": Reading(0.5, None),
    "picodet_s_320_coco.onnx": Reading(needs_onnxruntime=True),
    "deimv2_atto_coco.onnx": Reading(iou_threshold=None, needs_onnxruntime=True),
    "deimv2_atto_as_n6.onnx": Reading(iou_threshold=None, needs_onnxruntime=True),
    "yolo11n_int8.onnx": Reading(needs_onnxruntime=True),
}
# The reference spells some of COCO's classes as Darknet does.
SPELLINGS = {
    "aeroplane": "airplane",
    "diningtable": "dining table",
    "motorbike": "motorcycle",
    "pottedplant": "potted plant",
    "sofa": "couch",
    "tvmonitor": "tv",
}


def wanted_objects(entry: dict) -> List[Detection]:
    return [Detection(SPELLINGS.get(each["label"], each["label"]), each["class"],
                      each["score"], tuple(each["box"]))
            for each in entry["objects"]]


def skip_without(engine: str, model: str) -> None:
    """The element itself says whether an engine for the model is there."""
    element = Gst.parse_launch(detect(model=asset(f"models/{model}"), engine=engine))
    state = element.set_state(Gst.State.READY)
    element.set_state(Gst.State.NULL)
    if state == Gst.StateChangeReturn.FAILURE:
        raise Skip(f"{model} needs engine={engine}, which is not there")


def skip_without_onnxruntime(model: str) -> None:
    skip_without("onnxruntime", model)


@contextlib.contextmanager
def own_pixels(path: Path) -> Iterator[str]:
    """The pixels the reference saw."""
    with samples.png(cv2.imread(str(path))) as picture:
        yield f"filesrc location={picture} ! pngdec"


def compare(model: str, source: Callable[[Path], ContextManager[str]],
            engine: str = "auto") -> Iterator[Tuple[str, List[Match], List[Detection]]]:
    """For each picture: the pairs, and what is missing or extra."""
    reading = MODELS[model]
    options = {"model": asset(f"models/{model}"), "threshold": reading.threshold,
               "engine": engine}
    if reading.iou_threshold is not None:
        options["iou_threshold"] = reading.iou_threshold
    if reading.needs_onnxruntime:
        skip_without_onnxruntime(model)
    element = detect(**options)
    # A second element holds the model, so that it is loaded once.
    with Pipeline(f"videotestsrc num-buffers=1 ! {element} ! fakesink") as holder:
        holder.element.set_state(Gst.State.PAUSED)
        for name, entry in expected(model)["images"].items():
            with source(asset(f"media/{name}")) as description:
                results = run(f"{description} ! {element} ! fakesink")
            assert len(results) == 1, (name, len(results))
            result = results[0]
            assert (result.width, result.height) == (entry["width"], entry["height"]), name
            matches, missing, extra = match(wanted_objects(entry), result.objects)
            for pair in matches:
                assert pair.found_label == pair.wanted_label, (name, pair)
            yield name, matches, far_from(reading.threshold, missing + extra)


def is_close(pair: Match) -> bool:
    return pair.overlap >= 0.9 and pair.score_difference <= 0.03


def summary(pairs: List[Match]) -> str:
    far = sum(not is_close(pair) for pair in pairs)
    return (f"{len(pairs)} pairs, {far} beyond IoU 0.9 or score difference 0.03; "
            f"worst IoU {min(pair.overlap for pair in pairs):.3f}, "
            f"worst score difference {max(pair.score_difference for pair in pairs):.3f}")


def check_same_pixels(model: str, engine: str) -> None:
    pairs: List[Match] = []

    for name, matches, leftover in compare(model, own_pixels, engine):
        assert not leftover, f"{name}: missing or extra: {leftover}"
        pairs += matches
    print("#", summary(pairs))
    beyond = [pair for pair in pairs if pair.overlap < 0.8 or pair.score_difference > 0.1]
    assert not beyond, beyond
    assert sum(map(is_close, pairs)) >= 0.95 * len(pairs), summary(pairs)


@cases(*MODELS)
@timeout(180)
def test_same_pixels(model: str):
    """With the reference's own pixels its objects come out."""
    check_same_pixels(model, "auto")


@cases("yolox_nano.onnx", "picodet_s_320_coco.onnx", "deimv2_atto_coco.onnx")
@timeout(180)
def test_same_pixels_openvino(model: str):
    skip_without("openvino", model)
    check_same_pixels(model, "openvino")


@cases("yolox_nano.onnx", "yolox_nano_as_yolov5.onnx", "yolox_nano_as_yolov8.onnx")
@timeout(180)
def test_jpeg(model: str):
    """From the JPEG files; another decoder makes other pixels, so only a rough
    agreement is asked, and the figures are printed."""
    pairs: List[Match] = []
    leftovers = 0

    @contextlib.contextmanager
    def source(path: Path) -> Iterator[str]:
        yield f"filesrc location={path} ! decodebin"

    for _, matches, leftover in compare(model, source):
        pairs += matches
        leftovers += len(leftover)
    print("#", summary(pairs) + f"; {leftovers} missing or extra")
    assert len(pairs) > 4 * leftovers, "most objects should be found in any case"
