# SPDX-License-Identifier: LGPL-2.1-or-later
"""What Python reads of a buffer's metadata through introspection."""
import subprocess
import tempfile
import time
from pathlib import Path

import gi
import numpy as np

import samples
from common import ELEMENT, TIMEOUT, Gst, GstVideo, Pipeline, build_folder, overlap
from marks import Skip


def find_repository():
    """Where PyGObject looks for libraries, in its older and its newer form."""
    try:
        gi.require_version("GIRepository", "3.0")
    except ValueError:
        gi.require_version("GIRepository", "2.0")
    from gi.repository import GIRepository
    repository = GIRepository.Repository
    return repository.dup_default() if hasattr(repository, "dup_default") else repository


def load():
    """The metadata library of this build, as `gi.repository` has it."""
    folder = build_folder() / "gst" / "meta"
    if not (folder / "GstDetect-1.0.typelib").exists():
        raise Skip("the build has no introspection")
    repository = find_repository()
    repository.prepend_search_path(str(folder))
    repository.prepend_library_path(str(folder))
    gi.require_version("GstDetect", "1.0")
    from gi.repository import GstDetect
    return GstDetect


def people(tail: str) -> "tuple[Gst.Sample, object]":
    """One frame that `detect` and tail have seen, and what `detect` said of it."""
    with samples.png(samples.people()) as path, Pipeline(
            f"filesrc location={path} ! pngdec ! videoconvert ! "
            f"{ELEMENT} post-messages=true {tail} ! appsink name=sink") as pipeline:
        pipeline.element.set_state(Gst.State.PLAYING)
        sample = pipeline["sink"].emit("pull-sample")
        pipeline.wait(Gst.MessageType.ELEMENT)
        return sample, pipeline.results[0]


def check_detections(tail: str) -> None:
    meta = load()
    sample, result = people(tail)
    found = meta.buffer_get_detections(sample.get_buffer())
    assert found and len(found) == len(result.objects), (found, result)
    scale = sample.get_caps().get_structure(0).get_value("width") / result.width
    for number, (each, wanted) in enumerate(zip(found, result.objects)):
        assert each.label == wanted.label and each.class_id == wanted.class_id
        assert abs(each.score - wanted.score) < 1e-6, (each.score, wanted)
        box = tuple(scale * value for value in wanted.box)
        assert overlap((each.x0, each.y0, each.x1, each.y1), box) > 0.99, (wanted, scale)
        assert (each.id, each.parent_id, each.track_id) == (number, -1, -1)
        assert each.model_id == result.model and each.age == 0
        assert each.get_landmark(0)[0] is False


def test_detections():
    """GstDetect.buffer_get_detections() tells what the message tells."""
    check_detections("")


def test_after_scaling():
    """Also after conversion and scaling, in pixels of the frame at hand."""
    check_detections("! videoconvert ! videoscale ! video/x-raw,format=NV12,width=480,height=360")


def test_nothing():
    meta = load()
    assert meta.buffer_get_detections(Gst.Buffer.new()) == []


def test_regions_of_others():
    """Regions of interest that another element left are told too."""
    meta = load()
    buffer = Gst.Buffer.new_allocate(None, 16, None)
    GstVideo.buffer_add_video_meta(buffer, GstVideo.VideoFrameFlags.NONE,
                                   GstVideo.VideoFormat.GRAY8, 4, 4)
    GstVideo.buffer_add_video_region_of_interest_meta(buffer, "cat", 1, 2, 2, 1)
    found, = meta.buffer_get_detections(buffer)
    assert (found.label, found.class_id, found.score) == ("cat", -1, -1)
    assert (found.x0, found.y0, found.x1, found.y1, found.width) == (1, 2, 3, 3, 4)


def test_kept():
    """What was read outlives the buffer and the list."""
    meta = load()
    sample, result = people("")
    first = meta.buffer_get_detections(sample.get_buffer())[0]
    del sample
    assert first.label == result.objects[0].label and first.model_id == result.model


def needed(name: str) -> str:
    if not Gst.ElementFactory.find(name):
        raise Skip(f"this GStreamer has no {name}")
    return name


def test_drawn_by_others():
    """GStreamer's own overlay draws the boxes that it finds as analytics."""
    picture = {}
    for overlay in ("identity", needed("objectdetectionoverlay")):
        tail = f"! videoconvert ! {overlay} ! videoconvert ! video/x-raw,format=RGB"
        sample, result = people(tail)
        buffer = sample.get_buffer()
        data = np.frombuffer(buffer.extract_dup(0, buffer.get_size()), np.uint8)
        picture[overlay] = data.reshape(result.height, -1, 3).astype(int)
    change = np.abs(picture["identity"] - picture["objectdetectionoverlay"]).max(axis=2) > 20
    assert result.objects
    for each in result.objects:
        x0, y0, x1, y1 = (int(round(value)) for value in each.box)
        left = change[y0:y1, max(x0 - 3, 0):x0 + 4].any(axis=1)
        right = change[y0:y1, max(x1 - 4, 0):x1 + 3].any(axis=1)
        assert left.mean() > 0.9 and right.mean() > 0.9, (each, left.mean(), right.mean())


def wait_for(path: Path, process: subprocess.Popen) -> None:
    end = time.monotonic() + TIMEOUT
    while not path.exists():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < end, f"{path} does not come"
        time.sleep(0.01)


def test_other_process():
    """What a process found is read in another one, frames and all."""
    meta = load()
    needed("unixfdsink")
    with tempfile.TemporaryDirectory() as folder, samples.png(samples.people()) as path:
        socket = Path(folder) / "socket"
        source = subprocess.Popen(
            ["gst-launch-1.0", "-q", *f"filesrc location={path} ! pngdec ! imagefreeze is-live=true "
             f"! videoconvert ! video/x-raw,format=I420,framerate=10/1 "
             f"! {ELEMENT} policy=sync ! unixfdsink socket-path={socket}".split()],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            wait_for(socket, source)
            with Pipeline(f"unixfdsrc socket-path={socket} ! detectoverlay hide-classes=* "
                          f"! appsink name=sink") as pipeline:
                pipeline.element.set_state(Gst.State.PLAYING)
                buffer = pipeline["sink"].emit("pull-sample").get_buffer()
                found = meta.buffer_get_detections(buffer)
                assert found and found[0].label == "person", found
                assert found[0].model_id and 0 < found[0].score <= 1
        finally:
            source.kill()
            source.communicate()
