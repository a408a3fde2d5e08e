# SPDX-License-Identifier: LGPL-2.1-or-later
"""Mean average precision on COCO pictures, of what the pipeline says and of the
reference reading of the same model: the two must be the same."""
import contextlib
import io
import json
from typing import Dict, List

import cv2

import samples
from common import Detection, Gst, Pipeline, asset, detect, expected, run
from marks import Skip, cases, timeout
from test_accuracy import MODELS, skip_without_onnxruntime

MOST_POINTS_APART = 0.5


def category_ids(truth) -> List[int]:
    """COCO's ids of the 80 classes, in the order detectors number them."""
    return sorted(truth.getCatIds())


def results(image_id: int, objects: List[Detection], ids: List[int]) -> List[dict]:
    return [{"image_id": image_id, "category_id": ids[each.class_id], "score": each.score,
             "bbox": [each.box[0], each.box[1], each.box[2] - each.box[0],
                      each.box[3] - each.box[1]]} for each in objects]


def mean_average_precision(truth, found: List[dict], images: List[int]) -> float:
    """mAP@[.5:.95], in points."""
    from pycocotools.cocoeval import COCOeval
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(truth, truth.loadRes(found), "bbox")
        evaluation.params.imgIds = images
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return 100 * evaluation.stats[0]


def image_ids(truth, pictures: Dict[str, dict]) -> Dict[str, int]:
    by_name = {image["file_name"]: image["id"] for image in truth.dataset["images"]}
    return {name: by_name[name.split("/")[-1]] for name in pictures
            if name.split("/")[-1] in by_name}


@cases("yolox_nano.onnx", "object_detection_nanodet_2022nov.onnx",
       "picodet_s_320_coco.onnx", "deimv2_atto_coco.onnx", "yolo11n_int8.onnx")
@timeout(180)
def test_same_precision(model: str):
    try:
        from pycocotools.coco import COCO
    except ImportError as error:
        raise Skip("pycocotools is not installed") from error
    reading = MODELS[model]
    if reading.needs_onnxruntime:
        skip_without_onnxruntime(model)
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(asset("media/coco/instances.json")))
    ids = category_ids(truth)
    pictures = expected(model)["images"]
    numbers = image_ids(truth, pictures)
    assert len(numbers) >= 10, "the reference has looked at COCO's pictures"
    options = {"model": asset(f"models/{model}"), "threshold": reading.threshold}
    if reading.iou_threshold is not None:
        options["iou_threshold"] = reading.iou_threshold
    element = detect(**options)
    ours, theirs = [], []
    with Pipeline(f"videotestsrc num-buffers=1 ! {element} ! fakesink") as holder:
        holder.element.set_state(Gst.State.PAUSED)
        for name, number in numbers.items():
            with samples.png(cv2.imread(str(asset(f"media/{name}")))) as picture:
                frame, = run(f"filesrc location={picture} ! pngdec ! {element} ! fakesink")
            ours += results(number, frame.objects, ids)
            wanted = [Detection(each["label"], each["class"], each["score"],
                                tuple(each["box"])) for each in pictures[name]["objects"]]
            theirs += results(number, wanted, ids)
    images = list(numbers.values())
    ours_points = mean_average_precision(truth, json.loads(json.dumps(ours)), images)
    their_points = mean_average_precision(truth, theirs, images)
    print(f"# mAP {ours_points:.2f}, the reference's {their_points:.2f}, over "
          f"{len(images)} pictures")
    assert their_points > 5, "the reference finds something"
    assert abs(ours_points - their_points) <= MOST_POINTS_APART
