# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `detectoverlay` draws and blurs, judged by detectors and beside `detect`."""
from pathlib import Path
from typing import List

import samples
from common import ELEMENT, Gst, Pipeline, Result, asset, detect, launch, run
from marks import Skip, cases, sanitized, timeout
from test_identity import drawn_beside

CASCADE = Path("/usr/share/opencv4/haarcascades/haarcascade_frontalface_alt2.xml")
PICTURES = Path("/usr/share/doc/opencv-doc/examples/data")
YUNET = "models/face_detection_yunet_2023mar.onnx"
HIDE = "hide-classes=* blur-classes=*"
# Those that the element reads by itself.
FORMATS = ("I420", "YV12", "NV12", "NV21", "NV16", "YUY2", "UYVY", "Y42B", "Y444", "GRAY8", "RGB",
           "BGR", "RGBx", "BGRx", "xRGB", "xBGR", "RGBA", "BGRA", "ARGB", "ABGR", "I420_10LE",
           "P010_10LE")


def look_twice(picture: Path, caps: str, first: str, overlay: str, second: str) -> List[Result]:
    """What detectors say of a picture before and after the overlay."""
    results = run(f"filesrc location={picture} ! decodebin ! videoconvertscale "
                  f"! video/x-raw,{caps} ! {first} ! {overlay} ! {second} ! fakesink")
    assert len(results) == 2, results
    return results


def check_blurred(picture: Path, caps: str, model: Path, overlay: str = "",
                  at_least: int = 1) -> None:
    """Faces that are found are found no more."""
    finder = detect(model=model)
    before, after = look_twice(picture, caps, finder, f"detectoverlay {HIDE} {overlay}", finder)
    assert len(before.objects) >= at_least, before.objects
    assert not after.objects, after.objects


def packaged(path: Path) -> Path:
    if not path.exists():
        raise Skip(f"{path} is missing")
    return path


@cases(*FORMATS)
def test_blurred_faces(name: str):
    """A cascade finds no blurred face any more, in any format."""
    check_blurred(packaged(PICTURES / "messi5.jpg"), f"format={name}", packaged(CASCADE))


@cases("blur-mode=fill", "blur-mode=fill fill-color=white", "blur-tiles=1", "blur-tiles=6")
@sanitized
def test_blur_modes(options: str):
    check_blurred(packaged(PICTURES / "messi5.jpg"), "format=I420", packaged(CASCADE), options)


def test_faces_unblurred():
    """The same faces are found again when nothing is blurred: the test above can fail."""
    finder = detect(model=packaged(CASCADE))
    before, after = look_twice(packaged(PICTURES / "messi5.jpg"), "format=I420", finder,
                               "detectoverlay hide-classes=*", finder)
    # Of equal scores any may come first.
    assert before.objects and sorted(before.objects) == sorted(after.objects)


# A picture each of large faces, one of several sizes, and two of many small ones.
FACES = {"zidane.jpg": 2, "astronaut.png": 1, "two_people.jpg": 2, "messi5.jpg": 1,
         "faces_crowd_1.jpg": 20, "faces_26.jpg": 26}


@cases(*FACES)
@timeout(180)
def test_blurred_for_yunet(name: str):
    """YuNet finds no blurred face any more, in formats of every kind and at 4K."""
    picture, model = asset(f"media/photos/{name}"), asset(YUNET)
    for caps in ("format=NV12", "format=YUY2", "format=RGB", "format=GRAY8", "format=P010_10LE",
                 "format=I420,width=3840,height=2160,pixel-aspect-ratio=1/1"):
        check_blurred(picture, caps, model, at_least=FACES[name])


@cases("I420", "NV12", "YUY2", "RGB", "GRAY8", "I420_10LE")
def test_as_detect_draws(name: str):
    """The picture is the one that overlay=true draws."""
    with samples.png(samples.people()) as path:
        drawn = []
        for elements in (f"{ELEMENT} overlay=true", f"{ELEMENT} ! detectoverlay",
                         f"{ELEMENT} ! detectoverlay hide-classes=*"):
            with Pipeline(f"filesrc location={path} ! pngdec ! videoconvert "
                          f"! video/x-raw,format={name} ! {elements} ! appsink name=sink"
                          ) as pipeline:
                pipeline.element.set_state(Gst.State.PLAYING)
                buffer = pipeline["sink"].emit("pull-sample").get_buffer()
                drawn.append(buffer.extract_dup(0, buffer.get_size()))
    assert drawn[0] == drawn[1] and drawn[0] != drawn[2]


def test_other_branch():
    """Blurring on one branch of a tee leaves the other branch as it was."""
    untouched, _ = drawn_beside("identity")
    plain, drawn = drawn_beside(f"{ELEMENT} ! detectoverlay blur-classes=*")
    assert plain == untouched and len(plain) == 4
    assert not set(drawn) & set(plain), "nothing was drawn"


def test_after_scaling():
    """Boxes are drawn where the objects are after scaling with borders too."""
    with samples.png(samples.people()) as path:
        with Pipeline(f"filesrc location={path} ! pngdec ! videoconvert ! {ELEMENT} "
                      f"! videoscale ! video/x-raw,width=800,height=400,pixel-aspect-ratio=1/1 "
                      f"! detectoverlay hide-classes=* blur-classes=person blur-mode=fill "
                      f"fill-color=red ! videoconvert ! video/x-raw,format=RGB "
                      f"! appsink name=sink") as pipeline:
            pipeline.element.set_state(Gst.State.PLAYING)
            buffer = pipeline["sink"].emit("pull-sample").get_buffer()
            data = buffer.extract_dup(0, buffer.get_size())
    # 4:3 in 2:1: the picture is 533 wide, borders on either side stay black.
    row = 3 * 800
    for y in range(400):
        assert not any(data[y * row:y * row + 3 * 130]), y
    assert bytes((255, 0, 0)) in data


def test_unreadable_format():
    """Formats that cannot be drawn on are not negotiated, and that is said."""
    done = launch("videotestsrc num-buffers=1 ! video/x-raw,format=v210 ! detectoverlay ! fakesink")
    assert done.returncode != 0 and "could not link" in done.stdout, done.stdout
