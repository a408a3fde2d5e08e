# SPDX-License-Identifier: LGPL-2.1-or-later
"""A folder in which the commands of the documentation run as they stand: it has files
of the names that they use. What a command needs that is not on this machine (a camera, a
screen, a fixed port) is put in its place, by the table below."""
import os
import re
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional

import cv2

import samples
from common import build_folder, checked, command
from docpages import TOP, code
from marks import Skip
from streams import PATIENCE, Camera, Program
from test_install import environment, installed

FRAMES = 10

# Names of media and models that the pages use.
VIDEOS = ("walk.avi", "walk.mp4", "street.mp4", "square.mp4")
PICTURES = ("street.jpg", "one.jpg", "two.png", "photos/1.jpg", "photos/2.png", "pictures/1.jpg")
MODELS = {"yolov8n.onnx": "yolov8", "yolox_nano.onnx": "yolox", "my-model.onnx": "yolov8_two",
          "nets/street.onnx": "yolov8_two"}
# A model that is a golden: see tests/unit/golden-files.c.
FACES = re.compile(r"\b(?:yunet|face_detection_yunet_2023mar)\.onnx\b")

# What stands in the place of what. The camera and ports come to this as they are known.
PLACES = (
    (r"\bautovideosink\b", "fakesink num-buffers=5"),
    (r"\bv4l2src\b", "videotestsrc is-live=true num-buffers=25"),
    (r"v4l2:///dev/video0", "rtsp://camera/stream"),
    (r"/usr/share/doc/opencv-doc/examples/data/vtest\.avi", "walk.avi"),
    (r"192\.168\.1\.2\b", "127.0.0.1"),
    (r"\bffplay (.*)(rtsp://\S+)", r"ffmpeg -v error \1-i \2 -frames:v 2 -f null -"),
    (r"^gst-detect-server-1\.0", "gst-detect-server-1.0 --http localhost:0 --listen localhost:0"),
    (r"^gst-detect-rtsp-1\.0", "gst-detect-rtsp-1.0 --address 127.0.0.1 --port 0"),
)


class Lasting(NamedTuple):
    """A program that does not end by itself."""
    pattern: str  # of its command
    ready: str  # of a line that it prints when it works
    serves: bool  # for what follows on its page, else it is ended then
    status: int  # when Ctrl-C ends it


LASTING = (
    Lasting(r"^gst-detect-server-1\.0 ", r"HTTP .*at port (\d+)", True, 0),
    Lasting(r"^gst-detect-rtsp-1\.0 ", r"serving .* at rtsp://[\d.]+:(\d+)/", True, 0),
    Lasting(r"^gst-detect-1\.0 .*(?:--live\b|rtsp://)", r"^\{", False, 130),
    Lasting(r"^pipelines/camera\.sh ", r"^[1-9]\d* frames", False, 130),
)


# Said by a stream that has ended well: rtspsrc cannot always say goodbye.
LEFT_A_CAMERA = re.compile(r"Got EOS from element.*Setting pipeline to NULL.*"
                           r"ERROR: from element \S*GstRTSPSrc:\S+ Could not write to resource",
                           re.DOTALL)


def substitute(text: str, places: "list[tuple[str, str]]") -> str:
    for pattern, place in places:
        text = re.sub(pattern, place, text, flags=re.MULTILINE)
    return text


