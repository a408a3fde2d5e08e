# SPDX-License-Identifier: LGPL-2.1-or-later
"""The program gst-detect-1.0 as tests call it, and what they hand to it.

GST_DETECT names the program; without it the one in DETECT_BUILD is taken.
"""
import json
import os
import struct
import subprocess
import tempfile
from pathlib import Path
from typing import List, NamedTuple

import cv2
import numpy as np

import samples
from common import build_folder, checked
from marks import Skip

NOTHING = ("--threshold", "1")  # finds nothing, so nothing is drawn


class Done(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def errors(self) -> List[str]:
        """The lines of standard error that report a failure."""
        return [line for line in self.err.splitlines() if line.startswith("gst-detect-1.0: ")]


def program() -> str:
    path = os.environ.get("GST_DETECT") or str(build_folder() / "pipelines/gst-detect-1.0")
    if not os.path.exists(path):
        raise Skip(f"{path} is not built")
    return path


def call(*words: object, timeout: int = 100, **options) -> Done:
    done = subprocess.run([program(), *(os.fspath(word) if isinstance(word, (Path, bytes))
                                        else str(word) for word in words)],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=timeout, **options)
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode(errors="replace"))


def succeed(*words: object, **options) -> Done:
    done = call(*words, **options)
    assert done.status == 0, done
    return done


def lines(*words: object) -> List[dict]:
    """The JSON lines of a run that must succeed."""
    return parse(succeed("--json", "-", "-q", *words).out)


def parse(text: str) -> List[dict]:
    return [json.loads(line) for line in text.splitlines()]


def probe(path: Path, entries: str, stream: str = "v:0") -> List[str]:
    return checked(["ffprobe", "-v", "error", "-select_streams", stream, "-show_entries",
                    entries, "-of", "csv=p=0", path]).replace(",", " ").split()


def packet_times(path: Path, stream: str = "v:0") -> List[float]:
    return sorted(map(float, probe(path, "packet=pts_time", stream)))


def decode(path: Path) -> np.ndarray:
    """Frames as ffmpeg shows them: turned upright."""
    width, height = map(int, probe(path, "stream=width,height")[:2])
    rotation = probe(path, "stream_side_data=rotation")
    if rotation and abs(int(rotation[0])) == 90:
        width, height = height, width
    raw = subprocess.run(["ffmpeg", "-v", "error", "-i", str(path), "-f", "rawvideo",
                          "-pix_fmt", "bgr24", "-vsync", "passthrough", "-"],
                         stdout=subprocess.PIPE, check=True, timeout=60).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3)


def difference(a: np.ndarray, b: np.ndarray) -> float:
    assert a.shape == b.shape, (a.shape, b.shape)
    return float(np.abs(a.astype(int) - b.astype(int)).mean())


def write_people(folder: Path, name: str = "people.png") -> Path:
    path = folder / name
    assert cv2.imwrite(str(path), samples.people())
    return path


def write_video(path: Path, n: int = 10, *encoding: str) -> Path:
    """Frames that all look different, with a tone."""
    checked(["ffmpeg", "-v", "error", "-f", "lavfi", "-i",
             f"testsrc2=size=160x120:rate=10:duration={n / 10}", "-f", "lavfi", "-i",
             f"sine=duration={n / 10}", *(encoding or ("-pix_fmt", "yuv420p")), path])
    return path


def folder():
    return tempfile.TemporaryDirectory()


def write_exif(path: Path, image: np.ndarray, orientation: int) -> None:
    jpeg = cv2.imencode(".jpg", image)[1].tobytes()
    tiff = b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x112, 3, 1, orientation, 0, 0)
    body = b"Exif\0\0" + tiff
    path.write_bytes(jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:])


def cut(path: Path, share: float) -> None:
    path.write_bytes(path.read_bytes()[:int(path.stat().st_size * share)])
