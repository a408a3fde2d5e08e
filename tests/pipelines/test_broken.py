# SPDX-License-Identifier: LGPL-2.1-or-later
"""What gst-detect-1.0 does with damaged inputs, full outputs and servers that hang."""
import json
import os
import resource
import socket
import subprocess
import threading
import time
from pathlib import Path

import numpy as np

from cliruns import (call, cut, folder, packet_times, parse, program, write_people,
                     write_video)
from common import checked, sample_video
from marks import cases, sanitized


@sanitized
@cases("photo.jpg", "photo.png", "video.avi", "video.mkv", "video.mp4")
def test_cut_off(name: str):
    with folder() as place:
        path = Path(place) / name
        if name.startswith("photo"):
            write_people(path.parent, name)
        else:
            write_video(path, 100, "-c:v", "mpeg4", *(["-movflags", "faststart"] if
                                                      name.endswith("mp4") else []))
        whole = call("-q", path)
        assert whole.status == 0 and whole.err == "", whole
        cut(path, 0.6)
        done = call("-q", "--json", "-", "-o", f"{place}/out/", path)
        assert done.status == 1 and len(done.err.splitlines()) == 1, done
        assert "cut off" in done.err
        found = parse(done.out)
        assert 0 < len(found) < 100
        (out,) = os.listdir(f"{place}/out")
        if name.startswith("video"):
            assert len(packet_times(Path(place) / "out" / out)) == len(found)


def write_broken(path: Path) -> None:
    kind = path.stem
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "noise":
        path.write_bytes(np.random.default_rng(1).bytes(5000))
    elif kind == "text":
        path.write_text("hello\n" * 100)
    elif kind == "headless":  # what the end of the file would describe is gone
        write_video(path, 20, "-c:v", "mpeg4")
        cut(path, 0.6)
    elif kind == "tone":
        checked(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=duration=1", path])
    elif kind == "pipe":
        os.mkfifo(path)


@sanitized
@cases("empty.jpg", "empty.mp4", "noise.jpg", "noise.mkv", "text.png", "text.txt",
       "headless.mp4", "tone.m4a", "tone.wav", "pipe.avi", "missing.jpg")
def test_broken(name: str):
    with folder() as place:
        path = Path(place) / name
        write_broken(path)
        good = write_people(Path(place))
        done = call("-q", "--json", "-", "-o", f"{place}/out", path, good)
        assert done.status == 1 and len(done.err.splitlines()) == 1, done
        assert done.errors[0].startswith(f"gst-detect-1.0: {path}: "), done
        assert [each["input"] for each in parse(done.out)] == [str(good)]
        assert os.listdir(f"{place}/out") == ["people.png"]


def test_broken_input_spares_the_old_output():
    with folder() as name:
        path = Path(name) / "noise.mkv"
        write_broken(path)
        out = Path(name) / "out.mp4"
        out.write_text("old")
        assert call("-o", out, path).status == 1
        assert out.read_text() == "old" and sorted(os.listdir(name)) == ["noise.mkv", "out.mp4"]


@cases("json", "csv")
def test_disk_full(report: str):
    with folder() as name:
        path = write_people(Path(name))
        done = call(f"--{report}", "/dev/full", "-q", path, path)
        assert done.status == 1 and len(done.err.splitlines()) == 1, done
        assert "/dev/full" in done.err and "No space left" in done.err


def test_output_that_may_not_grow():
    with folder() as name:
        path = write_video(Path(name) / "in.mkv", 100)
        done = call("-q", "-o", f"{name}/out.mp4", path, preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_FSIZE, (8192, 8192)))
        assert done.status == 1 and len(done.err.splitlines()) == 1, done
        assert os.listdir(name) == ["in.mkv"]


def test_reader_that_goes_away():
    with subprocess.Popen([program(), "-q", "--json", "-", str(sample_video())],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        json.loads(process.stdout.readline())
        process.stdout.close()
        error = process.stderr.read().decode()
        assert process.wait(30) == 1 and len(error.splitlines()) == 1, error


class Server(threading.Thread):
    """Answers one HTTP request with the first bytes of a file, and then waits."""

    def __init__(self, data: bytes, n_sent: int):
        super().__init__(daemon=True)
        self.data, self.n_sent = data, n_sent
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.uri = f"http://127.0.0.1:{self.socket.getsockname()[1]}/video.mkv"
        self.start()

    def run(self) -> None:
        client, _ = self.socket.accept()
        if self.n_sent > 0:
            client.recv(65536)
            client.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(self.data) +
                           self.data[:self.n_sent])
        time.sleep(60)


@sanitized
@cases("0", "0.6")
def test_server_that_hangs(share: str):
    with folder() as name:
        data = write_video(Path(name) / "in.mkv", 100, "-c:v", "mpeg4").read_bytes()
        server = Server(data, int(float(share) * len(data)))
        start = time.monotonic()
        done = call("-q", "--timeout", "2", "--json", "-", "-o", f"{name}/out.mp4", server.uri)
        assert 2 <= time.monotonic() - start < 15
        assert done.status == 1 and len(done.err.splitlines()) == 1, done
        n_frames = len(parse(done.out))
        assert (n_frames > 0) == (share != "0")
        if n_frames:  # what had come is kept
            assert len(packet_times(Path(name) / "out.mp4")) == n_frames


def test_server_that_is_not_there():
    done = call("-q", "http://127.0.0.1:1/video.mp4")
    assert done.status == 1 and len(done.err.splitlines()) == 1, done
