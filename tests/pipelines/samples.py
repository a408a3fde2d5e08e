# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pictures and videos the tests look at, made from what packages carry."""
import contextlib
import tempfile
from pathlib import Path
from typing import Iterator

import cv2
import numpy as np

from common import checked, sample_video

SAMPLE_FRAMES = 795


def read_frame(video: Path, number: int) -> np.ndarray:
    """One frame of a video, BGR."""
    capture = cv2.VideoCapture(str(video))
    capture.set(cv2.CAP_PROP_POS_FRAMES, number)
    read, image = capture.read()
    assert read, (video, number)
    return image


def people() -> np.ndarray:
    """A picture with walking people, 768x576, BGR."""
    return read_frame(sample_video(), 400)


@contextlib.contextmanager
def png(image: np.ndarray) -> Iterator[Path]:
    """The picture as a file, for the length of a block."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.png"
        assert cv2.imwrite(str(path), image)
        yield path


def people_video(path: Path, n_frames: int, *encoding: str) -> Path:
    """Frames spread evenly over the whole sample video."""
    step = SAMPLE_FRAMES // n_frames
    checked(["ffmpeg", "-v", "error", "-i", sample_video(), "-vf",
             f"select='not(mod(n,{step}))',settb=1/25,setpts=N", "-r", "25",
             "-frames:v", n_frames, "-an", *encoding, path])
    return path
