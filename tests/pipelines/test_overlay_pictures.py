# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the overlay draws, in formats of every kind, looked at with numpy."""
from typing import Dict, List, NamedTuple, Sequence, Tuple

import numpy as np

import pixels
import samples
from common import Detection, Frame, Gst, Pipeline, detect
from marks import cases, sanitized

LINE = 4  # pixels
FORMATS = ("I420", "NV12", "YUY2", "RGB", "BGRx", "GRAY8", "I420_10LE")


class Drawing(NamedTuple):
    """A picture before and after, as height x width x channels."""
    before: np.ndarray
    after: np.ndarray
    objects: List[Detection]

    def change(self) -> np.ndarray:
        return np.abs(self.after.astype(int) - self.before).max(axis=2)


def rows(frame: Frame, data: bytes, index: int, height: int, width: int) -> np.ndarray:
    """One plane without its padding."""
    start, stride = frame.offsets[index], frame.strides[index]
    plane = np.frombuffer(data, np.uint8, stride * height, start)
    return plane.reshape(height, stride)[:, :width]


def read_yuv(frame: Frame, data: bytes) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Planes of 8 bits as they stand in memory, chroma subsampled or not."""
    width, height = frame.width, frame.height
    if frame.format == "YUY2":
        all_samples = rows(frame, data, 0, height, 2 * width)
        return all_samples[:, 0::2], all_samples[:, 1::4], all_samples[:, 3::4]
    if frame.format == "NV12":
        chroma = rows(frame, data, 1, height // 2, width)
        return rows(frame, data, 0, height, width), chroma[:, 0::2], chroma[:, 1::2]
    size = 2 if frame.format.endswith("10LE") else 1
    planes = [rows(frame, data, 0, height, width * size),
              *(rows(frame, data, i, height // 2, width // 2 * size) for i in (1, 2))]
    if size == 2:
        planes = [(np.ascontiguousarray(plane).view("<u2") >> 2).astype(np.uint8)
                  for plane in planes]
    return tuple(planes)


def read_picture(frame: Frame, data: bytes) -> np.ndarray:
    """RGB, or one channel of grey, computed here."""
    width, height = frame.width, frame.height
    if frame.format == "GRAY8":
        return rows(frame, data, 0, height, width)[:, :, None]
    if "RGB" in frame.format or "BGR" in frame.format:
        pixel = len(frame.format)
        channels = rows(frame, data, 0, height, width * pixel).reshape(height, width, pixel)
        return channels[:, :, [frame.format.index(letter) for letter in "RGB"]]
    y, *chroma = read_yuv(frame, data)
    full = [plane.repeat(height // plane.shape[0], 0).repeat(width // plane.shape[1], 1)
            for plane in chroma]
    return pixels.to_rgb(y, *full)


def draw(name: str, **options) -> Drawing:
    frame = pixels.frame(name, pixels.from_bgr(samples.people()))
    element = detect(overlay="true", line_width=LINE, threshold=0.5, **options)
    with Pipeline(f"appsrc name=source format=time ! {element} ! appsink name=sink sync=false"
                  ) as pipeline:
        pipeline.element.set_state(Gst.State.PLAYING)
        pipeline["source"].emit("push-sample", frame.sample(0))
        pipeline["source"].emit("end-of-stream")
        buffer = pipeline["sink"].emit("pull-sample").get_buffer()
        data = buffer.extract_dup(0, buffer.get_size())
        pipeline.wait()
        objects = pipeline.results[0].objects
    assert objects, "nothing to draw"
    return Drawing(read_picture(frame, frame.data), read_picture(frame, data), objects)


def frames_of(shape: Sequence[int], objects: Sequence[Detection], outside: int,
              inside: int) -> np.ndarray:
    """The borders of boxes, so many pixels wide to either side."""
    mask = np.zeros(shape[:2], bool)
    for each in objects:
        x0, y0, x1, y1 = (int(round(value)) for value in each.box)
        area = mask[max(y0 - outside, 0):y1 + outside, max(x0 - outside, 0):x1 + outside]
        inner = mask[y0 + inside:y1 - inside, x0 + inside:x1 - inside]
        kept = inner.copy()
        area[:] = True
        inner[:] = kept
    return mask


def edge_colors(drawing: Drawing) -> Dict[str, np.ndarray]:
    """The colour in the middle of each side of the best box: of those within a
    line's width, the one farthest from the picture."""
    x0, y0, x1, y1 = drawing.objects[0].box
    middle = {"left": (x0, (y0 + y1) / 2), "right": (x1, (y0 + y1) / 2),
              "top": ((x0 + x1) / 2, y0), "bottom": ((x0 + x1) / 2, y1)}
    change, colors = drawing.change(), {}
    assert change.any(), "nothing was drawn"
    for side, (x, y) in middle.items():
        top, left = max(int(y) - LINE, 0), max(int(x) - LINE, 0)
        window = change[top:int(y) + LINE + 1, left:int(x) + LINE + 1]
        row, column = np.unravel_index(window.argmax(), window.shape)
        colors[side] = drawing.after[top + row, left + column].astype(int)
    return colors


