# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sources that are no files: HTTP, HLS, sequences of pictures."""
import contextlib
import functools
import http.server
import json
import tempfile
import threading
from pathlib import Path
from typing import Iterator

from common import Gst, checked, detect, run
from marks import Skip, timeout
from streams import small_video

FRAMES = 50


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments) -> None:
        pass


@contextlib.contextmanager
def web() -> Iterator["tuple[Path, str]"]:
    """A folder, and where it is served."""
    with tempfile.TemporaryDirectory() as folder:
        server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Path(folder), f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def count_lines(uri: str) -> int:
    text = checked(["gst-detect-1.0", "--quiet", "--interval", "10", "--json", "-", uri])
    return len([json.loads(line) for line in text.splitlines()])


def needs(element: str) -> None:
    if not Gst.ElementFactory.find(element):
        raise Skip(f"the element {element} is missing")


@timeout(120)
def test_http():
    needs("souphttpsrc")
    with web() as (folder, address):
        small_video(folder / "video.avi", FRAMES // 25)
        assert count_lines(f"{address}/video.avi") == FRAMES


@timeout(120)
def test_hls():
    """A list of segments; the pipeline changes from one to the next."""
    needs("souphttpsrc")
    needs("hlsdemux")
    with web() as (folder, address):
        video = small_video(folder / "video.avi", FRAMES // 25)
        checked(["ffmpeg", "-v", "error", "-i", video, "-c:v", "libx264", "-g", "25",
                 "-hls_time", "1", "-hls_list_size", "0", folder / "list.m3u8"])
        assert len(list(folder.glob("*.ts"))) >= 2
        assert count_lines(f"{address}/list.m3u8") == FRAMES


@timeout(120)
def test_picture_sequence():
    with tempfile.TemporaryDirectory() as name:
        video = small_video(Path(name) / "video.avi", 1)
        checked(["ffmpeg", "-v", "error", "-i", video, f"{name}/%03d.jpg"])
        results = run(f"multifilesrc location={name}/%03d.jpg start-index=1 "
                      f"caps=image/jpeg,framerate=25/1 ! jpegdec ! {detect()} ! fakesink")
        assert len(results) == 25, len(results)
