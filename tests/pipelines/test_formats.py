# SPDX-License-Identifier: LGPL-2.1-or-later
"""The same objects in every raw video format, and every size that caps allow."""
import tempfile
from pathlib import Path
from typing import List, NamedTuple

import cv2
import numpy as np

import pixels
import samples
from common import Detection, Gst, Pipeline, asset, detect, far_from, match, push, run
from marks import cases, sanitized, timeout


class Subject(NamedTuple):
    """What is looked for, in which picture."""
    element: str
    threshold: float
    least_overlap: float
    image: np.ndarray


def people() -> Subject:
    # OpenCV joins its windows to whole pixels, so boxes may jump by one of them.
    return Subject(detect(threshold=0.5), 0.5, 0.9, samples.people())


def objects() -> Subject:
    model = asset("models/yolox_nano.onnx")
    return Subject(detect(model=model, threshold=0.35), 0.35, 0.95,
                   cv2.imread(str(asset("media/photos/dog.jpg"))))


SUBJECTS = {"people": people, "yolox": objects}


def check_same(subject: Subject, wanted: List[Detection], found: List[Detection],
               least_overlap: float, most_difference: float) -> None:
    matches, missing, extra = match(wanted, found)
    assert not far_from(subject.threshold, missing + extra), (missing, extra)
    for pair in matches:
        assert pair.overlap >= least_overlap, pair
        assert pair.score_difference <= most_difference, pair


def check_formats(subject: Subject, names: List[str], least_overlap: float,
                  most_difference: float) -> None:
    color = pixels.from_bgr(subject.image)
    grey = color.grey()
    frames = [pixels.frame("I420", color), pixels.frame("I420", grey)]
    frames += [pixels.frame(name, grey if pixels.is_grey(name) else color) for name in names]
    in_color, in_grey, *results = push(frames, subject.element)
    assert len(results) == len(frames) - 2
    assert in_color.objects and in_grey.objects, "nothing to compare with"
    for name, result in zip(names, results):
        wanted = in_grey if pixels.is_grey(name) else in_color
        try:
            check_same(subject, wanted.objects, result.objects, least_overlap, most_difference)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from error


@cases(*SUBJECTS)
@sanitized
@timeout(180)
def test_formats(subject: str):
    """What is read directly: the same boxes and scores, whatever the stride."""
    chosen = SUBJECTS[subject]()
    check_formats(chosen, list(pixels.FORMATS), chosen.least_overlap, 0.03)


@cases(*SUBJECTS)
@sanitized
def test_converted_formats(subject: str):
    """What is converted first: about the same."""
    check_formats(SUBJECTS[subject](), list(pixels.CONVERTED), 0.8, 0.1)


def noise(width: int, height: int) -> pixels.Picture:
    generator = np.random.default_rng(width * 10007 + height)
    return pixels.from_bgr(generator.integers(0, 256, (height, width, 3), np.uint8))


@cases(*SUBJECTS)
@sanitized
@timeout(400)
def test_odd_sizes(subject: str):
    """Every format in sizes that leave half chroma samples, one after the other
    in one stream."""
    sizes = ((641, 427), (1, 1), (1, 427), (641, 1), (2, 3))
    pictures = [noise(*size) for size in sizes]
    frames = [pixels.frame(name, picture, padding)
              for name in [*pixels.FORMATS, *pixels.CONVERTED]
              for picture, padding in zip(pictures, (0, 4, 12, 64, 0))]
    results = push(frames, SUBJECTS[subject]().element)
    assert ([(result.width, result.height) for result in results] ==
            [(frame.width, frame.height) for frame in frames])


def watch_formats(element: Gst.Element) -> List[str]:
    """Gathers the formats that come to an element."""
    formats: List[str] = []

    def changed(pad: Gst.Pad, _: object) -> None:
        caps = pad.get_current_caps()
        if caps:
            formats.append(caps.get_structure(0).get_string("format"))

    element.get_static_pad("sink").connect("notify::caps", changed)
    return formats


@sanitized
def test_deep_pictures():
    """16-bit PNG files as their decoder gives them."""
    subject = people()
    wanted = run_picture(subject, subject.image)
    deep = subject.image.astype(np.uint16) * 257
    alpha = np.full(deep.shape[:2], 65535, np.uint16)
    check_same(subject, wanted, run_picture(subject, np.dstack([deep, alpha])), 0.8, 0.1)
    grey = cv2.cvtColor(subject.image, cv2.COLOR_BGR2GRAY)
    check_same(subject, run_picture(subject, grey),
               run_picture(subject, grey.astype(np.uint16) * 257), 0.8, 0.1)


def run_picture(subject: Subject, image: np.ndarray) -> List[Detection]:
    with samples.png(image) as path:
        results = run(f"filesrc location={path} ! pngdec ! {subject.element} ! fakesink")
    assert len(results) == 1 and results[0].objects
    return results[0].objects


@sanitized
def test_alpha_video():
    """VP9 with an alpha channel, which decodes to A420."""
    subject = people()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "alpha.webm"
        samples.people_video(path, 3, "-pix_fmt", "yuva420p", "-c:v", "libvpx-vp9", "-crf", "10",
                             "-b:v", "0", "-cpu-used", "8")
        with Pipeline(f"filesrc location={path} ! decodebin ! identity name=seen "
                      f"! {subject.element} ! fakesink") as pipeline:
            formats = watch_formats(pipeline["seen"])
            results = pipeline.run()
    assert formats == ["A420"], formats
    # GStreamer 1.26 loses the last frame of such a file by itself.
    assert len(results) in (2, 3) and all(result.objects for result in results)
