# SPDX-License-Identifier: LGPL-2.1-or-later
"""Objects inside objects, and small objects in large frames."""
from typing import List

import cv2
import numpy as np

import samples
from common import Detection, asset, detect, match, run
from marks import cases, timeout

THRESHOLD = 0.4
PHOTOS = ("boats", "bus", "dog", "eagle", "giraffe", "horses", "kite", "messi5", "mmdet_demo",
          "person", "two_people", "zidane")
COLUMNS, ROWS = 4, 3
SIZE = (3840 // COLUMNS, 2160 // ROWS)


def inside(inner: Detection, outer: Detection) -> bool:
    x = (inner.box[0] + inner.box[2]) / 2
    y = (inner.box[1] + inner.box[3]) / 2
    return outer.box[0] <= x <= outer.box[2] and outer.box[1] <= y <= outer.box[3]


@cases("zidane", "two_people")
def test_faces_in_persons(photo: str):
    """Every face knows whose it is."""
    persons = detect(model=asset("models/yolox_nano.onnx"), threshold=THRESHOLD)
    faces = detect(model=asset("models/face_detection_yunet_2023mar.onnx"),
                   region="objects", region_classes="person")
    path = asset(f"media/photos/{photo}.jpg")
    first, second = run(f"filesrc location={path} ! decodebin ! {persons} ! {faces} ! fakesink")
    owners = [each.parent for each in second.objects]
    print("#", [(face.score, parent) for face, parent in zip(second.objects, owners)])
    wanted = [i for i, each in enumerate(first.objects) if each.label == "person"]
    assert len(wanted) == 2 and sorted(set(owners)) == wanted, (wanted, owners)
    for face, owner in zip(second.objects, owners):
        assert face.label == "face"
        assert inside(face, first.objects[owner]), (face, first.objects[owner])


def find(picture: np.ndarray, **options) -> List[Detection]:
    element = detect(model=asset("models/yolox_nano.onnx"), threshold=THRESHOLD, **options)
    with samples.png(picture) as path:
        return run(f"filesrc location={path} ! pngdec ! {element} ! fakesink")[0].objects


def moved(each: Detection, x: int, y: int) -> Detection:
    x0, y0, x1, y1 = each.box
    return each._replace(box=(x0 + x, y0 + y, x1 + x, y1 + y))


def read(photo: str) -> np.ndarray:
    return cv2.resize(cv2.imread(str(asset(f"media/photos/{photo}.jpg"))), SIZE,
                      interpolation=cv2.INTER_AREA)


@timeout(120)
def test_tiles():
    """Tiles find in a picture of pictures what there is in the single ones, once."""
    large = np.zeros((SIZE[1] * ROWS, SIZE[0] * COLUMNS, 3), np.uint8)
    wanted: List[Detection] = []
    for i, photo in enumerate(PHOTOS):
        x, y = i % COLUMNS * SIZE[0], i // COLUMNS * SIZE[1]
        picture = read(photo)
        large[y:y + SIZE[1], x:x + SIZE[0]] = picture
        wanted += [moved(each, x, y) for each in find(picture)]
    whole, _, _ = match(wanted, find(large))
    found = find(large, tiles="5x4")
    pairs, missing, extra = match(wanted, found)
    print(f"# of {len(wanted)} objects {len(whole)} without tiles, {len(pairs)} with; "
          f"{len(extra)} more")
    assert len(pairs) >= 0.9 * len(wanted), missing
    # What is found twice covers what was found already.
    for i, each in enumerate(found):
        for other in found[:i]:
            if each.class_id == other.class_id:
                pair = match([each], [other], least=0.5)[0]
                assert not pair, (each, other)


def test_tiles_of_people():
    """The people of the sample video, four of it beside and above each other."""
    scene = samples.people()
    large = np.vstack([np.hstack([scene, scene]), np.hstack([scene, scene])])
    with samples.png(large) as path:
        source = f"filesrc location={path} ! pngdec ! "
        plain = run(f"{source}{detect()} ! fakesink")[0].objects
        tiled = run(f"{source}{detect(tiles='2x2', tile_overlap=0.1)} ! fakesink")[0].objects
    print(f"# {len(plain)} without tiles, {len(tiled)} with")
    assert len(tiled) >= len(plain) > 0