class Sandbox:
    """Runs what a page shows, one after the other; programs that serve stay until it is
    closed."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.path = Path(self._folder.name) / "work"
        self.path.mkdir()
        self.env: Dict[str, str] = {}
        self.places = list(PLACES)
        self._camera: Optional[Camera] = None
        self._programs: List["tuple[Program, Lasting]"] = []
        self._installation = None
        self._fill()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, kind, *_error) -> None:
        try:
            for program, lasting in self._programs:
                if kind is None:
                    self._end(program, lasting)
        finally:
            for program, _ in self._programs:
                program.kill()
            if self._camera:
                self._camera.kill()
            if self._installation:
                self._installation.__exit__(None, None, None)
            self._folder.cleanup()

    # ---- what is there ----

    def _fill(self) -> None:
        build = build_folder()
        for name in ("pipelines", "tests", "docs"):
            (self.path / name).symlink_to(TOP / name)
        for name, model in MODELS.items():
            (self.path / name).parent.mkdir(exist_ok=True)
            shutil.copy(build / "tests" / "data" / f"{model}.onnx", self.path / name)
        shutil.copy(build / "tests" / "data" / "goldens" / "yunet.null", self.path)
        self.places.append((FACES.pattern, "yunet.null"))
        self._fill_media()
        self._fill_sources(build)

    def _fill_media(self) -> None:
        # The people detector wants no less than its window.
        first = samples.people_video(self.path / VIDEOS[0], FRAMES, "-vf", "scale=320:240",
                                     "-c:v", "mpeg4")
        checked(["ffmpeg", "-v", "error", "-i", first, "-c", "copy", self.path / VIDEOS[1]])
        for name in VIDEOS[2:]:
            shutil.copy(self.path / VIDEOS[1], self.path / name)
        image = samples.read_frame(first, 0)
        for name in PICTURES:
            (self.path / name).parent.mkdir(exist_ok=True)
            assert cv2.imwrite(str(self.path / name), image)

    def _fill_sources(self, build: Path) -> None:
        for source in (TOP / "pipelines" / "examples").glob("*.c"):
            shutil.copy(source, self.path)
        (self.path / "find.c").write_text(code("docs/c-api.md", "c")[0])
        lib = self.path.parent / "lib"
        lib.mkdir()
        for name in ("libDetect.so", "libdetect.so.0"):
            (lib / name).symlink_to(build / "src" / name)
        self.env = {"PYTHONPATH": f"{TOP}/python:{os.environ.get('PYTHONPATH', '')}",
                    "DETECT_LIBRARY": str(build / "src" / "libdetect.so.0"),
                    "GI_TYPELIB_PATH": str(build / "gst" / "meta"),
                    "LD_LIBRARY_PATH": f"{build}/gst/meta:{build}/src",
                    "XDG_CACHE_HOME": str(self.path.parent), "HOME": str(self.path.parent)}
        if "XDG_DATA_HOME" not in os.environ:  # where engines may lie
            self.env["XDG_DATA_HOME"] = str(Path.home() / ".local" / "share")

    def install(self) -> Dict[str, str]:
        """The environment of what is built against an installation."""
        if not self._installation:
            self._installation = installed()
            root = self._installation.__enter__()
            wrapper = self.path.parent / "bin" / "pkg-config"
            wrapper.parent.mkdir()
            # The .pc files name the final prefix; the files lie under the root for now.
            wrapper.write_text(f"#!/bin/sh\n/usr/bin/pkg-config \"$@\" | "
                               f"sed 's#\\(-[IL]\\)/usr/local#\\1{root}/usr/local#g'\n")
            wrapper.chmod(0o755)
            self._installed = {**environment(root),
                               "PATH": f"{wrapper.parent}:{os.environ['PATH']}"}
        return self._installed

    # ---- running ----

    def adapt(self, text: str) -> str:
        """The text with what this machine has in the place of what it has not."""
        text = substitute(text, self.places)
        if "rtsp://camera" in text:
            self._camera = self._camera or Camera()
            text = re.sub(r"rtsp://camera\w*/\w+", self._camera.uri, text)
        return text

    def run(self, line: str) -> str:
        """Runs a command that must succeed, or gets one that lasts to work."""
        text = self.adapt(line)
        program = text.split()[0]
        built = build_folder() / "pipelines" / program
        if program.startswith("gst-detect") and not built.exists():
            raise Skip(f"{program} was left out of the build")
        for lasting in LASTING:
            if re.search(lasting.pattern, text) and "--help" not in text:
                return self._start(text, lasting)
        env = {**self.env, **(self.install() if "pkg-config" in text else {})}
        # With all that it starts it ends in time.
        done = command(["timeout", PATIENCE, "bash", "-euo", "pipefail", "-c",
                        f"cd '{self.path}'\n{text}"], 2 * PATIENCE, env)
        assert done.returncode == 0 or LEFT_A_CAMERA.search(done.stdout), (
            f"{text}\nexited with {done.returncode}:\n{done.stdout}")
        assert not re.search(r"CRITICAL|WARNING: erroneous", done.stdout), f"{text}\n{done.stdout}"
        return done.stdout

    def _start(self, text: str, lasting: Lasting) -> str:
        program = Program(["bash", "-c", f"cd '{self.path}'\nexec {text}"], self.env)
        self._programs.append((program, lasting))
        found = program.expect(lasting.ready)
        if not lasting.serves:
            self._end(*self._programs.pop())
        elif "server" in text:
            wire = next(re.search(r"at port (\d+)", line) for line in program.lines
                        if "at port" in line)
            self.places += [(r"\b(?:localhost|[\w-]+):8080\b", f"localhost:{found.group(1)}"),
                            (r"\('localhost', 9006\)", f"('localhost', {wire.group(1)})")]
        else:
            self.places.insert(0, (r"rtsp://[\w.]+:8554/", f"rtsp://127.0.0.1:{found.group(1)}/"))
        return ""

    @staticmethod
    def _end(program: Program, lasting: Lasting) -> None:
        program.process.send_signal(signal.SIGINT)
        status = program.process.wait(PATIENCE)
        program.drain()
        assert status == lasting.status, (status, program.lines)

    def run_python(self, text: str, before: str = "") -> str:
        """Runs a piece of Python, behind what it takes for granted."""
        script = self.path / "snippet.py"
        script.write_text(before + self.adapt(text))
        return self.run(f"/usr/bin/python3 {script}")

    def configure(self, text: str) -> None:
        """Uses a configuration file."""
        (self.path / "snippet.yaml").write_text(text)
        self.run("gst-detect-1.0 --quiet --config snippet.yaml street.jpg")

    def compile(self, text: str) -> None:
        """Compiles a C program, or statements about a `buffer`."""
        source = self.path / "snippet.c"
        if "main (" not in text:
            lines = text.splitlines(keepends=True)
            included = "".join(each for each in lines if each.startswith("#include"))
            rest = "".join(each for each in lines if not each.startswith("#include"))
            text = f"{included}void snippet (GstBuffer *buffer);\n" \
                   f"void\nsnippet (GstBuffer *buffer)\n{{\n{rest}}}\n"
        source.write_text(text)
        self.run(f"cc -std=c11 -Wall -Wextra -Werror -fsyntax-only {source} "
                 "$(pkg-config --cflags libdetect gstdetect-1.0)")
