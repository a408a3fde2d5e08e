# SPDX-License-Identifier: LGPL-2.1-or-later
"""The element as people type it into gst-launch-1.0."""
import re
import tempfile
from pathlib import Path
from typing import Callable, Dict, NamedTuple

import samples
from common import ELEMENT, asset, checked, command, launch
from marks import cases, sanitized, timeout

N_FRAMES = 100


@sanitized
@timeout(300)
def test_annotated_video():
    """A video in, the annotated video out: whole, of the same length, and with
    people in most of its frames."""
    with tempfile.TemporaryDirectory() as folder:
        video = samples.people_video(Path(folder) / "people.avi", N_FRAMES,
                                     "-c:v", "mpeg4", "-q:v", "2")
        out = Path(folder) / "out.mp4"
        done = launch(f"filesrc location={video} ! decodebin ! {ELEMENT} overlay=true "
                      f"post-messages=true ! videoconvert ! x264enc ! mp4mux "
                      f"! filesink location={out}", "-m", timeout=250)
        assert done.returncode == 0, done.stdout
        check_video(out)
        check_drawing(video, out)
    messages = [line for line in done.stdout.splitlines() if "(element): detections," in line]
    assert len(messages) == N_FRAMES, len(messages)
    with_people = sum("class-id" in line for line in messages)
    print(f"# people in {with_people} of {N_FRAMES} frames")
    assert with_people > 0.8 * N_FRAMES


def check_video(path: Path) -> None:
    """Another program reads it to the end."""
    errors = checked(["ffmpeg", "-v", "error", "-i", path, "-f", "null", "-"])
    assert not errors.strip(), errors
    facts = checked(["ffprobe", "-v", "error", "-count_frames", "-select_streams", "v:0",
                     "-show_entries", "stream=nb_read_frames,width,height",
                     "-of", "default=noprint_wrappers=1", path]).split()
    assert set(facts) == {"width=768", "height=576", f"nb_read_frames={N_FRAMES}"}, facts


def check_drawing(plain: Path, annotated: Path) -> None:
    """Lines stand out by far more than compression changes a picture."""
    before, after = (samples.read_frame(path, N_FRAMES // 2).astype(int)
                     for path in (plain, annotated))
    changed = abs(after - before).max(axis=2) > 80
    assert 0.001 < changed.mean() < 0.2, changed.mean()


class Trouble(NamedTuple):
    """Options that cannot work, and what the message must name."""
    options: str
    named: str


def cut_model(folder: Path) -> Path:
    path = folder / "cut.onnx"
    whole = asset("models/yolox_nano.onnx").read_bytes()
    path.write_bytes(whole[:len(whole) // 2])
    return path


def written(name: str, content: bytes) -> Callable[[Path], Trouble]:
    def make(folder: Path) -> Trouble:
        (folder / name).write_bytes(content)
        return Trouble(f"model={folder / name}", name)

    return make


def random_bytes() -> bytes:
    import numpy as np

    return np.random.default_rng(7).bytes(100_000)


TROUBLES: Dict[str, Callable[[Path], Trouble]] = {
    "missing": lambda folder: Trouble(f"model={folder}/none.onnx", "none.onnx"),
    "folder": lambda folder: Trouble(f"model={folder}", folder.name),
    "empty": written("empty.onnx", b""),
    "random": written("random.onnx", random_bytes()),
    "text": written("page.onnx", b"<!doctype html><title>Not found</title>"),
    "unknown-suffix": written("model.xyz", random_bytes()),
    "cut": lambda folder: Trouble(f"model={cut_model(folder)}", "cut.onnx"),
    "engine": lambda _: Trouble("engine=nonesuch", "engine=nonesuch"),
    "size": lambda _: Trouble("min-size=10by10", "min-size=10by10"),
    "decoder": lambda _: Trouble(
        f"model={asset('models/yolox_nano.onnx')} decoder=ssd", "yolox_nano.onnx"),
    "class": lambda _: Trouble(
        f"model={asset('models/yolox_nano.onnx')} classes=person,unicorn", "unicorn"),
    "people-class": lambda _: Trouble("classes=unicorn", "unicorn"),
    "missing-labels": lambda folder: Trouble(
        f"model={asset('models/yolox_nano.onnx')} labels={folder}/none.names", "none.names"),
    "short-labels": lambda folder: Trouble(
        f"model={asset('models/yolox_nano.onnx')} labels={short_labels(folder)}", "short.names"),
    "missing-config": lambda folder: Trouble(f"config={folder}/none.yaml", "none.yaml"),
    "config-key": lambda folder: Trouble(f"config={wrong_config(folder)}", "wrong.yaml:2"),
}


def short_labels(folder: Path) -> Path:
    path = folder / "short.names"
    path.write_text("cat\ndog\n")
    return path


def wrong_config(folder: Path) -> Path:
    path = folder / "wrong.yaml"
    path.write_text("threshold: 0.5\ntreshold: 0.5\n")
    return path


# A message says what was found and, after it, what can be done.
NEXT_STEP = re.compile(r"[;:] .*\b(check|use|set|name|leave|give|put|try|mean|choose|expected|"
                       r"export|download|copy|see|lists?|has|remove|install)\b")


@cases(*TROUBLES)
@sanitized
def test_trouble(name: str):
    """One line that names what is wrong; no crash, no wait, nothing from GLib. (A
    source whose stream is stopped adds a line of its own, as GStreamer's do.)"""
    with tempfile.TemporaryDirectory() as folder:
        trouble = TROUBLES[name](Path(folder))
        # gst-launch itself may wait for ever when an error comes while a sink prerolls.
        done = launch(f"videotestsrc num-buffers=3 ! {ELEMENT} {trouble.options} "
                      "! fakesink async=false", timeout=40)
    errors = re.findall(r"^ERROR: from element \S*GstDetect:.*$", done.stdout, re.MULTILINE)
    assert len(errors) == 1, done.stdout
    print("#", errors[0])
    assert done.returncode > 0, done.returncode
    assert not re.search(r"CRITICAL|WARNING|Sanitizer|runtime error", done.stdout), done.stdout
    assert trouble.named in errors[0], errors[0]
    assert NEXT_STEP.search(errors[0]), "no next step: " + errors[0]


@cases("video/x-bayer", "video/x-raw(memory:GLMemory)", "audio/x-raw")
@sanitized
def test_caps(caps: str):
    """What is not raw video in system memory is refused when linking or
    negotiating, with no object of the element touched."""
    done = command(["gst-launch-1.0", "fakesrc", "num-buffers=1", "!", "capsfilter",
                    f"caps={caps},format=RGB,width=8,height=8,framerate=25/1", "!", ELEMENT,
                    "!", "fakesink"])
    assert done.returncode > 0, done.stdout
    assert re.search(r"could not link|can't handle caps|not-negotiated", done.stdout), done.stdout
    assert not re.search(r"CRITICAL|Sanitizer|runtime error", done.stdout), done.stdout


def test_no_noise():
    """A healthy stream prints nothing, not even with warnings shown."""
    done = launch(f"videotestsrc num-buffers=3 ! {ELEMENT} ! fakesink", "-q",
                  env={"GST_DEBUG": "2", "GST_DEBUG_NO_COLOR": "1", "G_DEBUG": ""})
    assert done.returncode == 0 and done.stdout == "", done.stdout
