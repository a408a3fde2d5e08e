# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the pipeline tests share: running pipelines, reading detections."""
import json
import os
import subprocess
import warnings
from pathlib import Path
from typing import Iterable, List, NamedTuple, Optional, Sequence, Tuple

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("GstVideo", "1.0")
from gi.repository import Gst, GstApp, GstVideo  # noqa: E402,F401

from marks import Skip  # noqa: E402

# Reading a structure's array goes through GValueArray, which is deprecated.
warnings.filterwarnings("ignore", category=DeprecationWarning)
Gst.init(None)

VTEST = Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi")
ELEMENT = "detect"
TIMEOUT = 60  # seconds until a pipeline counts as hung


class Detection(NamedTuple):
    label: Optional[str]
    class_id: int
    score: float
    box: Tuple[float, float, float, float]
    parent: int = -1


class Result(NamedTuple):
    """What one message `detections` says."""
    model: str
    frame_number: int
    pts: int
    age: int
    width: int
    height: int
    objects: List[Detection]


class PipelineError(Exception):
    pass


def build_folder() -> Path:
    folder = os.environ.get("DETECT_BUILD")
    if not folder:
        raise Skip("DETECT_BUILD does not name a build folder")
    return Path(folder)


def asset(name: str) -> Path:
    folder = os.environ.get("DETECT_ASSETS")
    if not folder:
        raise Skip("DETECT_ASSETS is not set")
    path = Path(folder) / name
    if not path.exists():
        raise Skip(f"{name} is not in DETECT_ASSETS")
    return path


def sample_video() -> Path:
    if not VTEST.exists():
        raise Skip(f"{VTEST} is missing")
    return VTEST


def expected(model: str) -> dict:
    return json.loads(asset(f"expected/{model}.json").read_text())


def read_object(structure: Gst.Structure) -> Detection:
    corners = tuple(structure.get_value(name) for name in ("x0", "y0", "x1", "y1"))
    return Detection(structure.get_string("label"), structure.get_value("class-id"),
                     structure.get_value("score"), corners, structure.get_value("parent-id"))


def read_result(structure: Gst.Structure) -> Result:
    found, objects = structure.get_array("objects")
    assert found, structure.to_string()
    numbers = [structure.get_value(name)
               for name in ("frame-number", "pts", "age", "width", "height")]
    return Result(structure.get_string("model"), *numbers,
                  [read_object(objects.get_nth(i)) for i in range(objects.n_values)])


class Pipeline:
    """A pipeline that is stopped when its block ends, whatever happened."""

    def __init__(self, description: str):
        self.element = Gst.parse_launch(description)
        self.bus = self.element.get_bus()
        self.results: List[Result] = []

    def __enter__(self) -> "Pipeline":
        return self

    def __exit__(self, *_error) -> None:
        self.element.set_state(Gst.State.NULL)
        self.bus.set_flushing(True)

    def __getitem__(self, name: str) -> Gst.Element:
        return self.element.get_by_name(name)

    def set_state(self, state: Gst.State) -> None:
        """Changes the state and waits for it, or for what prevents it."""
        self.element.set_state(state)
        change, _, _ = self.element.get_state(TIMEOUT * Gst.SECOND)
        if change == Gst.StateChangeReturn.FAILURE:
            self.wait(Gst.MessageType.ERROR, 1)
        assert change == Gst.StateChangeReturn.SUCCESS, change

    def wait(self, until: Gst.MessageType = Gst.MessageType.EOS, seconds: int = TIMEOUT) -> None:
        """Collects results until a message comes; an error is raised."""
        types = until | Gst.MessageType.ERROR | Gst.MessageType.ELEMENT
        while True:
            message = self.bus.timed_pop_filtered(seconds * Gst.SECOND, types)
            if message is None:
                raise PipelineError(f"nothing on the bus for {seconds} s")
            if message.type == Gst.MessageType.ERROR:
                error, debug = message.parse_error()
                raise PipelineError(f"{error.message} ({debug})")
            if message.type == Gst.MessageType.ELEMENT:
                structure = message.get_structure()
                if structure.get_name() == "detections":
                    self.results.append(read_result(structure))
            if message.type & until:
                return

    def run(self) -> List[Result]:
        """Plays to the end."""
        self.element.set_state(Gst.State.PLAYING)
        self.wait()
        return self.results