@cases(*FORMATS)
@sanitized
def test_lines(name: str):
    """Boxes are drawn along the inside of their borders, in one colour, and nothing
    else is touched; a pixel more where chroma samples lie so."""
    drawing = draw(name, overlay_labels="false")
    changed = drawing.change() > 0
    elsewhere = changed & ~frames_of(changed.shape, drawing.objects, 1, LINE + 1)
    assert not elsewhere.any(), np.argwhere(elsewhere)[:5]
    for each in drawing.objects:
        assert changed[frames_of(changed.shape, [each], 0, LINE)].mean() > 0.95, each
    colors = list(edge_colors(drawing).values())
    for color in colors[1:]:
        assert np.abs(color - colors[0]).max() <= 40, colors


@cases(*FORMATS[1:])
def test_same_color(name: str):
    """A class has one colour in all formats."""
    wanted = edge_colors(draw("I420", overlay_labels="false"))["left"]
    found = edge_colors(draw(name, overlay_labels="false"))["left"]
    if name == "GRAY8":
        wanted = np.array([0.299, 0.587, 0.114]) @ wanted
    assert np.abs(found - wanted).max() <= 24, (found, wanted)


@cases(*FORMATS)
@sanitized
def test_labels(name: str):
    """A label adds a plate with text at its box, and nothing far away from it."""
    bare, labelled = draw(name, overlay_labels="false"), draw(name)
    added = np.abs(labelled.after.astype(int) - bare.after).max(axis=2) > 60
    assert added.sum() > 100, added.sum()
    rows_used = np.nonzero(added.any(axis=1))[0]
    near = [each for each in labelled.objects
            if (np.abs(rows_used - each.box[1]) < 0.15 * bare.after.shape[0]).any()]
    assert near, (rows_used, labelled.objects)
    # Text differs from its plate.
    values = labelled.after[added].mean(axis=1)
    assert values.max() - values.min() > 60, (values.min(), values.max())


def test_off():
    """Without overlay=true not a byte is changed."""
    drawing = draw("I420", enabled="true")
    assert (drawing.change() > 0).any()
    frame = pixels.frame("I420", pixels.from_bgr(samples.people()))
    with Pipeline(f"appsrc name=source format=time ! {detect()} "
                  f"! appsink name=sink sync=false") as pipeline:
        pipeline.element.set_state(Gst.State.PLAYING)
        pipeline["source"].emit("push-sample", frame.sample(0))
        pipeline["source"].emit("end-of-stream")
        buffer = pipeline["sink"].emit("pull-sample").get_buffer()
        assert buffer.extract_dup(0, buffer.get_size()) == frame.data