def run(description: str) -> List[Result]:
    with Pipeline(description) as pipeline:
        return pipeline.run()


def detect(**properties) -> str:
    """The element with its results on the bus, as gst-launch writes it."""
    words = [ELEMENT, "post-messages=true"]
    words += [f'{name.replace("_", "-")}="{value}"' for name, value in properties.items()]
    return " ".join(words)


class Frame(NamedTuple):
    """Pixels as appsrc takes them."""
    format: str
    width: int
    height: int
    data: bytes
    offsets: List[int]
    strides: List[int]
    colorimetry: str = ""

    def caps(self) -> Gst.Caps:
        text = (f"video/x-raw,format={self.format},width={self.width},"
                f"height={self.height},framerate=25/1")
        if self.colorimetry:
            text += f",colorimetry={self.colorimetry}"
        return Gst.Caps.from_string(text)

    def sample(self, number: int) -> Gst.Sample:
        buffer = Gst.Buffer.new_wrapped(self.data)
        buffer.pts = number * Gst.SECOND // 25
        buffer.duration = Gst.SECOND // 25
        padding = [0] * (4 - len(self.strides))
        GstVideo.buffer_add_video_meta_full(
            buffer, GstVideo.VideoFrameFlags.NONE,
            GstVideo.VideoFormat.from_string(self.format), self.width, self.height,
            len(self.strides), self.offsets + padding, self.strides + padding)
        return Gst.Sample.new(buffer, self.caps(), None, None)


def push(frames: Iterable[Frame], element: str) -> List[Result]:
    """Sends frames through one element, each with caps of its own."""
    with Pipeline(f"appsrc name=source format=time block=true max-buffers=2 "
                  f"! {element} ! fakesink sync=false") as pipeline:
        source = pipeline["source"]
        pipeline.element.set_state(Gst.State.PLAYING)
        for number, frame in enumerate(frames):
            if source.emit("push-sample", frame.sample(number)) != Gst.FlowReturn.OK:
                break
        source.emit("end-of-stream")
        pipeline.wait()
        return pipeline.results


def launch(description: str, *options: str, timeout: int = TIMEOUT,
           env: Optional[dict] = None) -> subprocess.CompletedProcess:
    """gst-launch-1.0 as a user runs it."""
    return command(["gst-launch-1.0", *options, *description.split()], timeout, env)


def command(words: Sequence[object], timeout: int = TIMEOUT,
            env: Optional[dict] = None) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", timeout=timeout,
                          env={**os.environ, **(env or {})})


def checked(words: Sequence[object], timeout: int = TIMEOUT, env: Optional[dict] = None) -> str:
    """What a command that must succeed prints."""
    done = command(words, timeout, env)
    assert done.returncode == 0, f"{words[0]} exited with {done.returncode}:\n{done.stdout}"
    return done.stdout


def overlap(a: Sequence[float], b: Sequence[float]) -> float:
    """Intersection over union of two boxes."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    area = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return both / (area - both)


class Match(NamedTuple):
    wanted_label: Optional[str]
    found_label: Optional[str]
    overlap: float
    score_difference: float


def match(wanted: Sequence[Detection], found: Sequence[Detection],
          least: float = 0.5) -> Tuple[List[Match], List[Detection], List[Detection]]:
    """Pairs objects of the same class, the closest first; and what is left over."""
    pairs = sorted(((overlap(a.box, b.box), i, k)
                    for i, a in enumerate(wanted) for k, b in enumerate(found)
                    if a.class_id == b.class_id), reverse=True)
    matches, used_wanted, used_found = [], set(), set()
    for iou, i, k in pairs:
        if iou < least or i in used_wanted or k in used_found:
            continue
        used_wanted.add(i)
        used_found.add(k)
        difference = abs(wanted[i].score - found[k].score)
        matches.append(Match(wanted[i].label, found[k].label, iou, difference))
    return (matches, [a for i, a in enumerate(wanted) if i not in used_wanted],
            [b for k, b in enumerate(found) if k not in used_found])


def far_from(threshold: float, objects: Sequence[Detection],
             margin: float = 0.05) -> List[Detection]:
    """Objects that rounding cannot have moved across the threshold."""
    return [each for each in objects if abs(each.score - threshold) > margin]
